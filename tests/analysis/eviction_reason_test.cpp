#include "model/analysis/eviction_reason.h"

#include <QRandomGenerator>
#include <QTest>

#include <algorithm>
#include <set>

using namespace attendre;

namespace {

HeadState state(std::vector<std::int32_t> positions, std::vector<double> ranks) {
    HeadState head;
    head.position = std::move(positions);
    head.rank = std::move(ranks);
    head.insertedStep.assign(head.position.size(), 0);
    return head;
}

EvictionRules rules(int sinks, int recent, int firstArrival, int arriving, int capacity) {
    EvictionRules r;
    r.sinks = sinks;
    r.recent = recent;
    r.firstArrival = firstArrival;
    r.arriving = arriving;
    r.capacity = capacity;
    return r;
}

std::vector<std::int32_t> victims(const EvictionRanking& ranking) {
    std::vector<std::int32_t> positions;
    for (const Candidate& candidate : ranking.candidates)
        if (candidate.victim)
            positions.push_back(candidate.position);
    return positions;
}

} // namespace

class EvictionReasonTest : public QObject {
    Q_OBJECT
  private slots:
    void theLowestRanksGo() {
        // Six residents in eight slots, four arrive: two must go.
        const HeadState before =
            state({0, 1, noPosition, 2, 3, 4, noPosition, 5}, {9, 3, 0, 7, 5, 4, 0, 8});
        const EvictionRanking ranking = rankCandidates(before, rules(0, 0, 6, 4, 8));
        QCOMPARE(ranking.victims, 2);
        QCOMPARE(victims(ranking), (std::vector<std::int32_t>{1, 4}));
        QCOMPARE(ranking.firstSurvivor()->position, 3);
        QCOMPARE(ranking.margin(), 1.0);
        QCOMPARE(ranking.candidates.front().slot, 1);
        QCOMPARE(ranking.placeOf(2), 3);
        QCOMPARE(ranking.placeOf(77), -1);
    }

    void tiesGoToTheOlderInsertion() {
        const HeadState before = state({3, 1, 2, 0}, {5, 5, 5, 5});
        const EvictionRanking ranking = rankCandidates(before, rules(0, 0, 4, 2, 4));
        QCOMPARE(victims(ranking), (std::vector<std::int32_t>{0, 1}));
        QVERIFY(ranking.cut());
        QCOMPARE(ranking.margin(), 0.0);
    }

    void protectedEntriesAreNoCandidates() {
        HeadState before = state({0, 1, 2, 3, 4, 5, 6, 7}, {0, 0, 0, 0, 0, 0, 0, 0});
        EvictionRules r = rules(2, 2, 8, 2, 8);
        r.pins = {{3, 3}};
        const EvictionRanking ranking = rankCandidates(before, r);
        QCOMPARE(victims(ranking), (std::vector<std::int32_t>{2, 4}));
        QCOMPARE(ranking.candidates.size(), std::size_t(3));
        QCOMPARE(ranking.protectionOf(0), ProtectedBy::Sink);
        QCOMPARE(ranking.protectionOf(1), ProtectedBy::Sink);
        QCOMPARE(ranking.protectionOf(2), ProtectedBy::None);
        QCOMPARE(ranking.protectionOf(3), ProtectedBy::Pin);
        QCOMPARE(ranking.protectionOf(5), ProtectedBy::None);
        QCOMPARE(ranking.protectionOf(6), ProtectedBy::Recent);
    }

    void whatAPersonChanges() {
        const HeadState before = state({0, 1, 2, 3, 4, 5, 6, 7}, {8, 7, 1, 2, 3, 4, 5, 6});
        EvictionRules r = rules(1, 0, 8, 3, 8);
        r.changed = {{{2, 3}}, {{0, 0}, {7, 7}}};
        const EvictionRanking ranking = rankCandidates(before, r);
        // The dropped by their ranks, a sink among them; then who ranks lowest of the others.
        QCOMPARE(victims(ranking), (std::vector<std::int32_t>{7, 0, 4}));
        QVERIFY(ranking.candidates[0].dropped && ranking.candidates[1].dropped);
        QVERIFY(!ranking.candidates[2].dropped);
        QCOMPARE(ranking.protectionOf(2), ProtectedBy::Change);
        QCOMPARE(ranking.protectionOf(0), ProtectedBy::None);
        QCOMPARE(ranking.firstSurvivor()->position, 5);
    }

    void nothingGoesWhileThereIsRoom() {
        const EvictionRanking ranking = rankCandidates(
            state({0, 1, noPosition, noPosition}, {1, 2, 0, 0}), rules(0, 0, 2, 2, 4));
        QCOMPARE(ranking.victims, 0);
        QVERIFY(!ranking.cut());
        QVERIFY(!ranking.lastVictim());
        QCOMPARE(ranking.margin(), 0.0);
        QVERIFY(!nearlyEvicted(ranking, 0));
    }

    void agreesWithASlowRankingOnRandomStates() {
        QRandomGenerator random(7);
        for (int round = 0; round < 200; ++round) {
            const int capacity = 8 + int(random.bounded(40));
            std::vector<std::int32_t> positions(std::size_t(capacity), noPosition);
            std::vector<double> ranks(std::size_t(capacity), 0);
            std::int32_t newest = 0;
            for (int slot = 0; slot < capacity; ++slot)
                if (random.bounded(10) > 0) {
                    positions[std::size_t(slot)] = newest++;
                    ranks[std::size_t(slot)] = double(random.bounded(6));
                }
            std::shuffle(positions.begin(), positions.end(), random);
            const EvictionRules r = rules(int(random.bounded(3)), int(random.bounded(4)), newest,
                                          1 + int(random.bounded(6)), capacity);
            const EvictionRanking ranking = rankCandidates(state(positions, ranks), r);

            // Slow: again and again the lowest among those left, the older among equals.
            std::set<int> left;
            int residents = 0;
            for (int slot = 0; slot < capacity; ++slot) {
                const std::int32_t p = positions[std::size_t(slot)];
                residents += p != noPosition;
                if (p != noPosition && p >= r.sinks && p < r.firstArrival - r.recent)
                    left.insert(slot);
            }
            int go = std::clamp(residents + r.arriving - capacity, 0, int(left.size()));
            std::vector<std::int32_t> expected;
            for (; go > 0; --go) {
                int lowest = *left.begin();
                for (const int slot : left) {
                    const auto s = std::size_t(slot), l = std::size_t(lowest);
                    if (ranks[s] < ranks[l] ||
                        (ranks[s] == ranks[l] && positions[s] < positions[l]))
                        lowest = slot;
                }
                expected.push_back(positions[std::size_t(lowest)]);
                left.erase(lowest);
            }
            QCOMPARE(victims(ranking), expected);
        }
    }

    void whatWasRecordedCounts() {
        EvictionRanking ranking =
            rankCandidates(state({0, 1, 2, 3}, {4, 3, 2, 1}), rules(0, 0, 4, 2, 4));
        QVERIFY(applyRecorded(ranking, {{1, 0, 0, 3, 3, 0, 1.0, 4}, {1, 0, 0, 2, 2, 0, 2.0, 5}}));
        QCOMPARE(ranking.margin(), 1.0);
        // Another draw: entries 0 and 3 went.
        QVERIFY(!applyRecorded(ranking, {{1, 0, 0, 0, 0, 0, 0.5, 4}, {1, 0, 0, 3, 3, 0, 0.7, 5}}));
        QCOMPARE(victims(ranking), (std::vector<std::int32_t>{0, 3}));
        QCOMPARE(ranking.candidates.front().rank, 0.5);
        QCOMPARE(ranking.firstSurvivor()->position, 2);
    }

    void nearIsTheMarginBehindTheCut() {
        std::vector<std::int32_t> positions;
        std::vector<double> ranks;
        for (int i = 0; i < 100; ++i) {
            positions.push_back(i);
            ranks.push_back(i);
        }
        const EvictionRanking ranking =
            rankCandidates(state(positions, ranks), rules(0, 0, 100, 10, 100));
        QVERIFY(!nearlyEvicted(ranking, 9));
        QVERIFY(nearlyEvicted(ranking, 10));
        QVERIFY(nearlyEvicted(ranking, 14));
        QVERIFY(!nearlyEvicted(ranking, 15));
        QVERIFY(!nearlyEvicted(ranking, -1));
    }

    void whatWouldHaveSavedIt() {
        const EvictionRules r = rules(1, 0, 8, 2, 8);
        const EvictionRanking ranking =
            rankCandidates(state({0, 1, 2, 3, 4, 5, 6, 7}, {0, 4, 9, 9, 3, 6, 6, 7}), r);
        QCOMPARE(victims(ranking), (std::vector<std::int32_t>{4, 1}));
        WayOut out = wayOut(ranking, r, 1);
        QCOMPARE(*out.rankNeeded, 2.0); // 4 against entry 5's 6
        QVERIFY(!out.orMore);           // at a tie entry 1 is the older: it would still go
        QVERIFY(!out.recentNeeded);     // s 1 + r 7 + C 2 exceed M 8
        QCOMPARE(*out.memoryNeeded, 9);
        out = wayOut(ranking, r, 4);
        QCOMPARE(*out.rankNeeded, 3.0);
        QCOMPARE(*out.recentNeeded, 4);
        QCOMPARE(*out.memoryNeeded, 10);
        QVERIFY(!wayOut(ranking, r, 2).rankNeeded); // a survivor
    }

    void whatItSaysSavesIt() {
        // Carried out, each way out does keep the entry.
        QRandomGenerator random(11);
        for (int round = 0; round < 100; ++round) {
            std::vector<std::int32_t> positions;
            std::vector<double> ranks;
            for (int i = 0; i < 16; ++i) {
                positions.push_back(i);
                ranks.push_back(double(random.bounded(8)));
            }
            const EvictionRules r = rules(1, 0, 16, 1 + int(random.bounded(5)), 16);
            const EvictionRanking ranking = rankCandidates(state(positions, ranks), r);
            for (const std::int32_t victim : victims(ranking)) {
                const WayOut out = wayOut(ranking, r, victim);
                std::vector<double> risen = ranks;
                risen[std::size_t(victim)] += *out.rankNeeded + (out.orMore ? 0.0 : 1e-6);
                const EvictionRanking again = rankCandidates(state(positions, risen), r);
                QVERIFY(again.placeOf(victim) >= again.victims);
                EvictionRules larger = r;
                larger.capacity = *out.memoryNeeded;
                const EvictionRanking roomier = rankCandidates(state(positions, ranks), larger);
                QVERIFY(roomier.placeOf(victim) >= roomier.victims);
                if (out.recentNeeded) {
                    EvictionRules shielding = r;
                    shielding.recent = *out.recentNeeded;
                    QCOMPARE(
                        rankCandidates(state(positions, ranks), shielding).protectionOf(victim),
                        ProtectedBy::Recent);
                }
            }
        }
    }

    void rulesComeFromTheRun() {
        RunInfo run;
        run.configuration.sinks = 4;
        run.configuration.recent = 32;
        run.configuration.memory = {128, 256};
        run.configuration.asked.pins = {{7, 9}};
        const EvictionRules r = evictionRules(run, {10, 1, 0}, 640, 64);
        QCOMPARE(r.capacity, 256);
        QCOMPARE(r.sinks, 4);
        QCOMPARE(r.recent, 32);
        QCOMPARE(r.firstArrival, 640);
        QCOMPARE(r.arriving, 64);
        QCOMPARE(r.pins.size(), std::size_t(1));
        QCOMPARE(evictionRules(run, {0, 0, 0}, 0, 64).capacity, 128);
    }
};

QTEST_GUILESS_MAIN(EvictionReasonTest)
#include "eviction_reason_test.moc"
