#include "model/trace/expression.h"

namespace attendre {

namespace {

const FormulaWords& rankWords() {
    static const FormulaWords words = [] {
        QStringList names;
        for (const ExpressionName& name : expressionNames())
            names << name.name;
        return FormulaWords{"The option --expression", "a rank", names};
    }();
    return words;
}

} // namespace

const std::vector<ExpressionName>& expressionNames() {
    static const std::vector<ExpressionName> names = {
        {EntryValue::Age, "age", "the layer's tick less the tick at which the entry was inserted"},
        {EntryValue::Recency, "recency", "the layer's tick less the entry's last attended tick"},
        {EntryValue::Mass, "mass", "the sum of its weights"},
        {EntryValue::MassSquared, "mass_sq", "the sum of their squares"},
        {EntryValue::Hits, "hits", "how many queries hit it"},
        {EntryValue::LastMass, "last_mass", "the sum of its weights in the last step"},
        {EntryValue::Position, "position", "its original position, 0 for the first"},
        {EntryValue::Tick, "tick", "the layer's tick: the keys that have arrived in it"},
        {EntryValue::KeyNorm, "key_norm", "the Euclidean length of its key"},
        {EntryValue::ValueNorm, "value_norm", "the Euclidean length of its value"},
        {EntryValue::Layer, "layer", "the layer, 0 for the lowest"},
        {EntryValue::Head, "head", "the K/V head, 0 for the first"}};
    return names;
}

const QStringList& expressionFunctions() {
    return formulaFunctions();
}

Expression::Expression(Formula formula) : m_formula(std::move(formula)) {
    for (int name : m_formula.reads())
        m_reads.push_back(EntryValue(name)); // the names stand in the order of their values
}

Result<Expression> Expression::compile(const QString& text) {
    auto formula = Formula::compile(text, rankWords());
    if (!formula)
        return formula.error();
    return Expression(formula.take());
}

Result<void> checkExpression(const QString& text) {
    if (auto expression = Expression::compile(text); !expression)
        return expression.error();
    return {};
}

} // namespace attendre
