#include "model/analysis/next_victims.h"

#include <QTest>

using namespace attendre;

// Which entries go next, by hand on a dozen tokens.
class NextVictimsTest : public QObject {
    Q_OBJECT
    static HeadState twelve(const std::vector<double>& rank) {
        HeadState state;
        for (std::int32_t position = 0; position < 12; ++position)
            state.position.push_back(position);
        state.rank = rank;
        return state;
    }

  private slots:
    void lowestRankGoesFirst() {
        const HeadState state = twelve({9, 8, 7, 3, 5, 1, 6, 2, 4, 10, 11, 12});
        QCOMPARE(nextVictims(state, {}, 12, 3), (std::vector<int>{5, 7, 3}));
    }
    void tiesGoToTheOlder() {
        HeadState state = twelve(std::vector<double>(12, 1));
        std::swap(state.position[0], state.position[9]); // the oldest stands in slot 9
        QCOMPARE(nextVictims(state, {}, 12, 2), (std::vector<int>{9, 1}));
    }
    void whatAPersonChanges() {
        const HeadState state = twelve({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        ProtectedPositions protection{2, 3, {}, {{{4, 5}}, {{0, 0}, {8, 8}}}};
        // Dropped first, the sink too; then by rank, but the kept.
        QCOMPARE(nextVictims(state, protection, 12, 5), (std::vector<int>{0, 8, 2, 3, 6}));
        QVERIFY(protection.covers(4, 12) && !protection.covers(0, 12));
    }
    void protectionIsSeparateFromRank() {
        const HeadState state = twelve({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        const ProtectedPositions protection{2, 3, {{3, 4}}};
        QCOMPARE(nextVictims(state, protection, 12, 12), (std::vector<int>{2, 5, 6, 7, 8}));
        QVERIFY(!protection.covers(2, 12));
        QVERIFY(protection.covers(9, 12));
        QVERIFY(!protection.covers(8, 12));
    }
    void freeSlotsAreNoVictims() {
        HeadState state = twelve({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        state.position[0] = noPosition;
        QCOMPARE(nextVictims(state, {}, 12, 1), (std::vector<int>{1}));
    }
    void theOverflowIsWhatFindsNoSlot() {
        QCOMPARE(overflow(16, 12, 4), 0);
        QCOMPARE(overflow(16, 14, 4), 2);
        QCOMPARE(overflow(16, 16, 2), 2); // the last chunk is shorter
        QCOMPARE(overflow(16, 16, 0), 0); // a round of the flush in which nothing comes
    }
};

QTEST_MAIN(NextVictimsTest)
#include "next_victims_test.moc"
