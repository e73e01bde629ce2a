#include "widgets/plot_paint.h"

#include "model/analysis/series.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QPainterPath>
#include <QTextLayout>

#include <algorithm>
#include <cmath>

namespace attendre {

void drawLine(QPainter& painter, const QRectF& box, const QString& text, const QColor& colour,
              int flags) {
    if (box.width() < 4)
        return;
    const QFontMetricsF metrics(painter.font());
    painter.setPen(colour);
    painter.drawText(box, flags | Qt::TextSingleLine | Qt::TextDontClip,
                     metrics.elidedText(text, Qt::ElideRight, box.width() + 0.5));
}

namespace {

// The lines of a wrapped text, one below the other. The layout has to outlive them.
std::vector<QTextLine> wrapped(QTextLayout& layout, double width) {
    QTextOption option;
    option.setWrapMode(QTextOption::WordWrap);
    layout.setTextOption(option);
    layout.beginLayout();
    double y = 0;
    const double spacing = lineHeight(layout.font());
    std::vector<QTextLine> lines;
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        line.setLineWidth(width);
        line.setPosition({0, y});
        y += spacing;
        lines.push_back(line);
    }
    layout.endLayout();
    return lines;
}

} // namespace

double drawWrapped(QPainter& painter, const QRectF& box, const QString& text,
                   const QColor& colour) {
    QTextLayout layout(text, painter.font());
    const double spacing = lineHeight(painter);
    const std::vector<QTextLine> lines = wrapped(layout, box.width());
    painter.setPen(colour);
    const auto fitting = std::max<std::size_t>(1, std::size_t((box.height() + 1) / spacing));
    for (std::size_t i = 0; i < std::min(fitting, lines.size()); ++i) {
        const bool cut = i + 1 == fitting && lines.size() > fitting;
        if (cut)
            drawLine(painter, {box.left(), box.top() + double(i) * spacing, box.width(), spacing},
                     text.mid(lines[i].textStart()), colour);
        else
            lines[i].draw(&painter, box.topLeft());
    }
    return double(std::min(fitting, lines.size())) * spacing;
}

double wrappedHeight(const QFont& font, double width, const QString& text) {
    QTextLayout layout(text, font);
    return double(wrapped(layout, width).size()) * lineHeight(font);
}

double textWidth(const QPainter& painter, const QString& text) {
    return QFontMetricsF(painter.font()).horizontalAdvance(text);
}

double lineHeight(const QPainter& painter) {
    return lineHeight(painter.font());
}

double lineHeight(const QFont& font) {
    return std::ceil(QFontMetricsF(font).height() + 1);
}

void drawBottomAxis(QPainter& painter, const QRectF& strip, const Scale& scale, const Theme& theme,
                    bool whole, std::pair<double, double> reserved) {
    const double widest = textWidth(painter, wholeNumber(qint64(std::abs(scale.high)))) + 18;
    const int wanted = std::max(1, int(std::abs(scale.to - scale.from) / std::max(28.0, widest)));
    double taken = -1e9;
    for (const double tick : niceTicks(scale.low, scale.high, wanted, whole)) {
        const QString label = shortNumber(tick);
        const double width = textWidth(painter, label);
        const double wished = scale(tick) - width / 2;
        const double x =
            std::clamp(wished, strip.left(), std::max(strip.left(), strip.right() - width));
        // Moved by more than half its width it would name another place.
        if (reserved.second > reserved.first && x < reserved.second + 6 &&
            x + width > reserved.first - 6)
            continue;
        if (x < taken + 6 || std::abs(x - wished) > width / 2 + 1)
            continue;
        taken = x + width;
        drawLine(painter, {x, strip.top(), width + 1, strip.height()}, label, theme.quietText(),
                 Qt::AlignLeft | Qt::AlignVCenter);
    }
}

void drawLeftAxis(QPainter& painter, const QRectF& strip, const QRectF& plot, const Scale& scale,
                  const Theme& theme, int wanted) {
    const double height = lineHeight(painter);
    wanted = std::clamp(int(plot.height() / (height * 1.8)), 1, wanted);
    for (const double tick : niceTicks(scale.low, scale.high, wanted)) {
        const double y = scale(tick);
        painter.setPen(QPen(theme.hairline(), 1));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        drawLine(painter,
                 {strip.left(),
                  std::clamp(y - height / 2, plot.top() - height / 2, plot.bottom() - height / 2),
                  strip.width() - 6, height},
                 shortNumber(tick), theme.quietText(), Qt::AlignRight | Qt::AlignVCenter);
    }
}

void drawColourBar(QPainter& painter, const QRectF& box, const Theme& theme, const QString& low,
                   const QString& high) {
    const double height = lineHeight(painter);
    const bool lying = box.width() > box.height();
    if (lying) {
        const double left = textWidth(painter, low) + 6, right = textWidth(painter, high) + 6;
        const QRectF bar(box.left() + left, box.center().y() - 4,
                         std::max(8.0, box.width() - left - right), 8);
        drawLine(painter, {box.left(), box.top(), left, box.height()}, low, theme.quietText());
        drawLine(painter, {bar.right() + 6, box.top(), right, box.height()}, high,
                 theme.quietText());
        for (double x = 0; x < bar.width(); ++x)
            painter.fillRect(QRectF(bar.left() + x, bar.top(), 1.2, bar.height()),
                             theme.magnitude(x / bar.width()));
        return;
    }
    const QRectF bar(box.left(), box.top() + 2, 10, box.height() - 4);
    for (double y = 0; y < bar.height(); ++y)
        painter.fillRect(QRectF(bar.left(), bar.bottom() - y - 1, bar.width(), 1.2),
                         theme.magnitude(y / bar.height()));
    const QRectF label(bar.right() + 5, box.top(), box.width() - bar.width() - 5, height);
    drawLine(painter, label, high, theme.quietText());
    drawLine(painter, label.translated(0, box.height() - height), low, theme.quietText());
}

void drawExtents(QPainter& painter, const std::vector<Extent>& extents,
                 const std::function<double(std::size_t)>& at, const Scale& y, const QColor& colour,
                 bool dots) {
    const double top = std::min(y.from, y.to), bottom = std::max(y.from, y.to);
    const auto pixel = [&](double value) { return std::clamp(y(value), top, bottom); };
    QColor band = colour;
    band.setAlphaF(0.22f);
    QPolygonF line;
    QPolygonF upper, lower;
    const auto flush = [&] {
        if (upper.size() > 1) {
            QPolygonF area = upper;
            for (auto i = lower.size(); i-- > 0;)
                area << lower[i];
            painter.setPen(Qt::NoPen);
            painter.setBrush(band);
            painter.drawPolygon(area);
        }
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colour, dots ? 1.6 : 1));
        if (line.size() == 1)
            painter.drawEllipse(line.front(), 1, 1);
        else
            painter.drawPolyline(line);
        line.clear();
        upper.clear();
        lower.clear();
    };
    for (std::size_t i = 0; i < extents.size(); ++i) {
        const Extent& extent = extents[i];
        if (extent.count == 0 || !std::isfinite(extent.mean)) {
            flush();
            continue;
        }
        const double x = at(i);
        line << QPointF(x, pixel(double(extent.mean)));
        upper << QPointF(x, pixel(double(extent.maximum)));
        lower << QPointF(x, pixel(double(extent.minimum)));
    }
    flush();
    if (!dots)
        return;
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    for (std::size_t i = 0; i < extents.size(); ++i)
        if (extents[i].count > 0 && std::isfinite(extents[i].mean))
            painter.drawEllipse(QPointF(at(i), pixel(double(extents[i].mean))), 2.2, 2.2);
}

void drawMarker(QPainter& painter, double x, double top, double bottom, const QColor& colour) {
    painter.setPen(QPen(colour, 1.4));
    painter.drawLine(QPointF(x, top + 4), QPointF(x, bottom));
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawPolygon(QPolygonF{{x - 6, top}, {x + 6, top}, {x, top + 8}});
}

void drawHatch(QPainter& painter, const QRectF& box, const QColor& colour, double pitch) {
    painter.setPen(QPen(colour, 1));
    const double w = box.width(), h = box.height();
    for (double d = pitch; d < w + h; d += pitch)
        painter.drawLine(box.topLeft() + QPointF(std::max(0.0, d - h), std::min(d, h)),
                         box.topLeft() + QPointF(std::min(d, w), std::max(0.0, d - w)));
}

void drawWaitingBox(QPainter& painter, const QRectF& box, const Theme& theme) {
    QColor tint = theme.waiting();
    QPen pen(tint, 1);
    pen.setDashPattern({3, 2});
    tint.setAlpha(theme.kind() == Theme::Kind::Light ? 28 : 48);
    painter.setPen(pen);
    painter.setBrush(tint);
    painter.drawRoundedRect(box, 3, 3);
}

QColor legibleOn(const QColor& fill) {
    const double light = 0.2126 * fill.redF() + 0.7152 * fill.greenF() + 0.0722 * fill.blueF();
    return light > 0.55 ? QColor(0x1a1f2b) : QColor(0xffffff);
}

} // namespace attendre
