#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"
#include "widgets/compared_run.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// Run B while it is being recorded, and as the current run changes.
class ComparedRunTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    const QByteArray m_text = "In the beginning God created the heaven and the earth.\n";

    static MadeOptions made(const QString& policy) {
        MadeOptions options;
        options.policy = policy;
        return options;
    }
    std::unique_ptr<Recorder> begin(const QString& path, const MadeOptions& options, bool append) {
        RecorderOptions how;
        how.append = append;
        return Recorder::open(path, madeRun(options), madeTokens(options, m_text), how).take();
    }
    void recordWhole(const QString& path, const QString& policy, bool append) {
        auto recorder = begin(path, made(policy), append);
        MadeSteps steps(made(policy));
        while (auto step = steps.next())
            QVERIFY(recorder->add(std::move(*step)));
        QVERIFY(recorder->finish());
    }
    static void open(TraceSource& source, CurrentPoint& point, const QString& path) {
        QSignalSpy opened(&source, &TraceSource::opened);
        source.open(path);
        QVERIFY(opened.wait(20'000));
        point.reset({1, 9, Phase::Record, 0, 0, noPosition, noPosition});
    }

  private slots:
    // It is taken as B once it is there, and compared as far as it goes.
    void aRunThatGrows() {
        const QString path = m_folder.filePath("grows.trace");
        recordWhole(path, "lra", false);
        TraceSource source;
        CurrentPoint point;
        ComparedRun compared(&source, &point);
        open(source, point, path);
        QVERIFY(!compared.info());
        QVERIFY(compared.obstacle().contains("New run"));
        auto recorder = begin(path, made("fifo"), true);
        MadeSteps steps(made("fifo"));
        const auto add = [&](int count, int until) {
            for (int i = 0; i < count; ++i)
                QVERIFY(recorder->add(std::move(*steps.next())));
            // The recorder commits on a thread of its own.
            QTRY_VERIFY_WITH_TIMEOUT((source.refresh(), source.stepCount(2) == until), 20'000);
        };
        add(6, 6);
        QVERIFY(compared.info() && compared.info()->run == 2);
        QVERIFY(compared.obstacle().isEmpty());
        compared.divergence();
        QTRY_VERIFY_WITH_TIMEOUT(compared.divergence(), 20'000);
        QCOMPARE(compared.divergence()->alignment.pairs(0).size(), std::size_t(6));
        const auto first = compared.divergence()->first();
        QVERIFY(first);
        // A stands further than B has come: B at its last.
        QCOMPARE(compared.step(), std::optional<int>(5));
        add(5, 11);
        QTRY_COMPARE_WITH_TIMEOUT(compared.divergence()->alignment.pairs(0).size(), std::size_t(11),
                                  20'000);
        QCOMPARE(compared.step(), std::optional<int>(9));
        QCOMPARE(compared.divergence()->first()->stepA, first->stepA);
        QVERIFY(recorder->finish());
    }

    // The run that A leaves becomes B where A takes B's place.
    void whichRunIsB() {
        const QString path = m_folder.filePath("four.trace");
        for (const char* policy : {"lra", "fifo", "h2o", "lfa"})
            recordWhole(path, policy, policy != QString("lra"));
        TraceSource source;
        CurrentPoint point;
        ComparedRun compared(&source, &point);
        open(source, point, path);
        QCOMPARE(compared.info()->run, 2);
        Point to = point.now();
        to.run = 3;
        point.move(to); // B stays
        QCOMPARE(compared.info()->run, 2);
        to.run = 2;
        point.move(to);
        QCOMPARE(compared.info()->run, 3);
        compared.choose(4);
        QCOMPARE(compared.info()->run, 4);
        compared.swap();
        QCOMPARE(point.now().run, 4);
        QCOMPARE(compared.info()->run, 2);
    }
};

QTEST_GUILESS_MAIN(ComparedRunTest)
#include "compared_run_test.moc"
