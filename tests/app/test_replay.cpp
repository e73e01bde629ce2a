#include "model/trace/reader.h"
#include "tests/app/run_program.h"

#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace attendre;

// The archive as the engine records it, and replays of it against runs of their own.
class TestReplay : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString path(const QString& name) const { return m_folder.filePath(name); }

    static QStringList reading(const QString& trace, const QStringList& more) {
        return QStringList{"record",  tinyModel(), genesis(),   "-o", trace,      "--tokens", "300",
                           "--chunk", "16",        "--threads", "1",  "--detail", "full"} +
               more;
    }

    // The victims' positions in a layer, head after head.
    static std::vector<int> victims(Reader& reader, int run, int step, int layer, int heads) {
        std::vector<int> all;
        for (int head = 0; head < heads; ++head) {
            const auto evictions = reader.evictions(run, step, layer, head);
            for (const Eviction& eviction : *evictions)
                all.push_back(eviction.position);
        }
        return all;
    }

  private slots:
    void initTestCase() {
        const Ran ran = run(reading(path("full.trace"),
                                    {"--memory", "full", "--archive", "all", "--policy", "lra"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QVERIFY(ran.says("archive of keys, values and queries"));
    }

    // What a run tells of itself while it evicts: shares below 1, errors above 0, null before.
    void measuredDuringARun() {
        const Ran ran = run(reading(path("evicting.trace"),
                                    {"--memory", "48", "--archive", "all", "--policy", "lra"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        auto reader = Reader::open(path("evicting.trace"));
        const int steps = *(*reader)->stepCount(1);
        int lost = 0;
        for (int step = 0; step < steps; ++step) {
            const auto heads = (*reader)->headSteps(1, step);
            for (const HeadStepInfo& head : *heads) {
                QVERIFY(head.seen.coverage > 0 && head.seen.coverage < 1.0001f);
                QVERIFY(head.seen.outputError >= 0 && std::isfinite(head.seen.outputError));
                if (step < 3) {
                    QCOMPARE(head.seen.coverage, 1.0f);
                    QCOMPARE(head.seen.outputError, 0.0f);
                }
                lost += head.seen.coverage < 0.999f && head.seen.outputError > 0.0f;
            }
        }
        QVERIFY(lost > steps);
        const Ran table = run({"trace", "export", path("evicting.trace"), "--table", "layer_steps",
                               "--format", "csv", "--where", "step = 10 AND layer = 0"});
        QVERIFY(table.out.contains("seen_coverage,output_error"));
        const QList<QByteArray> cells = table.out.trimmed().split('\n').last().trimmed().split(',');
        const auto heads = (*reader)->headSteps(1, 10);
        double coverage = 0;
        const int count = (*reader)->run(1)->shape.heads;
        for (int head = 0; head < count; ++head)
            coverage += double((*heads)[size_t(head)].seen.coverage) / count;
        QVERIFY(std::abs(cells[cells.size() - 2].toDouble() - coverage) < 1e-6);
        QCOMPARE(run({"trace", "check", path("evicting.trace")}).exitCode, 0);
        QCOMPARE(QDir(m_folder.path()).entryList({"attendre-archive*"}).size(), 0);
    }

    void keysAlone() {
        const Ran ran = run(reading(path("keys.trace"), {"--memory", "48", "--archive", "keys"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        auto reader = Reader::open(path("keys.trace"));
        const auto heads = (*reader)->headSteps(1, 10);
        QVERIFY(heads->front().seen.coverage > 0 && std::isnan(heads->front().seen.outputError));
        QVERIFY((*reader)->archived(1, 10, 0)->query.empty());
        const Ran replay = run({"replay", path("keys.trace"), "--append"});
        QCOMPARE(replay.exitCode, 2);
        QVERIFY(replay.oneSentence() && replay.says("Run 1 has no archive of keys, values"));
        const Ran losses =
            run({"trace", "losses", path("keys.trace"), "--layer", "0", "--head", "0"});
        QCOMPARE(losses.exitCode, 2);
        QVERIFY2(losses.oneSentence() && losses.says("Run 1 keeps an archive of keys alone"),
                 losses.err.constData());
        QVERIFY(run({"info", path("keys.trace")}).out.contains("  archive      keys\n"));
    }

    // The one run's own reason is told, not that there is none that fits.
    void topKIsTheReason() {
        const Ran ran = run(
            reading(path("topk.trace"), {"--memory", "full", "--archive", "all", "--top-k", "4"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const Ran replay = run({"replay", path("topk.trace"), "--memory", "32", "--append"});
        QCOMPARE(replay.exitCode, 2);
        QVERIFY2(replay.oneSentence() && replay.says("Run 1 attended to the top k entries only"),
                 replay.err.constData());
        QVERIFY(run({"info", path("topk.trace")}).out.contains("  options      top k 4\n"));
    }

    // The same policy with room for everything: the same usage, nothing lost.
    void theSameAgain() {
        const Ran ran = run({"replay", path("full.trace"), "-o", path("same.trace")});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QVERIFY(ran.out.contains("100.0% of its attention kept"));
        auto recorded = Reader::open(path("full.trace")),
             replayed = Reader::open(path("same.trace"));
        const RunInfo info = *(*recorded)->run(1);
        const int steps = *(*recorded)->stepCount(1);
        QCOMPARE(*(*replayed)->stepCount(1), steps);
        for (int layer = 0; layer < info.shape.layers; ++layer) {
            const auto a = (*recorded)->layerState(1, steps - 1, layer);
            const auto b = (*replayed)->layerState(1, steps - 1, layer);
            for (size_t head = 0; head < a->heads.size(); ++head) {
                const HeadState &x = a->heads[head], &y = b->heads[head];
                QCOMPARE(y.position, x.position);
                QCOMPARE(y.hits, x.hits);
                QCOMPARE(y.lastTick, x.lastTick);
                for (size_t slot = 0; slot < x.mass.size(); ++slot)
                    QVERIFY(std::abs(x.mass[slot] - y.mass[slot]) <= 1e-4f * (1 + x.mass[slot]));
            }
        }
        const auto kept = (*replayed)->extents(1, Series::SeenCoverage, -1, -1, 0, steps - 1, 1);
        QVERIFY(kept->front().minimum > 0.9999f && kept->front().maximum <= 1.0f);
    }

    // The first layer's queries and keys do not depend on what was evicted.
    void theFirstLayerOfARunOfItsOwn_data() {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("lra") << QStringList{"--policy", "lra", "--memory", "64"};
        QTest::newRow("fifo, relative")
            << QStringList{"--policy", "fifo", "--memory", "64", "--positions", "relative"};
        QTest::newRow("h2o") << QStringList{"--policy", "h2o", "--memory", "64"};
        QTest::newRow("tova") << QStringList{"--policy", "tova", "--memory", "64"};
        QTest::newRow("lfa, another chunk")
            << QStringList{"--policy", "lfa", "--memory", "64", "--chunk", "10"};
        QTest::newRow("random") << QStringList{"--policy", "random", "--memory",
                                               "64",       "--seed", "5"};
    }
    void theFirstLayerOfARunOfItsOwn() {
        QFETCH(QStringList, options);
        const QString trace = path("own.trace"), again = path("replayed.trace");
        const Ran own = run(reading(trace, options + QStringList{"--overwrite"}));
        QVERIFY2(own.exitCode == 0, own.err.constData());
        const Ran ran =
            run(QStringList{"replay", path("full.trace"), "-o", again, "--overwrite"} + options);
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        auto a = Reader::open(trace), b = Reader::open(again);
        const int steps = *(*a)->stepCount(1), heads = (*a)->run(1)->shape.heads;
        QCOMPARE(*(*b)->stepCount(1), steps);
        int evicted = 0;
        for (int step = 0; step < steps; ++step) {
            const std::vector<int> own = victims(**a, 1, step, 0, heads);
            QCOMPARE(victims(**b, 1, step, 0, heads), own);
            evicted += int(own.size());
        }
        QVERIFY(evicted > 100);
        QCOMPARE(run({"trace", "check", again}).exitCode, 0);
    }

    void appendsToItsTrace() {
        QVERIFY(QFile::copy(path("full.trace"), path("both.trace")));
        const Ran ran = run({"replay", path("both.trace"), "--append", "--memory", "64"});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QVERIFY(ran.out.contains("run 2, a replay of run 1"));
        auto reader = Reader::open(path("both.trace"));
        const RunInfo info = *(*reader)->run(2);
        QCOMPARE(info.parent, 1);
        QCOMPARE(info.label, QString("replay of run 1"));
        QVERIFY(info.command.startsWith("attendre replay "));
        QCOMPARE(run({"trace", "check", path("both.trace")}).exitCode, 0);
        // It keeps no archive of its own, though it is told of the recorded run's.
        const Ran losses = run(
            {"trace", "losses", path("both.trace"), "--run", "2", "--layer", "0", "--head", "0"});
        QCOMPARE(losses.exitCode, 2);
        QVERIFY2(losses.oneSentence() && losses.says("name the recorded run with --run 1"),
                 losses.err.constData());
        QVERIFY(
            run({"info", path("both.trace")}).out.contains("  origin       a replay of run 1\n"));
        // The replay is left aside when the next one is asked for.
        const Ran next = run({"replay", path("both.trace"), "--append", "--memory", "80"});
        QVERIFY2(next.exitCode == 0, next.err.constData());
        QVERIFY(next.out.contains("run 3, a replay of run 1"));
    }

    // An encoder's layers are replayed; a replay has no outputs, so nothing of their memory either.
    void anEncoderIsReplayed() {
        const QString trace = path("encoder.trace");
        const QStringList recorded{"record",  tinyModel("t5-v11-peaked"),
                                   genesis(), "-o",
                                   trace,     "--tokens",
                                   "150",     "--chunk",
                                   "16",      "--memory",
                                   "full",    "--query-memory",
                                   "40",      "--output-memory",
                                   "60",      "--archive",
                                   "all",     "--threads",
                                   "1"};
        QCOMPARE(run(recorded).exitCode, 0);
        const Ran ran = run({"replay", trace, "--append", "--memory", "48", "--policy", "h2o"});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const Ran check = run({"trace", "check", trace});
        QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
        for (const char* table : {"entries", "evictions", "residents"})
            QCOMPARE(
                run({"trace", "export", trace, "--table", table, "--where", "run = 2"}).exitCode,
                0);
        const Ran refused = run({"replay", trace, "--append", "--output-memory", "50"});
        QCOMPARE(refused.exitCode, 2);
        QVERIFY2(refused.oneSentence() && refused.says("--output-memory"), refused.err.constData());
    }

    // What a replay says makes it, makes it.
    void theCommandIsTaken() {
        auto reader = Reader::open(path("both.trace"));
        const RunInfo info = *(*reader)->run(2);
        QVERIFY2(!info.command.contains("--tokens"), qPrintable(info.command));
        QStringList words = info.command.split(' ').mid(1);
        for (QString& word : words)
            word.remove('\'');
        const Ran again = run(words);
        QVERIFY2(again.exitCode == 0, again.err.constData());
    }

    // Losses are told of runs that evict; where nothing left there is nothing to regret.
    void losses() {
        const Ran ran = run(
            {"trace", "losses", path("evicting.trace"), "--layer", "1", "--head", "0", "--json"});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const QJsonArray regrets = ran.json()["regrets"].toArray();
        auto reader = Reader::open(path("evicting.trace"));
        int evicted = 0;
        for (int step = 0; step < *(*reader)->stepCount(1); ++step)
            evicted += int(victims(**reader, 1, step, 1, 1).size());
        QCOMPARE(regrets.size(), evicted);
        double most = 0;
        for (const QJsonValue& regret : regrets)
            most = std::max(most, regret.toObject()["mass"].toDouble());
        QVERIFY(most > 0);
        const Ran none =
            run({"trace", "losses", path("full.trace"), "--layer", "0", "--head", "0"});
        QCOMPARE(none.exitCode, 0);
        QVERIFY(none.out.endsWith("position,evicted_step,mass,output_change\n"));
        const Ran wrong =
            run({"trace", "losses", path("full.trace"), "--layer", "99", "--head", "0"});
        QCOMPARE(wrong.exitCode, 2);
        QVERIFY(wrong.oneSentence());
    }

    void refusals_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("says");
        QTest::newRow("no place") << QStringList{} << "written is not said: add it";
        QTest::newRow("both") << QStringList{"--append", "--overwrite"} << "exclude";
        QTest::newRow("top k") << QStringList{"--append", "--top-k", "4"} << "--top-k";
        QTest::newRow("mode") << QStringList{"--append", "--mode", "prefix"} << "--mode";
        QTest::newRow("no such run")
            << QStringList{"--append", "--run", "9"} << "no run 9; its only run is 1.";
        QTest::newRow("too small")
            << QStringList{"--append", "--memory", "8"} << "s + pins + r + C";
    }
    void refusals() {
        QFETCH(QStringList, options);
        QFETCH(QString, says);
        const Ran ran = run(QStringList{"replay", path("full.trace")} + options);
        QVERIFY(ran.exitCode != 0);
        QVERIFY2(ran.oneSentence() && ran.err.contains(says.toUtf8()), ran.err.constData());
    }
};

QTEST_GUILESS_MAIN(TestReplay)
#include "test_replay.moc"
