#include "model/analysis/step_facts.h"

#include <limits>

namespace attendre {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

double& valueIn(StepFacts::Values& values, ConditionValue value) {
    return values[std::size_t(value)];
}

} // namespace

Result<const LayerStepInfo*> StepFacts::layerStep(int layer) {
    if (!m_layers) {
        auto layers = m_reader.layerSteps(m_run.run, m_step);
        if (!layers)
            return layers.error();
        m_layers = layers.take();
        if (outputLayer(m_run) >= 0) {
            auto output = m_reader.outputStep(m_run.run, m_step);
            if (!output)
                return output.error();
            m_layers->push_back(*output);
        }
    }
    for (const LayerStepInfo& one : *m_layers)
        if (one.layer == layer)
            return &one;
    return nullptr;
}

Result<const HeadStepInfo*> StepFacts::headStep(int layer, int head) {
    if (!m_heads) {
        auto heads = m_reader.headSteps(m_run.run, m_step);
        if (!heads)
            return heads.error();
        m_heads = heads.take();
    }
    const auto index = std::size_t(layer) * std::size_t(m_run.shape.heads) + std::size_t(head);
    return layer < m_run.shape.layers && index < m_heads->size() ? &(*m_heads)[index] : nullptr;
}

Result<const LayerState*> StepFacts::before(int layer) {
    if (m_step == 0)
        return nullptr;
    auto found = m_before.find(layer);
    if (found == m_before.end()) {
        auto state = m_reader.layerState(m_run.run, m_step - 1, layer);
        if (!state)
            return state.error();
        found = m_before.emplace(layer, state.take()).first;
    }
    return &found->second;
}

Result<bool> StepFacts::evictedIn(int layer) {
    const auto info = layerStep(layer);
    if (!info)
        return info.error();
    return *info && (*info)->evicted > 0;
}

Result<std::vector<Eviction>> StepFacts::evictions(int layer, int head) {
    return m_reader.evictions(m_run.run, m_step, layer, head);
}

// No number where nothing had to go, all had to, or the survivors' ranks are not in the trace:
// Random and Future rank anew in each step.
Result<double> StepFacts::margin(int layer, int head) {
    const auto evicted = evictedIn(layer);
    if (!evicted)
        return evicted.error();
    const auto state = before(layer);
    if (!state)
        return state.error();
    if (m_run.policy.name == QLatin1String("random") ||
        m_run.policy.name == QLatin1String("future") || !*evicted || !*state ||
        std::size_t(head) >= (*state)->heads.size())
        return none;
    const auto recorded = evictions(layer, head);
    if (!recorded)
        return recorded.error();
    const LayerStepInfo& info = **layerStep(layer);
    EvictionRanking ranking = rankCandidates(
        (*state)->heads[std::size_t(head)],
        evictionRules(m_run, {m_step, layer, head}, info.firstPosition, info.arrived));
    return applyRecorded(ranking, *recorded) && ranking.cut() ? ranking.margin() : none;
}

Result<void> StepFacts::fill(const Condition& condition, int layer, int head, Values& values) {
    using V = ConditionValue;
    valueIn(values, V::Step) = m_step;
    valueIn(values, V::Layer) = layer;
    valueIn(values, V::Head) = head;
    if (condition.reads(V::Nll) || condition.reads(V::Milliseconds)) {
        if (!m_info) {
            const auto info = m_reader.steps(m_run.run, m_step, 1);
            if (!info)
                return info.error();
            m_info = info->empty() ? StepInfo() : info->front();
        }
        valueIn(values, V::Nll) = m_info->meanNll;
        valueIn(values, V::Milliseconds) = m_info->milliseconds;
    }
    if (layer >= 0) {
        const auto info = layerStep(layer);
        if (!info)
            return info.error();
        valueIn(values, V::Occupancy) = *info ? (*info)->occupancy : none;
        valueIn(values, V::Evicted) = *info ? (*info)->evicted : none;
        valueIn(values, V::Waiting) = *info ? (*info)->waiting : none;
    }
    if (head < 0)
        return {};
    const auto found = headStep(layer, head);
    if (!found)
        return found.error();
    const HeadStepInfo* info = *found;
    valueIn(values, V::HitRate) = info ? info->hitRate : none;
    valueIn(values, V::SinkShare) = info ? info->sinkShare : none;
    valueIn(values, V::RecentShare) = info ? info->recentShare : none;
    valueIn(values, V::FifoAgreement) = info && info->evicted > 0 ? info->fifoAgreement : none;
    valueIn(values, V::NeverHit) = info ? info->evictedNeverHit : none;
    valueIn(values, V::MeanAge) = info && info->evicted > 0 ? info->meanAgeAtEviction : none;
    valueIn(values, V::Coverage) = info ? info->seen.coverage : none;
    valueIn(values, V::OutputError) = info ? info->seen.outputError : none;
    valueIn(values, V::Margin) = none;
    if (condition.reads(V::Margin)) {
        const auto found = margin(layer, head);
        if (!found)
            return found.error();
        valueIn(values, V::Margin) = *found;
    }
    return {};
}

Result<void> StepFacts::fill(const Condition& condition, const Eviction& eviction, Values& values) {
    using V = ConditionValue;
    const auto info = layerStep(eviction.layer);
    if (!info)
        return info.error();
    valueIn(values, V::Position) = eviction.position;
    valueIn(values, V::Inserted) = eviction.insertedStep;
    valueIn(values, V::Age) = *info ? double((*info)->tick - (eviction.position + 1)) : none;
    valueIn(values, V::Rank) = eviction.rank;
    valueIn(values, V::Hits) = none;
    valueIn(values, V::Mass) = none;
    if (condition.reads(V::Hits) || condition.reads(V::Mass)) {
        const auto state = before(eviction.layer);
        if (!state)
            return state.error();
        if (*state && std::size_t(eviction.head) < (*state)->heads.size()) {
            const HeadState& head = (*state)->heads[std::size_t(eviction.head)];
            const auto slot = std::size_t(eviction.slot);
            if (slot < head.hits.size())
                valueIn(values, V::Hits) = head.hits[slot];
            if (slot < head.mass.size())
                valueIn(values, V::Mass) = head.mass[slot];
        }
    }
    return {};
}

} // namespace attendre
