#include "model/analysis/layer_course.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// What halving finds, against a walk through all steps.
class LayerCourseTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<Reader> m_reader;
    RunInfo m_run;
    int m_steps = 0;

    void record(int queryMemory, int tokens) {
        MadeOptions made;
        made.layers = 3;
        made.memory = 16;
        made.chunk = 4;
        made.tokens = tokens;
        made.queryMemory = queryMemory;
        const QString path = m_folder.filePath(QString::number(queryMemory) + ".trace");
        auto recorder =
            Recorder::open(path, madeRun(made), madeTokens(made, "In the beginning. "), {});
        QVERIFY(recorder.ok());
        MadeSteps steps(made);
        while (auto step = steps.next())
            QVERIFY((*recorder)->add(std::move(*step)).ok());
        QVERIFY((*recorder)->finish().ok());
        m_reader = Reader::open(path).take();
        m_run = m_reader->run(1).take();
        m_steps = m_reader->stepCount(1).take();
    }
    std::vector<LayerStepInfo> walk(int layer) {
        std::vector<LayerStepInfo> all;
        for (int step = 0; step < m_steps; ++step)
            all.push_back(m_reader->layerSteps(1, step).take()[std::size_t(layer)]);
        return all;
    }

  private slots:
    void agreesWithAWalk_data() {
        QTest::addColumn<int>("queryMemory");
        QTest::newRow("causal") << 0;
        QTest::newRow("waiting") << 6;
    }
    void agreesWithAWalk() {
        QFETCH(int, queryMemory);
        record(queryMemory, 61);
        for (int layer = 0; layer < 3; ++layer) {
            LayerCourse walked;
            for (const LayerStepInfo& info : walk(layer)) {
                const auto note = [&](int& event, bool happens) {
                    if (happens && event < 0)
                        event = info.step;
                };
                note(walked.firstKey, info.arrived > 0);
                note(walked.firstEviction, info.evicted > 0);
                note(walked.firstAnswer, info.answered > 0);
                note(walked.lastKey, info.tick == 61);
                note(walked.lastAnswer, info.tick == 61 && info.waiting == 0);
                for (int i = 0; i < info.answered; ++i)
                    QCOMPARE(
                        *answeredStep(*m_reader, m_run, layer, info.firstAnswered + i, m_steps),
                        info.step);
            }
            const auto course = layerCourse(*m_reader, m_run, layer, m_steps);
            QVERIFY(course.ok());
            QCOMPARE(course->firstKey, walked.firstKey);
            QCOMPARE(course->firstEviction, walked.firstEviction);
            QCOMPARE(course->firstAnswer, walked.firstAnswer);
            QCOMPARE(course->lastKey, walked.lastKey);
            QCOMPARE(course->lastAnswer, walked.lastAnswer);
            QVERIFY(walked.firstEviction > walked.firstKey);
            // With fewer steps recorded the last answer is still to come.
            QCOMPARE(layerCourse(*m_reader, m_run, layer, walked.lastAnswer)->lastAnswer, -1);
        }
    }
};

QTEST_MAIN(LayerCourseTest)
#include "layer_course_test.moc"
