#include "tests/engine/compare_steps.h"
#include "tests/engine/random_case.h"
#include "tests/engine/slow_records.h"
#include "tests/engine/slow_t5.h"
#include "tests/engine/step_invariants.h"

#include <QTest>

#include <algorithm>
#include <functional>

using namespace attendre;
using namespace attendre::slow;

namespace {

struct Sample {
    Case tried;
    Options asked;
    slow::Run run;
    std::vector<StepRecord> records;
};

Sample sampleOf(Case tried) {
    Sample sample{std::move(tried), {}, {}, {}};
    sample.asked = options(sample.tried);
    sample.run = runPipeline(networkOf(sample.tried.network), sample.asked, sample.tried.ids());
    sample.records = recordsOf(sample.run, sample.asked);
    return sample;
}

// A run that overflows and has everything in it that a mistake could touch.
Sample richSample() {
    Case tried;
    tried.network.layers = 2;
    tried.network.heads = 2;
    tried.network.group = 2;
    tried.network.sharpness = 3;
    tried.tokens = 50;
    tried.configuration.memory = {24};
    tried.configuration.chunk = 8;
    tried.configuration.sinks = 2;
    tried.configuration.recent = 3;
    tried.configuration.pins = {{5, 6}};
    return sampleOf(tried);
}

// The first contradiction found in records that claim to be the sample's.
std::optional<QString> contradiction(const Sample& sample, const std::vector<StepRecord>& records) {
    ResolvedConfiguration resolved;
    resolved.asked = sample.tried.configuration;
    resolved.mode = sample.asked.causal ? "causal" : "prefix";
    resolved.memory = sample.asked.memory;
    resolved.sinks = sample.asked.sinks;
    resolved.recent = sample.asked.recent;
    StepInvariants invariants(resolved, description(sample.tried.network).shape,
                              sample.tried.tokens, 1e-5);
    for (const StepRecord& record : records)
        if (auto found = invariants.follow(record))
            return found;
    return invariants.end();
}

std::optional<QString> firstDifference(const Sample& sample,
                                       const std::vector<StepRecord>& records) {
    for (size_t i = 0; i < records.size(); ++i)
        if (auto found = disagreement(records[i], sample.run.steps[i], sample.asked, {}))
            return found;
    return std::nullopt;
}

using Damage = std::function<void(std::vector<StepRecord>&)>;

} // namespace

Q_DECLARE_METATYPE(Damage)

// The checks themselves: they accept what the slow pipeline says and find what was changed in it.
class StepInvariantsTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void acceptTheSlowPipeline_data() {
        QTest::addColumn<int>("seed");
        for (int seed = 0; seed < 100; ++seed)
            QTest::addRow("case %d", seed) << seed;
    }

    void acceptTheSlowPipeline() {
        QFETCH(int, seed);
        const Sample sample = sampleOf(randomCase(std::uint64_t(seed)));
        auto found = contradiction(sample, sample.records);
        QVERIFY2(!found, qPrintable(found.value_or("") + '\n' + sample.tried.text()));
        found = firstDifference(sample, sample.records);
        QVERIFY2(!found, qPrintable(found.value_or("") + '\n' + sample.tried.text()));
    }

    void findDamage_data() {
        QTest::addColumn<Damage>("damage");
        const auto add = [](const char* name, std::function<void(LayerRecord&)> change) {
            QTest::newRow(name) << Damage(
                [change](std::vector<StepRecord>& records) { change(records.at(4).layers.at(1)); });
        };
        add("a victim too many", [](LayerRecord& r) { ++r.evicted; });
        add("another victim", [](LayerRecord& r) { --r.victimPositions[0]; });
        add("victims out of order", [](LayerRecord& r) {
            std::swap(r.victimSlots[0], r.victimSlots[1]);
            std::swap(r.victimPositions[0], r.victimPositions[1]);
            std::swap(r.victimRanks[0], r.victimRanks[1]);
        });
        add("a victim's rank", [](LayerRecord& r) { r.victimRanks[0] += 1; });
        add("two entries change places",
            [](LayerRecord& r) { std::swap(r.position[0], r.position[1]); });
        add("an entry twice", [](LayerRecord& r) { r.position[0] = r.position[1]; });
        add("a mass", [](LayerRecord& r) { r.mass[9] += 0.01f; });
        add("the last mass", [](LayerRecord& r) { r.lastMass[9] += 0.01f; });
        add("hits of nobody", [](LayerRecord& r) { r.hits[0] += 100; });
        add("a tick of the future", [](LayerRecord& r) { r.lastTick[3] = 1000; });
        add("the clock", [](LayerRecord& r) { ++r.tick; });
        add("the occupancy", [](LayerRecord& r) { --r.occupancy; });
        add("a query answered again", [](LayerRecord& r) { --r.firstAnswered; });
        add("a kept weight", [](LayerRecord& r) { r.attention.weights[1] += 0.01f; });
        add("a kept position", [](LayerRecord& r) { r.attention.positions[0] = 49; });
        add("the rest", [](LayerRecord& r) { r.attention.rest[0] += 0.01f; });
        QTest::newRow("a lost step")
            << Damage([](std::vector<StepRecord>& records) { records.pop_back(); });
        QTest::newRow("a step twice") << Damage([](std::vector<StepRecord>& records) {
            records.insert(records.begin() + 2, records[1]);
        });
    }

    void findDamage() {
        QFETCH(Damage, damage);
        const Sample sample = richSample();
        QVERIFY(!contradiction(sample, sample.records));
        std::vector<StepRecord> damaged = sample.records;
        damage(damaged);
        QVERIFY2(contradiction(sample, damaged), "the invariants hold on damaged records");
        if (damaged.size() == sample.records.size())
            QVERIFY2(firstDifference(sample, damaged), "the comparison finds no difference");
    }

    // What the invariants cannot know, since it contradicts nothing, the comparison must see.
    void compareColumns() {
        const Sample sample = richSample();
        std::vector<StepRecord> damaged = sample.records;
        damaged[4].layers[1].massSquared[3] *= 1.001f;
        QVERIFY(firstDifference(sample, damaged));
        damaged = sample.records;
        damaged[5].layers[0].rank[7] += 1;
        QVERIFY(firstDifference(sample, damaged));
    }
};

QTEST_GUILESS_MAIN(StepInvariantsTest)
#include "step_invariants_test.moc"
