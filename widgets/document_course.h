#pragma once

#include "widgets/metric_chart.h"
#include "widgets/result_items.h"
#include "widgets/run_legend.h"

#include <optional>

namespace attendre {

// The nll along one document, a value for each 64 tokens: of the chosen row, of fifo at the same
// sizes, of full attention.
class DocumentCourse : public MetricChart {
    Q_OBJECT
  public:
    DocumentCourse(const Theme* theme, QWidget* parent);

    // label: of the row; nothing: no document is chosen.
    void show(const std::optional<DocumentItem>& item, const QString& label);
    QString valueAt(double x, double y) const override;
    const RunLegend* legend() const { return m_legend; }

  protected:
    void dressData() override;
    void fit() override;

  private:
    struct Line {
        QString label;
        std::vector<double> nll;
        QCPGraph* graph;
    };
    void writeLegend();

    std::optional<DocumentItem> m_item;
    QString m_label;
    std::vector<Line> m_lines; // the row's first
    RunLegend* m_legend;
    QCPItemStraightLine* m_trained; // the trained length P
};

} // namespace attendre
