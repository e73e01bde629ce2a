#pragma once

#include "widgets/view.h"

#include <QPointF>
#include <QRectF>

class QMenu;
class QPaintDevice;

namespace attendre {

// A view that draws a picture of its own: the empty states, the way to read only while it is seen,
// hovering, keyboard focus, and saving as PNG, SVG, PDF or CSV.
class PlotView : public View {
    Q_OBJECT
  public:
    PlotView(const ViewContext& context, const QString& name, QWidget* parent);

    bool isBlank() const override { return !emptySentence().isEmpty(); }
    QSize minimumSizeHint() const override { return {220, 92}; }
    QSize sizeHint() const override { return {420, 280}; }

    // Writes what is drawn; the file name's ending chooses the format.
    Result<void> saveAs(const QString& path);
    // The numbers behind the picture, with a line of headings.
    virtual QString csv() const { return {}; }
    // One sentence: what the picture shows, for captions and screen readers.
    virtual QString summary() const { return {}; }
    // Why nothing is drawn, in one sentence; empty when something is.
    QString emptySentence() const;
    bool paintOn(QPaintDevice* device) override;
    // Saving and copying: for the panel's menu and the right mouse button.
    virtual void fillMenu(QMenu* menu);

  protected:
    // Reads what the point needs. before == Point(): nothing is known yet. Called only while the
    // view is visible; what was missed is asked for when it is shown again.
    virtual void refresh(const Point& now, const Point& before) = 0;
    virtual void paintPlot(QPainter& painter, const QRectF& area) = 0;
    // What is missing although a step of a run is there; empty: nothing.
    virtual QString missing() const = 0;
    virtual void forget() = 0; // the trace was closed or another opened
    virtual QString hoverText(const QPointF&) { return {}; }

    // Reads through the source; a failure becomes the empty sentence.
    template <class T>
    void read(const char* tag, std::function<Result<T>(Reader&)> work,
              std::function<void(T)> done) {
        source().read<T>(this, tag, std::move(work),
                         [this, done = std::move(done)](Result<T> result) {
                             if (!result) {
                                 m_failure = result.error().sentence;
                             } else {
                                 m_failure.clear();
                                 done(result.take());
                             }
                             contentChanged();
                         });
    }
    // Draws anew and tells screen readers.
    virtual void contentChanged();

    const RunInfo* currentRun() const { return source().run(now().run); }
    int steps() const { return source().stepCount(now().run); }
    void go(const std::function<void(Point&)>& change, bool merge = false);
    QRectF plotArea() const;

    void pointMoved(const Point& now, const Point& before) override;
    void traceGrown(int run, int steps) override;
    void traceOpened() override;
    void traceClosed() override;

    void paintEvent(QPaintEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

  private:
    void catchUp();
    void draw(QPainter& painter, const QRectF& area);
    void drawSentence(QPainter& painter, const QRectF& area, const QString& sentence) const;
    QString caption() const;
    void askWhereToSave();

    QString m_name;
    QString m_failure;
    bool m_behind = true; // the point moved while the view was hidden
    Point m_shown;        // what was asked for last
};

} // namespace attendre
