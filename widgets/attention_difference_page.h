#pragma once

#include "model/analysis/attention_difference.h"
#include "widgets/compare_page.h"

#include <optional>

namespace attendre {

// Queries × positions of the current layer and head: the weight in A less that in B. What is known
// of one run only is hatched: there the difference is at least what is drawn.
class AttentionDifferencePage : public ComparePage {
    Q_OBJECT
  public:
    AttentionDifferencePage(const ViewContext& context, ComparedRun* compared, QWidget* parent);

    void refresh(bool everything) override;
    void forget() override;
    QString csv() const override;
    QString colouredBy() const override;
    QString summary() const override;
    const AttentionDifference* content() const { return m_content ? &*m_content : nullptr; }
    // Where a weight was drawn last, for tests; empty where it was not.
    QRectF cellRect(std::int32_t query, std::int32_t position) const;
    QSize minimumSizeHint() const override { return {200, 80}; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    QString emptySentence() const;
    void layOut(QPainter& painter);
    void paintCells(QPainter& painter) const;
    void paintAxes(QPainter& painter) const;
    void paintLegend(QPainter& painter) const;
    const WeightDifference* weightAt(const QPointF& at) const;
    QString weightText(const WeightDifference& weight) const;
    double shade(double difference) const; // in [-1, 1]

    std::optional<AttentionDifference> m_content;
    int m_stepA = 0, m_stepB = -1;
    QRectF m_cells, m_legend, m_rows, m_columns;
};

} // namespace attendre
