#include "widgets/timeline_view.h"

#include "model/analysis/series.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double leastLane = 20; // px; tracks that are lower could not be told from a rule
constexpr double markerRoom = 10;
constexpr int scrollBarWidth = 12;

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
TimelineView::Lane TimelineView::laneOf(const Track& track, const QRectF& box) const {
    double low = 1e300, high = -1e300;
    for (const Line& line : track.lines)
        for (const Extent& extent : line.extents)
            if (extent.count && std::isfinite(extent.mean)) {
                low = std::min(low, double(extent.mean));
                high = std::max(high, double(extent.mean));
            }
    if (low > high)
        low = 0, high = 1;
    if (track.kind.number != TrackKind::Number::Nats)
        low = std::min(low, 0.0);
    if (high - low < 1e-9)
        high = low + 1;
    const double room = (high - low) * 0.06;
    return {box, {low, high + room, box.bottom() - 2, box.top() + 3}, low, high};
}

// Lanes shrink to the least that reads; what then has no room is scrolled to.
TimelineView::Frame TimelineView::frameOf(const QRectF& area) const {
    const QFontMetricsF metrics(theme().smallFont());
    const double line = std::ceil(metrics.height() + 1);
    const auto width = [&](const QString& text) { return metrics.horizontalAdvance(text); };
    Frame frame;
    frame.narrow = area.width() < 460;
    for (const Track& track : m_tracks)
        frame.labels =
            std::max(frame.labels,
                     width(track.kind.title + (frame.narrow ? QString() : " " + track.kind.unit)) +
                         (track.query.isEmpty() ? 0 : removalWidth));
    frame.labels += frame.narrow ? 6 : width(QStringLiteral("8,888")) + 22;
    frame.scale = width(QStringLiteral("8,888")) + 6;
    frame.names = !m_tracks.empty() && m_tracks.front().lines.size() > 1 ? line + 2 : 0;
    // A second line of the axis, positions, where every track has room besides.
    const bool named = trainedStep() || m_spans.size() > 1 ||
                       (!m_spans.empty() && m_spans.front().kind != StepKind::Chunk);
    const double above = frame.names + (named ? std::max(markerRoom, line) : markerRoom);
    frame.events =
        !events().empty() && area.height() >= above + 2 * line + 2 * leastLane ? line : 0;
    const double spare = area.height() - above - frame.events - 4 - 2 * line;
    frame.axis = spare >= leastLane * double(m_tracks.size()) ? 2 * line : line;
    frame.plot =
        area.adjusted(frame.labels + frame.scale, above, -10, -frame.axis - frame.events - 4);
    const double lanes = double(m_tracks.size()), height = frame.plot.height();
    frame.unit = std::max(leastLane, height / (lanes + 1)); // the loss is worth two lanes
    frame.loss = std::max(leastLane, height - frame.unit * (lanes - 1));
    if (frame.content(m_tracks.size()) > height + 1) {
        frame.unit = frame.loss = leastLane;
        frame.plot.setRight(frame.plot.right() - scrollBarWidth);
    }
    return frame;
}

int TimelineView::tracksInSight() const {
    const Frame frame = frameOf(plotArea());
    const double rest = std::max(0.0, frame.plot.height() - frame.loss);
    return std::min(int(m_tracks.size()), 1 + int(rest / frame.unit + 0.01));
}

void TimelineView::fitScrollBar() {
    const QRectF area = plotArea();
    const Frame frame = frameOf(area);
    const int hidden =
        int(std::ceil(frame.content(m_tracks.size()) - std::max(1.0, frame.plot.height())));
    m_scroll->setRange(0, std::max(0, hidden - 1));
    m_scroll->setPageStep(std::max(1, int(frame.plot.height())));
    m_scroll->setSingleStep(int(leastLane));
    m_scroll->setGeometry(int(area.right()) - scrollBarWidth + 2, int(frame.plot.top()),
                          scrollBarWidth, std::max(8, int(frame.plot.height())));
    m_scroll->setVisible(hidden > 1 && !isBlank());
}

// While a person scrubs only the marker and the values at it change: the rest is a picture, drawn
// anew when the tracks, the range or the looks change.
void TimelineView::paintPlot(QPainter& painter, const QRectF& area) {
    const Frame frame = frameOf(area);
    m_plot = frame.plot;
    if (painter.device() == static_cast<QPaintDevice*>(this)) {
        renewPicture(area, frame);
        painter.drawPixmap(0, 0, m_picture);
    } else {
        paintStill(painter, area, frame);
    }
    painter.save();
    painter.setClipRect(aroundTracks(area));
    for (std::size_t i = 0; i < m_tracks.size(); ++i)
        paintValue(painter, m_tracks[i], labelBox(area, frame, i), frame.narrow);
    painter.restore();
    paintMarks(painter);
    const double x = pixelOf(now().step);
    if (x >= m_plot.left() - 1 && x <= m_plot.right() + 1)
        drawMarker(painter, x, m_plot.top() - markerRoom, m_plot.bottom() + 2, theme().text());
}

void TimelineView::renewPicture(const QRectF& area, const Frame& frame) {
    const PictureKey key{size(),          devicePixelRatioF(), m_first,
                         m_last,          m_scroll->value(),   theme().kind(),
                         m_selectedFirst, m_selectedLast,      m_readings};
    if (key == m_pictureKey)
        return;
    m_pictureKey = key;
    m_picture = QPixmap(size() * devicePixelRatioF());
    m_picture.setDevicePixelRatio(devicePixelRatioF());
    m_picture.fill(theme().panel());
    QPainter painter(&m_picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme().smallFont());
    paintStill(painter, area, frame);
}

QRectF TimelineView::aroundTracks(const QRectF& area) const {
    return {area.left(), m_plot.top() - 3, area.width(), m_plot.height() + 4};
}

QRectF TimelineView::labelBox(const QRectF& area, const Frame& frame, std::size_t track) const {
    const double above = track == 0 ? 0 : frame.loss + frame.unit * double(track - 1);
    return {area.left(), m_plot.top() - m_scroll->value() + above, frame.labels,
            (track == 0 ? frame.loss : frame.unit) - 4};
}

void TimelineView::paintStill(QPainter& painter, const QRectF& area, const Frame& frame) {
    paintSelection(painter, m_plot);
    paintSpans(painter);
    painter.save();
    painter.setClipRect(aroundTracks(area));
    for (std::size_t i = 0; i < m_tracks.size(); ++i) {
        const QRectF label = labelBox(area, frame, i);
        const Lane lane =
            laneOf(m_tracks[i], {m_plot.left(), label.top(), m_plot.width(), label.height()});
        if (lane.box.bottom() < m_plot.top() || lane.box.top() > m_plot.bottom())
            continue;
        const QRectF removal = removalBox(area, frame, i);
        paintTitle(painter, m_tracks[i], label.adjusted(removal.width(), 0, 0, 0), frame.narrow);
        paintRemoval(painter, removal);
        paintScale(painter, m_tracks[i], lane,
                   {label.right(), label.top(), frame.scale - 5, label.height()});
        paintLane(painter, m_tracks[i], lane);
    }
    painter.restore();
    paintTrainedLength(painter);
    if (frame.events > 0)
        paintEvents(painter,
                    {m_plot.left(), m_plot.bottom() + 2, m_plot.width() + 10, frame.events});
    paintAxis(painter, {m_plot.left() - 8, m_plot.bottom() + 3 + frame.events, m_plot.width() + 16,
                        frame.axis});
    if (frame.names > 0)
        paintLineNames(painter, m_tracks.front(),
                       {area.left(), area.top(), area.width() - 6, frame.names - 2});
}

void TimelineView::paintLane(QPainter& painter, const Track& track, const Lane& lane) {
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(lane.box.bottomLeft(), lane.box.bottomRight());
    painter.save();
    painter.setClipRect(lane.box.adjusted(-4, -4, 4, 4), Qt::IntersectClip);
    for (std::size_t i = track.lines.size(); i-- > 0;) {
        const Line& line = track.lines[i];
        const double pitch = line.extents.size() > 1
                                 ? (lineX(line, line.extents.size() - 1) - lineX(line, 0)) /
                                       double(line.extents.size() - 1)
                                 : m_plot.width();
        drawExtents(
            painter, line.extents, [&](std::size_t k) { return lineX(line, k); }, lane.y,
            theme().run(line.run), pitch > 12);
    }
    painter.restore();
}

// The line of a track's name; where it is stacked, the value stands a line below it.
QRectF TimelineView::titleRow(const QPainter& painter, const QRectF& box, bool narrow) {
    const double height = lineHeight(painter);
    const bool stacked = narrow && box.height() >= 2 * height;
    return {box.left(), box.center().y() - (stacked ? height : height / 2), box.width(), height};
}

void TimelineView::paintTitle(QPainter& painter, const Track& track, const QRectF& box,
                              bool narrow) {
    const QRectF row = titleRow(painter, box, narrow);
    const QString title = track.kind.title;
    drawLine(painter, row, title, theme().text());
    if (!narrow)
        drawLine(painter, row.adjusted(textWidth(painter, title + QLatin1Char(' ')), 0, 0, 0),
                 track.kind.unit, theme().quietText());
}

// The value at the marker.
void TimelineView::paintValue(QPainter& painter, const Track& track, const QRectF& box,
                              bool narrow) {
    if (track.lines.empty())
        return;
    const Extent* here = extentAt(track.lines.front(), now().step);
    if (!here)
        return;
    const QString value = track.kind.numberText(double(here->mean));
    const QRectF row = titleRow(painter, box, narrow);
    if (!narrow)
        drawLine(painter, row.adjusted(0, 0, -10, 0), value, theme().text(),
                 Qt::AlignRight | Qt::AlignVCenter);
    else if (box.height() >= 2 * row.height())
        drawLine(painter, row.translated(0, row.height()), value, theme().quietText());
}

// What the lowest and the highest place of the lane's line stand for.
void TimelineView::paintScale(QPainter& painter, const Track& track, const Lane& lane,
                              const QRectF& box) {
    painter.save();
    QFont font = painter.font();
    font.setPointSizeF(std::max(6.0, font.pointSizeF() - 1));
    painter.setFont(font);
    const double height = QFontMetricsF(font).height() - 1;
    const double high = std::max(lane.y(lane.high) - height / 2, box.top() - 2);
    const double low = std::max(box.bottom() - height + 2, high + height - 1);
    const auto write = [&](double value, double top) {
        drawLine(painter, {box.left(), top, box.width(), height}, track.kind.numberText(value),
                 theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    };
    write(lane.high, high);
    write(lane.low, low);
    painter.restore();
}

// The runs of a comparison, named in their colours above the first lane, the current one first.
void TimelineView::paintLineNames(QPainter& painter, const Track& track, const QRectF& strip) {
    double left = strip.left();
    for (std::size_t i = 0; i < track.lines.size(); ++i) {
        const QString& name = track.lines[i].label;
        const double width = textWidth(painter, name) + 17;
        if (i > 0 && left + width > strip.right()) {
            drawLine(painter, {left, strip.top(), strip.right() - left, strip.height()},
                     QStringLiteral("+%1").arg(track.lines.size() - i), theme().quietText());
            return;
        }
        const QRectF box(left, strip.top(), std::min(width, strip.right() - left), strip.height());
        painter.setPen(QPen(theme().run(track.lines[i].run), 2));
        painter.drawLine(QPointF(box.left(), box.center().y()),
                         QPointF(box.left() + 11, box.center().y()));
        drawLine(painter, box.adjusted(15, 0, 0, 0), name, theme().text());
        left = box.right() + 14;
    }
}

// Steps, and below them positions.
void TimelineView::paintAxis(QPainter& painter, const QRectF& strip) {
    const double height = lineHeight(painter);
    const int chunk = chunkOf(*currentRun());
    const auto row = [&](int index, const QString& name, const Scale& scale) {
        const double y = strip.top() + index * height;
        drawBottomAxis(painter, {strip.left(), y, strip.width(), height}, scale, theme());
        drawLine(painter, {0, y, m_plot.left() - 14, height}, name, theme().quietText(),
                 Qt::AlignRight | Qt::AlignVCenter);
    };
    row(0, tr("step"), {m_first, m_last, m_plot.left(), m_plot.right()});
    // Positions are read in chunks of C; a question, a flush and an answer are read otherwise.
    const RunInfo& run = *currentRun();
    const double end = std::min(m_last + 0.5, std::ceil(double(run.tokens) / chunk));
    const bool asks = run.parent > 0 && !run.configuration.replay;
    if (strip.height() >= 2 * height - 1 && !asks && end > m_first + 0.5)
        row(1, tr("position"),
            {(m_first + 0.5) * chunk, std::min(end * chunk, double(run.tokens)), m_plot.left(),
             pixelOf(end - 0.5)});
}

// Where the run goes beyond the length P that the model was trained on.
std::optional<double> TimelineView::trainedStep() const {
    const RunInfo* run = currentRun();
    if (!run || run->shape.trainedLength <= 0 || run->tokens <= run->shape.trainedLength)
        return {};
    const double step = double(run->shape.trainedLength) / chunkOf(*run) - 0.5;
    return step >= m_first && step <= m_last ? std::optional(step) : std::nullopt;
}

// The label stands above the tracks, where no curve is.
void TimelineView::paintTrainedLength(QPainter& painter) {
    const auto step = trainedStep();
    if (!step)
        return;
    const double x = pixelOf(*step), height = lineHeight(painter);
    QPen pen(theme().pinned(), 1);
    pen.setDashPattern({4, 3});
    painter.setPen(pen);
    painter.drawLine(QPointF(x, m_plot.top() - 2), QPointF(x, m_plot.bottom()));
    const QString text = tr("P = %1").arg(wholeNumber(currentRun()->shape.trainedLength));
    const double width = textWidth(painter, text) + 2;
    const double left = std::clamp(x - width / 2, m_plot.left(), m_plot.right() - width);
    drawLine(painter, {left, m_plot.top() - height - 1, width, height}, text, theme().text());
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
    if (const Span* span = spanAt(step); span && span->kind != StepKind::Chunk)
        parts.front() += QStringLiteral(", ") + kindName(span->kind);
    const auto once = events();
    if (const auto event = once.find(step); event != once.end())
        parts << tr("layer %1: %2").arg(QString::number(now().layer), event->second);
    if (const QString marked = markText(step); !marked.isEmpty())
        parts << marked;
    for (const Track& track : m_tracks)
        for (const Line& line : track.lines) {
            const double ratio = double(chunkOf(*currentRun())) / line.chunk;
            if (const Extent* extent = extentAt(line, std::floor((step + 0.5) * ratio)))
                parts << (track.lines.size() > 1 ? track.kind.title + QLatin1Char(' ') + line.label
                                                 : track.kind.title) +
                             QLatin1Char(' ') + track.kind.valueText(double(extent->mean));
        }
    return parts.join(QStringLiteral(" · "));
}

QString TimelineView::summary() const {
    const Span* span = spanAt(now().step);
    const QString kind = span && span->kind != StepKind::Chunk
                             ? QStringLiteral(", ") + kindName(span->kind)
                             : QString();
    QStringList parts{
        tr("step %1%2 · %3 steps")
            .arg(QString::number(now().step), kind, wholeNumber(std::llround(wholeLength())))};
    for (const Track& track : m_tracks)
        if (!track.lines.empty())
            if (const Extent* here = extentAt(track.lines.front(), now().step))
                parts << track.kind.title + QLatin1Char(' ') +
                             track.kind.valueText(double(here->mean));
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
                                .arg(track.kind.title)
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
