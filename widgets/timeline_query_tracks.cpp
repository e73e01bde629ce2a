#include "widgets/timeline_view.h"

#include "model/analysis/series.h"
#include "widgets/query_tracks.h"

#include <QMenu>
#include <QPainter>

#include <algorithm>

namespace attendre {

namespace {

constexpr qsizetype longestTitle = 24; // characters; more would leave the curves no room

QString shortened(const QString& name) {
    return name.size() <= longestTitle ? name : name.left(longestTitle - 1) + QStringLiteral("…");
}

} // namespace

// Results that were put onto the Timeline: tracks like the others, with a cross to remove them.

void TimelineView::wireQueryTracks() {
    if (context().tracks)
        connect(context().tracks, &QueryTracks::changed, this, [this] {
            if (isVisible() && m_have)
                readTracks();
        });
}

// Behind the first, so that they are in sight also where the others have to be scrolled to.
void TimelineView::addQueryTracks(std::vector<Track>& tracks) const {
    if (!context().tracks)
        return;
    std::ptrdiff_t at = std::min<std::ptrdiff_t>(1, std::ptrdiff_t(tracks.size()));
    for (const QueryTrack& result : context().tracks->all()) {
        if (result.run != now().run)
            continue;
        TrackKind kind;
        kind.of = TrackKind::Of::Run;
        kind.number = TrackKind::Number::Mass; // any size, few digits
        kind.title = shortened(result.name);
        kind.unit = result.of;
        tracks.insert(tracks.begin() + at++, {kind, {}, result.name});
    }
}

void TimelineView::fillQueryTracks(std::vector<Track>& tracks) const {
    for (Track& track : tracks) {
        if (track.query.isEmpty() || track.lines.empty())
            continue;
        Line& line = track.lines.front();
        line.extents.clear();
        const auto& all = context().tracks->all();
        const auto found = std::find_if(all.begin(), all.end(), [&](const QueryTrack& result) {
            return result.run == line.run && result.name == track.query;
        });
        if (found == all.end() || line.last < line.first)
            continue;
        std::vector<float> values = found->values;
        values.resize(std::size_t(line.last) + 1, std::numeric_limits<float>::quiet_NaN());
        line.extents = extentsOf(values, line.first, line.last,
                                 std::min(std::max(16, width()), line.last - line.first + 1));
    }
}

// Left of the name; empty for a series of the trace.
QRectF TimelineView::removalBox(const QRectF& area, const Frame& frame, std::size_t track) const {
    const QRectF label = labelBox(area, frame, track);
    if (m_tracks[track].query.isEmpty())
        return {label.topLeft(), QSizeF(0, 0)};
    return {label.left(), label.center().y() - removalWidth / 2, removalWidth, removalWidth};
}

void TimelineView::paintRemoval(QPainter& painter, const QRectF& box) {
    if (box.isEmpty())
        return;
    const QRectF cross = QRectF(0, 0, 7, 7).translated(box.center() - QPointF(5.5, 3.5));
    painter.setPen(QPen(theme().quietText(), 1.4));
    painter.drawLine(cross.topLeft(), cross.bottomRight());
    painter.drawLine(cross.topRight(), cross.bottomLeft());
}

bool TimelineView::removeAt(const QPointF& at) {
    const QRectF area = plotArea();
    const Frame frame = frameOf(area);
    if (!aroundTracks(area).contains(at))
        return false;
    for (std::size_t i = 0; i < m_tracks.size(); ++i)
        if (removalBox(area, frame, i).contains(at)) {
            context().tracks->remove(now().run, m_tracks[i].query);
            return true;
        }
    return false;
}

void TimelineView::fillMenu(QMenu* menu) {
    PlotView::fillMenu(menu);
    bool first = true;
    for (const Track& track : m_tracks) {
        if (track.query.isEmpty())
            continue;
        if (std::exchange(first, false))
            menu->addSeparator();
        QAction* remove =
            menu->addAction(tr("Remove the track “%1”")
                                .arg(QString(track.query).replace(u'&', QStringLiteral("&&"))));
        connect(remove, &QAction::triggered, this, [this, run = now().run, name = track.query] {
            context().tracks->remove(run, name);
        });
    }
}

} // namespace attendre
