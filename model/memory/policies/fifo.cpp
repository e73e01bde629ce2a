#include "model/memory/policy.h"

namespace attendre::policies {

static void rankByTickInserted(const HeadColumns& columns, const RankContext&,
                               std::span<double> rank) {
    for (std::size_t i = 0; i < rank.size(); ++i)
        rank[i] = double(tickInserted(columns.position[i]));
}

Policy fifo() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("fifo");
    d.title = QStringLiteral("FIFO, first in, first out");
    d.definition = QStringLiteral("Evicts the entry that arrived first: the rank is the tick at "
                                  "which it was inserted.");
    d.rankColumn = QStringLiteral("tick_inserted");
    d.rankLabel = QStringLiteral("tick inserted");
    d.columns = {QStringLiteral("tick_inserted")};
    d.evictSentence = QStringLiteral("it arrived at tick %1, the first survivor at tick %2");
    d.defaultRecent = QStringLiteral("0");
    policy.prepare = always({.rank = rankByTickInserted, .readsUsage = false});
    return policy;
}

} // namespace attendre::policies
