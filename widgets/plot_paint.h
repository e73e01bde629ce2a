#pragma once

#include "model/trace/reader.h"

#include <QColor>
#include <QPainter>
#include <QRectF>
#include <QString>

#include <functional>
#include <utility>
#include <vector>

namespace attendre {

class Theme;

// Pieces that the plots draw alike.

// One line of text, cut with an ellipsis where it does not fit.
void drawLine(QPainter& painter, const QRectF& box, const QString& text, const QColor& colour,
              int flags = Qt::AlignLeft | Qt::AlignVCenter);
// Wrapped text from the top of the box; the height that it took, whole lines only.
double drawWrapped(QPainter& painter, const QRectF& box, const QString& text, const QColor& colour);
// What drawWrapped() takes where there is room for all of it.
double wrappedHeight(const QFont& font, double width, const QString& text);
double textWidth(const QPainter& painter, const QString& text);
double lineHeight(const QPainter& painter);
double lineHeight(const QFont& font);

// Maps a range of values to a range of pixels.
struct Scale {
    double low = 0, high = 1; // values
    double from = 0, to = 1;  // pixels

    double operator()(double value) const {
        return high == low ? (from + to) / 2 : from + (value - low) / (high - low) * (to - from);
    }
    double back(double pixel) const {
        return from == to ? low : low + (pixel - from) / (to - from) * (high - low);
    }
};

// Tick labels under a horizontal axis; whole: only whole numbers. A label that would touch the one
// before, or what stands in reserved (left and right pixel), is left out.
void drawBottomAxis(QPainter& painter, const QRectF& strip, const Scale& scale, const Theme& theme,
                    bool whole = true, std::pair<double, double> reserved = {0, 0});
// Labels left of a vertical axis, with hairlines across plot.
void drawLeftAxis(QPainter& painter, const QRectF& strip, const QRectF& plot, const Scale& scale,
                  const Theme& theme, int wanted = 4);

// The magnitudes' colours from low (below) to high (above), with their labels.
void drawColourBar(QPainter& painter, const QRectF& box, const Theme& theme, const QString& low,
                   const QString& high);

// The means of extents as a line, their minimum and maximum as a band behind it where one pixel
// holds several values. x of each bucket comes from at(index). Buckets without values interrupt the
// line; dots mark the values where they stand apart.
void drawExtents(QPainter& painter, const std::vector<Extent>& extents,
                 const std::function<double(std::size_t)>& at, const Scale& y, const QColor& colour,
                 bool dots);

// The current step: a triangle above a line, as the sketch has it.
void drawMarker(QPainter& painter, double x, double top, double bottom, const QColor& colour);

// Slanting hairlines: what stands outside a scale.
void drawHatch(QPainter& painter, const QRectF& box, const QColor& colour, double pitch = 4);

// A query that waits: a dashed sky-blue box, tinted.
void drawWaitingBox(QPainter& painter, const QRectF& box, const Theme& theme);

// Text that stays legible on a filled cell.
QColor legibleOn(const QColor& fill);

} // namespace attendre
