#include "widgets/memory_table.h"

#include "widgets/document_text.h"
#include "widgets/memory_scale.h"

#include <QFontDatabase>
#include <QHeaderView>
#include <QLineEdit>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace attendre {

namespace {

// The policy's own columns first, then the rank, then the others.
std::vector<MemoryColumn> columnsFor(const PolicyDescription& policy) {
    std::vector<MemoryColumn> columns{MemoryColumn::Position};
    const auto add = [&columns](MemoryColumn column) {
        if (std::find(columns.begin(), columns.end(), column) == columns.end())
            columns.push_back(column);
    };
    for (const QString& name : policy.columns)
        if (const auto column = memoryColumn(name))
            add(*column);
    for (int i = 0; i < memoryColumnCount; ++i)
        add(MemoryColumn(i));
    return columns;
}

} // namespace

MemoryTableModel::MemoryTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void MemoryTableModel::setContent(const MemoryContent* content, const PolicyDescription& policy) {
    const int rows = content ? content->capacity : 0;
    const std::vector<MemoryColumn> columns =
        content ? columnsFor(policy) : std::vector<MemoryColumn>();
    if (rows != m_rows || columns != m_columns || policy.rankLabel != m_rankLabel) {
        beginResetModel();
        m_content = content;
        m_rows = rows;
        m_columns = columns;
        m_rankLabel = policy.rankLabel;
        endResetModel();
        return;
    }
    m_content = content;
    if (m_rows > 0)
        emit dataChanged(index(0, 0), index(m_rows - 1, columnCount() - 1));
}

int MemoryTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : m_rows;
}

int MemoryTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || m_columns.empty() ? 0 : FixedCount + int(m_columns.size());
}

QVariant MemoryTableModel::fixedData(int slot, int column, int role) const {
    const std::int32_t position = m_content->state.position[std::size_t(slot)];
    const auto mark = m_content->marks[std::size_t(slot)];
    switch (column) {
    case Slot:
        return slot;
    case Token:
        return position == noPosition ? QVariant(role == sortRole ? QString() : tr("free"))
                                      : QVariant(quoted(m_content->text(position)));
    default:
        break;
    }
    if (role == sortRole)
        return m_content->isShielded(slot) ? -1 : int(mark);
    return m_content->isShielded(slot)               ? tr("protected")
           : mark == MemoryContent::Mark::None       ? QString()
           : mark == MemoryContent::Mark::NextVictim ? tr("goes next")
                                                     : tr("goes now");
}

QVariant MemoryTableModel::data(const QModelIndex& index, int role) const {
    if (!m_content || !index.isValid() || index.row() >= m_content->capacity)
        return {};
    const bool last = index.column() == columnCount() - 1;
    const bool fixed = index.column() <= Token || last;
    if (role == Qt::TextAlignmentRole)
        return int((fixed && index.column() != Slot ? Qt::AlignLeft : Qt::AlignRight) |
                   Qt::AlignVCenter);
    if (role == Qt::FontRole && index.column() == Token)
        return QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (role != Qt::DisplayRole && role != sortRole)
        return {};
    if (fixed)
        return fixedData(index.row(), last ? int(Next) : index.column(), role);
    const auto value =
        m_content->value(index.row(), m_columns[std::size_t(index.column() - Token - 1)]);
    if (!value)
        return {};
    return role == sortRole ? QVariant(*value) : QVariant(MemoryScale().number(*value));
}

QVariant MemoryTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    const bool words = role == Qt::ToolTipRole;
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && !words) ||
        section >= columnCount())
        return {};
    if (section == columnCount() - 1)
        return words ? tr("what the next eviction does to it") : tr("next eviction");
    if (section <= Token)
        return section == Slot ? tr("slot") : tr("token");
    const MemoryColumn column = m_columns[std::size_t(section - Token - 1)];
    return words ? columnWords(column, m_rankLabel) : columnName(column);
}

MemoryTable::MemoryTable(QWidget* parent)
    : QWidget(parent), m_table(new QTableView(this)), m_filter(new QLineEdit(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(6, 4, 6, 0);
    column->setSpacing(4);
    m_filter->setPlaceholderText(tr("Filter: a token, a number, “goes next”"));
    m_filter->setAccessibleName(tr("Filter the slots"));
    m_filter->setClearButtonEnabled(true);
    column->addWidget(m_filter);
    column->addWidget(m_table, 1);
    m_sorted.setSourceModel(&m_model);
    m_sorted.setSortRole(MemoryTableModel::sortRole);
    m_sorted.setFilterKeyColumn(-1);
    m_sorted.setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table->setModel(&m_sorted);
    m_table->setAccessibleName(tr("Slots of the K/V memory"));
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(0, Qt::AscendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &MemoryTable::arrangeColumns);
    m_table->horizontalHeader()->setHighlightSections(false);
    connect(m_filter, &QLineEdit::textChanged, &m_sorted,
            &QSortFilterProxyModel::setFilterFixedString);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (!m_selecting && current.isValid())
                    emit clicked(m_sorted.mapToSource(current).row());
            });
}

// As wide as their headings and numbers; what the next eviction does stands beside the token.
void MemoryTable::arrangeColumns() {
    QHeaderView* header = m_table->horizontalHeader();
    const int columns = m_model.columnCount();
    const QFontMetrics metrics = header->fontMetrics();
    const auto wide = [&metrics](const QString& text) { return metrics.horizontalAdvance(text); };
    for (int column = 0; column < columns; ++column) {
        const QString name = m_model.headerData(column, Qt::Horizontal).toString();
        header->resizeSection(column, std::max(wide(name), wide(QStringLiteral("0.00000"))) + 20);
        if (header->visualIndex(column) != column)
            header->moveSection(header->visualIndex(column), column);
    }
    if (columns > 3) {
        header->resizeSection(1, wide(QStringLiteral("“beginning”")) + 24);
        header->moveSection(columns - 1, 2);
    }
}

void MemoryTable::setContent(const MemoryContent* content, const PolicyDescription& policy) {
    m_model.setContent(content, policy);
}

void MemoryTable::setSelected(int slot) {
    m_selecting = true;
    const QModelIndex row =
        slot < 0 ? QModelIndex() : m_sorted.mapFromSource(m_model.index(slot, 0));
    if (row.isValid()) {
        m_table->setCurrentIndex(row);
        m_table->scrollTo(row);
    } else
        m_table->clearSelection();
    m_selecting = false;
}

} // namespace attendre
