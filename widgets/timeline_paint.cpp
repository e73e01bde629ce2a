#include "widgets/timeline_view.h"

#include "model/analysis/series.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double leastLane = 24;

// The extent of a line at one of its own steps, or nullptr.
template <class Line> const Extent* extentAt(const Line& line, double ownStep) {
    const double n = line.last - line.first + 1;
    if (line.extents.empty() || ownStep < line.first || ownStep > line.last)
        return nullptr;
    const auto bucket = std::size_t((ownStep - line.first + 0.5) * double(line.extents.size()) / n);
    const Extent& extent = line.extents[std::min(bucket, line.extents.size() - 1)];
    return extent.count ? &extent : nullptr;
}

} // namespace

// The means fill the lane; the band may be cut, so that single tokens do not flatten the line.
Scale TimelineView::laneScale(const Track& track, const QRectF& box) const {
    double low = 1e300, high = -1e300;
    for (const Line& line : track.lines)
        for (const Extent& extent : line.extents)
            if (extent.count && std::isfinite(extent.mean)) {
                low = std::min(low, double(extent.mean));
                high = std::max(high, double(extent.mean));
            }
    if (low > high)
        low = 0, high = 1;
    if (track.series != Series::Nll)
        low = std::min(low, 0.0);
    if (high - low < 1e-9)
        high = low + 1;
    const double room = (high - low) * 0.08;
    return {low, high + room, box.bottom() - 2, box.top() + 3};
}

void TimelineView::paintPlot(QPainter& painter, const QRectF& area) {
    const double line = lineHeight(painter);
    const bool narrow = area.width() < 460; // a track's value below its name, not beside it
    double labels = 0;
    for (const Track& track : m_tracks)
        labels = std::max(labels, textWidth(painter, titleOf(track.series)) + 4);
    if (!narrow)
        labels += textWidth(painter, QStringLiteral("  888.8 ms")) + 12;
    const double axis = area.height() > 150 ? 2 * line : line;
    const bool compared = !m_tracks.empty() && m_tracks.front().lines.size() > 1;
    const double marker = compared ? line + 4 : 10;
    m_plot = area.adjusted(labels + 6, marker, -10, -axis - 4);
    // The loss is worth two lanes.
    const int fitting = std::clamp(int(m_plot.height() / leastLane) - 1, 1, int(m_tracks.size()));
    if (fitting != m_shownTracks) {
        m_shownTracks = fitting;
        QMetaObject::invokeMethod(
            this, [this] { updateSubtitle(); }, Qt::QueuedConnection);
    }
    const double unit = m_plot.height() / (fitting + 1);
    m_lanes.clear();
    double top = m_plot.top();
    paintSelection(painter, m_plot);
    for (int i = 0; i < fitting; ++i) {
        const Track& track = m_tracks[std::size_t(i)];
        const double height = i == 0 ? 2 * unit : unit;
        Lane lane{track.series, {m_plot.left(), top, m_plot.width(), height - 4}, {}};
        lane.y = laneScale(track, lane.box);
        paintLane(painter, track, lane, {area.left(), top, labels, height - 4}, narrow);
        m_lanes.push_back(lane);
        top += height;
    }
    paintAxis(painter, {m_plot.left() - 8, m_plot.bottom() + 3, m_plot.width() + 16, axis},
              m_plot.top());
    if (compared)
        paintLineNames(painter, m_tracks.front(),
                       {m_plot.left(), area.top(), m_plot.width(), line});
    const double x = pixelOf(now().step);
    if (x >= m_plot.left() - 1 && x <= m_plot.right() + 1)
        drawMarker(painter, x, m_plot.top() - 10, m_plot.bottom() + 2, theme().text());
}

void TimelineView::paintLane(QPainter& painter, const Track& track, const Lane& lane,
                             const QRectF& labels, bool narrow) {
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(lane.box.bottomLeft(), lane.box.bottomRight());
    painter.save();
    painter.setClipRect(lane.box.adjusted(-4, -4, 4, 4));
    for (std::size_t i = track.lines.size(); i-- > 0;) {
        const Line& line = track.lines[i];
        const double pitch = line.extents.size() > 1
                                 ? (lineX(line, line.extents.size() - 1) - lineX(line, 0)) /
                                       double(line.extents.size() - 1)
                                 : m_plot.width();
        drawExtents(
            painter, line.extents, [&](std::size_t k) { return lineX(line, k); }, lane.y,
            colourOf(track.series, i), pitch > 12);
    }
    painter.restore();
    // The value at the marker, behind the track's name.
    QString value;
    if (!track.lines.empty())
        if (const Extent* here = extentAt(track.lines.front(), now().step))
            value = valueOf(track.series, double(here->mean));
    const double height = lineHeight(painter);
    const bool stacked = narrow && labels.height() >= 2 * height;
    const double top = labels.center().y() - (stacked ? height : height / 2);
    const QRectF row(labels.left(), top, labels.width(), height);
    drawLine(painter, row, titleOf(track.series), theme().text());
    if (stacked)
        drawLine(painter, row.translated(0, height), value, theme().quietText());
    else if (!narrow)
        drawLine(painter, row.adjusted(0, 0, -8, 0), value, theme().quietText(),
                 Qt::AlignRight | Qt::AlignVCenter);
}

// The runs of a comparison, named in their colours above the first lane.
void TimelineView::paintLineNames(QPainter& painter, const Track& track, const QRectF& strip) {
    double right = strip.right();
    for (std::size_t i = track.lines.size(); i-- > 0;) {
        const QString name = track.lines[i].label;
        const double width = textWidth(painter, name);
        if (right - width - 18 < strip.left())
            break;
        const QRectF box(right - width - 16, strip.top(), width + 17, strip.height());
        painter.fillRect(box, theme().panel());
        painter.setPen(QPen(colourOf(track.series, i), 2));
        painter.drawLine(QPointF(box.left(), box.center().y()),
                         QPointF(box.left() + 11, box.center().y()));
        drawLine(painter, box.adjusted(15, 0, 0, 0), name, theme().text());
        right = box.left() - 12;
    }
}

// Steps, and below them positions; beyond the trained length P, P stands on the lower of the two.
void TimelineView::paintAxis(QPainter& painter, const QRectF& strip, double top) {
    const RunInfo* run = currentRun();
    const double height = lineHeight(painter);
    const bool two = strip.height() >= 2 * height - 1;
    const int chunk = chunkOf(*run), trained = run->shape.trainedLength;
    const double trainedX = pixelOf(double(trained) / chunk - 0.5);
    const bool beyond = trained > 0 && run->tokens > trained && trainedX >= m_plot.left() &&
                        trainedX <= m_plot.right();
    const QString text = tr("P = %1").arg(wholeNumber(trained));
    const double width = textWidth(painter, text);
    const double left = std::clamp(trainedX - width / 2, m_plot.left(),
                                   std::max(m_plot.left(), m_plot.right() - width));
    const std::pair<double, double> reserved =
        beyond ? std::pair(left, left + width) : std::pair(0.0, 0.0);
    const auto row = [&](int index, const QString& name, const Scale& scale, bool last) {
        const double y = strip.top() + index * height;
        drawBottomAxis(painter, {strip.left(), y, strip.width(), height}, scale, theme(), true,
                       last ? reserved : std::pair(0.0, 0.0));
        drawLine(painter, {0, y, m_plot.left() - 14, height}, name, theme().quietText(),
                 Qt::AlignRight | Qt::AlignVCenter);
        if (last && beyond)
            drawLine(painter, {left, y, width + 1, height}, text, theme().text());
    };
    row(0, tr("step"), {m_first, m_last, m_plot.left(), m_plot.right()}, !two);
    if (two)
        row(1, tr("position"),
            {(m_first + 0.5) * chunk, (m_last + 0.5) * chunk, m_plot.left(), m_plot.right()}, true);
    if (!beyond)
        return;
    QPen pen(theme().pinned(), 1);
    pen.setDashPattern({4, 3});
    painter.setPen(pen);
    painter.drawLine(QPointF(trainedX, top), QPointF(trainedX, m_plot.bottom()));
}

void TimelineView::paintSelection(QPainter& painter, const QRectF& plot) {
    if (m_selectedLast < m_selectedFirst)
        return;
    const double from = std::max(plot.left(), pixelOf(m_selectedFirst - 0.5));
    const double to = std::min(plot.right(), pixelOf(m_selectedLast + 0.5));
    if (to <= from)
        return;
    painter.fillRect(QRectF(from, plot.top(), to - from, plot.height()), theme().selection());
}

QString TimelineView::hoverText(const QPointF& at) {
    if (m_selectedLast >= m_selectedFirst && m_drag == Drag::Select)
        return tr("steps %1 to %2 selected: F shows only these, Esc lets go")
            .arg(m_selectedFirst)
            .arg(m_selectedLast);
    if (at.x() < m_plot.left() || at.x() > m_plot.right())
        return summary();
    const int step = std::clamp(int(std::lround(stepAt(at.x()))), 0, int(wholeLength()) - 1);
    if (step >= steps())
        return tr("step %1 · to come").arg(step);
    QStringList parts{tr("step %1").arg(step)};
    for (const Track& track : m_tracks)
        for (const Line& line : track.lines) {
            const double ratio = double(chunkOf(*currentRun())) / line.chunk;
            if (const Extent* extent = extentAt(line, std::floor((step + 0.5) * ratio)))
                parts << (track.lines.size() > 1
                              ? titleOf(track.series) + QLatin1Char(' ') + line.label
                              : titleOf(track.series)) +
                             QLatin1Char(' ') + valueOf(track.series, double(extent->mean));
        }
    return parts.join(QStringLiteral(" · "));
}

QString TimelineView::summary() const {
    QStringList parts{tr("step %1 of %2").arg(now().step).arg(wholeLength())};
    for (const Track& track : m_tracks)
        if (!track.lines.empty())
            if (const Extent* here = extentAt(track.lines.front(), now().step))
                parts << titleOf(track.series) + QLatin1Char(' ') +
                             valueOf(track.series, double(here->mean));
    return parts.join(QStringLiteral(" · "));
}

QString TimelineView::csv() const {
    QString text = QStringLiteral("track,run,first_step,last_step,minimum,maximum,mean\n");
    for (const Track& track : m_tracks)
        for (const Line& line : track.lines)
            for (std::size_t i = 0; i < line.extents.size(); ++i) {
                const Extent& extent = line.extents[i];
                const qint64 n = line.last - line.first + 1, buckets = qint64(line.extents.size());
                if (extent.count)
                    text += QStringLiteral("%1,%2,%3,%4,%5,%6,%7\n")
                                .arg(titleOf(track.series))
                                .arg(line.run)
                                .arg(line.first + qint64(i) * n / buckets)
                                .arg(line.first + qint64(i + 1) * n / buckets - 1)
                                .arg(extent.minimum)
                                .arg(extent.maximum)
                                .arg(extent.mean);
            }
    return text;
}

} // namespace attendre
