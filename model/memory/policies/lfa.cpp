#include "model/memory/policy.h"

#include <algorithm>

namespace attendre::policies {

static Result<Ranking> prepare(const PolicyInput& input) {
    const bool mass = input.configuration.asked.lfaCount == QStringLiteral("mass");
    const bool perAge = input.configuration.asked.lfaPerAge;
    return Ranking{.rank = [mass, perAge](const HeadColumns& columns, const RankContext& context,
                                          std::span<double> rank) {
        for (std::size_t i = 0; i < rank.size(); ++i) {
            const std::int64_t age = context.tick - tickInserted(columns.position[i]);
            rank[i] = (mass ? columns.mass[i] : columns.hits[i]) /
                      (perAge ? double(std::max<std::int64_t>(1, age)) : 1);
        }
    }};
}

static PolicyDescription described(PolicyDescription d, const Configuration& configuration) {
    if (configuration.lfaCount == QStringLiteral("mass")) {
        d.title = QStringLiteral("LFA by weight, least frequently attended");
        d.definition = QStringLiteral("Evicts the entry that has received the least attention in "
                                      "all: the rank is the sum of its weights.");
        d.rankColumn = QStringLiteral("mass");
        d.rankLabel = QStringLiteral("sum of weights");
        d.columns = {QStringLiteral("mass"), QStringLiteral("hits"), QStringLiteral("last_tick")};
        d.evictSentence =
            QStringLiteral("it has received %1 of attention in all, the first survivor %2");
    }
    if (configuration.lfaPerAge) {
        d.title.replace(QStringLiteral(", least"), QStringLiteral(" per age, least"));
        d.definition += QStringLiteral(" It is divided by the entry's age in ticks, at least 1.");
        d.rankColumn.clear();
        d.columns.insert(1, QStringLiteral("age"));
        d.evictSentence = QStringLiteral("its ") + d.rankLabel +
                          QStringLiteral(" per tick of age: %1, the first survivor's %2");
        d.rankLabel += QStringLiteral(" / age");
    }
    return d;
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
    policy.described = [d](const Configuration& c) { return described(d, c); };
    policy.prepare = prepare;
    return policy;
}

} // namespace attendre::policies
