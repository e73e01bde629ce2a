#include "model/trace/step_frame.h"

#include <QTest>

using namespace attendre;

// One head of six slots, chunk 2, sinks 1, recent 2: computed by hand.
class TestHeadNumbers : public QObject {
    Q_OBJECT

    static LayerSnapshot before() {
        LayerSnapshot s;
        LayerRecord& r = s.record;
        r.capacity = r.occupancy = 6;
        r.position = {0, 1, 2, 3, 4, 5};
        r.hits = {9, 0, 1, 0, 2, 0};
        r.lastTick = {6, 2, 5, 4, 6, 6};
        r.mass = r.massSquared = r.lastMass = {1, 1, 1, 1, 1, 1};
        r.rank = {9, 0, 1, 0, 2, 0};
        r.tick = 6;
        return s;
    }
    static LayerRecord now() {
        LayerRecord r = before().record;
        r.firstPosition = r.firstAnswered = 6;
        r.arrived = r.answered = 2;
        r.tick = 8;
        r.evicted = 2;
        r.victimSlots = {1, 3};
        r.victimPositions = {1, 3};
        r.victimRanks = {0, 0};
        r.position = {0, 6, 2, 7, 4, 5};
        r.hits = {11, 1, 1, 0, 1, 0}; // +2, new 1, 0, new 0, fewer by a half-life, 0
        r.lastMass = {1.0F, 0.2F, 0.1F, 0.1F, 0.4F, 0.2F};
        return r;
    }

  private slots:
    void byHand() {
        const LayerSnapshot earlier = before();
        const auto numbers = headNumbers(3, now(), &earlier, {2, 1, 2, {}});
        QCOMPARE(numbers.size(), size_t(1));
        const HeadStepInfo& h = numbers.front();
        QCOMPARE(h.step, 3);
        QCOMPARE(h.evicted, 2);
        QCOMPARE(h.hitRate, 3.0F / 12.0F);    // 2 + 1 hits, 2 queries, 6 residents
        QCOMPARE(h.sinkShare, 1.1F / 2.0F);   // positions 0 and 2
        QCOMPARE(h.recentShare, 0.6F / 2.0F); // positions 4 and 5
        QCOMPARE(h.chunkShare, 0.3F / 2.0F);  // positions 6 and 7
        // 0 is a sink, 4 and 5 are recent: FIFO evicts 1 and 2.
        QCOMPARE(h.fifoAgreement, 0.5F);
        QCOMPARE(h.evictedNeverHit, 2);
        QCOMPARE(h.meanAgeAtEviction, (6.0F + 4.0F) / 2.0F); // ticks 2 and 4 at tick 8
    }

    void pinsAreNoCandidatesOfFifo() {
        const LayerSnapshot earlier = before();
        const auto numbers = headNumbers(3, now(), &earlier, {2, 1, 2, {{2, 2}}});
        QCOMPARE(numbers.front().fifoAgreement, 1.0F); // only 1 and 3 are left to evict
    }

    void theFirstStepHasNoVictims() {
        LayerRecord first = before().record;
        first.answered = first.arrived = 6;
        const auto numbers = headNumbers(0, first, nullptr, {6, 0, 0, {}});
        QCOMPARE(numbers.front().hitRate, 12.0F / 36.0F);
        QCOMPARE(numbers.front().fifoAgreement, 1.0F);
        // The six arrivals have a sixth each; the first four of them are sinks.
        QCOMPARE(numbers.front().sinkShare, 4.0F / 6.0F);
        QCOMPARE(numbers.front().chunkShare, 2.0F / 6.0F);
        QCOMPARE(numbers.front().recentShare, 0.0F);
        QCOMPARE(numbers.front().meanAgeAtEviction, 0.0F);
    }
};

QTEST_APPLESS_MAIN(TestHeadNumbers)
#include "test_head_numbers.moc"
