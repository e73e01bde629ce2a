#include "widgets/cell_table.h"

#include "widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QStyledItemDelegate>

#include <algorithm>

namespace attendre {

namespace {

constexpr int edge = 6; // px beside a cell's text

// A cell's text, and behind it its note.
class CellDelegate : public QStyledItemDelegate {
  public:
    CellDelegate(const Theme* theme, QObject* parent)
        : QStyledItemDelegate(parent), m_theme(theme) {}

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const QString text = index.data().toString();
        return {option.fontMetrics.horizontalAdvance(text) + 2 * edge + 2,
                option.fontMetrics.height() + 6};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& given,
               const QModelIndex& index) const override {
        QStyleOptionViewItem option = given;
        initStyleOption(&option, index);
        const QString note = index.data(CellTableModel::noteRole).toString();
        const QString whole = option.text;
        option.text.clear();
        option.state &= ~QStyle::State_HasFocus;
        const QStyle* style = option.widget ? option.widget->style() : QApplication::style();
        style->drawControl(QStyle::CE_ItemViewItem, &option, painter, option.widget);
        painter->save();
        painter->setFont(option.font);
        const QRect box = option.rect.adjusted(edge, 0, -edge, 0);
        const bool quiet = index.data(CellTableModel::quietRole).toBool();
        const QColor ink = quiet ? m_theme->quietText() : m_theme->text();
        const QFontMetrics& metrics = option.fontMetrics;
        const int noteWide =
            note.isEmpty() ? 0 : metrics.horizontalAdvance(QLatin1Char(' ') + note);
        const bool fits = metrics.horizontalAdvance(whole) <= box.width();
        if (note.isEmpty() || !fits) {
            painter->setPen(ink);
            painter->drawText(box, int(option.displayAlignment),
                              metrics.elidedText(whole, Qt::ElideRight, box.width()));
        } else {
            const QString text = whole.chopped(note.size() + 1);
            const bool right = option.displayAlignment & Qt::AlignRight;
            const int textWide = metrics.horizontalAdvance(text + QLatin1Char(' '));
            painter->setPen(ink);
            painter->drawText(box.adjusted(0, 0, right ? -noteWide : 0, 0),
                              int(option.displayAlignment), text);
            painter->setPen(m_theme->quietText());
            painter->drawText(box.adjusted(right ? 0 : textWide, 0, 0, 0),
                              int(option.displayAlignment), note);
        }
        painter->restore();
    }

  private:
    const Theme* m_theme;
};

} // namespace

// --- the model

void CellTableModel::setContent(std::vector<TableColumn> columns, std::vector<TableRow> rows) {
    const bool same =
        rows.size() == m_rows.size() &&
        std::equal(columns.begin(), columns.end(), m_columns.begin(), m_columns.end(),
                   [](const TableColumn& a, const TableColumn& b) { return a.title == b.title; });
    if (!same)
        beginResetModel();
    m_columns = std::move(columns);
    m_rows = std::move(rows);
    if (!same)
        endResetModel();
    else if (!m_rows.empty() && !m_columns.empty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int CellTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(m_rows.size());
}

int CellTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(m_columns.size());
}

QVariant CellTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const TableCell& cell = this->cell(index.row(), index.column());
    switch (role) {
    case Qt::DisplayRole:
        return cell.whole();
    case Qt::ToolTipRole:
        return cell.tip.isEmpty() ? QVariant() : QVariant(cell.tip);
    case Qt::TextAlignmentRole:
        return int((column(index.column()).isNumber ? Qt::AlignRight : Qt::AlignLeft) |
                   Qt::AlignVCenter);
    case orderRole:
        return cell.order;
    case noteRole:
        return cell.note;
    case quietRole:
        return cell.isQuiet;
    default:
        return {};
    }
}

QVariant CellTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    if (role == Qt::DisplayRole)
        return column(section).title;
    if (role == Qt::ToolTipRole)
        return column(section).definition;
    if (role == Qt::TextAlignmentRole)
        return int((column(section).isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return {};
}

// --- the order

void CellTableOrder::setShown(std::vector<bool> shown) {
    m_shown = std::move(shown);
    invalidateFilter();
}

bool CellTableOrder::filterAcceptsRow(int row, const QModelIndex&) const {
    return std::size_t(row) >= m_shown.size() || m_shown[std::size_t(row)];
}

bool CellTableOrder::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    const QVariant a = left.data(CellTableModel::orderRole);
    const QVariant b = right.data(CellTableModel::orderRole);
    const bool descending = sortOrder() == Qt::DescendingOrder;
    if (a.isValid() != b.isValid())
        return a.isValid() != descending;
    const auto rank = [](const QVariant& value) { // words behind numbers
        return value.typeId() == QMetaType::QString ? 1 : 0;
    };
    if (rank(a) != rank(b))
        return rank(a) < rank(b);
    return rank(a) == 1 ? QString::localeAwareCompare(a.toString(), b.toString()) < 0
                        : a.toDouble() < b.toDouble();
}

// --- the view

CellTable::CellTable(const Theme* theme, const QString& name, QWidget* parent)
    : QTableView(parent) {
    m_order.setSourceModel(&m_model);
    setModel(&m_order);
    setItemDelegate(new CellDelegate(theme, this));
    setAccessibleName(name);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setAlternatingRowColors(true);
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 7);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSortIndicatorClearable(true);
    horizontalHeader()->setMinimumSectionSize(30);
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    setSortingEnabled(true);
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        if (!m_filling)
            emit rowChosen(chosen());
    });
    connect(this, &QTableView::doubleClicked, this,
            [this](const QModelIndex& index) { emit rowOpened(m_order.mapToSource(index).row()); });
}

void CellTable::setContent(std::vector<TableColumn> columns, std::vector<TableRow> rows,
                           int chosen) {
    const int before = this->chosen();
    const int scrolled = verticalScrollBar()->value();
    {
        const QScopedValueRollback guard(m_filling, true);
        m_model.setContent(std::move(columns), std::move(rows));
        fitColumns();
        choose(chosen);
        verticalScrollBar()->setValue(scrolled);
    }
    if (chosen != before)
        emit rowChosen(this->chosen());
}

void CellTable::setShown(std::vector<bool> shown) {
    m_order.setShown(std::move(shown));
}

int CellTable::chosen() const {
    const QModelIndex now = currentIndex();
    return now.isValid() ? m_order.mapToSource(now).row() : -1;
}

void CellTable::choose(int row) {
    if (row == chosen())
        return;
    const QModelIndex at = row < 0 ? QModelIndex() : m_order.mapFromSource(m_model.index(row, 0));
    if (at.isValid()) {
        setCurrentIndex(at);
        scrollTo(at);
    } else {
        clearSelection();
        setCurrentIndex({});
    }
}

std::vector<int> CellTable::standing() const {
    std::vector<int> rows;
    for (int row = 0; row < m_order.rowCount(); ++row)
        rows.push_back(m_order.mapToSource(m_order.index(row, 0)).row());
    return rows;
}

// As wide as headings and cells, the sorting's triangle included.
void CellTable::fitColumns() {
    const QFontMetrics cells = fontMetrics(), heading = horizontalHeader()->fontMetrics();
    for (int column = 0; column < m_model.columnCount(); ++column) {
        int wide = heading.horizontalAdvance(m_model.column(column).title) + 10;
        for (int row = 0; row < m_model.rowCount(); ++row)
            wide = std::max(wide, cells.horizontalAdvance(m_model.cell(row, column).whole()));
        setColumnWidth(column, std::min(wide, m_model.column(column).widest) + 2 * edge + 4);
    }
}

void CellTable::keyPressEvent(QKeyEvent* event) {
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && chosen() >= 0) {
        emit rowOpened(chosen());
        return;
    }
    if (event->matches(QKeySequence::Copy) && chosen() >= 0) {
        QStringList cells;
        for (int column = 0; column < m_model.columnCount(); ++column)
            cells << m_model.cell(chosen(), column).whole();
        QApplication::clipboard()->setText(cells.join(QLatin1Char('\t')));
        return;
    }
    QTableView::keyPressEvent(event);
}

} // namespace attendre
