#include "model/analysis/attention_difference.h"
#include "model/analysis/loss_difference.h"
#include "model/analysis/step_alignment.h"
#include "tests/analysis/recorded_pairs.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace attendre;

// What two runs cost and read differently, against sums over every weight that is recorded.
class LossDifferenceTest : public QObject {
    Q_OBJECT
    RecordedPairs m_pairs;

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
                const auto there = RecordedPairs::held(loser, lost, layer, head);
                const auto asked = weights(keeper, kept, layer, head);
                for (const AttendedEntry& entry : asked.at(query).top)
                    if (!there.contains(entry.position))
                        sums[entry.position] += double(entry.weight);
            }
        return sums;
    }

  private slots:
    void initTestCase() { QVERIFY(m_pairs.isValid()); }

    void largestLosses_data() { RecordedPairs::seeds(); }
    void largestLosses() {
        QFETCH(unsigned, seed);
        auto [a, b] = RecordedPairs::chosen(seed);
        a.queryMemory = b.queryMemory = 0; // nothing is predicted where queries wait
        b.seed = seed + 7;
        RecordedPairs::Case made = m_pairs.recordBoth(a, b, seed % 2 == 0);
        const ComparedRuns runs = RecordedPairs::compare(made).take();
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
        RecordedPairs::Case made = m_pairs.recordBoth(a, b);
        const ComparedRuns runs = RecordedPairs::compare(made).take();
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
            const auto here = RecordedPairs::held(cause.inA ? runs.a : runs.b, cause.step,
                                                  cause.layer, cause.head);
            QVERIFY(!here.contains(cause.entry));
        }
        const auto attention = attentionDifference(runs, 8, 8, 0, 0);
        QVERIFY(attention);
        QVERIFY(!attention->recordedA && !attention->recordedB && attention->queries.empty());
    }

    void differencesOfAttention_data() { RecordedPairs::seeds(); }
    void differencesOfAttention() {
        QFETCH(unsigned, seed);
        const auto [a, b] = RecordedPairs::chosen(seed);
        RecordedPairs::Case made = m_pairs.recordBoth(a, b, seed % 2 == 0);
        const ComparedRuns runs = RecordedPairs::compare(made).take();
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
            const auto inA = RecordedPairs::held(runs.a, step, layer, head),
                       inB = RecordedPairs::held(runs.b, stepB, layer, head);
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
};

QTEST_GUILESS_MAIN(LossDifferenceTest)
#include "loss_difference_test.moc"
