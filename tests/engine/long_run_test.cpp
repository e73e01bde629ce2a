#include "tests/engine/engine_run.h"

#include <QFile>
#include <QTest>

#include <algorithm>

using namespace attendre;
using namespace attendre::slow;

namespace {

// Bytes of this process that lie in memory.
qint64 resident() {
    QFile file(QStringLiteral("/proc/self/statm"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toLongLong() * 4096
                                          : -1;
}

constexpr int tokens = 200'000;

} // namespace

// The memories, the queries that wait and the angles of rotation are bounded by M, N and C,
// never by T.
class LongRunTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void memoryDoesNotGrowWithTheInput_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("mode");
        QTest::addColumn<int>("waiting");
        QTest::addRow("causal") << "llama-random"
                                << "causal" << 0;
        QTest::addRow("prefix") << "llama-random"
                                << "prefix" << 64;
        QTest::addRow("encoder-decoder") << "t5-random"
                                         << "encoder-decoder" << 64;
    }

    void memoryDoesNotGrowWithTheInput() {
        QFETCH(QString, model);
        QFETCH(QString, mode);
        QFETCH(int, waiting);
        auto engine = loadEngine();
        QVERIFY2(engine.ok(), engine ? "" : qPrintable(engine.error().sentence));
        auto network = loadModel(**engine, ATTENDRE_SOURCE_DIR "/tests/golden/models/" + model,
                                 QStringLiteral("f32"));
        QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
        Configuration configuration;
        configuration.mode = mode;
        configuration.memory = {128};
        configuration.queryMemory = {waiting};
        if (mode == "encoder-decoder")
            configuration.outputMemory = 128;
        std::vector<std::int32_t> ids(tokens);
        for (int i = 0; i < tokens; ++i)
            ids[i] = (i * 37 + i / 101) % 320;
        auto pipeline = (*network)->start(configuration, std::move(ids), {});
        QVERIFY2(pipeline.ok(), pipeline ? "" : qPrintable(pipeline.error().sentence));
        qint64 early = 0, most = 0;
        while (!(*pipeline)->finished()) {
            const auto step = (*pipeline)->step();
            QVERIFY2(step.ok(), step ? "" : qPrintable(step.error().sentence));
            if ((*pipeline)->stepsDone() * configuration.chunk == 20'032)
                early = resident();
            most = std::max(most, resident());
        }
        QVERIFY(early > 0);
        qInfo("%lld MB after 20,032 tokens, at most %lld MB", early / 1'000'000, most / 1'000'000);
        // Cosines and sines of the 180,000 positions between would take 6 MB here.
        QVERIFY2(most - early < 2'000'000, qPrintable(QString::number(most - early)));
    }
};

QTEST_GUILESS_MAIN(LongRunTest)
#include "long_run_test.moc"
