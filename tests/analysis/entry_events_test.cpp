#include "model/analysis/entry_events.h"

#include <QTest>

using namespace attendre;
using Kind = EntryEvent::Kind;

namespace {

EntrySample sample(int step, std::uint32_t hits, bool near = false) {
    EntrySample s;
    s.step = step;
    s.hits = hits;
    s.near = near;
    s.place = 3;
    s.victims = 2;
    return s;
}

Life life(int inserted, int evicted) {
    Life l;
    l.insertedStep = inserted;
    l.evictedStep = evicted;
    return l;
}

} // namespace

class EntryEventsTest : public QObject {
    Q_OBJECT
  private slots:
    void theSketchedLife() {
        const auto events =
            entryEvents(life(6, 9), {sample(6, 0), sample(7, 2), sample(8, 3, false)});
        const std::vector<EntryEvent> expected = {{6, Kind::Inserted, 0, -1, 0},
                                                  {7, Kind::Attended, 2, -1, 0},
                                                  {8, Kind::Attended, 1, -1, 0},
                                                  {9, Kind::Evicted, 0, -1, 0}};
        QVERIFY(events == expected);
    }

    void attendedInItsOwnChunk() {
        const auto events = entryEvents(life(2, -1), {sample(2, 5)});
        QCOMPARE(events.size(), std::size_t(2));
        QVERIFY(events[1] == (EntryEvent{2, Kind::Attended, 5, -1, 0}));
    }

    void nearBelongsToTheNextStep() {
        const auto events =
            entryEvents(life(1, 4), {sample(1, 0), sample(2, 0, true), sample(3, 0, true)});
        // Near in step 3; in step 4 it went, which is said once.
        const std::vector<EntryEvent> expected = {{1, Kind::Inserted, 0, -1, 0},
                                                  {3, Kind::NearlyEvicted, 0, 3, 2},
                                                  {4, Kind::Evicted, 0, -1, 0}};
        QVERIFY(events == expected);
    }

    void aTickAloneTells() {
        EntrySample a, b, c;
        a.step = 0, b.step = 1, c.step = 2;
        a.lastTick = 4, b.lastTick = 4, c.lastTick = 11;
        const auto events = entryEvents(life(0, -1), {a, b, c});
        QCOMPARE(events.size(), std::size_t(2));
        QVERIFY(events[1] == (EntryEvent{2, Kind::Attended, 0, -1, 0}));
    }

    void hitsAtKeyframesOnly() {
        // At summary detail of LRA the tick is known at every step, the hits now and then: a
        // keyframe after a step without hits must not hide that it was attended.
        EntrySample a, b;
        a.step = 5, b.step = 6;
        a.lastTick = 40, b.lastTick = 44;
        b.hits = 9;
        const auto events = entryEvents(life(5, -1), {a, b});
        QCOMPARE(events.size(), std::size_t(2));
        QVERIFY(events[1] == (EntryEvent{6, Kind::Attended, 0, -1, 0}));
    }

    void nothingBeforeItArrives() { QVERIFY(entryEvents(life(-1, -1), {}).empty()); }

    void aSampleIsTheEntrysOwn() {
        HeadState head;
        head.position = {5, noPosition, 9, 7};
        head.rank = {3, 0, 1, 2};
        head.hits = {1, 0, 6, 2};
        head.mass = {0, 0, 0, 0};
        head.lastMass = {0.5f, 0, 0.25f, 0.125f};
        EvictionRules next;
        next.firstArrival = 10;
        next.arriving = 2;
        next.capacity = 4;
        const auto nine = sampleEntry(head, 3, 9, next);
        QVERIFY(nine.has_value());
        QCOMPARE(*nine->hits, 6u);
        QCOMPARE(*nine->lastMass, 0.25f);
        QVERIFY(!nine->lastTick);
        QCOMPARE(nine->place, 0);
        QCOMPARE(nine->candidates, 3);
        QCOMPARE(nine->victims, 1);
        QVERIFY(!nine->near);
        QVERIFY(sampleEntry(head, 3, 7, next)->near);
        QVERIFY(!sampleEntry(head, 3, 8, next));
        QVERIFY(!sampleEntry(head, 3, noPosition, next));
    }

    void stepsAreSpread() {
        QCOMPARE(spreadSteps(3, 6, 10), (std::vector<int>{3, 4, 5, 6}));
        QCOMPARE(spreadSteps(0, 100, 5), (std::vector<int>{0, 25, 50, 75, 100}));
        QVERIFY(spreadSteps(5, 4, 5).empty());
        for (int n = 2; n < 200; n += 7) {
            const auto steps = spreadSteps(10, 10 + n, 48);
            QCOMPARE(steps.front(), 10);
            QCOMPARE(steps.back(), 10 + n);
            QVERIFY(std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) ==
                    steps.end());
        }
    }
};

QTEST_GUILESS_MAIN(EntryEventsTest)
#include "entry_events_test.moc"
