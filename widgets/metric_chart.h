#pragma once

#include "widgets/plot_heading.h"

#include <optional>

namespace attendre {

class Theme;

// One metric: a heading, and below it axes with numbers and units. The wheel zooms along the
// horizontal axis (over the vertical one, or with Ctrl, along that), a drag pans, a double click
// shows everything again. The vertical axis always begins at 0.
class MetricChart : public QCustomPlot {
    Q_OBJECT
  public:
    MetricChart(const Theme* theme, const QString& title, QWidget* parent);

    QString title() const { return m_heading->title(); }
    QString sentence() const { return m_heading->sentence(); }
    QCPRange visible() const { return xAxis->range(); }
    QCPRange whole() const { return m_whole; }
    // Where a person has looked closer, so that new data do not show everything again.
    bool isZoomed() const { return m_zoomed; }

    // The horizontal range in sight, as another chart on the same axis chose it.
    void follow(const QCPRange& range);
    void zoom(double factor, std::optional<double> about = {});
    void pan(double share); // of what is visible
    void showAll();

    // Everything anew in the theme's colours.
    void dress();
    // The chart as it stands, in vectors where the painter's device knows them.
    void drawOn(QCPPainter& painter);
    // What is at a place, in axis values: one sentence; empty where there is nothing to say.
    virtual QString valueAt(double x, double y) const = 0;
    QString hoverText(const QPointF& at) const;
    // The horizontal value under a pixel, also a little beside the plot's edges; nothing elsewhere.
    std::optional<double> valueUnder(const QPointF& at) const;

  signals:
    void clicked(double x);                       // in values of the horizontal axis
    void looked(const attendre::MetricChart* at); // a person zoomed, panned or reset

  protected:
    virtual void dressData() = 0;
    // After a change of size; the plot's own size is not known yet.
    virtual void fit();
    const Theme& theme() const { return *m_theme; }
    void setNote(const QString& note);
    // Why there is nothing; empty: there are data.
    void setSentence(const QString& sentence);
    void setUnits(const QString& horizontal, const QString& vertical);
    // All of the data: horizontally from first to last, vertically from 0 to high.
    void setWhole(const QCPRange& horizontal, double high);
    // Axes that stay as they are.
    void setFixed(const QCPRange& horizontal, const QCPRange& vertical);
    // A line across at x, at the current step, say.
    QCPItemStraightLine* addMarker();
    QFont font() const;
    void queue(); // draws when the event loop comes round

    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void keepHorizontal(const QCPRange& range);
    void keepVertical(const QCPRange& range);
    void writeHeading();

    const Theme* m_theme;
    PlotHeading* m_heading;
    QString m_note, m_horizontal, m_vertical;
    QCPRange m_whole{0, 1};
    double m_high = 1;
    bool m_zoomed = false, m_setting = false;
    QPointF m_pressed;
};

} // namespace attendre
