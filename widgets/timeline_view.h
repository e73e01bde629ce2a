#pragma once

#include "widgets/plot_paint.h"
#include "widgets/plot_view.h"

#include <optional>
#include <vector>

namespace attendre {

// Timeline: what a run did, step by step, from all of it to a single step.
class TimelineView : public PlotView {
    Q_OBJECT
  public:
    explicit TimelineView(const ViewContext& context, QWidget* parent = nullptr);

    QString csv() const override;
    QString summary() const override;

    // The visible range of steps, in the current run's steps.
    double firstVisible() const { return m_first; }
    double lastVisible() const { return m_last; }
    // Zooms about a step; factor below 1 shows less.
    void zoom(double factor, double about);
    void showAll();
    // A range that was dragged over with Shift; nothing: first > last.
    int selectedFirst() const { return m_selectedFirst; }
    int selectedLast() const { return m_selectedLast; }

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    // One line of a track: a series of one run, read for the visible range.
    struct Line {
        int run = 0, chunk = 1;
        int first = 0, last = -1; // its own steps
        std::vector<Extent> extents;
        QString label;
    };
    struct Track {
        Series series = Series::Nll;
        std::vector<Line> lines; // the current run's first
    };
    struct Lane { // where a track was drawn
        Series series = Series::Nll;
        QRectF box;
        Scale y;
    };
    enum class Drag { None, Scrub, Pan, Select };

    static std::vector<Track> tracksWanted();
    static QString titleOf(Series series);
    static QString valueOf(Series series, double value);
    static bool perHead(Series series);
    QColor colourOf(Series series, std::size_t line) const;

    void readTracks();
    void setRange(double first, double last);
    double wholeLength() const; // in steps: those to come included
    double pixelOf(double step) const;
    double stepAt(double pixel) const;
    void scrubTo(double pixel);
    void updateSubtitle();

    void paintLane(QPainter& painter, const Track& track, const Lane& lane, const QRectF& labels,
                   bool narrow);
    void paintLineNames(QPainter& painter, const Track& track, const QRectF& strip);
    void paintAxis(QPainter& painter, const QRectF& strip, double top);
    void paintSelection(QPainter& painter, const QRectF& plot);
    Scale laneScale(const Track& track, const QRectF& box) const;
    double lineX(const Line& line, std::size_t bucket) const;

    std::vector<Track> m_tracks;
    bool m_have = false; // something was read
    double m_first = -0.5, m_last = 0.5;
    bool m_whole = true; // the range follows the run's length
    QRectF m_plot;
    std::vector<Lane> m_lanes;
    int m_shownTracks = 0;
    Drag m_drag = Drag::None;
    QPointF m_dragFrom;
    double m_dragFirst = 0, m_dragLast = 0;
    int m_selectedFirst = 0, m_selectedLast = -1;
};

} // namespace attendre
