#include "model/memory/policy.h"

namespace attendre::policies {

// The finaliser of splitmix64: every input bit changes about half of the output's.
static std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// A number in [0, 1) that is drawn afresh at every tick at which ranks are taken, from the seed
// alone: the same run draws the same numbers.
static void rankBySeed(const HeadColumns& columns, const RankContext& context,
                       std::span<double> rank) {
    std::uint64_t step = mixed(context.seed);
    step = mixed(step ^ std::uint64_t(columns.layer));
    step = mixed(step ^ std::uint64_t(columns.head));
    step = mixed(step ^ std::uint64_t(context.tick));
    for (std::size_t i = 0; i < rank.size(); ++i)
        rank[i] = double(mixed(step ^ std::uint64_t(columns.position[i])) >> 11) * 0x1.0p-53;
}

Policy random() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("random");
    d.title = QStringLiteral("Random");
    d.definition =
        QStringLiteral("Evicts entries by lot: the rank is a number drawn afresh at "
                       "every step from the seed, the layer, the head and the position.");
    d.rankLabel = QStringLiteral("lot");
    d.columns = {};
    d.evictSentence = QStringLiteral("it drew %1, the first survivor %2");
    d.defaultRecent = QStringLiteral("0");
    policy.prepare = always({.rank = rankBySeed, .readsUsage = false});
    return policy;
}

} // namespace attendre::policies
