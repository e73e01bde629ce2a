#pragma once

#include "model/analysis/layer_course.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_view.h"
#include "widgets/theme.h"
#include "widgets/timeline_tracks.h"

#include <QPixmap>

#include <map>
#include <optional>
#include <tuple>
#include <vector>

class QScrollBar;

namespace attendre {

// Timeline: what a run did, step by step, from all of it to a single step. A colour is a run; the
// tracks are told apart by where they stand.
class TimelineView : public PlotView {
    Q_OBJECT
  public:
    explicit TimelineView(const ViewContext& context, QWidget* parent = nullptr);

    // What happens once to the current layer, in words, by step: "evictions begin".
    std::map<int, QString> events() const;

    // Bookmarks and notes of the current run, in words, by step.
    std::map<int, QStringList> marks() const;

    QSize minimumSizeHint() const override { return {220, 112}; }
    QString csv() const override;
    QString summary() const override;
    void fillMenu(QMenu* menu) override;

    // The visible range of steps, in the current run's steps.
    double firstVisible() const { return m_first; }
    double lastVisible() const { return m_last; }
    // Zooms about a step; factor below 1 shows less.
    void zoom(double factor, double about);
    void showAll();
    // A range that was dragged over with Shift; nothing: first > last.
    int selectedFirst() const { return m_selectedFirst; }
    int selectedLast() const { return m_selectedLast; }
    // Tracks that have no room are scrolled to.
    int tracksInSight() const;

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void contentChanged() override;
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
        TrackKind kind;
        std::vector<Line> lines; // the current run's first
        QString query;           // whose result it is; empty: a series of the trace
    };
    struct Span { // steps of one kind, all in the visible range
        StepKind kind = StepKind::Chunk;
        int first = 0, last = 0;
    };
    struct Reading {
        std::vector<Track> tracks;
        std::vector<Span> spans;
        LayerCourse course; // of the current layer
    };
    struct Lane { // where a track is drawn
        QRectF box;
        Scale y;
        double low = 0, high = 1; // the values that stand at its left
    };
    struct Frame { // where the parts stand
        QRectF plot;
        double labels = 0, scale = 0;              // widths left of the plot: names, numbers
        double unit = 0, loss = 0;                 // heights of a lane, and of the loss's
        double axis = 0, names = 0;                // heights below and above the plot
        double events = 0;                         // height of their row, between plot and axis
        bool narrow = false;                       // a track's value below its name, not beside it
        double content(std::size_t tracks) const { // 0 before the first reading
            return tracks == 0 ? 0 : loss + unit * double(tracks - 1);
        }
    };
    // What the picture of the tracks depends on, the readings by their number.
    using PictureKey = std::tuple<QSize, double, double, double, int, Theme::Kind, int, int, int>;
    enum class Drag { None, Scrub, Pan, Select };
    static constexpr double removalWidth = 14; // px, of the cross before a query's track

    void readTracks();
    std::vector<Track> tracksToRead() const;
    void fillRegret(std::vector<Track>& tracks) const;
    static Result<Reading> readAll(Reader& reader, const RunInfo& run, Reading reading,
                                   const Point& point, int steps, int pixels);
    static std::vector<Span> spansOf(const std::vector<StepInfo>& steps);
    static QString kindName(StepKind kind);
    const Span* spanAt(int step) const;
    void setRange(double first, double last);
    double wholeLength() const; // in steps: those to come included
    double recordedLength() const;
    double pixelOf(double step) const;
    double stepAt(double pixel) const;
    void scrubTo(double pixel);
    void updateSubtitle();

    Frame frameOf(const QRectF& area) const;
    void fitScrollBar();
    void paintLane(QPainter& painter, const Track& track, const Lane& lane);
    void renewPicture(const QRectF& area, const Frame& frame);
    void paintStill(QPainter& painter, const QRectF& area, const Frame& frame);
    QRectF aroundTracks(const QRectF& area) const;
    QRectF labelBox(const QRectF& area, const Frame& frame, std::size_t track) const;
    static QRectF titleRow(const QPainter& painter, const QRectF& box, bool narrow);
    void paintTitle(QPainter& painter, const Track& track, const QRectF& box, bool narrow);
    void paintValue(QPainter& painter, const Track& track, const QRectF& box, bool narrow);
    void paintScale(QPainter& painter, const Track& track, const Lane& lane, const QRectF& box);
    void paintLineNames(QPainter& painter, const Track& track, const QRectF& strip);
    void paintSpans(QPainter& painter);
    void paintEvents(QPainter& painter, const QRectF& row);
    // What a person put here from the Query view (QueryTracks).
    void wireQueryTracks();
    void addQueryTracks(std::vector<Track>& tracks) const;
    void fillQueryTracks(std::vector<Track>& tracks) const;
    QRectF removalBox(const QRectF& area, const Frame& frame, std::size_t track) const;
    void paintRemoval(QPainter& painter, const QRectF& box);
    bool removeAt(const QPointF& at);
    void wireMarks();
    void paintMarks(QPainter& painter);
    QString markText(int step) const;
    void paintAxis(QPainter& painter, const QRectF& strip);
    void paintTrainedLength(QPainter& painter);
    std::optional<double> trainedStep() const; // where P lies, if that is in sight
    void paintSelection(QPainter& painter, const QRectF& plot);
    Lane laneOf(const Track& track, const QRectF& box) const;
    double lineX(const Line& line, std::size_t bucket) const;

    std::vector<Track> m_tracks;
    std::vector<Span> m_spans; // the kinds of the visible steps
    LayerCourse m_course;
    bool m_have = false; // something was read
    double m_first = -0.5, m_last = 0.5;
    bool m_whole = true; // the range is what is recorded, and grows with it
    QRectF m_plot;
    QPixmap m_picture;
    PictureKey m_pictureKey;
    int m_readings = 0;
    QScrollBar* m_scroll; // over the tracks
    Drag m_drag = Drag::None;
    QPointF m_dragFrom;
    double m_dragFirst = 0, m_dragLast = 0;
    int m_selectedFirst = 0, m_selectedLast = -1;
};

} // namespace attendre
