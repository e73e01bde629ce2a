#include "model/memory/policy.h"

namespace attendre::policies {

static void rankByMass(const HeadColumns& columns, const RankContext&, std::span<double> rank) {
    for (std::size_t i = 0; i < rank.size(); ++i)
        rank[i] = columns.mass[i];
}

Policy h2o() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("h2o");
    d.title = QStringLiteral("H2O, heavy hitters");
    d.definition = QStringLiteral("Evicts the entry that has received the least attention in all: "
                                  "the rank is the sum of its weights. Half of what survives a "
                                  "step is kept for the latest arrivals.");
    d.rankColumn = QStringLiteral("mass");
    d.rankLabel = QStringLiteral("sum of weights");
    d.columns = {QStringLiteral("mass"), QStringLiteral("last_mass"), QStringLiteral("hits")};
    d.evictSentence =
        QStringLiteral("it has received %1 of attention in all, the first survivor %2");
    d.defaultRecent = QStringLiteral("(M-C)/2");
    policy.prepare = always({.rank = rankByMass});
    return policy;
}

} // namespace attendre::policies
