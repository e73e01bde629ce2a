#include "model/analysis/condition.h"

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

const FormulaWords& conditionWords() {
    static const FormulaWords words = [] {
        QStringList names;
        for (const ConditionName& name : conditionNames())
            names << name.name;
        return FormulaWords{"The condition", "a condition", names};
    }();
    return words;
}

} // namespace

const std::vector<ConditionName>& conditionNames() {
    using V = ConditionValue;
    using S = ConditionScope;
    static const std::vector<ConditionName> names = {
        {V::Step, S::Step, "step", "the step, 0 for the first"},
        {V::Nll, S::Step, "nll", "the mean nll of the step's tokens, in nats"},
        {V::Milliseconds, S::Step, "milliseconds", "the time that the step took to compute"},
        {V::Layer, S::Layer, "layer", "the layer, 0 for the lowest"},
        {V::Occupancy, S::Layer, "occupancy", "entries of each head after the step"},
        {V::Evicted, S::Layer, "evicted", "evictions of each head in the step"},
        {V::Waiting, S::Layer, "waiting", "queries that wait after the step"},
        {V::Head, S::Head, "head", "the K/V head, 0 for the first"},
        {V::HitRate, S::Head, "hit_rate", "hits of the step / (answered queries x entries)"},
        {V::SinkShare, S::Head, "sink_share", "share of the step's mass on positions 0 to 3"},
        {V::RecentShare, S::Head, "recent_share", "share of the mass on the chunk before"},
        {V::FifoAgreement, S::Head, "fifo_agreement", "share of victims that FIFO would evict too"},
        {V::NeverHit, S::Head, "never_hit", "victims that no query had hit"},
        {V::MeanAge, S::Head, "mean_age", "the victims' mean age in ticks"},
        {V::Coverage, S::Head, "coverage", "seen-coverage; with an archive or of a replay"},
        {V::OutputError, S::Head, "output_error", "the outputs' error; with an archive"},
        {V::Margin, S::Head, "margin", "the first survivor's rank less the last victim's"},
        {V::Position, S::Eviction, "position", "the evicted entry's position"},
        {V::Inserted, S::Eviction, "inserted", "the step in which it had come"},
        {V::Age, S::Eviction, "age", "ticks since it was inserted"},
        {V::Rank, S::Eviction, "rank", "the rank that decided"},
        {V::Hits, S::Eviction, "hits", "how many queries had hit it"},
        {V::Mass, S::Eviction, "mass", "the sum of the weights that it had taken"},
        {V::Regret, S::Eviction, "regret",
         "the mass that it would have received since; of a finished run with an archive"}};
    return names;
}

Condition::Condition(Formula formula) : m_formula(std::move(formula)) {
    for (const int read : m_formula.reads()) {
        m_reads.push_back(ConditionValue(read));
        m_scope = std::max(m_scope, conditionNames()[std::size_t(read)].scope);
    }
}

Result<Condition> Condition::compile(const QString& text) {
    auto formula = Formula::compile(text, conditionWords());
    if (!formula)
        return formula.error();
    return Condition(formula.take());
}

bool Condition::reads(ConditionValue value) const {
    return std::find(m_reads.begin(), m_reads.end(), value) != m_reads.end();
}

// A value that is no number makes every comparison false but !=, which would hold for all of them.
bool Condition::holds() const {
    const double value = m_formula.evaluate();
    return value != 0 && !std::isnan(value);
}

} // namespace attendre
