#include "tests/engine/engine_run.h"
#include "tests/engine/parity_golden.h"

#include <QTest>

#include <cmath>

using namespace attendre;
using namespace attendre::slow;

// Whole attention (M >= T, causal) against transformers, however the input is cut into chunks.
class ParityTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        QVERIFY(parityFiles().size() >= 10);
        auto engine = loadEngine();
        QVERIFY2(engine.ok(), engine ? "" : qPrintable(engine.error().sentence));
        m_engine = engine.value();
    }

    void engine_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<double>("tolerance");
        for (const QString& file : parityFiles()) {
            const QByteArray name = file.chopped(5).toUtf8();
            QTest::addRow("%s f32", name.constData()) << file << "f32" << 1e-4;
            // Recorded in single precision, hence 6e-8 at best.
            QTest::addRow("%s f64", name.constData()) << file << "f64" << 1e-6;
        }
    }

    void engine() {
        QFETCH(QString, file);
        QFETCH(QString, dtype);
        QFETCH(double, tolerance);
        const ParityGolden golden = parityGolden(file);
        auto network = loadModel(*m_engine, golden.model, dtype);
        QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
        const int tokens = int(golden.ids.size());
        for (int chunk : {1, 7, 64, tokens}) {
            Configuration configuration;
            configuration.memory = {};
            configuration.chunk = chunk;
            configuration.dtype = dtype;
            const StepWants wants{.usage = chunk == 7, .attention = false, .nll = true, .next = 0};
            auto run = record(**network, configuration, golden.ids, wants);
            QVERIFY2(run.ok(), run ? "" : qPrintable(run.error().sentence));
            QCOMPARE(int(run->steps.size()), (tokens + chunk - 1) / chunk);
            const std::vector<float> nll = run->nll(tokens);
            const double worst = worstError({nll.begin(), nll.end()}, golden.nll);
            QVERIFY2(worst < tolerance,
                     qPrintable(QString("chunk %1: relative error %2").arg(chunk).arg(worst)));
        }
    }

    void prefix_data() { engine_data(); }

    // The same with every query waiting until all keys have come: a prefix mask.
    void prefix() {
        QFETCH(QString, file);
        QFETCH(QString, dtype);
        QFETCH(double, tolerance);
        const ParityGolden golden = parityGolden(file);
        QVERIFY(!golden.afterPrefix.empty());
        auto network = loadModel(*m_engine, golden.model, dtype);
        QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
        const int tokens = int(golden.ids.size());
        for (int chunk : {1, 7, 64, tokens}) {
            Configuration configuration;
            configuration.mode = "prefix";
            configuration.memory = {};
            configuration.queryMemory = {chunk == tokens ? 0 : tokens};
            configuration.chunk = chunk;
            configuration.dtype = dtype;
            const StepWants wants{.usage = chunk == 7, .attention = false, .nll = true, .next = 10};
            auto run = record(**network, configuration, golden.ids, wants);
            QVERIFY2(run.ok(), run ? "" : qPrintable(run.error().sentence));
            const std::vector<NextToken>& next = run->steps.back().next;
            QCOMPARE(next.size(), golden.afterPrefix.size());
            for (size_t i = 0; i < next.size(); ++i) {
                const double expected = golden.afterPrefix[i].second;
                const double error = std::abs(next[i].logProbability - expected);
                QVERIFY2(error <= tolerance * std::abs(expected),
                         qPrintable(QString("chunk %1, place %2: %3 instead of %4")
                                        .arg(chunk)
                                        .arg(i)
                                        .arg(next[i].logProbability)
                                        .arg(expected)));
                QCOMPARE(next[i].id, golden.afterPrefix[i].first);
            }
        }
    }

  private:
    Engine* m_engine = nullptr;
};

QTEST_GUILESS_MAIN(ParityTest)
#include "parity_test.moc"
