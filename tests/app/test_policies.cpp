#include "model/trace/reader.h"
#include "tests/app/run_program.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace attendre;

// The policies that take options of their own, as a person asks for them, on a tiny model.
class TestPolicies : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void waitingRunsAreInOrder_data() {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("h2o") << QStringList{"--policy", "h2o"};
        QTest::newRow("mass") << QStringList{"--policy", "custom", "--expression", "mass"};
        QTest::newRow("last mass")
            << QStringList{"--policy", "custom", "--expression", "last_mass"};
        QTest::newRow("lfa by mass") << QStringList{"--policy", "lfa", "--lfa-count", "mass"};
        QTest::newRow("lra") << QStringList{"--policy", "lra"};
    }

    // At summary detail a column that is the rank stands alone where it explains the rank.
    void waitingRunsAreInOrder() {
        QFETCH(QStringList, options);
        const QString trace = m_folder.filePath("waiting.trace");
        const Ran ran =
            run(QStringList{"record", tinyModel("gpt2-peaked"), genesis(), "-o", trace,
                            "--overwrite", "--tokens", "120", "--chunk", "8", "--memory", "48",
                            "--mode", "prefix", "--query-memory", "24"} +
                options);
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const Ran check = run({"trace", "check", trace});
        QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
    }

    // Two ways to say the same: equal victims, step by step.
    void anExpressionIsThePolicyThatItSays_data() {
        QTest::addColumn<QStringList>("policy");
        QTest::addColumn<QString>("expression");
        QTest::newRow("lra") << QStringList{"--policy", "lra"} << "-recency";
        QTest::newRow("fifo") << QStringList{"--policy", "fifo"} << "tick - age";
        QTest::newRow("h2o") << QStringList{"--policy", "h2o", "--recent", "0"} << "mass";
        QTest::newRow("lfa per age")
            << QStringList{"--policy", "lfa", "--lfa-per-age", "--recent", "0"}
            << "hits / max(1, age)";
        QTest::newRow("lfa by weight per age")
            << QStringList{"--policy", "lfa", "--lfa-count", "mass", "--lfa-per-age",
                           "--recent", "0"}
            << "mass / max(1, age)";
    }

    void anExpressionIsThePolicyThatItSays() {
        QFETCH(QStringList, policy);
        QFETCH(QString, expression);
        const Ran named = run(recording("named.trace", policy + QStringList{"--overwrite"}));
        QVERIFY2(named.exitCode == 0, named.err.constData());
        const Ran custom = run(recording(
            "custom.trace", {"--policy", "custom", "--expression", expression, "--overwrite"}));
        QVERIFY2(custom.exitCode == 0, custom.err.constData());
        const auto expected = victims("named.trace"), found = victims("custom.trace");
        QVERIFY(expected.size() > 300);
        QCOMPARE(found, expected);
        for (const char* trace : {"named.trace", "custom.trace"}) {
            const Ran check = run({"trace", "check", path(trace)});
            QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
        }
        auto reader = Reader::open(path("custom.trace"));
        QVERIFY(reader.ok());
        const auto info = (*reader)->run(1);
        QCOMPARE(info->policy.rankLabel, expression);
        QVERIFY(info->command.contains("--expression"));
    }

    // Infinite ranks and those that are no numbers, through the trace and out of it.
    void infiniteRanks() {
        const Ran ran = run(recording("infinite.trace", {"--policy", "custom", "--expression",
                                                         "(hits - 2) / (hits - 2) / (age - 20)",
                                                         "--detail", "full"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const Ran check = run({"trace", "check", path("infinite.trace")});
        QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
        auto reader = Reader::open(path("infinite.trace"));
        int low = 0, high = 0;
        for (int step = 0; step < 25; ++step) {
            const auto state = (*reader)->layerState(1, step, 0);
            QVERIFY(state.ok());
            for (double rank : state->heads[0].rank) {
                QVERIFY(!std::isnan(rank));
                low += std::isinf(rank) && rank < 0;
                high += std::isinf(rank) && rank > 0;
            }
        }
        QVERIFY(low > 0);
        QVERIFY(high > 0);
        const Ran lines = run({"trace", "export", path("infinite.trace"), "--table", "residents",
                               "--format", "jsonl", "--where", "layer = 0 AND step = 9"});
        QVERIFY2(lines.exitCode == 0, lines.err.constData());
        for (const QByteArray& line : lines.out.trimmed().split('\n'))
            QVERIFY2(!QJsonDocument::fromJson(line).isNull(), line.constData());
    }

    void futureLooksAhead() {
        const Ran whole = run(recording("whole.trace", {"--memory", "full", "--detail", "full"}));
        QVERIFY2(whole.exitCode == 0, whole.err.constData());
        const QStringList future{"--policy", "future", "--future", path("whole.trace")};
        const Ran ran = run(recording("future.trace", future));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QVERIFY2(ran.says("run 1 of"), ran.err.constData());
        const Ran check = run({"trace", "check", path("future.trace")});
        QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
        QVERIFY(victims("future.trace").size() > 300);
        // The ranks of a step, against the masses of the whole run.
        auto from = Reader::open(path("whole.trace")), reader = Reader::open(path("future.trace"));
        const auto last = (*from)->layerState(1, 24, 1), then = (*from)->layerState(1, 12, 1);
        const auto ranked = (*reader)->layerState(1, 12, 1);
        QVERIFY(last.ok() && then.ok() && ranked.ok());
        for (int head = 0; head < int(ranked->heads.size()); ++head)
            for (std::size_t slot = 0; slot < ranked->heads[head].rank.size(); ++slot) {
                const auto position = std::size_t(ranked->heads[head].position[slot]);
                QCOMPARE(ranked->heads[head].rank[slot],
                         double(last->heads[head].mass[position]) -
                             double(then->heads[head].mass[position]));
            }
        // Beside the run that it reads, in the same file.
        const Ran beside = run(recording("whole.trace", future + QStringList{"--append"}));
        QVERIFY2(beside.exitCode == 0, beside.err.constData());
        QCOMPARE(victims("whole.trace", 2), victims("future.trace"));
        // And read by another one, which takes the run that fits, not the newest.
        const Ran again = run(recording("again.trace", future));
        QVERIFY2(again.exitCode == 0 && again.says("run 1 of"), again.err.constData());
    }

    void refusals_data() {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty") << QStringList{"--policy", "custom"} << "it is empty";
        QTest::newRow("unknown name")
            << QStringList{"--policy", "custom", "--expression", "mass + weight"}
            << "column 8: there is no \"weight\"";
        QTest::newRow("not a rank")
            << QStringList{"--policy", "custom", "--expression", "mass)"} << "column 5";
        QTest::newRow("expression of another policy")
            << QStringList{"--policy", "h2o", "--expression", "mass"} << "--policy is h2o";
        QTest::newRow("no future") << QStringList{"--policy", "future"} << "--future";
        QTest::newRow("no such future")
            << QStringList{"--policy", "future", "--future", "nowhere.trace"} << "nowhere.trace";
        QTest::newRow("M < T") << futureOf("small.trace") << "M = 64, less than T = 400";
        QTest::newRow("another input") << futureOf("other.trace") << "another input";
        QTest::newRow("lfa's options")
            << QStringList{"--policy", "lra", "--lfa-per-age"} << "--lfa-per-age";
    }

    void refusals() {
        QFETCH(QStringList, more);
        QFETCH(QString, says);
        if (more.contains(path("small.trace")))
            QCOMPARE(run(recording("small.trace", {"--detail", "full"})).exitCode, 0);
        if (more.contains(path("other.trace")))
            QCOMPARE(run(recording("other.trace",
                                   {"--detail", "full", "--memory", "full", "--bos", "yes"}))
                         .exitCode,
                     0);
        const Ran ran = run(recording("refused.trace", more));
        QVERIFY2(ran.exitCode == 1 || ran.exitCode == 2, ran.err.constData());
        QVERIFY2(ran.oneSentence() && ran.err.contains(says.toUtf8()), ran.err.constData());
        QVERIFY(!QFileInfo::exists(path("refused.trace")));
    }

  private:
    QString path(const QString& name) const { return m_folder.filePath(name); }
    QStringList recording(const QString& trace, const QStringList& more) const {
        return QStringList{"record", tinyModel(), genesis(), "-o",        path(trace), "--tokens",
                           "400",    "--chunk",   "16",      "--threads", "1"} +
               (more.contains("--memory") ? QStringList() : QStringList{"--memory", "64"}) +
               (more.contains("--bos") ? QStringList() : QStringList{"--bos", "no"}) + more;
    }
    QStringList futureOf(const QString& trace) const {
        return {"--policy", "future", "--future", path(trace)};
    }
    // "layer head step position" of every eviction.
    QStringList victims(const QString& trace, int run = 1) const {
        QStringList all;
        auto reader = Reader::open(path(trace));
        const auto info = (*reader)->run(run);
        const auto steps = (*reader)->stepCount(run);
        for (int layer = 0; layer < info->shape.layers; ++layer)
            for (int head = 0; head < info->shape.heads; ++head)
                for (int step = 0; step < *steps; ++step) {
                    const auto evictions = (*reader)->evictions(run, step, layer, head);
                    for (const Eviction& e : *evictions)
                        all << QString("%1 %2 %3 %4")
                                   .arg(layer)
                                   .arg(head)
                                   .arg(step)
                                   .arg(e.position);
                }
        return all;
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestPolicies)
#include "test_policies.moc"
