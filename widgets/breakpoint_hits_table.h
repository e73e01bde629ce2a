#pragma once

#include "widgets/breakpoint_words.h"

#include <QAbstractTableModel>

namespace attendre {

// The places where breakpoints held, a row each: step, layer, head, token, the values read.
class BreakpointHitsModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    explicit BreakpointHitsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    // reads: what the condition of each breakpoint reads.
    void setHits(std::vector<BreakpointHit> hits,
                 const std::vector<std::vector<ConditionValue>>& reads);
    void setTexts(const TokenTexts& texts);
    const std::vector<BreakpointHit>& hits() const { return m_hits; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

  private:
    enum Column { Step, Layer, Head, Token, Values, Count };

    std::vector<BreakpointHit> m_hits;
    std::vector<std::vector<ConditionValue>> m_reads;
    TokenTexts m_texts;
};

} // namespace attendre
