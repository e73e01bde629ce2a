#pragma once

#include "widgets/plot_view.h"
#include "widgets/read_head.h"

#include <vector>

class QComboBox;

namespace attendre {

// Overview: every layer and K/V head at once, coloured by one metric of the current step, with its
// course over the run where there is room.
class OverviewView : public PlotView {
    Q_OBJECT
  public:
    explicit OverviewView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QString csv() const override;
    QString summary() const override;

    // Index into the metrics: hit rate, on sinks, on recent, agreement with FIFO, evictions never
    // hit, age at eviction.
    int metric() const { return m_metric; }
    void setMetric(int metric);
    static int metricCount();
    static QString metricTitle(int metric);

    // Where a cell was drawn last, for tests; empty where there is none.
    QRectF cellRect(int layer, int head) const;

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    struct Content {
        int step = -1;
        std::vector<HeadStepInfo> heads;   // [layers][heads]
        std::vector<LayerStepInfo> layers; // [layers]
        std::vector<ReadHead> readHeads;   // at the end of the step
    };
    struct Courses { // over the run, [layers][heads]
        int metric = -1;
        std::vector<std::vector<Extent>> cells;
        double low = 0, high = 1;
    };
    struct Cell {
        int layer = -1, head = -1;
        bool valid() const { return layer >= 0; }
    };

    void readCourses();
    std::pair<double, double> range() const;
    Cell cellAt(const QPointF& at) const;
    // Whether the metric is defined in the layer in this step: weights need an answered query.
    bool hasValue(int layer) const;
    const ReadHead* readHeadOf(int layer) const;
    QRectF readRect(int layer) const; // where its read head is drawn; empty where it is not
    int readAt(const QPointF& at) const;
    QString cellText(int layer, int head) const;

    void paintCells(QPainter& painter);
    void paintCell(QPainter& painter, const QRectF& box, int layer, int head);
    void paintNames(QPainter& painter, const QRectF& area);
    void paintReadHeads(QPainter& painter, const QRectF& area);
    void paintCourse(QPainter& painter, const QRectF& box);
    double legendHeight(const QPainter& painter, const QRectF& area) const;
    void paintLegend(QPainter& painter, const QRectF& strip);

    Content m_content;
    Courses m_courses;
    int m_metric = 0;
    QComboBox* m_chooser = nullptr;
    QRectF m_grid;       // of the cells
    QRectF m_read;       // of the read heads, beside or below
    bool m_along = true; // layers run along x, heads down; false: layers down, heads along x
};

} // namespace attendre
