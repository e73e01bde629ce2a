#include "model/trace/configuration.h"
#include "model/trace/intervention.h"
#include "model/trace/values.h"

#include <QRandomGenerator>
#include <QTest>

using namespace attendre;

class TestIntervention : public QObject {
    Q_OBJECT

    static NetworkShape shape() {
        NetworkShape shape;
        shape.layers = 4;
        shape.queryHeads = 6;
        shape.heads = 2;
        shape.headDimension = 8;
        return shape;
    }
    static Result<ResolvedConfiguration> resolved(const QString& change,
                                                  const QString& granularity = "head") {
        Configuration c;
        c.memory = {32};
        c.chunk = 8;
        c.sinks = 2;
        c.granularity = granularity;
        c.change = change;
        PolicyDescription policy;
        policy.name = c.policy;
        return resolve(c, shape(), policy, 100);
    }

  private slots:
    void whatIsWrittenIsRead_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("meaning");
        QTest::newRow("one") << "keep 130 at 8"
                             << "keep 130 at 8";
        QTest::newRow("spans") << " drop 65 - 70  at 8-12 in layer 2 head 0 "
                               << "drop 65-70 at 8-12 in layer 2 head 0";
        QTest::newRow("to the end") << "keep 3 at 8-"
                                    << "keep 3 at 8-";
        QTest::newRow("a layer") << "keep 3-3 at 8-8 in layer 1"
                                 << "keep 3 at 8 in layer 1";
        QTest::newRow("two") << "keep 1 at 2,drop 4 at 2"
                             << "keep 1 at 2, drop 4 at 2";
        QTest::newRow("none") << "  "
                              << "";
    }
    void whatIsWrittenIsRead() {
        QFETCH(QString, text);
        const auto read = interventionsFrom(text);
        QVERIFY2(read.ok(), qPrintable(read.ok() ? QString() : read.error().sentence));
        QTEST(interventionText(*read), "meaning");
    }

    void textAndValuesAgree() {
        QRandomGenerator random(7);
        for (int i = 0; i < 500; ++i) {
            std::vector<Intervention> all;
            for (int n = random.bounded(1, 5); n > 0; --n) {
                Intervention one;
                one.keep = random.bounded(2) == 1;
                one.firstPosition = random.bounded(1000);
                one.lastPosition = one.firstPosition + random.bounded(3);
                one.firstStep = random.bounded(100);
                one.lastStep = random.bounded(3) == 0 ? Intervention::toTheEnd
                                                      : one.firstStep + random.bounded(3);
                one.layer = random.bounded(-1, 30);
                one.head = one.layer < 0 ? -1 : random.bounded(-1, 8);
                all.push_back(one);
            }
            const auto read = interventionsFrom(interventionText(all));
            QVERIFY(read.ok());
            QVERIFY2(*read == all, qPrintable(interventionText(all)));
        }
    }

    void refusals_data() {
        QTest::addColumn<QString>("change");
        QTest::addColumn<QString>("reason");
        QTest::newRow("words") << "hold 3 at 4"
                               << "\"hold 3 at 4\"";
        QTest::newRow("backwards") << "keep 9-3 at 4"
                                   << "\"keep 9-3 at 4\"";
        QTest::newRow("steps backwards") << "keep 3 at 4-2"
                                         << "\"keep 3 at 4-2\"";
        QTest::newRow("a head of no layer") << "keep 3 at 4 head 1"
                                            << "\"keep 3 at 4 head 1\"";
        QTest::newRow("an empty part") << "keep 3 at 4,,"
                                       << "\"\"";
        QTest::newRow("position") << "keep 100 at 4"
                                  << "its last position is 99";
        QTest::newRow("step") << "keep 3 at 13"
                              << "the run's last step is 12";
        QTest::newRow("layer") << "drop 3 at 4 in layer 4"
                               << "the model's last layer is 3";
        QTest::newRow("head") << "drop 3 at 4 in layer 3 head 2"
                              << "last K/V head is 1";
        QTest::newRow("contradiction") << "keep 3-9 at 4-, drop 9 at 6 in layer 1"
                                       << "\"keep 3-9 at 4-, drop 9 at 6 in layer 1\"";
        QTest::newRow("too many") << "keep 3-30 at 4"
                                  << "keeps 28 entries in layer 0";
    }
    void refusals() {
        QFETCH(QString, change);
        QFETCH(QString, reason);
        const auto made = resolved(change);
        QVERIFY(!made.ok());
        QCOMPARE(made.error().exitCode, 2);
        QVERIFY2(made.error().sentence.contains(reason) &&
                     made.error().sentence.contains("--change"),
                 qPrintable(made.error().sentence));
    }

    void headsThatDecideTogether() {
        QVERIFY(resolved("keep 3 at 4 in layer 1", "layer").ok());
        const auto made = resolved("keep 3 at 4 in layer 1 head 0", "layer");
        QVERIFY(!made.ok());
        QVERIFY(made.error().sentence.contains("--granularity head"));
    }

    // Kept where one head is meant and dropped in another is no contradiction.
    void elsewhereIsNoContradiction() {
        QVERIFY(resolved("keep 3 at 4 in layer 1 head 0, drop 3 at 4 in layer 1 head 1").ok());
        QVERIFY(resolved("keep 3 at 4, drop 3 at 5").ok());
    }

    void aRunThatAsksChangesNothing() {
        RunInfo run;
        run.configuration.asked.change = "drop 3 at 4";
        QCOMPARE(int(interventionsOf(run).size()), 1);
        run.parent = 1;
        QVERIFY(interventionsOf(run).empty());
        run.configuration.replay = true;
        QCOMPARE(int(interventionsOf(run).size()), 1);
    }
};

QTEST_GUILESS_MAIN(TestIntervention)
#include "test_intervention.moc"
