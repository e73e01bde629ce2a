#include "model/memory/policy.h"
#include "model/trace/expression.h"

#include <algorithm>

namespace attendre::policies {

static double valueOf(EntryValue value, const HeadColumns& columns, std::int64_t tick,
                      std::size_t i) {
    switch (value) {
    case EntryValue::Age:
        return double(tick - tickInserted(columns.position[i]));
    case EntryValue::Recency:
        return double(tick) - double(columns.lastTick[i]);
    case EntryValue::Mass:
        return columns.mass[i];
    case EntryValue::MassSquared:
        return columns.massSquared[i];
    case EntryValue::Hits:
        return columns.hits[i];
    case EntryValue::LastMass:
        return double(columns.lastMass[i]);
    case EntryValue::Position:
        return double(columns.position[i]);
    case EntryValue::Tick:
        return double(tick);
    case EntryValue::KeyNorm:
        return columns.keyNorm[i];
    case EntryValue::ValueNorm:
        return columns.valueNorm[i];
    case EntryValue::Layer:
        return double(columns.layer);
    case EntryValue::Head:
        break;
    }
    return double(columns.head);
}

// The usage column that tells most about a value; empty where none does.
static QString columnOf(EntryValue value) {
    switch (value) {
    case EntryValue::Age:
        return QStringLiteral("age");
    case EntryValue::Recency:
        return QStringLiteral("last_tick");
    case EntryValue::Mass:
        return QStringLiteral("mass");
    case EntryValue::MassSquared:
        return QStringLiteral("mass_sq");
    case EntryValue::Hits:
        return QStringLiteral("hits");
    case EntryValue::LastMass:
        return QStringLiteral("last_mass");
    case EntryValue::Position:
        return QStringLiteral("position");
    default:
        return {};
    }
}

static Result<Ranking> prepare(const PolicyInput& input) {
    auto compiled = Expression::compile(input.configuration.asked.expression);
    if (!compiled)
        return compiled.error();
    const auto expression = std::make_shared<Expression>(compiled.take());
    const auto reads = [&](std::initializer_list<EntryValue> values) {
        return std::any_of(values.begin(), values.end(), [&](EntryValue value) {
            const auto& all = expression->reads();
            return std::find(all.begin(), all.end(), value) != all.end();
        });
    };
    Ranking ranking;
    ranking.readsUsage = reads({EntryValue::Recency, EntryValue::Mass, EntryValue::MassSquared,
                                EntryValue::Hits, EntryValue::LastMass});
    ranking.readsNorms = reads({EntryValue::KeyNorm, EntryValue::ValueNorm});
    ranking.rank = [expression](const HeadColumns& columns, const RankContext& context,
                                std::span<double> rank) {
        for (std::size_t i = 0; i < rank.size(); ++i) {
            for (const EntryValue value : expression->reads())
                expression->set(value, valueOf(value, columns, context.tick, i));
            rank[i] = expression->evaluate();
        }
    };
    return ranking;
}

static QString definition(const QString& rank) {
    return QStringLiteral("Evicts the entry for which %1 is lowest. Infinite values order as "
                          "numbers do; one that is not a number (0/0) counts as the lowest.")
        .arg(rank);
}

// The words of an expression: what it reads, and what that means.
static PolicyDescription described(PolicyDescription d, const QString& text) {
    const auto expression = Expression::compile(text);
    if (!expression)
        return d; // refused before a run
    const QString rank = text.simplified();
    QStringList meanings;
    d.columns.clear();
    for (const ExpressionName& name : expressionNames()) {
        const auto& reads = expression->reads();
        if (std::find(reads.begin(), reads.end(), name.value) == reads.end())
            continue;
        meanings << name.name + QStringLiteral(": ") + name.meaning;
        if (const QString column = columnOf(name.value); !column.isEmpty())
            d.columns << column;
    }
    d.title = QStringLiteral("Custom, ") + rank;
    d.rankLabel = rank;
    d.definition = definition(rank);
    if (!meanings.isEmpty())
        d.definition +=
            QStringLiteral(" Here ") + meanings.join(QStringLiteral("; ")) + QStringLiteral(".");
    d.evictSentence =
        QStringLiteral("its %3 is %1, the first survivor's %2").replace(QStringLiteral("%3"), rank);
    return d;
}

Policy custom() {
    Policy policy;
    PolicyDescription& d = policy.description;
    d.name = QStringLiteral("custom");
    d.title = QStringLiteral("Custom, an expression");
    d.definition = definition(QStringLiteral("the value of --expression"));
    d.rankLabel = QStringLiteral("value of the expression");
    d.columns = {QStringLiteral("mass"), QStringLiteral("hits"), QStringLiteral("last_tick")};
    d.evictSentence = QStringLiteral("its expression gives %1, the first survivor's %2");
    d.defaultRecent = QStringLiteral("0");
    policy.described = [d](const Configuration& c) { return described(d, c.expression); };
    policy.prepare = prepare;
    return policy;
}

} // namespace attendre::policies
