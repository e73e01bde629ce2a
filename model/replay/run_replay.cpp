#include "model/replay/run_replay.h"

#include "model/trace/recorder.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QUuid>

#include <algorithm>
#include <atomic>
#include <thread>

namespace attendre {

namespace {

// One layer with what is taken from the archive for it.
struct ReplayedLayer {
    FrozenLayer frozen;
    LayerReplay replay;
};

// Calls f(i) for i from 0 to count - 1 on all cores.
template <class F> void besideEachOther(int count, F f) {
    std::atomic<int> next = 0;
    const auto work = [&] {
        for (int i = next++; i < count; i = next++)
            f(i);
    };
    const int cores = std::max(1, int(std::thread::hardware_concurrency()));
    std::vector<std::thread> others;
    for (int i = 1; i < std::min(cores, count); ++i)
        others.emplace_back(work);
    work();
    for (std::thread& other : others)
        other.join();
}

bool sameFile(const QString& a, const QString& b) {
    const QFileInfo first(a), second(b);
    return second.exists() && first.canonicalFilePath() == second.canonicalFilePath();
}

RunInfo describe(const Reader& reader, const ReplayPlan& plan, const ReplayTarget& target) {
    RunInfo run = plan.recorded;
    const bool inside = target.append && sameFile(reader.path(), target.trace);
    run.uuid = QUuid::createUuid().toString(QUuid::WithoutBraces);
    run.created = QDateTime::currentDateTimeUtc();
    run.parent = inside ? plan.recorded.run : 0;
    run.parentStep = inside ? 0 : -1;
    run.label = QString("replay of run %1").arg(plan.recorded.run);
    if (!inside)
        run.label += " of " + QFileInfo(reader.path()).fileName();
    if (!target.label.isEmpty())
        run.label = target.label + " (" + run.label + ')';
    run.device = "cpu";
    run.dtype = "f32";
    run.threads = std::max(1, int(std::thread::hardware_concurrency()));
    run.build = target.build;
    run.configuration = plan.configuration;
    run.policy = plan.policy;
    run.command = target.command;
    run.finished = false;
    run.ended.clear();
    return run;
}

Result<StepRecord> replayStep(const ScheduledStep& scheduled, std::vector<ReplayedLayer>& layers) {
    QElapsedTimer timer;
    timer.start();
    std::vector<FrozenStep> frozen;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        auto taken = layers[l].frozen.take(scheduled.layers[l]);
        if (!taken)
            return taken.error();
        frozen.push_back(*taken);
    }
    StepRecord record;
    record.step = scheduled.step;
    record.kind = scheduled.kind;
    record.firstPosition = scheduled.firstPosition;
    record.arrived = scheduled.arrived;
    record.layers.resize(layers.size());
    besideEachOther(int(layers.size()), [&](int l) {
        const std::size_t i = std::size_t(l);
        layers[i].replay.step(scheduled.layers[i], frozen[i], record.layers[i]);
    });
    record.milliseconds = double(timer.nsecsElapsed()) * 1e-6;
    return record;
}

Result<void> replaySteps(Reader& reader, const ReplayPlan& plan, Recorder& recorder,
                         const Progress& progress, const Cancel& cancel) {
    std::vector<ReplayedLayer> layers;
    for (int l = 0; l < plan.recorded.shape.layers; ++l) {
        ReplayRules rules = rulesOf(plan, l);
        rules.top = plan.configuration.asked.detail == "full";
        layers.push_back({FrozenLayer(reader, plan.recorded, l), LayerReplay(std::move(rules))});
    }
    StepSchedule schedule(plan.configuration, plan.recorded.tokens);
    const int total = stepCount(plan.configuration, plan.recorded.tokens);
    while (!schedule.finished()) {
        if (cancel.requested())
            return Error{"The replay was interrupted: its steps so far are recorded."};
        const ScheduledStep scheduled = schedule.next();
        auto record = replayStep(scheduled, layers);
        if (!record)
            return record.error();
        if (auto added = recorder.add(record.take()); !added)
            return added;
        if (progress)
            progress(scheduled.step + 1, total);
    }
    return {};
}

} // namespace

Result<int> replayRun(Reader& reader, const ReplayPlan& plan, const ReplayTarget& target,
                      const Progress& progress, const Cancel& cancel) {
    auto tokens = reader.tokens(plan.recorded.run, 0, std::int32_t(plan.recorded.tokens));
    if (!tokens)
        return tokens.error();
    RecorderOptions options;
    options.append = target.append;
    options.overwrite = target.overwrite;
    options.archive = plan.attention;
    auto recorder = Recorder::open(target.trace, describe(reader, plan, target), tokens.take(),
                                   std::move(options));
    if (!recorder)
        return recorder.error();
    const int run = (*recorder)->run();
    auto replayed = replaySteps(reader, plan, **recorder, progress, cancel);
    auto finished = (*recorder)->finish(replayed ? QString() : replayed.error().sentence);
    if (!replayed)
        return replayed.error();
    return finished ? Result<int>(run) : Result<int>(finished.error());
}

} // namespace attendre
