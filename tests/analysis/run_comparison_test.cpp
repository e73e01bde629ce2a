#include "model/analysis/attention_difference.h"
#include "model/analysis/kept_sets.h"
#include "model/analysis/loss_difference.h"
#include "model/analysis/parted_entries.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace attendre;

// Two runs beside each other, against a walk through every step's slots and weights.
class RunComparisonTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    int m_files = 0;
    const QByteArray text = "In the beginning God created the heaven and the earth.\n";

    struct Case {
        MadeOptions a, b;
        std::unique_ptr<Reader> readerA, readerB;
        ComparedRuns runs;
    };

    static Result<void> record(const QString& path, const MadeOptions& made, bool append,
                               const QByteArray& text) {
        RecorderOptions how;
        how.append = append;
        auto recorder = Recorder::open(path, madeRun(made), madeTokens(made, text), how);
        if (!recorder)
            return recorder.error();
        MadeSteps steps(made);
        while (auto step = steps.next())
            if (auto added = (*recorder)->add(std::move(*step)); !added)
                return added;
        return (*recorder)->finish();
    }

    // In one file, or in two.
    Case recordBoth(const MadeOptions& a, const MadeOptions& b, bool oneFile = true,
                    const QByteArray& otherText = {}) {
        const QString first = m_folder.filePath(QString("%1.trace").arg(++m_files));
        const QString second =
            oneFile ? first : m_folder.filePath(QString("%1.trace").arg(++m_files));
        if (auto done = record(first, a, false, text); !done)
            qFatal("%s", qPrintable(done.error().sentence));
        if (auto done = record(second, b, oneFile, otherText.isEmpty() ? text : otherText); !done)
            qFatal("%s", qPrintable(done.error().sentence));
        Case made{a, b, Reader::open(first).take(), Reader::open(second).take(), {}};
        return made;
    }
    static Result<ComparedRuns> compare(Case& made) {
        const bool oneFile = made.readerA->path() == made.readerB->path();
        return compareRuns(*made.readerA, 1, *made.readerB, oneFile ? 2 : 1);
    }

    // Shapes, policies and sizes by chance; every third pair with other chunks, every fourth with
    // queries that wait.
    static std::pair<MadeOptions, MadeOptions> chosen(unsigned seed) {
        std::mt19937 random(seed);
        const auto upTo = [&random](int n) { return int(random() % unsigned(n)); };
        const char* policies[] = {"fifo", "lra", "lfa", "h2o", "random"};
        MadeOptions a;
        a.layers = 1 + upTo(3);
        a.heads = 1 + upTo(3);
        a.tokens = 60 + upTo(90);
        a.memory = 14 + upTo(12);
        a.chunk = 3 + upTo(4);
        a.sinks = upTo(3);
        a.recent = upTo(3);
        a.seed = seed;
        a.queryMemory = seed % 4 == 3 ? 5 : 0;
        MadeOptions b = a;
        a.policy = policies[upTo(5)];
        b.policy = policies[upTo(5)];
        if (upTo(2))
            b.seed = seed + 1000;
        if (upTo(2))
            b.memory = 14 + upTo(12);
        if (upTo(3) == 0)
            b.sinks = upTo(3);
        if (seed % 3 == 0)
            b.chunk = 3 + upTo(4);
        if (a.queryMemory > 0 && upTo(2))
            b.queryMemory = 9;
        return {a, b};
    }

    static std::set<std::int32_t> held(const ComparedReading& reading, int step, int layer,
                                       int head) {
        std::set<std::int32_t> positions;
        const LayerState state = reading.reader->layerState(reading.run.run, step, layer).take();
        for (const std::int32_t position : state.heads[std::size_t(head)].position)
            if (position != noPosition)
                positions.insert(position);
        return positions;
    }
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
                const auto inA = held(runs.a, a, layer, head), inB = held(runs.b, b, layer, head);
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

    static std::map<std::int32_t, QueryAttention> weights(const ComparedReading& reading, int step,
                                                          int layer, int head) {
        std::map<std::int32_t, QueryAttention> found;
        for (const QueryAttention& query :
             reading.reader->attention(reading.run.run, step, layer, head).take())
            found[query.queryPosition] = query;
        return found;
    }

    // The sum of the weights that the run that did better gave what the other had lost.
    static std::map<std::int32_t, double> missed(const ComparedRuns& runs,
                                                 const LossDifference& token) {
        const bool inA = token.difference() < 0;
        const ComparedReading &keeper = inA ? runs.b : runs.a, &loser = inA ? runs.a : runs.b;
        const int query = token.position - 1;
        const int kept = query / keeper.run.configuration.asked.chunk;
        const int lost = query / loser.run.configuration.asked.chunk;
        std::map<std::int32_t, double> sums;
        for (int layer = 0; layer < keeper.run.shape.layers; ++layer)
            for (int head = 0; head < keeper.run.shape.heads; ++head) {
                const auto there = held(loser, lost, layer, head);
                const auto asked = weights(keeper, kept, layer, head);
                for (const AttendedEntry& entry : asked.at(query).top)
                    if (!there.contains(entry.position))
                        sums[entry.position] += double(entry.weight);
            }
        return sums;
    }

  private slots:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void agreesWithAWalk_data() {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 12; ++seed)
            QTest::addRow("%u", seed) << seed;
    }
    void agreesWithAWalk() {
        QFETCH(unsigned, seed);
        const auto [a, b] = chosen(seed);
        Case made = recordBoth(a, b, seed % 2 == 0);
        auto runs = compare(made);
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
        const auto inA = held(runs->a, told->stepA, told->layer, told->head);
        const auto inB = held(runs->b, told->stepB, told->layer, told->head);
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
    void keptByWhom_data() { agreesWithAWalk_data(); }
    void keptByWhom() {
        QFETCH(unsigned, seed);
        const auto [a, b] = chosen(seed);
        Case made = recordBoth(a, b, seed % 2 == 0);
        const ComparedRuns runs = compare(made).take();
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
        Case made = recordBoth(a, b);
        const ComparedRuns runs = compare(made).take();
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

    void largestLosses_data() { agreesWithAWalk_data(); }
    void largestLosses() {
        QFETCH(unsigned, seed);
        auto [a, b] = chosen(seed);
        a.queryMemory = b.queryMemory = 0; // nothing is predicted where queries wait
        b.seed = seed + 7;
        Case made = recordBoth(a, b, seed % 2 == 0);
        const ComparedRuns runs = compare(made).take();
        auto found = lossDifferences(runs, 12, Cancel());
        QVERIFY(found);
        const auto ofA = runs.a.reader->tokens(1, 0, a.tokens).take();
        const auto ofB = runs.b.reader->tokens(runs.b.run.run, 0, a.tokens).take();
        std::vector<std::pair<double, std::int32_t>> sizes;
        double sumA = 0, sumB = 0;
        for (int position = 1; position < a.tokens; ++position) {
            const double one = double(ofA[std::size_t(position)].nll);
            const double other = double(ofB[std::size_t(position)].nll);
            sumA += one;
            sumB += other;
            sizes.push_back({-std::abs(other - one), position});
        }
        std::sort(sizes.begin(), sizes.end());
        QCOMPARE(found->tokens, std::int64_t(a.tokens - 1));
        QVERIFY(std::abs(found->meanA - sumA / (a.tokens - 1)) < 1e-9);
        QVERIFY(std::abs(found->meanB - sumB / (a.tokens - 1)) < 1e-9);
        QCOMPARE(found->largest.size(), std::size_t(12));
        auto divergence = readDivergence(runs, {}, Cancel());
        QVERIFY(divergence);
        int lost = 0;
        for (std::size_t i = 0; i < found->largest.size(); ++i) {
            const LossDifference& token = found->largest[i];
            QCOMPARE(token.position, sizes[i].second);
            const auto cause = lossCause(runs, *divergence, token, Cancel());
            QVERIFY(cause);
            const auto sums = missed(runs, token);
            QCOMPARE(cause->kind == LossCause::Kind::LostEntry, !sums.empty());
            if (sums.empty())
                continue;
            ++lost;
            double most = 0;
            for (const auto& [entry, sum] : sums)
                most = std::max(most, sum);
            QVERIFY(std::abs(cause->weight - most) < 1e-9);
            QVERIFY(std::abs(sums.at(cause->entry) - most) < 1e-9);
            const ComparedReading& loser = cause->inA ? runs.a : runs.b;
            QCOMPARE(cause->inA, token.difference() < 0);
            const auto evictions =
                loser.reader->evictions(loser.run.run, cause->step, cause->layer, cause->head)
                    .take();
            QVERIFY(std::any_of(evictions.begin(), evictions.end(), [&](const Eviction& eviction) {
                return eviction.position == cause->entry;
            }));
        }
        if (a.policy != b.policy)
            QVERIFY(lost > 0);
    }

    // At summary detail there is no attention: the first parting stands in.
    void causesAtSummaryDetail() {
        MadeOptions a, b;
        a.full = b.full = false;
        b.policy = "fifo";
        b.seed = 5;
        Case made = recordBoth(a, b);
        const ComparedRuns runs = compare(made).take();
        const auto divergence = readDivergence(runs, {}, Cancel()).take();
        const auto first = divergence.first();
        QVERIFY(first);
        for (const LossDifference& token : lossDifferences(runs, 40, Cancel()).take().largest) {
            const LossCause cause = lossCause(runs, divergence, token, Cancel()).take();
            const int step = (token.position - 1) / a.chunk;
            if (step < first->stepA) {
                QCOMPARE(cause.kind, LossCause::Kind::NotParted);
                continue;
            }
            QCOMPARE(cause.kind, LossCause::Kind::NotRecorded);
            QCOMPARE(cause.step, first->stepA);
            QCOMPARE(cause.layer, first->layer);
            QCOMPARE(cause.head, first->head);
            const auto here =
                held(cause.inA ? runs.a : runs.b, cause.step, cause.layer, cause.head);
            QVERIFY(!here.contains(cause.entry));
        }
        const auto attention = attentionDifference(runs, 8, 8, 0, 0);
        QVERIFY(attention);
        QVERIFY(!attention->recordedA && !attention->recordedB && attention->queries.empty());
    }

    void differencesOfAttention_data() { agreesWithAWalk_data(); }
    void differencesOfAttention() {
        QFETCH(unsigned, seed);
        const auto [a, b] = chosen(seed);
        Case made = recordBoth(a, b, seed % 2 == 0);
        const ComparedRuns runs = compare(made).take();
        const StepAlignment alignment = StepAlignment::read(runs, Cancel()).take();
        const int layer = a.layers - 1, head = a.heads - 1;
        for (int step = 2; step < runs.a.steps; step += 4) {
            const int stepB = alignment.stepOfB(layer, step);
            if (stepB < 0)
                continue;
            auto found = attentionDifference(runs, step, stepB, layer, head);
            QVERIFY(found);
            const auto ofA = weights(runs.a, step, layer, head);
            const auto ofB = weights(runs.b, stepB, layer, head);
            const auto inA = held(runs.a, step, layer, head),
                       inB = held(runs.b, stepB, layer, head);
            std::size_t next = 0;
            double largest = 0;
            for (const auto& [query, one] : ofA) {
                if (!ofB.contains(query))
                    continue;
                const QueryAttention& other = ofB.at(query);
                std::map<std::int32_t, std::pair<double, double>> both; // -1: not known
                for (const AttendedEntry& entry : one.top)
                    both[entry.position] = {double(entry.weight), -1};
                for (const AttendedEntry& entry : other.top)
                    both.try_emplace(entry.position, -1, -1).first->second.second =
                        double(entry.weight);
                for (const auto& [entry, pair] : both) {
                    QVERIFY(next < found->weights.size());
                    const WeightDifference& weight = found->weights[next++];
                    QCOMPARE(weight.query, query);
                    QCOMPARE(weight.position, entry);
                    const auto bound = [](const QueryAttention& top, bool resident) {
                        return resident && top.top.size() == 8
                                   ? double(std::min(top.rest, top.top.back().weight))
                                   : 0.0;
                    };
                    double expected = 0;
                    bool exact = true;
                    if (pair.first >= 0 && pair.second >= 0) {
                        expected = pair.first - pair.second;
                    } else if (pair.first >= 0) {
                        const double most = bound(other, inB.contains(entry));
                        expected = std::max(0.0, pair.first - most);
                        exact = most == 0;
                    } else {
                        const double most = bound(one, inA.contains(entry));
                        expected = -std::max(0.0, pair.second - most);
                        exact = most == 0;
                    }
                    QVERIFY(std::abs(weight.difference() - expected) < 1e-9);
                    QCOMPARE(weight.exact(), exact);
                    largest = std::max(largest, std::abs(expected));
                }
            }
            QCOMPARE(next, found->weights.size());
            QVERIFY(std::abs(largest - found->largest) < 1e-9);
        }
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
        Case shapes = recordBoth(a, b);
        auto refused = compare(shapes);
        QVERIFY(!refused);
        QVERIFY2(refused.error().sentence.contains("3 layers"),
                 qPrintable(refused.error().sentence));
        QCOMPARE(refused.error().exitCode, 2);
        const QByteArray other = "In the beginning was the Word, and the Word was with God.\n";
        Case texts = recordBoth(a, a, false, other);
        const auto one = madeTokens(a, text), two = madeTokens(a, other);
        int differs = 0;
        while (one[std::size_t(differs)].id == two[std::size_t(differs)].id)
            ++differs;
        refused = compare(texts);
        QVERIFY(!refused);
        QVERIFY2(refused.error().sentence.contains(QString("from position %1 on").arg(differs)),
                 qPrintable(refused.error().sentence));
        Case same = recordBoth(a, a);
        const ComparedRuns runs = compare(same).take();
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
