#include "model/memory/policy.h"

namespace attendre::policies {

static void rankByLastWeight(const HeadColumns& columns, const RankContext&,
                             std::span<double> rank) {
    for (std::size_t i = 0; i < rank.size(); ++i)
        rank[i] = double(columns.lastWeight[i]);
}

Policy tova() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("tova");
    d.title = QStringLiteral("TOVA, least attended by the last query");
    d.definition = QStringLiteral("Evicts the entry to which the query answered last paid the "
                                  "least attention: the rank is that one query's weight. By "
                                  "default the heads of a layer decide together.");
    d.rankLabel = QStringLiteral("weight of the last query");
    d.columns = {QStringLiteral("last_mass"), QStringLiteral("mass"), QStringLiteral("hits")};
    d.evictSentence =
        QStringLiteral("the last query gave it a weight of %1, the first survivor %2");
    d.defaultRecent = QStringLiteral("0");
    d.granularity = QStringLiteral("layer");
    policy.prepare = always({.rank = rankByLastWeight});
    return policy;
}

} // namespace attendre::policies
