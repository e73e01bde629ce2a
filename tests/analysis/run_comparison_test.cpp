#include "model/analysis/kept_sets.h"
#include "model/analysis/parted_entries.h"
#include "tests/analysis/recorded_pairs.h"

#include <algorithm>
#include <optional>

using namespace attendre;

// Two runs beside each other, against a walk through every step's slots.
class RunComparisonTest : public QObject {
    Q_OBJECT
    RecordedPairs m_pairs;

    static std::vector<std::int64_t> clock(const ComparedReading& reading, int layer) {
        std::vector<std::int64_t> ticks;
        for (int step = 0; step < reading.steps; ++step)
            ticks.push_back(
                reading.reader->layerSteps(reading.run.run, step).take()[std::size_t(layer)].tick);
        return ticks;
    }
    static int indexOf(const std::vector<std::int64_t>& ticks, std::int64_t tick) {
        for (std::size_t i = 0; i < ticks.size(); ++i)
            if (ticks[i] == tick)
                return int(i);
        return -1;
    }

    void checkLayer(const ComparedRuns& runs, const RunDivergence& found, int layer,
                    std::optional<HeadDivergence>& first) {
        const auto ticksA = clock(runs.a, layer), ticksB = clock(runs.b, layer);
        const int heads = runs.a.run.shape.heads;
        std::vector<HeadDivergence> partings(static_cast<std::size_t>(heads));
        std::size_t met = 0;
        for (int a = 0; a < runs.a.steps; ++a) {
            const std::int64_t tick = ticksA[std::size_t(a)];
            const int b = indexOf(ticksB, tick);
            QCOMPARE(found.alignment.meets(layer, a, b), b >= 0);
            if (tick == 0 || indexOf(ticksA, tick) != a || b < 0)
                continue;
            std::size_t both = 0, either = 0;
            for (int head = 0; head < heads; ++head) {
                const auto inA = RecordedPairs::held(runs.a, a, layer, head),
                           inB = RecordedPairs::held(runs.b, b, layer, head);
                std::set<std::int32_t> all = inA;
                all.insert(inB.begin(), inB.end());
                either += all.size();
                both += inA.size() + inB.size() - all.size();
                HeadDivergence& parting = partings[std::size_t(head)];
                if (!parting.parted() && inA != inB)
                    parting = {layer,
                               head,
                               a,
                               b,
                               int(all.size() - inB.size()),
                               int(all.size() - inA.size())};
            }
            const auto& pairs = found.alignment.pairs(layer);
            QVERIFY(met < pairs.size());
            QCOMPARE(pairs[met], (StepPair{a, b, tick}));
            QCOMPARE(found.alignment.pairAt(layer, a), int(met));
            QCOMPARE(found.shared[std::size_t(layer)][met], float(double(both) / double(either)));
            ++met;
        }
        QCOMPARE(found.alignment.pairs(layer).size(), met);
        for (int head = 0; head < heads; ++head) {
            const HeadDivergence& told = found.heads[std::size_t(layer * heads + head)];
            const HeadDivergence& slow = partings[std::size_t(head)];
            QCOMPARE(told.layer, layer);
            QCOMPARE(told.head, head);
            QCOMPARE(told.stepA, slow.stepA);
            QCOMPARE(told.stepB, slow.stepB);
            QCOMPARE(told.onlyA, slow.onlyA);
            QCOMPARE(told.onlyB, slow.onlyB);
            if (slow.parted() && (!first || slow.stepA < first->stepA))
                first = slow;
        }
    }

    // How the entry stood, from the state before the step alone.
    void checkStanding(const ComparedReading& reading, const HeadDivergence& at,
                       std::int32_t position, const EntryStanding& standing, bool evicted) {
        QVERIFY(standing.step >= 1);
        const LayerState state =
            reading.reader->layerState(reading.run.run, standing.step - 1, at.layer).take();
        const HeadState& head = state.heads[std::size_t(at.head)];
        const auto evictions =
            reading.reader->evictions(reading.run.run, standing.step, at.layer, at.head).take();
        std::set<std::int32_t> victims;
        for (const Eviction& eviction : evictions)
            victims.insert(eviction.position);
        QCOMPARE(victims.contains(position), evicted);
        QCOMPARE(standing.victim, evicted);
        QCOMPARE(standing.victims, int(victims.size()));
        if (reading.run.policy.name == "random")
            return;                       // its ranks are drawn anew
        std::optional<double> own, least; // the lowest rank of those that could have gone and stay
        const auto arrived = reading.reader->layerSteps(reading.run.run, standing.step)
                                 .take()[std::size_t(at.layer)];
        int below = 0;
        for (std::size_t slot = 0; slot < head.position.size(); ++slot) {
            const std::int32_t other = head.position[slot];
            const bool shielded = other < reading.run.configuration.sinks ||
                                  other >= arrived.firstPosition - reading.run.configuration.recent;
            if (other == noPosition || shielded)
                continue;
            if (other == position)
                own = head.rank[slot];
            if (!victims.contains(other))
                least = std::min(least.value_or(1e300), head.rank[slot]);
        }
        QCOMPARE(standing.ranked, own.has_value());
        if (!own)
            return;
        QCOMPARE(standing.rank, own);
        QCOMPARE(standing.cut, victims.empty() ? std::nullopt : least);
        for (std::size_t slot = 0; slot < head.position.size(); ++slot) {
            const std::int32_t other = head.position[slot];
            if (other != noPosition && other >= reading.run.configuration.sinks &&
                other < arrived.firstPosition - reading.run.configuration.recent)
                below += std::pair(head.rank[slot], other) < std::pair(*own, position);
        }
        QCOMPARE(standing.place, below);
    }

  private slots:
    void initTestCase() { QVERIFY(m_pairs.isValid()); }

    void agreesWithAWalk_data() { RecordedPairs::seeds(); }
    void agreesWithAWalk() {
        QFETCH(unsigned, seed);
        const auto [a, b] = RecordedPairs::chosen(seed);
        RecordedPairs::Case made = m_pairs.recordBoth(a, b, seed % 2 == 0);
        auto runs = RecordedPairs::compare(made);
        QVERIFY2(runs, qPrintable(runs ? QString() : runs.error().sentence));
        QCOMPARE(runs->tokens, a.tokens);
        auto found = readDivergence(*runs, {}, Cancel());
        QVERIFY(found);
        std::optional<HeadDivergence> first;
        for (int layer = 0; layer < a.layers; ++layer)
            checkLayer(*runs, *found, layer, first);
        const auto told = found->first();
        QCOMPARE(told.has_value(), first.has_value());
        if (!first)
            return;
        QCOMPARE(told->stepA, first->stepA);
        QCOMPARE(told->layer, first->layer);
        QCOMPARE(told->head, first->head);
        QVERIFY(!found->first(first->stepA - 1) || first->stepA == 0);
        const auto parting = partedEntries(*runs, *told);
        QVERIFY(parting);
        const auto inA = RecordedPairs::held(runs->a, told->stepA, told->layer, told->head);
        const auto inB = RecordedPairs::held(runs->b, told->stepB, told->layer, told->head);
        QCOMPARE(parting->leftA.has_value(), told->onlyB > 0);
        QCOMPARE(parting->leftB.has_value(), told->onlyA > 0);
        for (const auto& [entry, from, to] :
             {std::tuple(parting->leftA, inA, inB), std::tuple(parting->leftB, inB, inA)}) {
            if (!entry)
                continue;
            QVERIFY(!from.contains(entry->position) && to.contains(entry->position));
            for (const std::int32_t older : to)
                QVERIFY(older >= entry->position || from.contains(older));
            const bool fromA = entry->position == (parting->leftA ? parting->leftA->position : -1);
            if (a.chunk == b.chunk) {
                checkStanding(runs->a, *told, entry->position, entry->a, fromA);
                checkStanding(runs->b, *told, entry->position, entry->b, !fromA);
            }
        }
    }

    // The classes of the positions, from the lives instead of the slots.
    void keptByWhom_data() { RecordedPairs::seeds(); }
    void keptByWhom() {
        QFETCH(unsigned, seed);
        const auto [a, b] = RecordedPairs::chosen(seed);
        RecordedPairs::Case made = m_pairs.recordBoth(a, b, seed % 2 == 0);
        const ComparedRuns runs = RecordedPairs::compare(made).take();
        const StepAlignment alignment = StepAlignment::read(runs, Cancel()).take();
        for (int step = 0; step < runs.a.steps; step += 5) {
            const int layer = step % a.layers, head = step % a.heads;
            const int stepB = alignment.stepOfB(layer, step);
            const auto sets = keptSets(runs, step, stepB, layer, head);
            QVERIFY(sets);
            QCOMPARE(sets->both + sets->onlyA + sets->onlyB + sets->neither,
                     int(sets->kept.size()));
            for (std::int32_t position = 0; position < std::int32_t(sets->kept.size());
                 ++position) {
                const auto holds = [&](const ComparedReading& reading, int at) {
                    const Life life =
                        reading.reader->life(reading.run.run, layer, head, position).take();
                    return life.insertedStep >= 0 && life.insertedStep <= at &&
                           (life.evictedStep < 0 || life.evictedStep > at);
                };
                const bool inA = holds(runs.a, step), inB = holds(runs.b, stepB);
                const Kept kept =
                    inA ? (inB ? Kept::Both : Kept::OnlyA) : (inB ? Kept::OnlyB : Kept::Neither);
                QCOMPARE(sets->kept[std::size_t(position)], kept);
            }
            QCOMPARE(int(sets->of(Kept::OnlyA).size()), sets->onlyA);
        }
    }

    // The step of B that has seen as much, or the last that has seen less.
    void stepsThatBelongTogether() {
        MadeOptions a, b;
        a.tokens = b.tokens = 60;
        a.chunk = 4;
        b.chunk = 6;
        RecordedPairs::Case made = m_pairs.recordBoth(a, b);
        const ComparedRuns runs = RecordedPairs::compare(made).take();
        const StepAlignment alignment = StepAlignment::read(runs, Cancel()).take();
        QCOMPARE(alignment.stepOfB(0, 0), -1); // 4 of 6
        QCOMPARE(alignment.stepOfB(0, 1), 0);  // 8: 6
        QCOMPARE(alignment.stepOfB(0, 2), 1);  // 12
        QVERIFY(alignment.meets(0, 2, 1) && !alignment.meets(0, 1, 0));
        QCOMPARE(alignment.stepOfA(0, 1), 2);
        QCOMPARE(alignment.stepOfA(0, 0), 0); // 6: 4
        QCOMPARE(alignment.pairs(0).size(), std::size_t(5));
        QCOMPARE(alignment.pairAt(0, 1), -1);
        QCOMPARE(alignment.pairAt(0, 4), 0);
    }

    void whatTellsThemApart() {
        MadeOptions a, b;
        b.policy = "fifo";
        b.sinks = 0;
        b.memory = 24;
        b.full = false;
        QCOMPARE(differencesOf(madeRun(a), madeRun(b)),
                 (QStringList{"policy lra against fifo", "M 16 against 24", "s 2 against 0"}));
        QCOMPARE(differencesOf(madeRun(a), madeRun(a)), QStringList());
        QVERIFY(mayCompare(madeRun(a), madeRun(b)));
        RunInfo asking = madeRun(b);
        asking.parent = 1;
        QVERIFY(!mayCompare(madeRun(a), asking));
    }

    void whatCannotBeCompared() {
        MadeOptions a, b;
        b.layers = 2;
        RecordedPairs::Case shapes = m_pairs.recordBoth(a, b);
        auto refused = RecordedPairs::compare(shapes);
        QVERIFY(!refused);
        QVERIFY2(refused.error().sentence.contains("3 layers"),
                 qPrintable(refused.error().sentence));
        QCOMPARE(refused.error().exitCode, 2);
        const QByteArray other = "In the beginning was the Word, and the Word was with God.\n";
        RecordedPairs::Case texts = m_pairs.recordBoth(a, a, false, other);
        const auto one = madeTokens(a, RecordedPairs::text()), two = madeTokens(a, other);
        int differs = 0;
        while (one[std::size_t(differs)].id == two[std::size_t(differs)].id)
            ++differs;
        refused = RecordedPairs::compare(texts);
        QVERIFY(!refused);
        QVERIFY2(refused.error().sentence.contains(QString("from position %1 on").arg(differs)),
                 qPrintable(refused.error().sentence));
        RecordedPairs::Case same = m_pairs.recordBoth(a, a);
        const ComparedRuns runs = RecordedPairs::compare(same).take();
        const auto divergence = readDivergence(runs, {}, Cancel());
        QVERIFY(divergence && !divergence->first());
        QCOMPARE(divergence->meanShared(), 1.0);
        Cancel cancel;
        cancel.request();
        QVERIFY(!readDivergence(runs, {}, cancel));
    }
};

QTEST_GUILESS_MAIN(RunComparisonTest)
#include "run_comparison_test.moc"
