#include "model/trace/configuration.h"
#include "model/trace/intervention.h"
#include "model/trace/values.h"

#include <algorithm>

namespace attendre {

namespace {

Error refused(const Intervention& intervention, const QString& why) {
    return {QString("The option --change has \"%1\", %2.").arg(interventionText(intervention), why),
            2};
}

std::optional<Error> misplaced(const Intervention& i, const ResolvedConfiguration& r,
                               const NetworkShape& shape, qint64 tokens) {
    if (i.lastPosition >= tokens)
        return refused(
            i, QString("which does not lie in the input: its last position is %1").arg(tokens - 1));
    if (i.layer >= shape.layers)
        return refused(i, QString("but the model's last layer is %1").arg(shape.layers - 1));
    if (i.head >= shape.heads)
        return refused(i, QString("but the model's last K/V head is %1").arg(shape.heads - 1));
    const int steps = stepCount(r, tokens);
    if (i.firstStep >= steps)
        return refused(i, QString("but the run's last step is %1").arg(steps - 1));
    if (i.head >= 0 && r.granularity == "layer")
        return refused(i, QString("but all heads of a layer decide together here: leave the head "
                                  "out, or choose --granularity head"));
    return std::nullopt;
}

// Kept beside what is protected anyway, in the worst case.
std::optional<Error> tooMany(const std::vector<Intervention>& interventions,
                             const ResolvedConfiguration& r, qint64 tokens) {
    qint64 pins = 0;
    for (const auto& [first, last] : r.asked.pins)
        pins += last - first + 1;
    for (int layer = 0; layer < int(r.memory.size()); ++layer) {
        qint64 kept = 0;
        for (const Intervention& i : interventions)
            if (i.keep && (i.layer < 0 || i.layer == layer))
                kept += i.lastPosition - i.firstPosition + 1;
        const qint64 need = kept + r.sinks + pins + r.recent + r.asked.chunk;
        if (kept > 0 && r.memory[std::size_t(layer)] < tokens &&
            need > r.memory[std::size_t(layer)])
            return Error{QString("The option --change keeps %1 entries in layer %2: with s + pins "
                                 "+ r + C = %3 that is more than M = %4; keep fewer, or raise "
                                 "--memory.")
                             .arg(kept)
                             .arg(layer)
                             .arg(need - kept)
                             .arg(r.memory[std::size_t(layer)]),
                         2};
    }
    return std::nullopt;
}

} // namespace

Result<void> checkInterventions(const ResolvedConfiguration& configuration,
                                const NetworkShape& shape, qint64 tokens) {
    const auto interventions = interventionsFrom(configuration.asked.change);
    if (!interventions)
        return interventions.error();
    for (const Intervention& intervention : *interventions)
        if (const auto error = misplaced(intervention, configuration, shape, tokens))
            return *error;
    if (const QString pair = contradiction(*interventions); !pair.isEmpty())
        return Error{QString("The option --change has \"%1\", which wants the same entry to stay "
                             "and to go: leave one of the two out.")
                         .arg(pair),
                     2};
    if (const auto error = tooMany(*interventions, configuration, tokens))
        return *error;
    return {};
}

std::vector<Intervention> interventionsOf(const RunInfo& run) {
    if (run.parent > 0 && !run.configuration.replay)
        return {};
    auto interventions = interventionsFrom(run.configuration.asked.change);
    return interventions ? interventions.take() : std::vector<Intervention>();
}

} // namespace attendre
