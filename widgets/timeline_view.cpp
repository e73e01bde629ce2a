#include "widgets/timeline_view.h"

#include "model/analysis/series.h"
#include "widgets/losses_source.h"
#include "widgets/plot_text.h"
#include "widgets/run_name.h"
#include "widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr std::size_t mostRuns = 4;

bool asks(const RunInfo& run) {
    return run.parent > 0 && !run.configuration.replay;
}
} // namespace

TimelineView::TimelineView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Timeline"), parent), m_scroll(new QScrollBar(Qt::Vertical, this)) {
    m_scroll->setAccessibleName(tr("Tracks"));
    m_scroll->setFocusPolicy(Qt::NoFocus); // Up and Down scroll
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, qOverload<>(&QWidget::update));
    wireMarks();
    wireQueryTracks();
    if (context.losses)
        connect(context.losses, &LossesSource::told, this, [this] {
            fillRegret(m_tracks);
            ++m_readings;
            contentChanged();
        });
}

void TimelineView::forget() {
    m_tracks.clear();
    m_spans.clear();
    m_course = {};
    m_have = false;
    m_whole = true;
    m_selectedFirst = 0;
    m_selectedLast = -1;
}

QString TimelineView::missing() const {
    return m_have ? QString() : tr("Reading the run's steps …");
}

double TimelineView::wholeLength() const {
    const RunInfo* run = currentRun();
    if (!run)
        return 1;
    const double planned = attendre::stepCount(run->configuration, run->tokens);
    return std::max(1.0, run->finished ? double(steps()) : std::max(double(steps()), planned));
}

double TimelineView::recordedLength() const {
    return std::max(1.0, double(steps()));
}

void TimelineView::refresh(const Point& now, const Point& before) {
    if (m_whole) {
        m_first = -0.5;
        m_last = recordedLength() - 0.5;
    } else if (now.step != before.step && m_drag == Drag::None &&
               (now.step < m_first || now.step > m_last)) {
        const double length = m_last - m_first;
        m_first = now.step - length / 2;
        m_last = m_first + length;
    } else if (now.run == before.run && now.layer == before.layer && now.head == before.head &&
               m_have) {
        return; // only the marker moves
    }
    if (m_whole && m_have && now.run == before.run && now.layer == before.layer &&
        now.head == before.head)
        return;
    readTracks();
}

// The lines of every track for the visible range, still without values.
std::vector<TimelineView::Track> TimelineView::tracksToRead() const {
    const RunInfo* current = currentRun();
    std::vector<Track> tracks;
    for (const TrackKind& kind : trackKinds())
        if (kind.offeredFor(*current) && (!kind.regret || context().losses))
            tracks.push_back({kind, {}, {}});
    addQueryTracks(tracks);
    for (Track& track : tracks) {
        std::vector<RunInfo> runs = {*current};
        if (track.kind.number == TrackKind::Number::Nats)
            for (const RunInfo& run : source().runs())
                // Runs that ask count their steps from elsewhere.
                if (run.run != current->run && runs.size() < mostRuns &&
                    (asks(run) ? run.parent : 0) == (asks(*current) ? current->parent : 0))
                    runs.push_back(run);
        for (const RunInfo& run : runs) {
            Line line;
            line.run = run.run;
            line.chunk = chunkOf(run);
            line.label = runName(run, source().runs());
            // The same tokens: another chunk length makes other steps of them.
            const double ratio = double(chunkOf(*current)) / line.chunk;
            const int count = source().stepCount(run.run);
            line.first = std::clamp(int(std::floor(m_first * ratio)), 0, std::max(0, count - 1));
            line.last = std::clamp(int(std::ceil(m_last * ratio)), -1, count - 1);
            track.lines.push_back(line);
        }
    }
    return tracks;
}

Result<TimelineView::Reading> TimelineView::readAll(Reader& reader, const RunInfo& run,
                                                    Reading reading, const Point& point, int steps,
                                                    int pixels) {
    for (Track& track : reading.tracks)
        for (Line& line : track.lines) {
            if (line.last < line.first || track.kind.regret || !track.query.isEmpty())
                continue;
            const TrackKind::Of of = track.kind.of;
            auto extents = reader.extents(line.run, track.kind.series,
                                          of == TrackKind::Of::Run ? -1 : point.layer,
                                          of == TrackKind::Of::Head ? point.head : -1, line.first,
                                          line.last, std::min(pixels, line.last - line.first + 1));
            if (!extents)
                return extents.error();
            line.extents = extents.take();
        }
    const auto course = layerCourse(reader, run, point.layer, steps);
    const Line& own = reading.tracks.front().lines.front();
    const auto infos = reader.steps(run.run, own.first, own.last - own.first + 1);
    if (!course || !infos)
        return !course ? course.error() : infos.error();
    reading.course = *course;
    reading.spans = spansOf(*infos);
    return reading;
}

// The regret comes when it is reckoned; until then its lane stays empty.
void TimelineView::fillRegret(std::vector<Track>& tracks) const {
    const RunInfo* run = currentRun();
    for (Track& track : tracks) {
        if (!track.kind.regret || !run || track.lines.empty())
            continue;
        const auto losses = context().losses->of(now().run, now().layer, now().head,
                                                 run->tokens <= mostTokensReckoned);
        Line& line = track.lines.front();
        line.extents.clear();
        if (losses && line.last >= line.first)
            line.extents = extentsOf(regretBySteps(*losses, steps()), line.first, line.last,
                                     std::min(std::max(16, width()), line.last - line.first + 1));
    }
}

// Reads every track, reduced to one extent a pixel at most.
void TimelineView::readTracks() {
    const RunInfo* current = currentRun();
    if (!current || steps() == 0)
        return;
    Reading wanted;
    wanted.tracks = tracksToRead();
    read<Reading>(
        "tracks",
        [run = *current, wanted, point = now(), steps = steps(), pixels = std::max(16, width())](
            Reader& reader) { return readAll(reader, run, wanted, point, steps, pixels); },
        [this](Reading reading) {
            m_tracks = std::move(reading.tracks);
            m_spans = std::move(reading.spans);
            m_course = reading.course;
            fillRegret(m_tracks);
            fillQueryTracks(m_tracks);
            m_have = true;
            ++m_readings;
            updateSubtitle();
        });
}

void TimelineView::updateSubtitle() {
    const QString where = tr("layer %1, head %2").arg(now().layer).arg(now().head);
    setSubtitle(tr("%1 · wheel zooms · drag scrubs · Shift+drag selects").arg(where),
                {tr("%1 · wheel zooms · drag scrubs").arg(where), where, QString()});
}

void TimelineView::contentChanged() {
    PlotView::contentChanged();
    fitScrollBar();
}

void TimelineView::setRange(double first, double last) {
    const double whole = wholeLength();
    const double length = std::clamp(last - first, 1.0, whole);
    m_first = std::clamp(first, -0.5, whole - 0.5 - length);
    m_last = m_first + length;
    m_whole = m_first == -0.5 && m_last == recordedLength() - 0.5;
    readTracks();
    update();
}

void TimelineView::zoom(double factor, double about) {
    setRange(about - (about - m_first) * factor, about + (m_last - about) * factor);
}

void TimelineView::showAll() {
    setRange(-0.5, recordedLength() - 0.5);
}

double TimelineView::pixelOf(double step) const {
    return Scale{m_first, m_last, m_plot.left(), m_plot.right()}(step);
}

double TimelineView::stepAt(double pixel) const {
    return Scale{m_first, m_last, m_plot.left(), m_plot.right()}.back(pixel);
}

double TimelineView::lineX(const Line& line, std::size_t bucket) const {
    const RunInfo* run = currentRun();
    const double n = line.last - line.first + 1, buckets = double(line.extents.size());
    const double own = line.first + (double(bucket) + 0.5) * n / buckets - 0.5;
    // A step stands at its first token: every run begins at step 0.
    const double ratio = run ? double(line.chunk) / chunkOf(*run) : 1;
    return pixelOf(own * ratio);
}

void TimelineView::scrubTo(double pixel) {
    const int last = std::max(0, steps() - 1);
    const int step = std::clamp(int(std::lround(stepAt(pixel))), 0, last);
    go(
        [step](Point& point) {
            point.step = step;
            point.phase = Phase::Record;
        },
        true);
}

void TimelineView::resizeEvent(QResizeEvent* event) {
    PlotView::resizeEvent(event);
    fitScrollBar();
    if (isVisible() && m_have && event->size().width() != event->oldSize().width())
        readTracks();
}

void TimelineView::wheelEvent(QWheelEvent* event) {
    if (isBlank())
        return event->ignore();
    const QPoint turned = event->angleDelta();
    const bool overNames = event->position().x() < m_plot.left();
    if (m_scroll->isVisible() && (overNames || event->modifiers() & Qt::ShiftModifier)) {
        const int by = turned.y() != 0 ? turned.y() : turned.x();
        m_scroll->setValue(m_scroll->value() - by * m_scroll->singleStep() / 120);
    } else if (turned.x() != 0 && std::abs(turned.x()) > std::abs(turned.y())) {
        const double by = (m_last - m_first) * -turned.x() / 1200.0;
        setRange(m_first + by, m_last + by);
    } else {
        zoom(std::pow(0.8, turned.y() / 120.0), stepAt(event->position().x()));
    }
    event->accept();
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
    if (isBlank() || (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton))
        return PlotView::mousePressEvent(event);
    if (event->button() == Qt::LeftButton && removeAt(event->position()))
        return;
    m_dragFrom = event->position();
    m_dragFirst = m_first;
    m_dragLast = m_last;
    const bool onAxis = event->position().y() > m_plot.bottom();
    if (event->button() == Qt::MiddleButton || onAxis) {
        m_drag = Drag::Pan;
        return;
    }
    if (event->modifiers() & Qt::ShiftModifier) {
        m_drag = Drag::Select;
        m_selectedFirst = 0;
        m_selectedLast = -1;
        return;
    }
    m_drag = Drag::Scrub;
    scrubTo(event->position().x());
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    const double x = event->position().x();
    if (m_drag == Drag::Scrub) {
        scrubTo(x);
    } else if (m_drag == Drag::Pan) {
        const double by =
            (m_dragFrom.x() - x) / std::max(1.0, m_plot.width()) * (m_dragLast - m_dragFirst);
        setRange(m_dragFirst + by, m_dragLast + by);
    } else if (m_drag == Drag::Select) {
        const double a = stepAt(std::min(m_dragFrom.x(), x)),
                     b = stepAt(std::max(m_dragFrom.x(), x));
        m_selectedFirst = std::max(0, int(std::lround(a)));
        m_selectedLast = std::min(steps() - 1, int(std::lround(b)));
        update();
    }
    PlotView::mouseMoveEvent(event);
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
    // A press on the axis that moved nothing is a click on a step.
    if (m_drag == Drag::Pan && event->button() == Qt::LeftButton &&
        (event->position() - m_dragFrom).manhattanLength() < 3)
        scrubTo(event->position().x());
    m_drag = Drag::None;
    PlotView::mouseReleaseEvent(event);
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (isBlank())
        return PlotView::mouseDoubleClickEvent(event);
    if (m_selectedLast > m_selectedFirst)
        setRange(m_selectedFirst - 0.5, m_selectedLast + 0.5);
    else
        showAll();
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
    if (isBlank())
        return PlotView::keyPressEvent(event);
    const auto by = [&](int steps) {
        const int last = std::max(0, this->steps() - 1);
        go([&](Point& p) { p.step = std::clamp(p.step + steps, 0, last); }, true);
    };
    const int page = std::max(1, int((m_last - m_first) / 10));
    switch (event->key()) {
    case Qt::Key_Left:
        return by(-1);
    case Qt::Key_Right:
        return by(1);
    case Qt::Key_PageUp:
        return by(-page);
    case Qt::Key_PageDown:
        return by(page);
    case Qt::Key_Up:
        return m_scroll->triggerAction(QAbstractSlider::SliderSingleStepSub);
    case Qt::Key_Down:
        return m_scroll->triggerAction(QAbstractSlider::SliderSingleStepAdd);
    case Qt::Key_Home:
        return by(-steps());
    case Qt::Key_End:
        return by(steps());
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_W:
        return zoom(0.8, now().step);
    case Qt::Key_Minus:
    case Qt::Key_S:
        return zoom(1.25, now().step);
    case Qt::Key_A:
        return setRange(m_first - (m_last - m_first) / 10, m_last - (m_last - m_first) / 10);
    case Qt::Key_D:
        return setRange(m_first + (m_last - m_first) / 10, m_last + (m_last - m_first) / 10);
    case Qt::Key_F:
        return m_selectedLast > m_selectedFirst
                   ? setRange(m_selectedFirst - 0.5, m_selectedLast + 0.5)
                   : showAll();
    case Qt::Key_Escape:
        m_selectedLast = m_selectedFirst - 1;
        return update();
    default:
        PlotView::keyPressEvent(event);
    }
}

} // namespace attendre
