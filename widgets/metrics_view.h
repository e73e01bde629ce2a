#pragma once

#include "model/analysis/histogram.h"
#include "widgets/attention_content.h"
#include "widgets/plot_paint.h"
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

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    struct NextWord {
        std::int32_t id = 0;
        QByteArray text;
        double probability = 0;
    };
    struct StepContent { // of the current step
        int step = -1;
        std::int32_t firstPosition = 0, arrived = 0;
        std::vector<TokenInfo> tokens; // with some before the step's, for the running mean
        std::vector<NextWord> next;
        std::int32_t cameId = -1; // what did come next; -1: not known
        QByteArray cameText;
    };
    struct RunContent { // of the whole run
        std::vector<Extent> occupancy, milliseconds;
        int capacity = 0;
        std::vector<std::pair<int, int>> ages; // step evicted, age in steps
    };

    static Result<StepContent> readStep(Reader& reader, const Point& point);
    static Result<RunContent> readRun(Reader& reader, const RunInfo& run, const Point& point,
                                      int steps);
    static QString titleOf(Plot plot);
    std::vector<std::int64_t> agesUntilNow() const;
    int tokenAt(const QPointF& at) const; // index into the step's own tokens; -1: none
    std::vector<float> ownNll() const;

    void paintOne(QPainter& painter, Plot plot, const QRectF& box);
    void paintNll(QPainter& painter, const QRectF& box);
    void paintNext(QPainter& painter, const QRectF& box);
    void paintAges(QPainter& painter, const QRectF& box);
    void paintSeries(QPainter& painter, const QRectF& box, const std::vector<Extent>& extents,
                     double high, const QColor& colour);
    void quiet(QPainter& painter, const QRectF& box, const QString& sentence);

    StepContent m_step;
    RunContent m_run;
    Plot m_plot = Plot::All;
    QComboBox* m_chooser = nullptr;
    QRectF m_nllPlot; // where the tokens' nll was drawn last
    int m_shownPlots = 5;
};

} // namespace attendre
