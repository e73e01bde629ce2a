#include "widgets/compared_run.h"

#include <QFileInfo>
#include <QTimer>

#include <algorithm>

namespace attendre {

ComparedRun::ComparedRun(TraceSource* trace, CurrentPoint* point, QObject* parent)
    : QObject(parent), m_trace(trace), m_point(point) {
    connect(trace, &TraceSource::opened, this, &ComparedRun::traceOpened);
    connect(trace, &TraceSource::closed, this, &ComparedRun::traceOpened);
    connect(trace, &TraceSource::grown, this, &ComparedRun::traceGrown);
    connect(point, &CurrentPoint::moved, this, &ComparedRun::pointMoved);
    connect(&m_other, &TraceSource::opened, this, &ComparedRun::otherOpened);
    connect(&m_other, &TraceSource::failed, this, &ComparedRun::failed);
    if (trace->isOpen())
        chooseDefault();
}

const RunInfo* ComparedRun::info() const {
    return (m_elsewhere ? m_other : *m_trace).run(m_run);
}

QString ComparedRun::path() const {
    return m_elsewhere ? m_other.path() : m_trace->path();
}

const std::vector<RunInfo>& ComparedRun::runs() const {
    return (m_elsewhere ? m_other : *m_trace).runs();
}

int ComparedRun::stepCount() const {
    return (m_elsewhere ? m_other : *m_trace).stepCount(m_run);
}

// --- which run

// The run before A that may be compared with it, else the next one behind.
void ComparedRun::chooseDefault() {
    m_elsewhere = false;
    m_run = 0;
    m_linked = true;
    const RunInfo* own = m_trace->run(m_point->now().run);
    for (const RunInfo& run : m_trace->runs()) {
        if (!own || run.run == own->run || !mayCompare(*own, run))
            continue;
        if (m_run == 0 || run.run < own->run)
            m_run = run.run;
    }
    settle();
}

void ComparedRun::choose(int run) {
    if (!m_elsewhere && run == m_run)
        return;
    m_elsewhere = false;
    m_run = run;
    settle();
}

void ComparedRun::chooseElsewhere(const QString& path, int run) {
    m_wantedElsewhere = run;
    if (m_other.isOpen() && QFileInfo(m_other.path()) == QFileInfo(path))
        return otherOpened();
    m_other.open(path);
}

void ComparedRun::otherOpened() {
    const RunInfo* own = m_trace->run(m_point->now().run);
    const auto& runs = m_other.runs();
    const auto found = std::find_if(runs.begin(), runs.end(), [&](const RunInfo& run) {
        return m_wantedElsewhere > 0 ? run.run == m_wantedElsewhere : own && mayCompare(*own, run);
    });
    if (runs.empty())
        return;
    m_elsewhere = true;
    m_run = found != runs.end() ? found->run : runs.front().run;
    settle();
}

void ComparedRun::swap() {
    const RunInfo* b = info();
    if (!b)
        return;
    Point point = m_point->now();
    const int run = point.run;
    point.run = b->run;
    point.step = std::clamp(step().value_or(point.step), 0, std::max(0, stepCount() - 1));
    if (!m_elsewhere)
        return m_point->move(point); // B was this run: it becomes the one that is left
    m_swapTo = RunChoice{path(), m_trace->path(), b->run, run, 0};
    m_swapPoint = point;
    m_trace->open(path());
}

void ComparedRun::traceOpened() {
    ++m_opening;
    m_other.close();
    chooseDefault();
    if (!m_swapTo || m_trace->path() != m_swapTo->pathA)
        return;
    // Whoever else hears of the trace puts the point where one begins.
    QTimer::singleShot(0, this, [this, to = *m_swapTo] {
        m_point->move(m_swapPoint);
        chooseElsewhere(to.pathB, to.runB);
    });
    m_swapTo.reset();
}

void ComparedRun::traceGrown(int run) {
    if (m_run == 0)
        return chooseDefault();
    if (run != m_point->now().run && (m_elsewhere || run != m_run))
        return;
    // A run that grows is compared as far as it goes, one reckoning after the other.
    if (m_wanted && m_underWay)
        m_again = true;
    else if (m_wanted)
        reckon();
}

void ComparedRun::pointMoved(const Point& now, const Point& before) {
    if (now.run == before.run) {
        if (m_linked && (now.step != before.step || now.layer != before.layer))
            emit stepChanged();
        return;
    }
    const RunInfo *own = m_trace->run(now.run), *b = info();
    const RunInfo* left = m_trace->run(before.run);
    if (!m_elsewhere && now.run == m_run && own && left && mayCompare(*own, *left))
        m_run = before.run;
    else if (!m_elsewhere && now.run == m_run)
        return chooseDefault();
    else if (!own || !b || (!m_elsewhere && !mayCompare(*own, *b)))
        return chooseDefault();
    settle();
}

// Another pair: what was known of the one before is forgotten.
void ComparedRun::settle() {
    m_divergence.reset();
    m_refusal.clear();
    m_wanted = m_again = m_underWay = false;
    m_reckoned = 0;
    m_step = std::clamp(m_step, 0, std::max(0, stepCount() - 1));
    m_readings.choose({m_trace->path(), path(), m_point->now().run, m_run, m_opening});
    emit changed();
}

// --- which step

void ComparedRun::setLinked(bool linked) {
    if (linked == m_linked)
        return;
    if (!linked)
        m_step = std::clamp(step().value_or(m_point->now().step), 0, std::max(0, stepCount() - 1));
    m_linked = linked;
    emit stepChanged();
}

void ComparedRun::setStep(int step) {
    step = std::clamp(step, 0, std::max(0, stepCount() - 1));
    if (!m_linked && step == m_step)
        return;
    m_linked = false;
    m_step = step;
    emit stepChanged();
}

std::optional<int> ComparedRun::step() const {
    if (!m_linked)
        return m_step;
    if (!m_divergence || m_point->now().step >= m_divergence->alignment.stepsOfA())
        return {};
    return m_divergence->alignment.stepOfB(m_point->now().layer, m_point->now().step);
}

// --- where they part

QString ComparedRun::obstacle() const {
    if (!m_trace->isOpen() || !m_trace->run(m_point->now().run))
        return tr("No trace is open: start a run, or open a recorded one.");
    if (!info())
        return tr("This run has no other beside it: record one of the same text with another "
                  "policy or size (New run…), or choose Another trace… above.");
    return m_refusal;
}

std::shared_ptr<const RunDivergence> ComparedRun::divergence() {
    if (!m_divergence && !m_wanted && obstacle().isEmpty()) {
        m_wanted = true;
        reckon();
    }
    return m_divergence;
}

void ComparedRun::reckon() {
    m_again = false;
    m_underWay = true;
    const auto progress = [this](qint64 done, qint64 total) {
        QMetaObject::invokeMethod(
            this,
            [this, share = double(done) / double(std::max<qint64>(1, total))] {
                m_reckoned = share;
                emit advanced();
            },
            Qt::QueuedConnection);
    };
    read<RunDivergence>(
        PairReadings::Lane::Runs, this, "divergence",
        [progress](const ComparedRuns& runs, const Cancel& cancel) {
            return readDivergence(runs, progress, cancel);
        },
        [this](Result<RunDivergence> found) {
            m_underWay = false;
            if (found) {
                m_divergence = std::make_shared<const RunDivergence>(found.take());
                m_refusal.clear(); // a run that had no step yet has some now
            } else if (!m_divergence) {
                m_refusal = found.error().sentence;
            }
            emit told();
            if (m_again)
                reckon();
        });
}

} // namespace attendre
