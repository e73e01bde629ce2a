#include "widgets/losses_source.h"

#include "widgets/trace_source.h"

#include <QThreadPool>

#include <map>
#include <optional>
#include <tuple>

namespace attendre {

namespace {
using Head = std::tuple<int, int, int>; // run, layer, K/V head
constexpr std::size_t mostKept = 64;    // heads; some 30 bytes for each of their evictions
} // namespace

class LossesSource::Private {
  public:
    std::map<Head, std::shared_ptr<const HeadLosses>> known;
    std::map<Head, QString> failures;
    std::optional<Head> wanted, underWay;
    int opening = 0; // counts the traces: what belongs to an older one is dropped
    Cancel cancel;
    QThreadPool threads;
};

LossesSource::LossesSource(TraceSource* trace, QObject* parent)
    : QObject(parent), d(std::make_unique<Private>()), m_trace(trace) {
    d->threads.setMaxThreadCount(1);
    connect(trace, &TraceSource::opened, this, &LossesSource::forget);
    connect(trace, &TraceSource::closed, this, &LossesSource::forget);
}

LossesSource::~LossesSource() {
    d->cancel.request();
    d->threads.waitForDone();
}

void LossesSource::forget() {
    d->cancel.request();
    d->known.clear();
    d->failures.clear();
    d->wanted.reset();
    d->underWay.reset();
    ++d->opening;
}

QString LossesSource::refusal(int run) const {
    const RunInfo* info = m_trace->run(run);
    if (!info)
        return tr("There is no such run.");
    if (const auto can = checkLosses(*info); !can)
        return can.error().sentence;
    for (const auto& [head, failure] : d->failures)
        if (std::get<0>(head) == run)
            return failure;
    return {};
}

bool LossesSource::reckoning() const {
    return d->underWay.has_value();
}

std::shared_ptr<const HeadLosses> LossesSource::of(int run, int layer, int head, bool start) {
    const Head wanted{run, layer, head};
    if (const auto found = d->known.find(wanted); found != d->known.end())
        return found->second;
    if (!start || !refusal(run).isEmpty())
        return nullptr;
    d->wanted = wanted;
    reckon();
    return nullptr;
}

// One at a time; one that nobody wants any more is left for the newer.
void LossesSource::reckon() {
    if (!d->wanted || d->underWay == d->wanted)
        return;
    if (d->underWay)
        return d->cancel.request();
    d->underWay = std::exchange(d->wanted, std::nullopt);
    d->cancel = Cancel();
    const auto [number, layer, head] = *d->underWay;
    const RunInfo run = *m_trace->run(number);
    d->threads.start([this, run, layer = layer, head = head, path = m_trace->path(),
                      opening = d->opening, cancel = d->cancel] {
        auto reader = Reader::open(path);
        auto losses = reader ? lossesOf(**reader, run, layer, head, {}, cancel)
                             : Result<HeadLosses>(reader.error());
        // The pool is waited for before this is gone.
        QMetaObject::invokeMethod(
            this,
            [this, opening, stopped = cancel.requested(), key = Head{run.run, layer, head},
             losses = std::make_shared<Result<HeadLosses>>(std::move(losses))] {
                if (opening != d->opening)
                    return;
                d->underWay.reset();
                if (d->known.size() >= mostKept)
                    d->known.clear();
                if (*losses)
                    d->known[key] = std::make_shared<const HeadLosses>(losses->take());
                else if (!stopped)
                    d->failures[key] = losses->error().sentence;
                reckon();
                if (*losses || !stopped)
                    emit told();
            },
            Qt::QueuedConnection);
    });
}

} // namespace attendre
