#include "widgets/query_result_model.h"

#include "widgets/theme.h"

#include <QSaveFile>

#include <algorithm>
#include <numeric>

namespace attendre {

namespace {

constexpr qsizetype longestCell = 300; // characters that a cell shows

// Exactly, as text; empty for null.
QString exactText(const OutputValue& value) {
    if (const auto* whole = std::get_if<qint64>(&value))
        return QString::number(*whole);
    if (const auto* real = std::get_if<double>(&value))
        return QString::number(*real, 'g', QLocale::FloatingPointShortest);
    if (const auto* text = std::get_if<QByteArray>(&value))
        return QString::fromUtf8(*text);
    return {};
}

// In one line and in short.
QString shownText(const OutputValue& value) {
    if (const auto* real = std::get_if<double>(&value))
        return QString::number(*real, 'g', 6);
    if (std::holds_alternative<std::monostate>(value))
        return QStringLiteral("null");
    QString text = exactText(value);
    if (text.size() > longestCell)
        text = text.left(longestCell) + QStringLiteral("…");
    return text.replace(u'\n', u'↵').replace(u'\r', u'↵').replace(u'\t', u'⇥');
}

int rankOf(const OutputValue& value) {
    return std::holds_alternative<std::monostate>(value) ? 0
           : std::holds_alternative<QByteArray>(value)   ? 2
                                                         : 1;
}

double numberOf(const OutputValue& value) {
    const auto* whole = std::get_if<qint64>(&value);
    return whole ? double(*whole) : std::get<double>(value);
}

bool isLess(const OutputValue& a, const OutputValue& b) {
    if (rankOf(a) != rankOf(b))
        return rankOf(a) < rankOf(b);
    if (rankOf(a) == 2)
        return std::get<QByteArray>(a) < std::get<QByteArray>(b);
    if (std::holds_alternative<qint64>(a) && std::holds_alternative<qint64>(b))
        return std::get<qint64>(a) < std::get<qint64>(b);
    return rankOf(a) == 1 && numberOf(a) < numberOf(b);
}

// Tokens, whose blanks matter.
bool isTokenText(const QString& column) {
    return column.endsWith(QStringLiteral("text"), Qt::CaseInsensitive) ||
           column.startsWith(QStringLiteral("token"), Qt::CaseInsensitive);
}

} // namespace

QueryResultModel::QueryResultModel(const Theme* theme, QObject* parent)
    : QAbstractTableModel(parent), m_theme(theme) {}

void QueryResultModel::setResult(std::shared_ptr<const QueryResult> result) {
    beginResetModel();
    m_result = std::move(result);
    m_order.resize(m_result ? std::size_t(m_result->rows()) : 0);
    std::iota(m_order.begin(), m_order.end(), 0);
    m_texts.assign(m_result ? m_result->columns.size() : 0, false);
    for (std::size_t column = 0; column < m_texts.size(); ++column)
        for (int row = 0; row < rowCount(); ++row)
            if (const OutputValue& value = m_result->at(row, int(column)); rankOf(value) > 0) {
                m_texts[column] = rankOf(value) == 2;
                break;
            }
    endResetModel();
}

int QueryResultModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(m_order.size());
}

int QueryResultModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_result ? 0 : int(m_result->columns.size());
}

QVariant QueryResultModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const OutputValue& value = m_result->at(resultRow(index.row()), index.column());
    const bool text = std::holds_alternative<QByteArray>(value);
    switch (role) {
    case Qt::DisplayRole:
        return shownText(value);
    case Qt::ToolTipRole:
        return text || std::holds_alternative<double>(value) ? exactText(value).left(2000)
                                                             : QVariant();
    case Qt::TextAlignmentRole:
        return int((text ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    case Qt::ForegroundRole:
        return rankOf(value) == 0 ? m_theme->quietText() : QVariant();
    case Qt::FontRole:
        return text && isTokenText(m_result->columns[std::size_t(index.column())].name)
                   ? m_theme->tokenFont()
                   : QVariant();
    default:
        return {};
    }
}

QVariant QueryResultModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role == Qt::TextAlignmentRole && orientation == Qt::Horizontal && section >= 0 &&
        section < columnCount())
        return int((m_texts[std::size_t(section)] ? Qt::AlignLeft : Qt::AlignRight) |
                   Qt::AlignVCenter);
    if (role != Qt::DisplayRole || section < 0)
        return {};
    if (orientation == Qt::Vertical)
        return section < rowCount() ? QVariant(section + 1) : QVariant();
    return section < columnCount() ? QVariant(m_result->columns[std::size_t(section)].name)
                                   : QVariant();
}

void QueryResultModel::sort(int column, Qt::SortOrder order) {
    if (column >= columnCount() || m_order.empty())
        return;
    emit layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const std::vector<int> before = m_order;
    std::iota(m_order.begin(), m_order.end(), 0);
    if (column >= 0)
        std::stable_sort(m_order.begin(), m_order.end(), [&](int a, int b) {
            const OutputValue &x = m_result->at(a, column), &y = m_result->at(b, column);
            return order == Qt::AscendingOrder ? isLess(x, y) : isLess(y, x);
        });
    std::vector<int> place(m_order.size());
    for (std::size_t i = 0; i < m_order.size(); ++i)
        place[std::size_t(m_order[i])] = int(i);
    QModelIndexList from = persistentIndexList(), to;
    for (const QModelIndex& old : from)
        to << index(place[std::size_t(before[std::size_t(old.row())])], old.column());
    changePersistentIndexList(from, to);
    emit layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

QString QueryResultModel::asText(const std::vector<int>& rows) const {
    QStringList lines, cells;
    for (int column = 0; column < columnCount(); ++column)
        cells << m_result->columns[std::size_t(column)].name;
    lines << cells.join(u'\t');
    for (const int row : rows) {
        cells.clear();
        for (int column = 0; column < columnCount(); ++column)
            cells << exactText(m_result->at(resultRow(row), column))
                         .replace(u'\n', QStringLiteral("\\n"))
                         .replace(u'\r', QStringLiteral("\\r"))
                         .replace(u'\t', QStringLiteral("\\t"));
        lines << cells.join(u'\t');
    }
    return lines.join(u'\n');
}

Result<void> QueryResultModel::saveCsv(const QString& path) const {
    if (!m_result)
        return Error{tr("There is no result to save in %1: run a query first.").arg(path)};
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return Error{
            tr("%1 cannot be written (%2): choose another file.").arg(path, file.errorString())};
    const auto format = csvFormat(file);
    if (auto begun = format->begin(m_result->columns); !begun)
        return begun;
    std::vector<OutputValue> cells(m_result->columns.size());
    for (const int row : m_order) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            cells[i] = m_result->at(row, int(i));
        if (auto added = format->add(cells); !added)
            return added;
    }
    if (!file.commit())
        return Error{
            tr("%1 cannot be written (%2): choose another file.").arg(path, file.errorString())};
    return {};
}

} // namespace attendre
