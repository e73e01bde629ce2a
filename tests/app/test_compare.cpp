#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "tests/app/run_program.h"
#include "tests/trace/made_steps.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace attendre;

// attendre trace compare, against the slots and losses of the traces themselves.
class CompareTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString path(const QString& name) const { return m_folder.filePath(name); }

    bool record(const QString& name, const MadeOptions& made, bool append) {
        RecorderOptions how;
        how.append = append;
        auto recorder = Recorder::open(path(name), madeRun(made),
                                       madeTokens(made, "In the beginning was the Word.\n"), how);
        MadeSteps steps(made);
        while (auto step = recorder ? steps.next() : std::nullopt)
            if (!(*recorder)->add(std::move(*step)))
                return false;
        return recorder && (*recorder)->finish().ok();
    }

    static std::set<std::int32_t> held(Reader& reader, int run, int step, int layer, int head) {
        const LayerState state = reader.layerState(run, step, layer).take();
        const auto& position = state.heads[std::size_t(head)].position;
        std::set<std::int32_t> positions(position.begin(), position.end());
        positions.erase(noPosition);
        return positions;
    }

    // Where the runs part in a head: the first step at which the slots differ; -1: never.
    static int parts(Reader& a, int runA, Reader& b, int runB, int layer, int head) {
        for (int step = 0; step < a.stepCount(runA).take(); ++step)
            if (held(a, runA, step, layer, head) != held(b, runB, step, layer, head))
                return step;
        return -1;
    }

    void checkLosses(const QJsonObject& nll, Reader& a, Reader& b, int runB) {
        const auto ofA = a.tokens(1, 0, 64).take(), ofB = b.tokens(runB, 0, 64).take();
        double sumA = 0, most = 0;
        for (std::size_t i = 1; i < ofA.size(); ++i) {
            sumA += double(ofA[i].nll);
            most = std::max(most, std::abs(double(ofB[i].nll) - double(ofA[i].nll)));
        }
        QCOMPARE(nll["tokens"].toInt(), 63);
        QVERIFY(std::abs(nll["mean_a"].toDouble() - sumA / 63) < 1e-9);
        const QJsonArray largest = nll["largest"].toArray();
        QCOMPARE(largest.size(), 16);
        QVERIFY(std::abs(std::abs(largest[0].toObject()["difference"].toDouble()) - most) < 1e-9);
        int lost = 0;
        for (const QJsonValue token : largest) {
            const QJsonObject cause = token.toObject()["cause"].toObject();
            if (cause["kind"].toString() != "lost-entry")
                continue;
            ++lost;
            const bool inA = cause["lost_in"].toString() == "a";
            const auto evictions = (inA ? a : b)
                                       .evictions(inA ? 1 : runB, cause["step"].toInt(),
                                                  cause["layer"].toInt(), cause["head"].toInt())
                                       .take();
            QVERIFY(std::any_of(evictions.begin(), evictions.end(), [&](const Eviction& eviction) {
                return eviction.position == cause["position"].toInt();
            }));
        }
        QVERIFY(lost > 0);
    }

  private slots:
    void initTestCase() {
        MadeOptions made;
        QVERIFY(record("two.trace", made, false));
        QVERIFY(record("first.trace", made, false));
        made.policy = "fifo";
        made.seed = 2;
        made.sinks = 0;
        QVERIFY(record("two.trace", made, true));
        QVERIFY(record("second.trace", made, false));
        made.layers = 2;
        QVERIFY(record("shallow.trace", made, false));
    }

    void asJson_data() {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<int>("runB");
        QTest::newRow("one file") << QStringList{"two.trace"} << 2;
        QTest::newRow("two files") << QStringList{"first.trace", "second.trace"} << 1;
    }
    void asJson() {
        QFETCH(QStringList, files);
        QFETCH(int, runB);
        QStringList words{"trace", "compare"};
        for (const QString& file : files)
            words << path(file);
        const Ran ran = run(words + QStringList{"--json"});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const QJsonObject told = ran.json();
        QCOMPARE(told["a"].toObject()["run"].toInt(), 1);
        QCOMPARE(told["b"].toObject()["run"].toInt(), runB);
        QCOMPARE(told["b"].toObject()["policy"].toString(), QString("fifo"));
        QCOMPARE(told["tokens"].toInt(), 64);
        QCOMPARE(told["differences"].toArray(),
                 (QJsonArray{"policy lra against fifo", "s 2 against 0"}));
        auto a = Reader::open(path(files.front())).take(),
             b = Reader::open(path(files.back())).take();
        const QJsonArray heads = told["heads"].toArray();
        QCOMPARE(heads.size(), 6);
        int first = 1 << 20;
        for (int i = 0; i < 6; ++i) {
            const int step = parts(*a, 1, *b, runB, i / 2, i % 2);
            QCOMPARE(heads[i].toObject()["step_a"].toInt(-1), step);
            first = step >= 0 ? std::min(first, step) : first;
        }
        const QJsonObject parting = told["parting"].toObject();
        QCOMPARE(parting["step_a"].toInt(), first);
        const int layer = parting["layer"].toInt(), head = parting["head"].toInt();
        const int left = parting["left_a"].toObject()["position"].toInt();
        QVERIFY(!held(*a, 1, first, layer, head).contains(left));
        QVERIFY(held(*b, runB, first, layer, head).contains(left));
        const auto evictions = a->evictions(1, first, layer, head).take();
        const auto gone = std::find_if(evictions.begin(), evictions.end(),
                                       [left](const Eviction& e) { return e.position == left; });
        QVERIFY(gone != evictions.end());
        QCOMPARE(parting["left_a"].toObject()["a"].toObject()["rank"].toDouble(), gone->rank);
        checkLosses(told["nll"].toObject(), *a, *b, runB);
    }

    void asText() {
        const Ran ran = run({"trace", "compare", path("two.trace"), "--runs", "2,1"});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QVERIFY(ran.out.startsWith("A: run 2 of "));
        QVERIFY(ran.out.contains("A against B: policy fifo against lra, s 0 against 2"));
        QVERIFY(ran.out.contains("They part at step "));
        QVERIFY(ran.out.contains(" left A (fifo: tick inserted 1, the cut at "));
        QCOMPARE(ran.out.count('\n'), 9 + 16); // sentences, and a line a token
        const Ran same = run({"trace", "compare", path("two.trace"), "--runs", "1,1"});
        QCOMPARE(same.exitCode, 0);
        QVERIFY(same.out.contains("They hold the same entries wherever they meet."));
        QVERIFY(same.out.contains("They were asked for alike."));
    }

    void whatIsRefused_data() {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("says");
        QTest::newRow("one run") << QStringList{path("first.trace")} << 2 << "has no two runs";
        QTest::newRow("shapes") << QStringList{path("first.trace"), path("shallow.trace"), "--runs",
                                               "1,1"}
                                << 2 << "3 layers of 2 K/V heads, the other 2 of 2";
        QTest::newRow("not two") << QStringList{path("two.trace"), "--runs", "2"} << 2
                                 << "two numbers";
        QTest::newRow("no such run") << QStringList{path("two.trace"), "--runs", "1,3"} << 1 << "3";
        QTest::newRow("no file") << QStringList{path("none.trace")} << 1 << "none.trace";
    }
    void whatIsRefused() {
        QFETCH(QStringList, words);
        QFETCH(int, exitCode);
        QFETCH(QString, says);
        const Ran ran = run(QStringList{"trace", "compare"} + words);
        QCOMPARE(ran.exitCode, exitCode);
        QVERIFY2(ran.err.contains(says.toUtf8()), ran.err.constData());
        QVERIFY(ran.oneSentence());
        QVERIFY(ran.out.isEmpty());
    }
};

QTEST_GUILESS_MAIN(CompareTest)
#include "test_compare.moc"
