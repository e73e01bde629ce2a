#include <ATen/CPUGeneratorImpl.h>

#include "tests/memory/layer_fixture.h"

#include <QTest>

#include <numeric>

using namespace attendre;

namespace {

std::vector<int> range(int from, int to) {
    std::vector<int> all(to - from);
    std::iota(all.begin(), all.end(), from);
    return all;
}

} // namespace

class LayerTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // Also what fails when keys are rotated twice.
    void causalOutputIsThatOfPlainAttention() {
        LoneLayer lone(20, 32, "fifo");
        lone.start();
        for (int first = 0; first < 20; first += 5) {
            LayerRecord record;
            const Answered answered = lone.step(first, 5, record);
            QCOMPARE(answered.count, 5);
            for (int j = 0; j < 5; ++j)
                QVERIFY(largestDifference(answered.output[j],
                                          lone.attended(first + j, range(0, first + j + 1))) <
                        2e-5);
        }
    }

    void relativePositionsEqualAbsoluteOnesWhileNothingIsEvicted() {
        LoneLayer absolute(20, 32, "fifo"), relative(20, 32, "fifo");
        relative.settings.relative = true;
        absolute.start();
        relative.start();
        for (int first = 0; first < 20; first += 5) {
            LayerRecord a, b;
            const at::Tensor x = absolute.step(first, 5, a).output;
            const at::Tensor y = relative.step(first, 5, b).output;
            QVERIFY((x - y).abs().max().item<double>() < 2e-5);
        }
    }

    void everyHeadsMassSumsToItsQueries() {
        for (const bool relative : {false, true}) {
            LoneLayer lone(60, 24, "lra");
            lone.settings.relative = relative;
            lone.start();
            for (int first = 0; first < 60; first += 6) {
                LayerRecord record;
                lone.step(first, 6, record);
                for (int head = 0; head < 2; ++head) {
                    const auto from = record.lastMass.begin() + head * 24;
                    const double sum = std::accumulate(from, from + 24, 0.0);
                    QVERIFY(std::abs(sum / 6 - 1) < 1e-5);
                }
                for (std::size_t row = 0; row < record.attention.rest.size(); ++row) {
                    const auto from = record.attention.weights.begin() + row * TopAttention::kept;
                    const double sum = std::accumulate(from, from + TopAttention::kept,
                                                       double(record.attention.rest[row]));
                    QVERIFY(std::abs(sum - 1) < 1e-5);
                }
            }
        }
    }

    // A query whose attention is one entry's alone gives that entry its tick; even attention hits
    // every visible entry.
    void hitsAndTicksOfPeakedAndEvenAttention() {
        LoneLayer lone(8, 16, "lra");
        lone.rotary = RotaryTable({0, 0, 0, 0}, 32, at::kFloat); // turned by nothing
        lone.key.zero_();
        lone.query.zero_();
        for (int p = 0; p < 8; ++p)
            lone.key[p][0][p] = lone.key[p][1][p] = 1;
        for (int head = 0; head < 6; ++head) // query 5 reads entry 2; all others read evenly
            lone.query[5][head][2] = 200;
        lone.start();
        LayerRecord first, second;
        lone.step(0, 4, first);
        for (int slot = 0; slot < 4; ++slot) {
            QCOMPARE(first.hits[slot], std::uint32_t(4 - slot)); // by itself and all that follow
            QCOMPARE(first.lastTick[slot], 4u);
        }
        lone.step(4, 4, second); // ticks 5 to 8; query 5 has tick 6
        QCOMPARE(second.hits[2], 2u + 4u);
        QCOMPARE(second.hits[0], 4u + 3u); // not by query 5
        QCOMPARE(second.lastTick[2], 8u);
        QCOMPARE(second.lastTick[7], 8u);
        QCOMPARE(second.tick, 8);
        QVERIFY(std::abs(second.lastMass[2] - (0.2 + 1 + 1.0 / 7 + 1.0 / 8)) < 1e-5);
    }

    // What decides at step t is what stood at the end of t - 1: ranks are taken before this step's
    // queries are recorded.
    void victimsAreTheLowestRanksOfTheStepBefore() {
        for (const char* policy : {"fifo", "lra", "lfa", "h2o", "random"}) {
            LoneLayer lone(120, 24, policy);
            lone.settings.protection = {.sinks = 2, .recent = 3, .pins = {{7, 8}}};
            lone.start();
            LayerRecord before;
            for (int first = 0; first < 120; first += 6) {
                LayerRecord now;
                lone.step(first, 6, now);
                QCOMPARE(now.evicted, first < 24 ? 0 : 6);
                for (int head = 0; head < 2 && now.evicted > 0; ++head) {
                    const auto position = std::span(before.position).subspan(head * 24, 24);
                    const auto rank = std::span(before.rank).subspan(head * 24, 24);
                    const auto expected =
                        chooseVictims(position, rank, 6, lone.settings.protection, first);
                    for (int i = 0; i < 6; ++i) {
                        const std::int32_t slot = now.victimSlots[head * 6 + i];
                        QCOMPARE(slot, expected[i]);
                        QCOMPARE(now.victimPositions[head * 6 + i], position[slot]);
                        QCOMPARE(now.victimRanks[head * 6 + i], rank[slot]);
                        QCOMPARE(now.position[head * 24 + slot], first + i);
                        QVERIFY(position[slot] > 1 && position[slot] < first - 3);
                        QVERIFY(position[slot] != 7 && position[slot] != 8);
                    }
                }
                before = now;
            }
        }
    }

    // Before a step's usage is added the sums are multiplied by 2^(-n/h), n the keys that arrive in
    // it: nothing in a flush round.
    void aHalfLifeForgetsByTheStepsArrivals() {
        LoneLayer plain(11, 11, "h2o"), fading(11, 11, "h2o");
        fading.settings.halfLife = 8;
        for (LoneLayer* lone : {&plain, &fading}) {
            lone->settings.causal = false;
            lone->settings.queryCapacity = 5;
            lone->start();
        }
        std::vector<double> expected(22, 0), before(22, 0);
        const auto check = [&](const LayerRecord& whole, const LayerRecord& faded, int arrived) {
            QCOMPARE(whole.arrived, arrived);
            for (int i = 0; i < 22; ++i) {
                expected[i] =
                    expected[i] * std::pow(2.0, -arrived / 8.0) + whole.mass[i] - before[i];
                before[i] = whole.mass[i];
                QVERIFY(std::abs(faded.mass[i] - expected[i]) < 2e-5);
            }
        };
        for (const int first : {0, 4, 8}) {
            LayerRecord whole, faded;
            plain.step(first, first < 8 ? 4 : 3, whole);
            fading.step(first, first < 8 ? 4 : 3, faded);
            check(whole, faded, first < 8 ? 4 : 3);
        }
        for (int round = 0; round < 2; ++round) {
            LayerRecord whole, faded;
            plain.layer->flush(3, whole);
            fading.layer->flush(3, faded);
            check(whole, faded, 0);
        }
        QVERIFY(*std::max_element(expected.begin(), expected.end()) > 0.5);
    }

    // The lengths of the key and of the value that lie in the slot, however keys are rotated.
    void normsAreThoseOfTheResidents() {
        for (const bool relative : {false, true})
            for (const char* which : {"key_norm", "value_norm"}) {
                LoneLayer lone(40, 12, "fifo");
                lone.settings.relative = relative;
                lone.settings.ranking = LoneLayer::ranking("custom", which);
                lone.start();
                const at::Tensor& rows = which[0] == 'k' ? lone.key : lone.value;
                for (int first = 0; first < 40; first += 5) {
                    LayerRecord record;
                    lone.step(first, 5, record);
                    for (int i = 0; i < 24; ++i) {
                        if (record.position[i] == noPosition)
                            continue;
                        const double norm = rows[record.position[i]][i / 12].norm().item<double>();
                        QVERIFY(std::abs(record.rank[i] - norm) < 1e-5 * norm);
                    }
                }
            }
    }

    // Bidirectional with N queries waiting: each is answered once, in order, N to N + C - 1 ticks
    // after it came, by all that is resident then; the flush answers the rest.
    void waitingQueriesSeeWhatCameAfterThem() {
        constexpr int tokens = 23, waiting = 7, chunk = 4;
        LoneLayer lone(tokens, 32, "fifo");
        lone.settings.causal = false;
        lone.settings.queryCapacity = waiting;
        lone.start();
        int next = 0;
        const auto check = [&](const Answered& answered, int arrived) {
            for (int j = 0; j < answered.count; ++j, ++next) {
                QCOMPARE(answered.firstPosition + j, next);
                QVERIFY(largestDifference(answered.output[j],
                                          lone.attended(next, range(0, arrived))) < 2e-5);
                QVERIFY(answered.hidden[j].equal(lone.hidden[next]));
            }
        };
        for (int first = 0; first < tokens; first += chunk) {
            const int n = std::min(chunk, tokens - first);
            LayerRecord record;
            const Answered answered = lone.step(first, n, record);
            QCOMPARE(record.waiting, std::min(waiting, first + n));
            for (int j = 0; j < answered.count; ++j) {
                const int late = first + n - 1 - (answered.firstPosition + j);
                QVERIFY(late >= waiting && late < waiting + chunk);
            }
            check(answered, first + n);
        }
        while (lone.layer->waiting() > 0) {
            LayerRecord record;
            check(lone.layer->flush(chunk, record), tokens);
            QCOMPARE(record.arrived, 0);
        }
        QCOMPARE(next, tokens);
    }

    // M >= T, N >= T, bidirectional: full attention, however the input is cut.
    void flushedWholeIsFullBidirectionalAttention() {
        for (const int chunk : {1, 5, 23}) {
            LoneLayer lone(23, 23, "lra");
            lone.settings.causal = false;
            lone.settings.queryCapacity = 23;
            lone.start();
            for (int first = 0; first < 23; first += chunk) {
                LayerRecord record;
                QCOMPARE(lone.step(first, std::min(chunk, 23 - first), record).count, 0);
            }
            LayerRecord record;
            const Answered all = lone.layer->flush(23, record);
            QCOMPARE(all.count, 23);
            for (int at = 0; at < 23; ++at)
                QVERIFY(largestDifference(all.output[at], lone.attended(at, range(0, 23))) < 2e-5);
        }
    }

    // A bias joins both passes: with one that is -inf for all but one entry, that entry has all.
    void aBiasIsInOutputAndInUsage() {
        LoneLayer lone(6, 8, "h2o");
        lone.settings.causal = false;
        lone.settings.bias = [](const Retrieval& r) {
            at::Tensor bias =
                at::full({r.queryHeads(), r.queries(), r.entries()}, -1e4, at::kFloat);
            bias.select(2, 3).zero_();
            return bias;
        };
        lone.start();
        LayerRecord record;
        const Answered answered = lone.step(0, 6, record);
        for (int j = 0; j < 6; ++j)
            QVERIFY(largestDifference(answered.output[j], lone.attended(j, {3})) < 1e-5);
        QVERIFY(std::abs(record.mass[3] - 6) < 1e-4);
    }
};

QTEST_GUILESS_MAIN(LayerTest)
#include "layer_test.moc"
