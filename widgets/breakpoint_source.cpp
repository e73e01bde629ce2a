#include "widgets/breakpoint_source.h"

#include "model/replay/head_losses.h"
#include "widgets/notebook.h"
#include "widgets/trace_source.h"

#include <QThreadPool>
#include <QTimer>

#include <algorithm>
#include <atomic>
#include <map>
#include <tuple>

namespace attendre {

namespace {

// The breakpoints that can be asked of a run; the others rest, and why.
struct Askable {
    std::vector<Breakpoint> breakpoints;
    std::map<int, QString> refusals;
};

RegretSource regretSource(Reader& reader, const RunInfo& run, const Cancel& cancel) {
    if (!checkLosses(run))
        return {};
    return [&reader, run, cancel](int layer, int head) -> Result<std::map<std::int32_t, double>> {
        const auto losses = lossesOf(reader, run, layer, head, {}, cancel);
        if (!losses)
            return losses.error();
        std::map<std::int32_t, double> regrets;
        for (const EvictionRegret& one : losses->regrets)
            regrets[one.position] = one.mass;
        return regrets;
    };
}

Askable askable(const RunInfo& run, const std::vector<Breakpoint>& breakpoints) {
    Askable all{breakpoints, {}};
    const auto losses = checkLosses(run);
    for (std::size_t i = 0; i < all.breakpoints.size(); ++i) {
        Breakpoint& one = all.breakpoints[i];
        const auto condition = Condition::compile(one.condition);
        const bool regret = condition && condition->reads(ConditionValue::Regret);
        const RegretSource any = [](int, int) { return std::map<std::int32_t, double>(); };
        const auto can =
            BreakpointScan::compile(run, {one}, regret && losses ? any : RegretSource());
        if (can)
            continue;
        all.refusals[int(i)] = regret && !losses ? losses.error().sentence : can.error().sentence;
        one.enabled = false;
    }
    return all;
}

} // namespace

class BreakpointSource::Private {
  public:
    struct Found {
        std::vector<BreakpointHit> hits;
        std::vector<std::optional<int>> endedAt;
        std::map<int, QString> refusals;
        int searched = 0; // steps
        QString failure;
    };
    std::map<int, Found> known; // by run
    std::vector<Breakpoint> breakpoints;
    int wanted = 0, underWay = 0; // runs
    int generation = 0; // counts traces and changes: what belongs to an older one is dropped
    bool stopped = false;
    Cancel cancel;
    std::shared_ptr<std::atomic<qint64>> done = std::make_shared<std::atomic<qint64>>(0);
    qint64 total = 0;
    QThreadPool threads;
    QTimer tell;
};

BreakpointSource::BreakpointSource(TraceSource* trace, Notebook* notebook, QObject* parent)
    : QObject(parent), d(std::make_unique<Private>()), m_trace(trace), m_notebook(notebook) {
    d->threads.setMaxThreadCount(1);
    d->tell.setInterval(200); // of how far it is
    connect(&d->tell, &QTimer::timeout, this, &BreakpointSource::told);
    connect(trace, &TraceSource::opened, this, &BreakpointSource::forget);
    connect(trace, &TraceSource::closed, this, &BreakpointSource::forget);
    connect(trace, &TraceSource::grown, this, [this](int run, int) {
        if (run == d->wanted)
            search();
    });
    connect(notebook, &Notebook::changed, this, [this] {
        if (m_notebook->breakpoints() == d->breakpoints)
            return;
        forget();
        emit told();
    });
}

BreakpointSource::~BreakpointSource() {
    d->cancel.request();
    d->threads.waitForDone();
}

void BreakpointSource::forget() {
    d->cancel.request();
    d->known.clear();
    d->breakpoints = m_notebook->breakpoints();
    d->wanted = d->underWay = 0;
    d->stopped = false;
    d->tell.stop();
    ++d->generation;
}

const std::vector<BreakpointHit>& BreakpointSource::of(int run) {
    if (d->wanted != run) {
        d->wanted = run;
        d->stopped = false;
    }
    search();
    return d->known[run].hits;
}

bool BreakpointSource::searching() const {
    return d->underWay != 0;
}

std::pair<qint64, qint64> BreakpointSource::progress() const {
    return {d->done->load(), d->total};
}

void BreakpointSource::cancel() {
    d->stopped = true;
    d->cancel.request();
}

void BreakpointSource::restart() {
    d->stopped = false;
    search();
}

bool BreakpointSource::cancelled() const {
    return d->stopped;
}

QString BreakpointSource::refusal(int run, int breakpoint) const {
    const auto found = d->known.find(run);
    if (found == d->known.end())
        return {};
    const auto one = found->second.refusals.find(breakpoint);
    return one == found->second.refusals.end() ? found->second.failure : one->second;
}

std::optional<int> BreakpointSource::endedAt(int run, int breakpoint) const {
    const auto found = d->known.find(run);
    if (found == d->known.end() || std::size_t(breakpoint) >= found->second.endedAt.size())
        return std::nullopt;
    return found->second.endedAt[std::size_t(breakpoint)];
}

std::vector<ConditionValue> BreakpointSource::reads(int breakpoint) const {
    if (std::size_t(breakpoint) >= d->breakpoints.size())
        return {};
    const auto condition = Condition::compile(d->breakpoints[std::size_t(breakpoint)].condition);
    return condition ? condition->reads() : std::vector<ConditionValue>();
}

// One search at a time, over the steps that have come since the last.
void BreakpointSource::search() {
    const RunInfo* info = m_trace->run(d->wanted);
    const bool any = std::any_of(d->breakpoints.begin(), d->breakpoints.end(),
                                 [](const Breakpoint& one) { return one.enabled; });
    if (!info || !any || d->stopped)
        return;
    Private::Found& found = d->known[d->wanted];
    const int steps = m_trace->stepCount(d->wanted);
    if (d->underWay == d->wanted || found.searched >= steps || !found.failure.isEmpty())
        return;
    if (d->underWay != 0)
        return d->cancel.request(); // deliver() goes on with the run that is wanted now
    const Askable asked = askable(*info, d->breakpoints);
    found.refusals = asked.refusals;
    d->underWay = d->wanted;
    d->cancel = Cancel();
    d->done->store(0);
    d->total = steps - found.searched;
    d->tell.start();
    d->threads.start([this, run = *info, breakpoints = asked.breakpoints, first = found.searched,
                      last = steps - 1, path = m_trace->path(), generation = d->generation,
                      cancel = d->cancel, done = d->done] {
        const auto scanned = [&]() -> Result<BreakpointHits> {
            auto reader = Reader::open(path);
            if (!reader)
                return reader.error();
            auto scan =
                BreakpointScan::compile(run, breakpoints, regretSource(**reader, run, cancel));
            if (!scan)
                return scan.error();
            return scan->all(
                **reader, first, last, [done](qint64 steps, qint64) { done->store(steps); },
                cancel);
        };
        auto hits = std::make_shared<Result<BreakpointHits>>(scanned());
        // The pool is waited for before this is gone.
        QMetaObject::invokeMethod(
            this,
            [this, generation, run = run.run, last, hits, stopped = cancel.requested()] {
                if (generation == d->generation)
                    deliver(run, last, hits, stopped);
            },
            Qt::QueuedConnection);
    });
}

void BreakpointSource::deliver(int run, int last,
                               const std::shared_ptr<Result<BreakpointHits>>& found,
                               bool cancelled) {
    d->underWay = 0;
    d->tell.stop();
    Private::Found& known = d->known[run];
    if (*found) {
        known.hits.insert(known.hits.end(), (*found)->hits.begin(), (*found)->hits.end());
        known.endedAt.resize((*found)->endedAt.size());
        for (std::size_t i = 0; i < known.endedAt.size(); ++i)
            if (!known.endedAt[i])
                known.endedAt[i] = (*found)->endedAt[i];
        known.searched = last + 1;
    } else if (!cancelled) {
        known.failure = found->error().sentence;
    }
    search();
    emit told();
}

std::optional<BreakpointHit> BreakpointSource::next(const Point& point, int direction) {
    const auto& hits = of(point.run);
    const auto order = [](int step, int layer, int head, int position) {
        return std::tuple(step, layer, head, position);
    };
    // Standing on a hit, the next one is another one.
    const auto here = order(point.step, point.layer, point.head, point.entry);
    const BreakpointHit* best = nullptr;
    for (const BreakpointHit& hit : hits) {
        const Point there = pointOf(hit, point);
        const auto at = order(there.step, there.layer, there.head, there.entry);
        if (direction > 0 && at > here)
            return hit;
        if (direction < 0 && at < here)
            best = &hit;
    }
    return best ? std::optional(*best) : std::nullopt;
}

Point pointOf(const BreakpointHit& hit, Point now) {
    now.step = hit.step;
    now.phase = hit.position == noPosition ? Phase::Record : Phase::Evict;
    if (hit.layer >= 0)
        now.layer = hit.layer;
    if (hit.head >= 0)
        now.head = hit.head;
    if (hit.position != noPosition)
        now.entry = hit.position;
    return now;
}

} // namespace attendre
