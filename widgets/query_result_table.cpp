#include "widgets/query_result_table.h"

#include "widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>

#include <algorithm>

namespace attendre {

namespace {
constexpr int rowsMeasured = 60;
constexpr int widestColumn = 320; // px
} // namespace

QueryResultTable::QueryResultTable(const Theme* theme, QWidget* parent)
    : QTableView(parent), m_theme(theme), m_rows(new QueryResultModel(theme, this)) {
    setAccessibleName(tr("Result"));
    setModel(m_rows);
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setWordWrap(false);
    setAlternatingRowColors(true);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setTabKeyNavigation(false);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    verticalHeader()->hide();
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSectionsClickable(true);
    horizontalHeader()->setMinimumSectionSize(32);
    connect(horizontalHeader(), &QHeaderView::sectionClicked, this, &QueryResultTable::sortBy);
    dress();
}

void QueryResultTable::dress() {
    setFont(m_theme->smallFont());
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    QPalette colours = palette();
    colours.setColor(QPalette::Base, m_theme->panel());
    colours.setColor(QPalette::AlternateBase, m_theme->hover());
    colours.setColor(QPalette::Text, m_theme->text());
    colours.setColor(QPalette::Highlight, m_theme->selection());
    colours.setColor(QPalette::HighlightedText, m_theme->text());
    setPalette(colours);
    viewport()->update();
}

void QueryResultTable::setResult(std::shared_ptr<const QueryResult> result) {
    const int row = currentIndex().row();
    m_sorted = -1;
    horizontalHeader()->setSortIndicatorShown(false);
    m_rows->setResult(std::move(result));
    fitColumns();
    if (row >= 0 && row < m_rows->rowCount())
        setCurrentIndex(m_rows->index(row, 0));
}

// By the heading and the first rows: measuring all of them would take seconds.
void QueryResultTable::fitColumns() {
    for (int column = 0; column < m_rows->columnCount(); ++column) {
        int width = horizontalHeader()->fontMetrics().horizontalAdvance(
                        m_rows->headerData(column, Qt::Horizontal).toString()) +
                    28;
        for (int row = 0; row < std::min(rowsMeasured, m_rows->rowCount()); ++row) {
            const QModelIndex index = m_rows->index(row, column);
            const QVariant own = index.data(Qt::FontRole);
            const QFontMetrics metrics(own.isValid() ? own.value<QFont>() : font());
            width = std::max(width, metrics.horizontalAdvance(index.data().toString()) + 16);
        }
        setColumnWidth(column, std::min(width, widestColumn));
    }
}

// Up, down, and as it came. The header has turned its arrow by itself already.
void QueryResultTable::sortBy(int column) {
    QHeaderView* header = horizontalHeader();
    if (column == m_sorted && m_order == Qt::DescendingOrder) {
        m_sorted = -1;
        header->setSortIndicatorShown(false);
        m_rows->sort(-1);
        return;
    }
    m_order = column == m_sorted ? Qt::DescendingOrder : Qt::AscendingOrder;
    m_sorted = column;
    header->setSortIndicator(column, m_order);
    header->setSortIndicatorShown(true);
    m_rows->sort(column, m_order);
}

void QueryResultTable::choose(const QModelIndex& index) {
    if (index.isValid())
        emit rowChosen(m_rows->resultRow(index.row()), index.column());
}

void QueryResultTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        copySelected();
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        choose(currentIndex());
    else
        QTableView::keyPressEvent(event);
}

void QueryResultTable::mouseReleaseEvent(QMouseEvent* event) {
    QTableView::mouseReleaseEvent(event);
    const QModelIndex index = indexAt(event->pos());
    // Who drags over rows, or adds to what is selected, wants to copy them.
    if (event->button() == Qt::LeftButton && event->modifiers() == Qt::NoModifier &&
        index == currentIndex() && selectionModel()->selectedRows().size() == 1)
        choose(index);
}

void QueryResultTable::copySelected() const {
    std::vector<int> rows;
    for (const QModelIndex& index : selectionModel()->selectedRows())
        rows.push_back(index.row());
    std::sort(rows.begin(), rows.end());
    if (!rows.empty())
        QApplication::clipboard()->setText(m_rows->asText(rows));
}

void QueryResultTable::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    QAction* copy = menu.addAction(tr("Copy the selected rows"));
    QAction* all = menu.addAction(tr("Select all rows"));
    QAction* save = menu.addAction(tr("Save as CSV…"));
    copy->setEnabled(selectionModel()->hasSelection());
    all->setEnabled(m_rows->rowCount() > 0);
    save->setEnabled(m_rows->rowCount() > 0);
    QAction* chosen = menu.exec(event->globalPos());
    if (chosen == copy)
        copySelected();
    else if (chosen == all)
        selectAll();
    else if (chosen == save)
        emit saveWanted();
}

} // namespace attendre
