#include "model/analysis/breakpoint_scan.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace attendre {

namespace {

// How many layers and heads a breakpoint looks at, the encoder-output memory being a layer more.
int layerCount(const RunInfo& run) {
    return run.shape.layers + (outputLayer(run) >= 0 ? 1 : 0);
}

Error refusal(const QString& what) {
    return {QString("The breakpoint cannot be set: %1.").arg(what), 2};
}

Result<void> checkPlace(const RunInfo& run, const Breakpoint& breakpoint) {
    const int layers = layerCount(run);
    if (breakpoint.layer < -1 || breakpoint.layer >= layers)
        return refusal(QString("there is no layer %1, the run has 0 to %2")
                           .arg(breakpoint.layer)
                           .arg(layers - 1));
    if (breakpoint.head < -1 || breakpoint.head >= run.shape.heads)
        return refusal(QString("there is no K/V head %1, the run has 0 to %2")
                           .arg(breakpoint.head)
                           .arg(run.shape.heads - 1));
    if (breakpoint.first < noPosition || breakpoint.last < breakpoint.first)
        return refusal(QString("%1-%2 is no span of positions; the first comes first")
                           .arg(breakpoint.first)
                           .arg(breakpoint.last));
    if (breakpoint.first == noPosition && breakpoint.condition.trimmed().isEmpty())
        return refusal("it has neither a span of positions nor a condition");
    return {};
}

auto order(const BreakpointHit& hit) {
    return std::tuple(hit.step, hit.layer, hit.head, hit.position, hit.breakpoint);
}

bool earlier(const BreakpointHit& a, const BreakpointHit& b) {
    return order(a) < order(b);
}

// first <= second, either being the whole where it is -1.
template <class Each>
Result<void> forHeads(const RunInfo& run, const Breakpoint& asked, Each each) {
    for (int layer = 0; layer < layerCount(run); ++layer)
        for (int head = 0; head < headCount(run, layer); ++head)
            if ((asked.layer < 0 || asked.layer == layer) && (asked.head < 0 || asked.head == head))
                if (Result<void> done = each(layer, head); !done)
                    return done;
    return {};
}

} // namespace

ConditionScope BreakpointScan::Compiled::scope() const {
    if (bySpan() || !condition)
        return ConditionScope::Eviction;
    // Where one layer or head is asked for, it is asked of that one.
    const ConditionScope least = asked.head >= 0    ? ConditionScope::Head
                                 : asked.layer >= 0 ? ConditionScope::Layer
                                                    : ConditionScope::Step;
    return std::max(least, condition->scope());
}

Result<BreakpointScan> BreakpointScan::compile(const RunInfo& run,
                                               const std::vector<Breakpoint>& breakpoints,
                                               RegretSource regret) {
    BreakpointScan scan;
    scan.m_run = run;
    scan.m_regret = std::move(regret);
    for (const Breakpoint& asked : breakpoints) {
        if (!asked.enabled) {
            scan.m_breakpoints.push_back({asked, {}});
            continue;
        }
        if (auto placed = checkPlace(run, asked); !placed)
            return placed.error();
        Compiled compiled{asked, {}};
        if (!asked.condition.trimmed().isEmpty()) {
            auto condition = Condition::compile(asked.condition);
            if (!condition)
                return condition.error();
            compiled.condition = condition.take();
        }
        if (compiled.reads(ConditionValue::Regret) && !scan.m_regret)
            return refusal("regret is known of a finished run with --archive all; it cannot stop "
                           "one that is being recorded");
        scan.m_breakpoints.push_back(std::move(compiled));
    }
    return scan;
}

const std::vector<ConditionValue>& BreakpointScan::reads(int breakpoint) const {
    static const std::vector<ConditionValue> nothing;
    const auto& condition = m_breakpoints[std::size_t(breakpoint)].condition;
    return condition ? condition->reads() : nothing;
}

void BreakpointScan::keepIfHolds(int breakpoint, BreakpointHit hit, StepFacts::Values& values,
                                 std::vector<BreakpointHit>& hits) {
    auto& condition = m_breakpoints[std::size_t(breakpoint)].condition;
    if (condition) {
        for (const ConditionValue read : condition->reads()) {
            const double value = values[std::size_t(read)];
            condition->set(read, value);
            hit.values.push_back(value);
        }
        // What the trace lacks decides nothing.
        if (std::any_of(hit.values.begin(), hit.values.end(), [](double v) { return v != v; }) ||
            !condition->holds())
            return;
    }
    hit.breakpoint = breakpoint;
    hits.push_back(std::move(hit));
}

Result<double> BreakpointScan::regretOf(int layer, int head, std::int32_t position) {
    auto found = m_regrets.find({layer, head});
    if (found == m_regrets.end()) {
        auto regrets = m_regret(layer, head);
        if (!regrets)
            return regrets.error();
        found = m_regrets.emplace(std::pair(layer, head), regrets.take()).first;
    }
    const auto one = found->second.find(position);
    return one == found->second.end() ? std::numeric_limits<double>::quiet_NaN() : one->second;
}

Result<void> BreakpointScan::searchEvictions(StepFacts& facts, int breakpoint, int layer, int head,
                                             std::vector<BreakpointHit>& hits) {
    const Compiled& compiled = m_breakpoints[std::size_t(breakpoint)];
    const auto any = facts.evictedIn(layer);
    if (!any)
        return any.error();
    if (!*any)
        return {};
    const auto evictions = facts.evictions(layer, head);
    if (!evictions)
        return evictions.error();
    StepFacts::Values values{};
    if (compiled.condition)
        if (auto filled = facts.fill(*compiled.condition, layer, head, values); !filled)
            return filled;
    for (const Eviction& eviction : *evictions) {
        if (compiled.bySpan() &&
            (eviction.position < compiled.asked.first || eviction.position > compiled.asked.last))
            continue;
        if (compiled.condition)
            if (auto filled = facts.fill(*compiled.condition, eviction, values); !filled)
                return filled;
        if (compiled.reads(ConditionValue::Regret)) {
            const auto regret = regretOf(layer, head, eviction.position);
            if (!regret)
                return regret.error();
            values[std::size_t(ConditionValue::Regret)] = *regret;
        }
        keepIfHolds(breakpoint, {0, facts.step(), layer, head, eviction.position, {}}, values,
                    hits);
    }
    return {};
}

Result<void> BreakpointScan::searchHead(StepFacts& facts, int breakpoint, int layer, int head,
                                        std::vector<BreakpointHit>& hits) {
    StepFacts::Values values{};
    const Compiled& compiled = m_breakpoints[std::size_t(breakpoint)];
    if (auto filled = facts.fill(*compiled.condition, layer, head, values); !filled)
        return filled;
    keepIfHolds(breakpoint, {0, facts.step(), layer, head, noPosition, {}}, values, hits);
    return {};
}

Result<void> BreakpointScan::search(StepFacts& facts, int breakpoint,
                                    std::vector<BreakpointHit>& hits) {
    const Compiled& compiled = m_breakpoints[std::size_t(breakpoint)];
    switch (compiled.scope()) {
    case ConditionScope::Step:
        return searchHead(facts, breakpoint, -1, -1, hits);
    case ConditionScope::Layer:
        for (int layer = 0; layer < layerCount(m_run); ++layer)
            if (compiled.asked.layer < 0 || compiled.asked.layer == layer)
                if (auto done = searchHead(facts, breakpoint, layer, -1, hits); !done)
                    return done;
        return {};
    case ConditionScope::Head:
        return forHeads(m_run, compiled.asked, [&](int layer, int head) {
            return searchHead(facts, breakpoint, layer, head, hits);
        });
    case ConditionScope::Eviction:
        return forHeads(m_run, compiled.asked, [&](int layer, int head) {
            return searchEvictions(facts, breakpoint, layer, head, hits);
        });
    }
    return {};
}

Result<std::vector<BreakpointHit>> BreakpointScan::at(Reader& reader, int step) {
    StepFacts facts(reader, m_run, step);
    std::vector<BreakpointHit> hits;
    for (int i = 0; i < int(m_breakpoints.size()); ++i)
        if (m_breakpoints[std::size_t(i)].asked.enabled)
            if (auto searched = search(facts, i, hits); !searched)
                return searched.error();
    std::stable_sort(hits.begin(), hits.end(), earlier);
    return hits;
}

Result<void> BreakpointScan::lookUp(Reader& reader, int breakpoint, int first, int last,
                                    BreakpointHits& found) const {
    std::vector<BreakpointHit> hits;
    const Breakpoint& asked = m_breakpoints[std::size_t(breakpoint)].asked;
    const auto done = forHeads(m_run, asked, [&](int layer, int head) -> Result<void> {
        const auto lives =
            reader.lives(m_run.run, layer, head, asked.first, asked.last - asked.first + 1);
        if (!lives)
            return lives.error();
        for (const Life& life : *lives)
            if (life.evictedStep >= first && life.evictedStep <= last)
                hits.push_back({breakpoint, life.evictedStep, layer, head, life.position, {}});
        return {};
    });
    if (!done)
        return done;
    std::stable_sort(hits.begin(), hits.end(), earlier);
    if (hits.size() > std::size_t(mostHits)) {
        hits.resize(std::size_t(mostHits));
        found.endedAt[std::size_t(breakpoint)] = hits.back().step;
    }
    found.hits.insert(found.hits.end(), hits.begin(), hits.end());
    return {};
}

Result<BreakpointHits> BreakpointScan::all(Reader& reader, int first, int last,
                                           const Progress& progress, const Cancel& cancel) {
    BreakpointHits found;
    found.endedAt.resize(m_breakpoints.size());
    std::vector<int> walked; // those that have to look at every step
    std::vector<int> counts(m_breakpoints.size());
    for (int i = 0; i < int(m_breakpoints.size()); ++i) {
        const Compiled& compiled = m_breakpoints[std::size_t(i)];
        if (!compiled.asked.enabled)
            continue;
        if (compiled.condition)
            walked.push_back(i);
        else if (auto done = lookUp(reader, i, first, last, found); !done)
            return done.error();
    }
    for (int step = first; step <= last && !walked.empty(); ++step) {
        if (cancel.requested())
            return Error{"The search for breakpoints was cancelled."};
        StepFacts facts(reader, m_run, step);
        for (const int i : walked) {
            const auto before = found.hits.size();
            if (auto done = search(facts, i, found.hits); !done)
                return done.error();
            if ((counts[std::size_t(i)] += int(found.hits.size() - before)) >= mostHits)
                found.endedAt[std::size_t(i)] = step;
        }
        std::erase_if(walked, [&](int i) { return found.endedAt[std::size_t(i)].has_value(); });
        if (progress)
            progress(step - first + 1, last - first + 1);
    }
    std::stable_sort(found.hits.begin(), found.hits.end(), earlier);
    return found;
}

} // namespace attendre
