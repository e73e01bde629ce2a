#include "widgets/console_log.h"

#include <algorithm>

namespace attendre {

ConsoleLog::ConsoleLog(QObject* parent, int most)
    : QAbstractTableModel(parent), m_most(std::max(10, most)) {}

void ConsoleLog::add(Kind kind, const QString& text) {
    const QString said = text.trimmed();
    if (said.isEmpty())
        return;
    if (!m_lines.empty() && m_lines.back().kind == kind && m_lines.back().text == said) {
        Line& last = m_lines.back();
        ++last.times;
        last.time = QDateTime::currentDateTime();
        const int row = int(m_lines.size()) - 1;
        emit dataChanged(index(row, Time), index(row, Text));
    } else {
        if (int(m_lines.size()) >= m_most) {
            // A tenth at a time, so that a chatty engine does not move all lines at each line.
            const int going = m_most / 10;
            beginRemoveRows({}, 0, going - 1);
            for (int i = 0; i < going; ++i)
                m_problems -= m_lines[std::size_t(i)].kind == Kind::Problem;
            m_lines.erase(m_lines.begin(), m_lines.begin() + going);
            endRemoveRows();
        }
        const int row = int(m_lines.size());
        beginInsertRows({}, row, row);
        m_lines.push_back({QDateTime::currentDateTime(), kind, said, 1});
        m_problems += kind == Kind::Problem;
        endInsertRows();
    }
    if (kind == Kind::Problem)
        emit problemAdded(said);
}

void ConsoleLog::clear() {
    beginResetModel();
    m_lines.clear();
    m_problems = 0;
    endResetModel();
}

QString ConsoleLog::kindName(Kind kind) {
    switch (kind) {
    case Kind::Engine:
        return tr("engine");
    case Kind::Notice:
        return tr("notice");
    case Kind::Problem:
        break;
    }
    return tr("problem");
}

QString ConsoleLog::asText(const Line& line) {
    QString text =
        QStringLiteral("%1  %2  %3")
            .arg(line.time.toString(QStringLiteral("HH:mm:ss")), kindName(line.kind), line.text);
    if (line.times > 1)
        text += tr("  (%1 times)").arg(line.times);
    return text;
}

int ConsoleLog::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(m_lines.size());
}

int ConsoleLog::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ConsoleLog::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= int(m_lines.size()))
        return {};
    const Line& line = m_lines[std::size_t(index.row())];
    if (role == Qt::UserRole)
        return int(line.kind);
    if (role == Qt::ToolTipRole)
        return line.text;
    if (role == Qt::AccessibleTextRole)
        return asText(line);
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignTop);
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Time:
        return line.time.toString(QStringLiteral("HH:mm:ss"));
    case KindName:
        return kindName(line.kind);
    default:
        return line.times > 1 ? tr("%1 (%2 times)").arg(line.text).arg(line.times) : line.text;
    }
}

QVariant ConsoleLog::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("time");
    case KindName:
        return tr("kind");
    default:
        return tr("what was said");
    }
}

} // namespace attendre
