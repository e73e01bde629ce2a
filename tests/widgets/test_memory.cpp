#include "tests/widgets/made_trace.h"
#include "widgets/memory_content.h"
#include "widgets/memory_table.h"

#include <QAbstractItemModelTester>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

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
        int next = 0;
        for (int row = 0; row < model.rowCount(); ++row)
            next += model.index(row, last).data().toString().isEmpty() ? 0 : 1;
        QCOMPARE(next, 4);
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
