#include "model/replay/head_replay.h"

#include <QElapsedTimer>

#include <cmath>
#include <limits>

namespace attendre {

bool HeadReplay::isResident(std::int32_t position, int step) const {
    const std::size_t i = std::size_t(position);
    return i < insertedStep.size() && insertedStep[i] >= 0 && insertedStep[i] <= step &&
           (evictedStep[i] < 0 || evictedStep[i] > step);
}

double HeadReplay::meanKept() const {
    double sum = 0;
    int count = 0;
    for (const float share : kept)
        if (!std::isnan(share)) {
            sum += double(share);
            ++count;
        }
    return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

FrozenHead::FrozenHead(Reader& reader, const RunInfo& recorded, int layer, int head)
    : m_run(recorded.run), m_layer(layer), m_head(head), m_frozen(reader, recorded, layer, head) {
    const std::size_t d = std::size_t(recorded.shape.headDimension);
    m_queryHeads = std::size_t(m_frozen.queryHeads());
    m_keyRow = std::size_t(m_frozen.heads()) * d;
    m_queryRow = m_queryHeads * d;
}

Result<std::shared_ptr<const FrozenHead>> FrozenHead::read(Reader& reader, const RunInfo& recorded,
                                                           int layer, int head) {
    std::shared_ptr<FrozenHead> frozen(new FrozenHead(reader, recorded, layer, head));
    const auto tokens = std::int32_t(recorded.tokens);
    auto all = frozen->m_frozen.take({0, tokens, 0, tokens, 0});
    if (!all)
        return all.error();
    frozen->m_all = *all;
    return std::shared_ptr<const FrozenHead>(std::move(frozen));
}

FrozenStep FrozenHead::part(const LayerShare& share) const {
    const std::size_t first = std::size_t(share.firstPosition);
    const FrozenRows& all = m_all.arrivals;
    return {{share.firstPosition, share.arrived, all.key + first * m_keyRow,
             all.value + first * m_keyRow, all.query + first * m_queryRow},
            m_all.logSumExp + std::size_t(share.firstAnswered) * m_queryHeads};
}

Result<HeadReplay> FrozenHead::replay(const ReplayPlan& plan, int head,
                                      const Cancel& cancel) const {
    QElapsedTimer timer;
    timer.start();
    const int at = m_head < 0 ? head : 0; // among the heads that are replayed
    LayerReplay layer(rulesOf(plan, m_layer, m_head));
    HeadReplay replay;
    replay.insertedStep.assign(std::size_t(plan.recorded.tokens), -1);
    replay.evictedStep = replay.insertedStep;
    StepSchedule schedule(plan.configuration, plan.recorded.tokens);
    LayerRecord record;
    while (!schedule.finished()) {
        if (cancel.requested())
            return Error{"The replay was cancelled."};
        const ScheduledStep step = schedule.next();
        const LayerShare& share = step.layers[std::size_t(m_layer)];
        layer.step(share, part(share), record);
        for (int i = 0; i < share.arrived; ++i)
            replay.insertedStep[std::size_t(share.firstPosition + i)] = step.step;
        for (int i = 0; i < record.evicted; ++i)
            replay.evictedStep[std::size_t(
                record.victimPositions[std::size_t(at * record.evicted + i)])] = step.step;
        replay.kept.push_back(share.answered > 0 ? record.seen[std::size_t(at)].coverage
                                                 : std::numeric_limits<float>::quiet_NaN());
    }
    replay.milliseconds = double(timer.nsecsElapsed()) * 1e-6;
    return replay;
}

} // namespace attendre
