#include "model/analysis/next_step.h"
#include "tests/trace/made_steps.h"

#include <QTest>

using namespace attendre;

// What comes next, worked out from one step, against what then comes.
class NextStepTest : public QObject {
    Q_OBJECT
    static std::vector<LayerStepInfo> layersOf(const StepRecord& step) {
        std::vector<LayerStepInfo> layers;
        for (const LayerRecord& r : step.layers) {
            LayerStepInfo layer;
            layer.layer = r.layer;
            layer.arrived = r.arrived;
            layer.waiting = r.waiting;
            layer.tick = r.tick;
            layers.push_back(layer);
        }
        return layers;
    }

  private slots:
    void comesTrue_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("queryMemory");
        QTest::newRow("causal") << 40 << 0;
        QTest::newRow("causal, a shorter last chunk") << 43 << 0;
        QTest::newRow("N above C") << 43 << 12;
        QTest::newRow("N below C") << 40 << 3;
        QTest::newRow("N = T") << 24 << 24;
    }
    void comesTrue() {
        QFETCH(int, tokens);
        QFETCH(int, queryMemory);
        MadeOptions made;
        made.layers = 3;
        made.chunk = 5;
        made.tokens = tokens;
        made.queryMemory = queryMemory;
        const RunInfo run = madeRun(made);
        MadeSteps steps(made);
        auto now = steps.next();
        int flushed = 0;
        while (const auto then = steps.next()) {
            const NextStep next = nextStep(run, layersOf(*now));
            QVERIFY(!next.over);
            QCOMPARE(next.kind, then->kind);
            for (std::size_t layer = 0; layer < then->layers.size(); ++layer)
                QCOMPARE(next.arriving[layer], then->layers[layer].arrived);
            flushed += then->kind == StepKind::Flush;
            now = then;
        }
        const NextStep last = nextStep(run, layersOf(*now));
        QVERIFY(last.over);
        QCOMPARE(last.arriving, std::vector<int>(3, 0));
        QCOMPARE(flushed > 0, queryMemory > 0);
    }
};

QTEST_MAIN(NextStepTest)
#include "next_step_test.moc"
