#pragma once

#include "model/analysis/histogram.h"
#include "widgets/loss_comparison.h"
#include "widgets/metric_chart.h"
#include "widgets/metrics_content.h"
#include "widgets/run_legend.h"

#include <functional>
#include <vector>

namespace attendre {

// The nll of each token of a step, and its running mean.
class TokenLossChart : public MetricChart {
    Q_OBJECT
  public:
    TokenLossChart(const Theme* theme, QWidget* parent);
    // entry: the token to stress; noPosition: none.
    void show(const StepMetrics& step, std::int32_t entry);
    void stress(std::int32_t entry);
    // The running means of other runs over the same positions, and the mean of each.
    void compare(const LossComparison& comparison);
    QString valueAt(double x, double y) const override;
    const RunLegend* legend() const { return m_legend; }

  protected:
    void dressData() override;
    void fit() override;

  private:
    void setSight();

    StepMetrics m_step;
    LossComparison m_comparison;
    double m_most = 0;               // the highest nll of the step
    std::vector<QCPGraph*> m_others; // of the comparison's runs from the second on
    QCPBars *m_tokens, *m_stressed;
    QCPGraph* m_mean;
    RunLegend* m_legend;
};

// The model's most likely next tokens after a step, as bars lying down.
class NextTokenChart : public MetricChart {
    Q_OBJECT
  public:
    NextTokenChart(const Theme* theme, QWidget* parent);
    void show(const StepMetrics& step);
    QString valueAt(double x, double y) const override;

  protected:
    void dressData() override;
    void fit() override;

  private:
    double keyOf(std::size_t rank) const; // its place on the vertical axis

    StepMetrics m_step;
    double m_most = 0; // the highest probability, in percent
    QCPBars *m_words, *m_came;
    std::vector<QCPItemText*> m_labels; // one a word, behind its bar
};

// A series over the run's steps, with a line at the current one.
class CourseChart : public MetricChart {
    Q_OBJECT
  public:
    using Colour = std::function<QColor(const Theme&)>;
    CourseChart(const Theme* theme, const QString& title, const QString& unit, Colour colour,
                QWidget* parent);

    // The extents of the steps first to last of a run of steps; high: at least so high is the axis.
    void show(const Course& course, const std::vector<Extent>& extents, int steps, double high,
              const QString& note);
    void setStep(int step);
    QString valueAt(double x, double y) const override;

  protected:
    void dressData() override;
    void fit() override;

  private:
    QString m_unit;
    Colour m_colour;
    Course m_course;
    std::vector<Extent> m_extents;
    QCPGraph *m_low, *m_high, *m_mean;
    QCPItemStraightLine* m_marker;
};

// How old the entries were that a head evicted until a step.
class AgeChart : public MetricChart {
    Q_OBJECT
  public:
    AgeChart(const Theme* theme, QWidget* parent);
    void show(const std::vector<std::int64_t>& ages, int step);
    QString valueAt(double x, double y) const override;

  protected:
    void dressData() override;

  private:
    Histogram m_bins;
    QCPBars* m_bars;
    QCPItemStraightLine* m_median;
};

} // namespace attendre
