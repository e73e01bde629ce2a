#include "model/memory/policy.h"

namespace attendre::policies {

static void rankByHits(const HeadColumns& columns, const RankContext&, std::span<double> rank) {
    for (std::size_t i = 0; i < rank.size(); ++i)
        rank[i] = columns.hits[i];
}

Policy lfa() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("lfa");
    d.title = QStringLiteral("LFA, least frequently attended");
    d.definition =
        QStringLiteral("Evicts the entry with the fewest hits: the rank counts the queries that "
                       "gave it at least an even share of their attention.");
    d.rankColumn = QStringLiteral("hits");
    d.rankLabel = QStringLiteral("hits");
    d.columns = {QStringLiteral("hits"), QStringLiteral("last_tick"), QStringLiteral("mass")};
    d.evictSentence = QStringLiteral("its hits are %1 in number, the first survivor's %2");
    d.defaultRecent = QStringLiteral("C");
    policy.prepare = always({.rank = rankByHits});
    return policy;
}

} // namespace attendre::policies
