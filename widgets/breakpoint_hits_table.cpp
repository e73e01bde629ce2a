#include "widgets/breakpoint_hits_table.h"

#include "widgets/plot_text.h"

namespace attendre {

void BreakpointHitsModel::setHits(std::vector<BreakpointHit> hits,
                                  const std::vector<std::vector<ConditionValue>>& reads) {
    m_reads = reads;
    if (hits == m_hits)
        return;
    beginResetModel();
    m_hits = std::move(hits);
    endResetModel();
}

void BreakpointHitsModel::setTexts(const TokenTexts& texts) {
    m_texts = texts;
    if (!m_hits.empty())
        emit dataChanged(index(0, Token), index(rowCount() - 1, Token));
}

int BreakpointHitsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(m_hits.size());
}

int BreakpointHitsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(Count);
}

QVariant BreakpointHitsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (index.column() < Token ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    const BreakpointHit& hit = m_hits[std::size_t(index.row())];
    const auto numberOr = [](int value) { return value < 0 ? tr("all") : wholeNumber(value); };
    switch (index.column()) {
    case Step:
        return wholeNumber(hit.step);
    case Layer:
        return numberOr(hit.layer);
    case Head:
        return numberOr(hit.head);
    case Token:
        return hit.position == noPosition ? QString() : tokenWords(hit.position, m_texts);
    case Values:
        return std::size_t(hit.breakpoint) < m_reads.size()
                   ? valueWords(hit, m_reads[std::size_t(hit.breakpoint)])
                   : QString();
    default:
        return {};
    }
}

QVariant BreakpointHitsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Step:
        return tr("Step");
    case Layer:
        return tr("Layer");
    case Head:
        return tr("Head");
    case Token:
        return tr("Evicted");
    case Values:
        return tr("Read there");
    default:
        return {};
    }
}

} // namespace attendre
