#include "model/engine/engine.h"
#include "model/trace/recorder.h"
#include "tests/engine/default_model.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace attendre;

namespace {

constexpr int tokenCount = 1024, memory = 256, chunk = 64;

using Victims = std::vector<std::int32_t>; // of every layer, head and step

Configuration asked(const QString& policy) {
    Configuration configuration;
    configuration.memory = {memory};
    configuration.chunk = chunk;
    configuration.policy = policy;
    // The same protection for all: what differs is the ranking.
    configuration.sinks = 4;
    configuration.recent = 0;
    configuration.granularity = "head";
    return configuration;
}

} // namespace

// The default model on the book's first tokens: policies that are not the same evict differently
// once queries were answered.
class PolicyDifferenceTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        QFile file(QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/smollm2-genesis.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        for (const QJsonValue& id :
             QJsonDocument::fromJson(file.readAll()).object()["ids"].toArray())
            m_ids.push_back(id.toInt());
        m_ids.resize(tokenCount);
        auto network = loadDefaultModel(QStringLiteral("f32"), 2);
        QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
        m_network = network.take();
    }

    void pairwise() {
        std::vector<std::pair<QString, Configuration>> runs;
        for (const char* policy : {"fifo", "lra", "lfa", "random", "h2o", "tova"})
            runs.emplace_back(policy, asked(policy));
        runs.emplace_back("lfa per age", asked("lfa"));
        runs.back().second.lfaPerAge = true;
        runs.emplace_back("custom", asked("custom"));
        runs.back().second.expression = "mass / (age + 1) * value_norm";
        runs.emplace_back("future", asked("future"));
        recordWhole(m_folder.filePath("whole.trace"));
        runs.back().second.future = m_folder.filePath("whole.trace");

        std::vector<Victims> victims;
        for (const auto& [name, configuration] : runs) {
            victims.push_back(victimsOf(configuration));
            QVERIFY2(!victims.back().empty(), qPrintable(name));
            QCOMPARE(victims.back().size(), victims.front().size());
        }
        for (std::size_t a = 0; a < runs.size(); ++a)
            for (std::size_t b = a + 1; b < runs.size(); ++b) {
                const double equal = share(victims[a], victims[b]);
                qInfo("%s and %s evict the same in %.1f %%", qPrintable(runs[a].first),
                      qPrintable(runs[b].first), 100 * equal);
                QVERIFY2(equal < 0.9, qPrintable(runs[a].first + ", " + runs[b].first));
            }
    }

  private:
    Result<std::vector<StepRecord>> steps(const Configuration& configuration, bool usage) {
        StepWants wants;
        wants.usage = usage;
        wants.nll = false;
        auto pipeline = m_network->start(configuration, m_ids, wants);
        if (!pipeline)
            return pipeline.error();
        m_resolved = (*pipeline)->configuration();
        std::vector<StepRecord> all;
        while (!(*pipeline)->finished()) {
            auto step = (*pipeline)->step();
            if (!step)
                return step.error();
            all.push_back(step.take());
        }
        return all;
    }

    // Step by step and head by head, each step's in ascending order of positions.
    Victims victimsOf(const Configuration& configuration) {
        Victims all;
        auto run = steps(configuration, false);
        if (!run)
            qFatal("%s", qPrintable(run.error().sentence));
        for (const StepRecord& step : *run)
            for (const LayerRecord& layer : step.layers) {
                const auto& v = layer.victimPositions;
                for (std::size_t from = 0; from < v.size(); from += std::size_t(layer.evicted)) {
                    all.insert(all.end(), v.begin() + qsizetype(from),
                               v.begin() + qsizetype(from) + layer.evicted);
                    std::sort(all.end() - layer.evicted, all.end());
                }
            }
        return all;
    }

    // Of the victims of each step and head (C of them), those that both evict.
    static double share(const Victims& a, const Victims& b) {
        std::size_t equal = 0;
        for (std::size_t from = 0; from < a.size(); from += chunk) {
            Victims both;
            const auto begin = qsizetype(from);
            std::set_intersection(a.begin() + begin, a.begin() + begin + chunk, b.begin() + begin,
                                  b.begin() + begin + chunk, std::back_inserter(both));
            equal += both.size();
        }
        return double(equal) / double(a.size());
    }

    void recordWhole(const QString& path) {
        Configuration configuration = asked("lra");
        configuration.memory = {};
        configuration.detail = "full";
        auto whole = steps(configuration, true);
        QVERIFY2(whole.ok(), whole ? "" : qPrintable(whole.error().sentence));
        auto files = ModelFiles::open(defaultModelPath());
        RunInfo run;
        run.modelHash = *(*files)->hash({});
        run.tokens = tokenCount;
        run.shape = m_network->description().shape;
        run.configuration = m_resolved;
        std::vector<TokenInfo> tokens(m_ids.size());
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            tokens[i].position = std::int32_t(i);
            tokens[i].id = m_ids[i];
        }
        auto recorder = Recorder::open(path, run, std::move(tokens));
        QVERIFY2(recorder.ok(), recorder ? "" : qPrintable(recorder.error().sentence));
        for (StepRecord& step : *whole)
            QVERIFY((*recorder)->add(std::move(step)).ok());
        QVERIFY((*recorder)->finish().ok());
    }

    std::shared_ptr<Network> m_network;
    std::vector<std::int32_t> m_ids;
    ResolvedConfiguration m_resolved;
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(PolicyDifferenceTest)
#include "policy_difference_test.moc"
