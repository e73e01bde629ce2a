#include "model/memory/eviction.h"

#include <QTest>

#include <algorithm>
#include <limits>
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

RankFunction rankOf(const Configuration& configuration) {
    PolicyInput input;
    input.configuration.asked = configuration;
    return findPolicy(configuration)->prepare(input)->rank;
}

RankFunction rankOf(const char* policy) {
    Configuration configuration;
    configuration.policy = policy;
    return rankOf(configuration);
}

Configuration expression(const char* text) {
    Configuration configuration;
    configuration.policy = "custom";
    configuration.expression = text;
    return configuration;
}

Configuration lfa(const char* count, bool perAge) {
    Configuration configuration;
    configuration.policy = "lfa";
    configuration.lfaCount = count;
    configuration.lfaPerAge = perAge;
    return configuration;
}

// Victims of head 0 with the next arrival at position 12.
template <class Which>
std::vector<std::int32_t> victims(const EntryColumns& columns, const Which& policy, int count,
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
        QCOMPARE(names, (std::set<QString>{"custom", "fifo", "future", "h2o", "lfa", "lra",
                                           "random", "tova"}));
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

    // At tick 12 the entry at position p has the age 11 - p.
    void lfaByWeightAndPerAge() {
        Dozen d;
        d.columns.hits = {5, 4, 3, 3, 3, 3, 3, 3, 2, 2, 1, 1};
        d.columns.mass = {5, .2, .4, 3, .1, 2, .3, 4, 1, .5, .6, .7};
        QCOMPARE(victims(d.columns, lfa("hits", false), 3), (Slots{8, 10, 11}));
        QCOMPARE(victims(d.columns, lfa("hits", true), 3), (Slots{1, 2, 3})); // .4, .333, .375
        QCOMPARE(victims(d.columns, lfa("mass", false), 3), (Slots{1, 4, 6}));
        // .2/10, .4/9, .1/7; .3/5 comes after them.
        QCOMPARE(victims(d.columns, lfa("mass", true), 3), (Slots{1, 2, 4}));
        // The newest has the age 0, and is divided by 1.
        const auto ranks = rankResidents(d.columns, 0, rankOf(lfa("hits", true)), {12, 0}, false);
        QCOMPARE(ranks[11], 1.0);
        QCOMPARE(ranks[10], 1.0);
        QCOMPARE(ranks[8], 2.0 / 3);
    }

    void customEvictsByItsExpression_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<Slots>("expected");
        const auto row = [](const char* text, const Slots& expected) {
            QTest::newRow(text) << QByteArray(text) << expected;
        };
        row("hits / age", {1, 2, 5}); // .1, 0, 0
        row("0 - mass", {0, 3, 7});   // 5, 3, 4
        row("mass_sq - last_mass", {1, 2, 9});
        row("recency < 4 ? 100 + mass : mass", {1, 2, 4, 6}); // only 1, 4 and 6 are long unread
        row("max(key_norm, value_norm)", {0, 2, 6});          // 3, 4, 2
        row("min(key_norm, value_norm)", {0, 1, 2, 3, 6});    // 2, 1, 1, 1, 1; 4 and 8 have 2 too
        row("position == 5 || position > 10 ? -1 : tick + layer + head", {0, 5, 11});
        row("abs(position - 6)", {5, 6, 7});
        row("sqrt(hits) + ln(exp(hits)) + log2(2^hits) > 9 ? 1 : 0", {1, 2, 4, 5, 7});
        // What is infinite orders as numbers do.
        row("1 / (position - 3)", {0, 1, 2});
        row("-1 / (position - 3)", {3});
        row("ln(hits)", {2, 5});
        // What is no number goes first: 0/0, and the root of what is negative.
        row("(position - 7) / (position - 7)", {7});
        row("sqrt(hits - 4)", {1, 2, 4});
        row("0 / 0", {0, 1});
    }

    void customEvictsByItsExpression() {
        QFETCH(QByteArray, text);
        QFETCH(Slots, expected);
        Dozen d;
        d.columns.keepNorms();
        d.columns.hits = {9, 1, 0, 4, 2, 0, 8, 3, 7, 5, 6, 2};
        d.columns.mass = {5, .2, .4, 3, .1, 2, .3, 4, 1, .5, .6, .7};
        d.columns.massSquared = {.9, .1, .2, .8, .3, .4, .5, .6, .7, 1, 1.1, 1.2};
        d.columns.lastMass = {0, 0, 0, .5f, 0, 0, 0, 0, 0, 5, 0, 0};
        d.columns.lastTick = {12, 5, 12, 9, 6, 12, 7, 12, 12, 10, 11, 12};
        d.columns.keyNorm = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
        d.columns.valueNorm = {2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5};
        QCOMPARE(victims(d.columns, expression(text.constData()), int(expected.size())), expected);
    }

    void aRankThatIsNoNumberIsTheLowest() {
        EntryColumns columns(2, 3);
        for (int head = 0; head < 2; ++head)
            for (int slot = 0; slot < 3; ++slot)
                columns.insert(head, slot, slot);
        columns.occupancy = 3;
        // Head 0 has -1, infinity, 1 and head 1 the opposite: a mean of them is no number.
        const auto opposite = expression("(head == 0 ? 1 : -1) / abs(position - 1) * "
                                         "(position < 1 ? -1 : 1)");
        const double low = -std::numeric_limits<double>::infinity();
        QCOMPARE(rankResidents(columns, 0, rankOf(opposite), {3, 0}, true),
                 (std::vector<double>{0, low, 0, 0, low, 0}));
        QCOMPARE(rankResidents(columns, 0, rankOf(expression("0/0")), {3, 0}, false),
                 std::vector<double>(6, low));
    }

    void whatAnExpressionReadsIsKept() {
        const auto prepared = [](const char* text) {
            PolicyInput input;
            input.configuration.asked = expression(text);
            return findPolicy(input.configuration.asked)->prepare(input);
        };
        QVERIFY(!prepared("position + age")->readsUsage);
        QVERIFY(!prepared("position + age")->readsNorms);
        QVERIFY(prepared("recency")->readsUsage);
        QVERIFY(prepared("key_norm + hits")->readsNorms);
        QVERIFY(!prepared("key_norm +").ok());
        const PolicyDescription d = findPolicy(expression(" mass  / age"))->description;
        QCOMPARE(d.rankLabel, QString("mass / age"));
        QCOMPARE(d.columns, (QStringList{"age", "mass"}));
        QVERIFY(d.definition.contains("mass / age is lowest"));
        QVERIFY(d.definition.contains("age: the layer's tick less the tick at which"));
        QVERIFY(d.evictSentence.contains("%1") && d.evictSentence.contains("mass / age is"));
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
