#include "tests/widgets/made_trace.h"
#include "widgets/memory_scale.h"
#include "widgets/memory_table.h"

#include <QAbstractItemModelTester>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace attendre;

// What the K/V memory view shows of each phase, and its table.
class TestMemory : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<Reader> m_reader;
    RunInfo m_run;
    MemoryTexts m_texts;

    MemoryContent content(int step, Phase phase) {
        Point point;
        point.run = 1;
        point.step = step;
        point.phase = phase;
        point.layer = 1;
        point.head = 1;
        return readMemoryContent(*m_reader, m_run, point, m_texts).take();
    }
    static int count(const MemoryContent& content, MemoryContent::Mark mark) {
        return int(std::count(content.marks.begin(), content.marks.end(), mark));
    }

  private slots:
    void initTestCase() {
        const QString path = m_folder.filePath("made.trace");
        QVERIFY(recordMade(path).ok());
        m_reader = Reader::open(path).take();
        m_run = m_reader->run(1).take();
    }
    void aStepIsShownAtOneInstant() {
        const int step = 9; // M = 16, C = 4: four go in every step from 4 on
        const MemoryContent left = content(step - 1, Phase::Record);
        const MemoryContent rank = content(step, Phase::Rank);
        const MemoryContent evict = content(step, Phase::Evict);
        const MemoryContent insert = content(step, Phase::Insert);
        const MemoryContent end = content(step, Phase::Record);
        QCOMPARE(rank.state.position, left.state.position);
        QCOMPARE(evict.state.position, left.state.position);
        QCOMPARE(insert.state.position, end.state.position);
        QVERIFY(rank.state.position != end.state.position);
        QCOMPARE(count(evict, MemoryContent::Mark::Victim), 4);
        QCOMPARE(count(rank, MemoryContent::Mark::NextVictim), 4);
        QCOMPARE(int(insert.changes.size()), 4);
        QVERIFY(insert.changesHands());
        QVERIFY(!end.changesHands());
        for (const auto& [slot, change] : insert.changes) {
            QCOMPARE(left.state.position[std::size_t(slot)], change.out);
            QCOMPARE(end.state.position[std::size_t(slot)], change.in);
        }
    }
    // What decides does not change before the retrieval: the arrivals have no columns yet, the
    // entries that stay have those of the step before, and nobody is named for the next step.
    void columnsWaitForTheRetrieval() {
        const int step = 9;
        const MemoryContent left = content(step - 1, Phase::Record);
        const MemoryContent end = content(step, Phase::Record);
        int different = 0;
        for (const Phase phase : {Phase::Insert, Phase::Wait}) {
            const MemoryContent shown = content(step, phase);
            QCOMPARE(count(shown, MemoryContent::Mark::NextVictim), 0);
            QCOMPARE(shown.next, 0);
            QCOMPARE(shown.tick, left.tick);
            for (int slot = 0; slot < shown.capacity; ++slot)
                for (int i = 0; i < memoryColumnCount; ++i) {
                    const auto column = MemoryColumn(i);
                    const auto value = shown.value(slot, column);
                    if (column == MemoryColumn::Position || column == MemoryColumn::InsertedStep)
                        QCOMPARE(value, end.value(slot, column));
                    else if (shown.arrivals[std::size_t(slot)])
                        QVERIFY(!value);
                    else
                        QCOMPARE(value, left.value(slot, column));
                    different += value && value != end.value(slot, column);
                }
        }
        QVERIFY(different > 0);
        const MemoryContent retrieved = content(step, Phase::Retrieve);
        QCOMPARE(retrieved.state.rank, end.state.rank);
        QCOMPARE(count(retrieved, MemoryContent::Mark::NextVictim), 4);
        QVERIFY(!content(0, Phase::Insert).value(0, MemoryColumn::Rank));
    }
    // The next victims, worked out from the residents alone, are those that the next step evicts.
    void nextVictimsComeTrue() {
        int compared = 0;
        for (int step = 0; step + 1 < 16; ++step) {
            const MemoryContent now = content(step, Phase::Record);
            const MemoryContent then = content(step + 1, Phase::Evict);
            for (std::size_t slot = 0; slot < now.marks.size(); ++slot)
                QCOMPARE(now.marks[slot] == MemoryContent::Mark::NextVictim,
                         then.marks[slot] == MemoryContent::Mark::Victim);
            compared += count(then, MemoryContent::Mark::Victim);
        }
        QVERIFY(compared >= 40);
    }
    // So they do where queries wait: what comes to a layer is what the one below answers, the last
    // chunk is shorter, and in the flush nothing comes at the bottom and nobody has to go.
    void nextVictimsComeTrueWhereQueriesWait() {
        MadeOptions made;
        made.queryMemory = 6;
        made.tokens = 62;
        const QString path = m_folder.filePath("waiting.trace");
        QVERIFY(recordMade(path, made).ok());
        auto reader = Reader::open(path).take();
        const RunInfo run = reader->run(1).take();
        const int steps = reader->stepCount(1).take();
        int shorter = 0, spared = 0;
        for (int layer = 0; layer < made.layers; ++layer)
            for (int step = 0; step + 1 < steps; ++step) {
                MemoryTexts texts;
                const Point now{1, step, Phase::Record, layer, 0, noPosition, noPosition};
                Point then = now;
                then.step = step + 1;
                then.phase = Phase::Evict;
                const auto marked = readMemoryContent(*reader, run, now, texts).take();
                const auto leaving = readMemoryContent(*reader, run, then, texts).take();
                for (std::size_t slot = 0; slot < marked.marks.size(); ++slot)
                    QCOMPARE(marked.marks[slot] == MemoryContent::Mark::NextVictim,
                             leaving.marks[slot] == MemoryContent::Mark::Victim);
                QCOMPARE(marked.next, leaving.next);
                shorter += marked.next > 0 && marked.next < made.chunk;
                spared += marked.next == 0 && marked.occupancy == made.memory;
            }
        QVERIFY(shorter >= made.layers);
        QVERIFY(spared > 0);
    }
    // What is protected is marked, and neither it nor anything it holds is on the scale.
    void theScaleLeavesOutWhatIsProtected() {
        MemoryContent shown = content(9, Phase::Record);
        const auto sinks = std::count(shown.shielded.begin(), shown.shielded.end(), true);
        QCOMPARE(int(sinks), m_run.configuration.sinks);
        QVERIFY(sinks > 0);
        double least = 1e300, greatest = -1e300, cut = -1e300;
        for (int slot = 0; slot < shown.capacity; ++slot) {
            const std::int32_t position = shown.state.position[std::size_t(slot)];
            QCOMPARE(shown.isShielded(slot), position < m_run.configuration.sinks);
            const double rank = shown.state.rank[std::size_t(slot)];
            if (shown.isShielded(slot))
                continue;
            least = std::min(least, rank);
            greatest = std::max(greatest, rank);
            if (shown.marks[std::size_t(slot)] == MemoryContent::Mark::NextVictim)
                cut = std::max(cut, rank);
        }
        const auto rankScale = [&shown] {
            return MemoryScale::of(shown, MemoryColumn::Rank, QStringLiteral("last_tick"));
        };
        QVERIFY(greatest > least);
        QCOMPARE(rankScale().least, least);
        QCOMPARE(rankScale().greatest, greatest);
        QCOMPARE(*rankScale().cut, cut);
        QVERIFY(rankScale().backwards);
        // A sink that is never read, and one that is always read, change nothing.
        for (int slot = 0; slot < shown.capacity; ++slot)
            if (shown.isShielded(slot))
                shown.state.rank[std::size_t(slot)] = slot % 2 == 0 ? -1e6 : 1e6;
        QCOMPARE(rankScale().least, least);
        QCOMPARE(rankScale().greatest, greatest);
        QCOMPARE(rankScale().t(least), 0.0);
        QCOMPARE(rankScale().t(greatest), 1.0);
        QCOMPARE(rankScale().t(1e6), 1.0);
    }
    // Counts and sums are logarithmic, also where they are the rank; equal steps are equal factors.
    void sumsAreLogarithmic() {
        MemoryContent shown = content(9, Phase::Record);
        QVERIFY(MemoryScale::of(shown, MemoryColumn::Rank, QStringLiteral("mass")).logarithmic);
        QVERIFY(!MemoryScale::of(shown, MemoryColumn::Rank, QStringLiteral("tick_inserted"))
                     .logarithmic);
        MagnitudeScale scale{true};
        for (const double value : {0.1, 1.0, 10.0})
            scale.add(value);
        scale.add(std::nan(""));
        QCOMPARE(scale.greatest, 10.0);
        QVERIFY(qAbs(scale.t(1.0) - 0.5) < 0.02);
        // Ticks: the last few are as far apart as the many before them.
        MagnitudeScale ticks{true, true, 1};
        for (const double tick : {401.0, 491.0, 500.0})
            ticks.add(tick);
        QVERIFY(qAbs(ticks.t(491) - 0.5) < 0.02);
        QCOMPARE(ticks.t(401), 0.0);
        QCOMPARE(ticks.t(500), 1.0);
        MagnitudeScale one;
        one.add(3);
        QCOMPARE(one.t(3), 0.5);
    }
    // Lots are drawn in the step itself: nobody can be named before.
    void lotsAreNotForetold() {
        RunInfo run = m_run;
        run.policy.name = QStringLiteral("random");
        Point point;
        point.run = 1;
        point.step = 9;
        point.layer = point.head = 1;
        const MemoryContent end = readMemoryContent(*m_reader, run, point, m_texts).take();
        QCOMPARE(count(end, MemoryContent::Mark::NextVictim), 0);
        QCOMPARE(end.next, 4);
        QVERIFY(end.byLot);
        point.phase = Phase::Evict; // recorded
        const MemoryContent evict = readMemoryContent(*m_reader, run, point, m_texts).take();
        QCOMPARE(count(evict, MemoryContent::Mark::Victim), 4);
    }
    void theTableIsAProperModel() {
        MemoryTableModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        const MemoryContent first = content(8, Phase::Record);
        const MemoryContent second = content(9, Phase::Record);
        model.setContent(&first, m_run.policy);
        QCOMPARE(model.rowCount(), 16);
        model.setContent(&second, m_run.policy);
        const int last = model.columnCount() - 1;
        int next = 0, shielded = 0;
        for (int row = 0; row < model.rowCount(); ++row) {
            const QString said = model.index(row, last).data().toString();
            next += said == QStringLiteral("goes next");
            shielded += said == QStringLiteral("protected");
        }
        QCOMPARE(next, 4);
        QCOMPARE(shielded, m_run.configuration.sinks);
        model.setContent(nullptr, {});
        QCOMPARE(model.rowCount(), 0);
    }
    void theTableSortsByValue() {
        MemoryTable table;
        const MemoryContent shown = content(9, Phase::Record);
        table.setContent(&shown, m_run.policy);
        const auto* rows = table.table()->model();
        table.table()->sortByColumn(2, Qt::DescendingOrder);
        for (int row = 1; row < rows->rowCount(); ++row)
            QVERIFY(rows->index(row - 1, 2).data(MemoryTableModel::sortRole).toDouble() >=
                    rows->index(row, 2).data(MemoryTableModel::sortRole).toDouble());
    }
};

QTEST_MAIN(TestMemory)
#include "test_memory.moc"
