#include "model/memory/future_mass.h"
#include "model/memory/policy.h"

namespace attendre::policies {

static Result<Ranking> prepare(const PolicyInput& input) {
    auto opened = FutureMass::open(input.configuration.asked.future, input);
    if (!opened)
        return opened.error();
    const std::shared_ptr<FutureMass> mass = opened.take();
    Ranking ranking;
    ranking.readsUsage = false;
    ranking.notices = {mass->source()};
    ranking.rank = [mass](const HeadColumns& columns, const RankContext& context,
                          std::span<double> rank) {
        mass->toCome(columns.layer, columns.head, context.tick, columns.position, rank);
    };
    return ranking;
}

Policy future() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("future");
    d.title = QStringLiteral("Future, least attention to come");
    d.definition = QStringLiteral(
        "Evicts the entry for which the least attention is still to come in its layer and head, as "
        "a recorded run with M >= T of the same input and model tells: its sum of weights at the "
        "end less that after the last recorded step up to the layer's tick. A strong reference, "
        "not a bound: it is greedy, every arrival must enter, and hidden states differ once "
        "something was evicted.");
    d.rankLabel = QStringLiteral("attention to come");
    d.columns = {QStringLiteral("mass"), QStringLiteral("hits"), QStringLiteral("last_tick")};
    d.evictSentence =
        QStringLiteral("%1 of attention was still to come for it, %2 for the first survivor");
    d.defaultRecent = QStringLiteral("0");
    policy.prepare = prepare;
    return policy;
}

} // namespace attendre::policies
