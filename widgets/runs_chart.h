#pragma once

#include "widgets/metric_chart.h"
#include "widgets/run_legend.h"

#include <vector>

namespace attendre {

// One run's series, by the tokens that it had read.
struct RunLine {
    QString name;              // "A 1 · LRA"
    int colour = 1;            // the run's number to the theme
    std::vector<double> at;    // tokens read
    std::vector<double> value; // finite
};

// One metric of several runs over each other: each run has a colour and dashes of its own.
class RunsChart : public MetricChart {
    Q_OBJECT
  public:
    RunsChart(const Theme* theme, const QString& title, const QString& unit, QWidget* parent);

    // named: with a legend. high: at least so high is the axis.
    void show(const std::vector<RunLine>& lines, bool named, double high = 0);
    void setMarker(double tokens);
    const std::vector<RunLine>& lines() const { return m_lines; }
    const RunLegend* legend() const { return m_legend; }
    QString valueAt(double x, double y) const override;

  protected:
    void dressData() override;
    void fit() override;

  private:
    QString m_unit;
    std::vector<RunLine> m_lines;
    bool m_named = false;
    std::vector<QCPGraph*> m_graphs;
    QCPItemStraightLine* m_marker;
    RunLegend* m_legend;
};

} // namespace attendre
