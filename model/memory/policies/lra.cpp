#include "model/memory/policy.h"

namespace attendre::policies {

static void rankByLastTick(const HeadColumns& columns, const RankContext&, std::span<double> rank) {
    for (std::size_t i = 0; i < rank.size(); ++i)
        rank[i] = double(columns.lastTick[i]);
}

Policy lra() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("lra");
    d.title = QStringLiteral("LRA, least recently attended");
    d.definition = QStringLiteral(
        "Evicts the entry whose last hit lies furthest back: the rank is the tick of "
        "the last query that gave it at least an even share of its attention, or "
        "the tick at which it was inserted if none has.");
    d.rankColumn = QStringLiteral("last_tick");
    d.rankLabel = QStringLiteral("last attended tick");
    d.columns = {QStringLiteral("last_tick"), QStringLiteral("hits"), QStringLiteral("last_mass")};
    d.evictSentence = QStringLiteral("its last hit was tick %1, the first survivor's %2");
    d.defaultRecent = QStringLiteral("0");
    policy.prepare = always({.rank = rankByLastTick});
    return policy;
}

} // namespace attendre::policies
