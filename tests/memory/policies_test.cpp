#include "model/memory/eviction.h"

#include <QTest>

#include <algorithm>
#include <set>

using namespace attendre;

namespace {

// A dozen residents of one head in slots 0 to 11, positions as given, usage as if written down by
// hand.
struct Dozen {
    EntryColumns columns{1, 12};

    Dozen() {
        for (int slot = 0; slot < 12; ++slot)
            columns.insert(0, slot, slot);
        columns.occupancy = 12;
    }
};

RankFunction rankOf(const char* policy) {
    PolicyInput input;
    input.configuration.asked.policy = policy;
    return findPolicy(input.configuration.asked)->prepare(input)->rank;
}

// Victims of head 0 with the next arrival at position 12.
std::vector<std::int32_t> victims(const EntryColumns& columns, const char* policy, int count,
                                  const Protection& protection = {}, std::int64_t tick = 12) {
    const auto ranks = rankResidents(columns, 0, rankOf(policy), {tick, 7}, false);
    return chooseVictims(headColumns(columns, 0, 0).position, ranks, count, protection, 12);
}

using Slots = std::vector<std::int32_t>;

} // namespace

class PoliciesTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void everyFileIsAPolicy() {
        std::set<QString> names;
        for (const Policy& policy : allPolicies()) {
            names.insert(policy.description.name);
            QVERIFY(policy.prepare);
            QVERIFY(!policy.description.title.isEmpty());
            QVERIFY(!policy.description.definition.isEmpty());
            QVERIFY(!policy.description.rankLabel.isEmpty());
            QVERIFY(policy.description.evictSentence.contains("%1"));
        }
        QCOMPARE(names, (std::set<QString>{"fifo", "h2o", "lfa", "lra", "random", "tova"}));
    }

    // Slots are not in the order of positions: slot 3 holds the newest entry, slot 9 the oldest.
    void fifoEvictsTheOldestInsertion() {
        Dozen d;
        d.columns.insert(0, 3, 11);
        d.columns.insert(0, 11, 3);
        d.columns.insert(0, 9, 0);
        d.columns.insert(0, 0, 9);
        QCOMPARE(victims(d.columns, "fifo", 4), (Slots{1, 2, 9, 11})); // positions 1, 2, 0, 3
    }

    void lraEvictsTheLongestUnattended() {
        Dozen d;
        d.columns.lastTick = {12, 5, 12, 9, 6, 12, 7, 12, 12, 10, 11, 12};
        QCOMPARE(victims(d.columns, "lra", 3), (Slots{1, 4, 6}));
    }

    void lfaEvictsTheFewestHits() {
        Dozen d;
        d.columns.hits = {9, 1, 0, 4, 2, 0, 8, 3, 7, 5, 6, 2};
        QCOMPARE(victims(d.columns, "lfa", 3), (Slots{1, 2, 5}));
    }

    void h2oEvictsTheLeastMass() {
        Dozen d;
        d.columns.mass = {5, .2, .4, 3, .1, 2, .3, 4, 1, .5, .6, .7};
        QCOMPARE(victims(d.columns, "h2o", 3), (Slots{1, 4, 6}));
    }

    void tovaEvictsTheLeastWeightOfTheLastQuery() {
        Dozen d;
        d.columns.mass = {5, .2, .4, 3, .1, 2, .3, 4, 1, .5, .6, .7};
        d.columns.lastWeight = {.3f, .2f, 0, .1f, .05f, .01f, .02f, .04f, .06f, .07f, .08f, .09f};
        QCOMPARE(victims(d.columns, "tova", 3), (Slots{2, 5, 6}));
        // A step whose queries are answered changes it for all, one without leaves it.
        UsageDelta delta(1, 12);
        addUsage(d.columns, delta, 12, 0, 1);
        QCOMPARE(victims(d.columns, "tova", 3), (Slots{2, 5, 6}));
        delta.lastWeight = {0, .1f, .1f, .1f, 0, .1f, .1f, .1f, .1f, .1f, .1f, .1f};
        addUsage(d.columns, delta, 12, 1, 1);
        QCOMPARE(victims(d.columns, "tova", 2), (Slots{0, 4}));
    }

    void randomFollowsTheSeedAndDrawsAfresh() {
        Dozen d;
        const auto draw = [&](std::int64_t tick, quint64 seed, int layer) {
            return rankResidents(d.columns, layer, rankOf("random"), {tick, seed}, false);
        };
        QCOMPARE(draw(12, 7, 0), draw(12, 7, 0));
        QVERIFY(draw(12, 7, 0) != draw(16, 7, 0));
        QVERIFY(draw(12, 7, 0) != draw(12, 8, 0));
        QVERIFY(draw(12, 7, 0) != draw(12, 7, 1));
        for (double rank : draw(12, 7, 0))
            QVERIFY(rank >= 0 && rank < 1);
        // Each entry goes about equally often: 3 of 12 in 2,000 draws, 500 expected, sigma 19.
        std::vector<int> often(12);
        for (int tick = 0; tick < 2000; ++tick)
            for (std::int32_t slot : victims(d.columns, "random", 3, {}, tick))
                ++often[slot];
        QVERIFY(*std::min_element(often.begin(), often.end()) > 400);
        QVERIFY(*std::max_element(often.begin(), often.end()) < 600);
    }

    void tieGoesToTheOlderInsertion() {
        Dozen d;
        d.columns.insert(0, 2, 10);
        d.columns.insert(0, 10, 2);
        d.columns.lastTick.assign(12, 12);
        QCOMPARE(victims(d.columns, "lra", 3), (Slots{0, 1, 10})); // positions 0, 1, 2
        d.columns.hits.assign(12, 3);
        QCOMPARE(victims(d.columns, "lfa", 4), (Slots{0, 1, 3, 10}));
    }

    void sinksStay() {
        Dozen d;
        QCOMPARE(victims(d.columns, "fifo", 3, {.sinks = 4, .recent = 0, .pins = {}}),
                 (Slots{4, 5, 6}));
    }

    void theLatestArrivalsStay() {
        Dozen d;
        d.columns.hits = {9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0};
        // r = 3 protects positions 9, 10 and 11, the three latest before position 12.
        QCOMPARE(victims(d.columns, "lfa", 2, {.sinks = 0, .recent = 3, .pins = {}}),
                 (Slots{0, 8}));
    }

    void pinnedSpansStay() {
        Dozen d;
        QCOMPARE(victims(d.columns, "fifo", 3,
                         {.sinks = 0, .recent = 0, .pins = {{0, 0}, {2, 3}, {5, 5}}}),
                 (Slots{1, 4, 6}));
    }

    void whatIsProtectedNeverGoes() {
        Dozen d;
        const Protection all{.sinks = 4, .recent = 4, .pins = {{4, 7}}};
        QCOMPARE(victims(d.columns, "fifo", 3, all), Slots());
    }

    void oneDecisionForALayerIsTheMeanOverHeads() {
        EntryColumns columns(2, 3);
        for (int head = 0; head < 2; ++head)
            for (int slot = 0; slot < 3; ++slot)
                columns.insert(head, slot, slot);
        columns.occupancy = 3;
        columns.mass = {1, 5, 3, 6, 1, 3};
        const auto ranks = rankResidents(columns, 0, rankOf("h2o"), {3, 0}, true);
        QCOMPARE(ranks, (std::vector<double>{3.5, 3, 3, 3.5, 3, 3}));
    }

    void ticksCountFromTheOldestAnsweredQuery() {
        Dozen d;
        UsageDelta delta(1, 12);
        delta.lastQuery[2] = 1; // the oldest of four answered queries: tick 16 - 4 + 1
        delta.lastQuery[5] = 4; // the newest: tick 16
        delta.hits[2] = 1;
        delta.hits[5] = 2;
        addUsage(d.columns, delta, 16, 4, 1);
        QCOMPARE(d.columns.lastTick[2], 13u);
        QCOMPARE(d.columns.lastTick[5], 16u);
        QCOMPARE(d.columns.lastTick[7], 8u); // position 7 was the eighth key to arrive
        QCOMPARE(d.columns.hits[5], 2.0);
    }

    void aHalfLifeDecaysBeforeUsageIsAdded() {
        Dozen d;
        d.columns.mass[1] = d.columns.hits[1] = d.columns.massSquared[1] = 8;
        UsageDelta delta(1, 12);
        delta.mass[1] = 1;
        delta.massSquared[1] = 0.5f;
        delta.hits[1] = 3;
        addUsage(d.columns, delta, 16, 4, 0.5);
        QCOMPARE(d.columns.mass[1], 5.0);
        QCOMPARE(d.columns.massSquared[1], 4.5);
        QCOMPARE(d.columns.hits[1], 7.0);
        QCOMPARE(d.columns.lastMass[1], 1.0f);
    }
};

QTEST_GUILESS_MAIN(PoliciesTest)
#include "policies_test.moc"
