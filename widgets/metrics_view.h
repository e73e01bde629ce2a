#pragma once

#include "widgets/metric_charts.h"
#include "widgets/plot_view.h"

#include <vector>

class QComboBox;

namespace attendre {

// Metrics: nll per token, the next token's distribution, occupancy, age at eviction, time per step.
class MetricsView : public PlotView {
    Q_OBJECT
  public:
    enum class Plot { All, Nll, Next, Occupancy, Age, Time };
    explicit MetricsView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QString csv() const override;
    QString summary() const override;
    Plot plot() const { return m_plot; }
    void setPlot(Plot plot);
    // The chart of a metric, visible or not.
    MetricChart* chart(Plot plot) const { return m_charts[std::size_t(plot) - 1]; }
    void bringIntoView() override;

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter&, const QRectF&) override {} // the charts draw themselves
    bool paintOn(QPaintDevice* device) override;
    void contentChanged() override;
    QString missing() const override;
    void forget() override;
    void traceGrown(int run, int steps) override;
    QString hoverText(const QPointF& at) override;
    void themeChanged() override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void wire();
    void arrange();
    void showStep();
    void showCourse();
    void showPoint();
    void readCourseInSight();
    void readLosses();
    void chooseToken(double position);
    void chooseStep(double step);
    bool moveToken(int key);

    StepMetrics m_step;
    RunMetrics m_run;
    Course m_course;
    std::shared_ptr<KnownLosses> m_known; // the reading thread's
    Plot m_plot = Plot::All;
    QComboBox* m_chooser = nullptr;
    TokenLossChart* m_loss;
    NextTokenChart* m_next;
    CourseChart *m_occupancy, *m_time;
    AgeChart* m_ages;
    std::vector<MetricChart*> m_charts; // in the order of Plot
};

} // namespace attendre
