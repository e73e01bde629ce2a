#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "model/trace/step_frame.h"
#include "tests/trace/made_steps.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

#include <sqlite3.h>

using namespace attendre;

namespace {

// Numbers that are easy to tell apart.
std::vector<float> counted(size_t count, float first) {
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i)
        values[i] = first + float(i) * 0.001f;
    return values;
}

// A step of a made memory with what an archive would add to it.
void addArchive(StepRecord& step, const MadeOptions& options) {
    constexpr size_t dimension = 8, group = 3;
    for (LayerRecord& layer : step.layers) {
        const size_t n = size_t(options.heads) * size_t(layer.arrived) * dimension;
        layer.archived.key = counted(n, float(step.step));
        layer.archived.value = counted(n, float(step.step) + 0.5f);
        layer.archived.query = counted(n * group, -float(step.step));
        layer.archived.logSumExp =
            counted(size_t(options.heads) * group * size_t(layer.answered), 3);
        layer.seen.resize(size_t(options.heads));
        for (int head = 0; head < options.heads; ++head) {
            SeenNumbers& seen = layer.seen[size_t(head)];
            seen.coverage = 1.0f / float(2 + step.step + head);
            seen.outputError = float(layer.layer) + 0.25f * float(head);
            if (step.step > 1) // the first steps see nothing but sinks
                seen.coverageBeyondSinks = 0.5f;
        }
    }
}

} // namespace

class TestArchive : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_path;
    MadeOptions m_options;
    std::vector<StepRecord> m_steps;

    // Adds a run; its error, or nothing.
    QString record(bool archive, bool append) {
        RecorderOptions how;
        how.append = append;
        if (archive)
            how.archive = ArchivedAttention{0.125, {1, 0.1}, {}, 0};
        RunInfo run = madeRun(m_options);
        run.configuration.asked.archive = archive ? "all" : "";
        auto recorder = Recorder::open(m_path, run, madeTokens(m_options, "And it was so. "), how);
        if (!recorder)
            return recorder.error().sentence;
        MadeSteps steps(m_options);
        while (auto step = steps.next()) {
            if (archive) {
                addArchive(*step, m_options);
                m_steps.push_back(*step);
            }
            if (auto added = (*recorder)->add(std::move(*step)); !added)
                return added.error().sentence;
        }
        auto finished = (*recorder)->finish();
        return finished ? QString() : finished.error().sentence;
    }

  private slots:
    // A run without an archive first: its tables come with the run that needs them.
    void initTestCase() {
        m_path = m_folder.filePath("archive.trace");
        QCOMPARE(record(false, false), QString());
        QCOMPARE(record(true, true), QString());
    }

    void blocksComeBack() {
        auto reader = Reader::open(m_path);
        for (const StepRecord& step : m_steps)
            for (const LayerRecord& layer : step.layers) {
                const auto got = (*reader)->archived(2, step.step, layer.layer);
                QVERIFY(got.ok());
                QCOMPARE(got->key, layer.archived.key);
                QCOMPARE(got->value, layer.archived.value);
                QCOMPARE(got->query, layer.archived.query);
                QCOMPARE(got->logSumExp, layer.archived.logSumExp);
            }
        QVERIFY((*reader)->archived(1, 0, 0)->isEmpty());
    }

    void attentionComesBack() {
        auto reader = Reader::open(m_path);
        const auto attention = (*reader)->archivedAttention(2);
        QVERIFY(attention.ok());
        QCOMPARE(attention->scale, 0.125);
        QCOMPARE(attention->frequencies, (std::vector<double>{1, 0.1}));
        const auto none = (*reader)->archivedAttention(1);
        QVERIFY(!none.ok() && none.error().sentence.contains("no archive"));
    }

    void measuredNumbersComeBack() {
        auto reader = Reader::open(m_path);
        for (const StepRecord& step : m_steps) {
            const auto heads = (*reader)->headSteps(2, step.step);
            QVERIFY(heads.ok());
            for (const HeadStepInfo& head : *heads) {
                const SeenNumbers& want = step.layers[size_t(head.layer)].seen[size_t(head.head)];
                QCOMPARE(head.seen.coverage, want.coverage);
                QCOMPARE(head.seen.outputError, want.outputError);
                QCOMPARE(std::isnan(head.seen.coverageBeyondSinks), step.step <= 1);
                QVERIFY(std::isnan(head.seen.outputErrorBeyondSinks));
            }
        }
        QVERIFY(std::isnan((*reader)->headSteps(1, 3)->front().seen.coverage));
    }

    void seriesComeBack() {
        auto reader = Reader::open(m_path);
        const int last = int(m_steps.size()) - 1;
        const auto head = (*reader)->extents(2, Series::SeenCoverage, 1, 1, 0, last, last + 1);
        const auto layer = (*reader)->extents(2, Series::OutputError, 2, -1, 0, last, last + 1);
        const auto run = (*reader)->extents(2, Series::OutputError, -1, -1, 0, last, last + 1);
        const auto beyond =
            (*reader)->extents(2, Series::CoverageBeyondSinks, 0, 0, 0, last, last + 1);
        QVERIFY(head.ok() && layer.ok() && run.ok() && beyond.ok());
        for (int step = 0; step <= last; ++step) {
            QCOMPARE((*head)[size_t(step)].mean, 1.0f / float(3 + step));
            QCOMPARE((*layer)[size_t(step)].mean, 2.125f);
            QCOMPARE((*run)[size_t(step)].mean, 1.125f);
            QCOMPARE((*beyond)[size_t(step)].count, step > 1 ? 1 : 0);
        }
        // The series of every run are where they were.
        const auto occupancy = (*reader)->extents(2, Series::Occupancy, 0, -1, 0, 0, 1);
        QCOMPARE(occupancy->front().mean, float(m_steps[0].layers[0].occupancy));
        QVERIFY(!(*reader)->extents(1, Series::SeenCoverage, 0, 0, 0, 5, 5).ok());
    }

    void damageIsTold() {
        const QString copy = m_folder.filePath("damaged.trace");
        QVERIFY(QFile::copy(m_path, copy));
        sqlite3* database = nullptr;
        QCOMPARE(sqlite3_open(copy.toUtf8().constData(), &database), SQLITE_OK);
        QCOMPARE(sqlite3_exec(database,
                              "UPDATE t_archive SET data = substr(data, 1, length(data) - 6) || "
                              "x'000000000000' WHERE key = (SELECT max(key) FROM t_archive)",
                              nullptr, nullptr, nullptr),
                 SQLITE_OK);
        sqlite3_close(database);
        auto reader = Reader::open(copy);
        QVERIFY((*reader)->verify(1, {}).ok());
        const auto checked = (*reader)->verify(2, {});
        QVERIFY(!checked.ok());
        QVERIFY2(checked.error().sentence.contains("the archive of run 2"),
                 qPrintable(checked.error().sentence));
    }

    void framesCarryTheArchive() {
        MadeSteps steps(m_options);
        FrameEncoder encoder({true, 4, "last_tick", {}});
        while (auto step = steps.next()) {
            addArchive(*step, m_options);
            const auto archived = step->layers[1].archived;
            const auto frame = encoder.encode(std::move(*step));
            QVERIFY(frame.ok());
            const auto again = frameFromBytes(toBytes(*frame));
            QVERIFY(again.ok());
            QCOMPARE(again->layers[1].archived.query, archived.query);
            QCOMPARE(again->layers[1].heads[1].seen.outputError, 1.25f);
            QCOMPARE(toBytes(*again), toBytes(*frame));
        }
    }
};

QTEST_GUILESS_MAIN(TestArchive)
#include "test_archive.moc"
