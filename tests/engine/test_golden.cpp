#include "model/engine/engine.h"
#include "tests/engine/default_model.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <algorithm>
#include <set>

using namespace attendre;

// SPEC.md's table: the default model on the book's first tokens, every row, against an independent
// float32 implementation.
class TestGolden : public QObject {
    Q_OBJECT

    QJsonObject m_golden;
    std::shared_ptr<Network> m_network;
    std::vector<std::int32_t> m_ids;

  private Q_SLOTS:
    void initTestCase() {
        QFile file(QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/smollm2-genesis.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        m_golden = QJsonDocument::fromJson(file.readAll()).object();
        for (const QJsonValue& id : m_golden["ids"].toArray())
            m_ids.push_back(id.toInt());
        QCOMPARE(m_ids.size(), std::size_t(1024));
        auto network = loadDefaultModel();
        QVERIFY2(network.ok(), qPrintable(network.ok() ? QString() : network.error().sentence));
        m_network = network.take();
    }

    void row_data() {
        QTest::addColumn<int>("index");
        const QJsonArray runs = m_golden["runs"].toArray();
        for (int i = 0; i < runs.size(); ++i) {
            const QJsonObject run = runs[i].toObject();
            QTest::addRow("%d %s M=%d C=%d s=%d r=%d %s", i, qPrintable(run["policy"].toString()),
                          run["memory"].toInt(), run["chunk"].toInt(), run["sinks"].toInt(),
                          run["recent"].toInt(), qPrintable(run["positions"].toString()))
                << i;
        }
    }

    void row() {
        QFETCH(int, index);
        const QJsonObject golden = m_golden["runs"].toArray()[index].toObject();
        const int tokens = golden["tokens"].toInt();
        const std::vector<std::int32_t> ids(m_ids.begin(), m_ids.begin() + tokens);
        auto pipeline = m_network->start(configuration(golden), ids, StepWants());
        QVERIFY2(pipeline.ok(), qPrintable(pipeline.ok() ? QString() : pipeline.error().sentence));

        std::vector<float> nll;
        StepRecord last;
        while (!(*pipeline)->finished()) {
            auto step = (*pipeline)->step();
            QVERIFY2(step.ok(), qPrintable(step.ok() ? QString() : step.error().sentence));
            QCOMPARE(step->firstNll, std::int32_t(nll.size()) + 1);
            nll.insert(nll.end(), step->nll.begin(), step->nll.end());
            if (golden.contains("first_evicted_step") &&
                step->step == golden["first_evicted_step"].toInt())
                compareSets(*step, golden["first_evicted_positions"].toObject(), true);
            last = step.take();
        }
        compareNll(nll, golden);
        if (golden.contains("resident_at_end"))
            compareSets(last, golden["resident_at_end"].toObject(), false);
    }

  private:
    static Configuration configuration(const QJsonObject& golden) {
        Configuration c;
        c.policy = golden["policy"].toString();
        if (c.policy == "full") {
            c.policy = "fifo";
            c.memory.clear();
            return c;
        }
        c.memory = {golden["memory"].toInt()};
        c.chunk = golden["chunk"].toInt();
        c.sinks = golden["sinks"].toInt();
        c.recent = golden["recent"].toInt();
        c.positions = golden["positions"].toString();
        return c;
    }

    static void compareNll(const std::vector<float>& nll, const QJsonObject& golden) {
        const QJsonArray expected = golden["nll"].toArray();
        QCOMPARE(int(nll.size()), int(expected.size()));
        double sum = 0, worst = 0;
        for (std::size_t i = 0; i < nll.size(); ++i) {
            sum += nll[i];
            worst = std::max(worst, std::abs(nll[i] - expected[int(i)].toDouble()));
        }
        const double mean = sum / double(nll.size()), aim = golden["mean_nll"].toDouble();
        qInfo("mean nll %.5f, golden %.5f, largest difference of a token %.5f", mean, aim, worst);
        QVERIFY2(std::abs(mean - aim) <= 1e-4, "the mean nll differs");
        QVERIFY2(worst <= 2e-3, "a token's nll differs");
    }

    // The victims or the residents of each "layer/head" that the golden run holds.
    static void compareSets(const StepRecord& step, const QJsonObject& golden, bool victims) {
        int equal = 0, all = 0;
        for (auto it = golden.begin(); it != golden.end(); ++it) {
            const LayerRecord& layer = step.layers[it.key().section('/', 0, 0).toInt()];
            const int head = it.key().section('/', 1, 1).toInt();
            const auto& from = victims ? layer.victimPositions : layer.position;
            const int count = victims ? layer.evicted : layer.capacity;
            std::set<int> ours(from.begin() + head * count, from.begin() + (head + 1) * count);
            ours.erase(noPosition);
            const QJsonArray expected = it.value().toArray();
            QCOMPARE(int(ours.size()), int(expected.size()));
            all += int(expected.size());
            for (const QJsonValue& position : expected)
                equal += int(ours.count(position.toInt()));
        }
        qInfo("%s: %d of %d equal", victims ? "first victims" : "final residents", equal, all);
        QVERIFY(equal >= 0.999 * all);
    }
};

QTEST_GUILESS_MAIN(TestGolden)
#include "test_golden.moc"
