#pragma once

#include "model/analysis/lifetime_choice.h"

#include <QColor>
#include <QWidget>

#include <functional>
#include <optional>

namespace attendre {

class Theme;

// A histogram that one drags over to choose a range of bins. What is chosen, here or elsewhere,
// stands in colour before the quiet whole. By keyboard: arrows go from bin to bin, Space chooses
// one, Shift with the arrows reaches further.
class BrushHistogram : public QWidget {
    Q_OBJECT
  public:
    using Range = LifeBrush::Range;

    BrushHistogram(const Theme* theme, const QString& title, QWidget* parent);

    void setBins(const ValueBins& bins);
    // number: how an edge is written; whole: the last value of a bin is the one before the next
    // bin's first.
    void setNumbers(std::function<QString(double)> number, bool whole);
    void setCounts(const LifeCounts::Column& counts);
    // Of a value, where the column is the one that colours; otherwise one colour.
    void setColours(std::function<QColor(double)> colour);
    void setBrush(const std::optional<Range>& range);
    // Why there are no bins, in words.
    void setEmptySentence(const QString& sentence);

    const QString& title() const { return m_title; }
    const std::optional<Range>& brush() const { return m_brush; }
    int cursor() const { return m_cursor; }
    // "8–11" of a range, in values.
    QString words(const Range& range) const;
    // The place of a bin's bar, for tests.
    QRectF binRect(int bin) const;
    void paint(QPainter& painter, const QRectF& area) const;

    QSize minimumSizeHint() const override { return {96, 40}; }

  signals:
    void brushed(const std::optional<attendre::LifeBrush::Range>& range);
    void cleared(); // Escape: of every histogram
    void hovered(const QString& sentence);

  protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    QRectF plotOf(const QRectF& area) const;
    QRectF barOf(const QRectF& plot, int bin) const;
    void paintNumbers(QPainter& painter, const QRectF& strip, const QRectF& plot) const;
    int binAt(double x) const;
    void choose(const std::optional<Range>& range);
    void moveCursor(int by, bool reach);
    QString sentence(int bin) const;
    void describe();

    const Theme* m_theme;
    QString m_title, m_empty;
    ValueBins m_bins;
    LifeCounts::Column m_counts;
    std::function<QString(double)> m_number;
    std::function<QColor(double)> m_colour;
    bool m_whole = true;
    std::optional<Range> m_brush;
    int m_cursor = -1; // of the keyboard
    int m_anchor = -1; // where a drag or a reach began
    bool m_dragging = false;
};

} // namespace attendre
