#include "model/trace/expression.h"

#include "model/trace/nearest_word.h"

#include <QRegularExpression>

#include <muParser.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

constexpr std::size_t valueCount = 12;

Error wrong(const QString& what) {
    return {QString("The option --expression is not understood: %1%2")
                .arg(what, what.endsWith('?') ? "" : "."),
            2};
}

// column counts from 1, as an editor does.
Error wrongAt(qsizetype column, const QString& what) {
    return wrong(QString("column %1: %2").arg(column).arg(what));
}

QStringList allNames() {
    QStringList names;
    for (const ExpressionName& name : expressionNames())
        names << name.name;
    return names;
}

// "; did you mean mass?", or which there are.
QString meant(const QString& name) {
    const int most = name.size() < 3 ? 0 : name.size() < 6 ? 1 : 2; // short names are all near
    const QString nearest = nearestWord(name, allNames(), most);
    return nearest.isEmpty() ? "; there are " + allNames().join(", ")
                             : QString("; did you mean %1?").arg(nearest);
}

// A number that no floating-point number comes near; empty where none begins there.
QString tooLarge(const QString& text, qsizetype at) {
    static const QRegularExpression number(R"(\G(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)",
                                           QRegularExpression::CaseInsensitiveOption);
    const QString found = number.match(text, at).captured();
    return !found.isEmpty() && std::isinf(found.toDouble()) ? found : QString();
}

Error unknownName(const QString& text, qsizetype at, const QString& name) {
    if (const QString number = tooLarge(text, at); !number.isEmpty())
        return wrongAt(at + 1,
                       QString("the number %1 is out of range, which ends at 1.7e308").arg(number));
    qsizetype after = at + name.size();
    while (after < text.size() && text[after].isSpace())
        ++after;
    if (after < text.size() && text[after] == '(')
        return wrongAt(at + 1, QString("there is no function \"%1\"; there are %2")
                                   .arg(name, expressionFunctions().join(", ")));
    return wrongAt(at + 1, QString("there is no \"%1\"%2").arg(name, meant(name)));
}

// Characters and marks that mean nothing in a rank, assignments among them: the library would take
// some of them and name others without their place.
std::optional<Error> strangeCharacter(const QString& text) {
    static const QString marks = "_.+-*/^(),<>=!&|?: \t\n";
    const auto at = [&](qsizetype i) { return i < text.size() ? text[i] : QChar(); };
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        const bool ascii = c.unicode() < 128;
        if (!(ascii && c.isLetterOrNumber()) && !marks.contains(c))
            return wrongAt(i + 1, QString("the character '%1' has no meaning").arg(c));
        const bool compares = (c == '<' || c == '>' || c == '!' || c == '=') && at(i + 1) == '=';
        const bool joins = (c == '&' || c == '|') && at(i + 1) == c;
        if (compares || joins)
            ++i;
        else if (c == '=')
            return wrongAt(i + 1, "the character '=' would assign; == compares");
        else if (c == '!')
            return wrongAt(i + 1, "the character '!' has no meaning; != compares");
        else if (c == '&' || c == '|')
            return wrongAt(i + 1, QString("the character '%1' has no meaning; %1%1 joins two "
                                          "comparisons")
                                      .arg(c));
    }
    return std::nullopt;
}

// The column of the first comma outside all parentheses: it would make several values.
qsizetype looseComma(const QString& text) {
    int depth = 0;
    for (qsizetype i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (text[i] == ',' && depth == 0)
            return i + 1;
    }
    return text.size();
}

Error notAFunction(const QString& text, const mu::ParserError& problem, const QString& what) {
    const QString name = QString::fromStdString(problem.GetToken());
    const qsizetype at = text.lastIndexOf(name, problem.GetPos());
    return wrongAt(std::max<qsizetype>(0, at) + 1,
                   QString("the function %1 has too %2 values").arg(name, what));
}

// Where muParser stopped and why; text holds ASCII alone, so its bytes are columns.
Error problemOf(const QString& text, const mu::ParserError& problem) {
    const QString token = QString::fromStdString(problem.GetToken()).trimmed();
    const qsizetype at = std::max(0, problem.GetPos());
    switch (problem.GetCode()) {
    case mu::ecEMPTY_EXPRESSION:
        return wrong(QString("it is empty; write a rank over %1").arg(allNames().join(", ")));
    case mu::ecUNASSIGNABLE_TOKEN:
        return unknownName(text, at, token);
    case mu::ecUNEXPECTED_EOF:
        return wrongAt(text.size() + 1, "it ends where a value is missing");
    case mu::ecMISSING_PARENS:
        return wrongAt(text.size() + 1, "a closing parenthesis is missing");
    case mu::ecMISSING_ELSE_CLAUSE:
        return wrongAt(text.lastIndexOf('?') + 1, "the character '?' has no ':' after it");
    case mu::ecMISPLACED_COLON:
        return wrongAt(text.lastIndexOf(':', at) + 1, "the character ':' has no '?' before it");
    case mu::ecTOO_FEW_PARAMS:
        return notAFunction(text, problem, "few");
    case mu::ecTOO_MANY_PARAMS:
        return notAFunction(text, problem, "many");
    default:
        break;
    }
    if (token.size() == 1)
        return wrongAt(at + 1, QString("the character '%1' is not expected there").arg(token));
    if (!token.isEmpty())
        return wrongAt(at + 1, QString("\"%1\" is not expected there").arg(token));
    return wrongAt(at + 1, QString::fromStdString(problem.GetMsg()));
}

// Least and greatest of what is given; no number where one of them is none.
template <class Better> double best(const double* values, int count, Better better) {
    double found = values[0];
    for (int i = 0; i < count; ++i) {
        if (std::isnan(values[i]))
            return values[i];
        if (better(values[i], found))
            found = values[i];
    }
    return found;
}
double least(const double* values, int count) {
    return best(values, count, std::less<>());
}
double greatest(const double* values, int count) {
    return best(values, count, std::greater<>());
}
double absolute(double x) {
    return std::abs(x);
}
double root(double x) {
    return std::sqrt(x);
}
double exponential(double x) {
    return std::exp(x);
}
double natural(double x) {
    return std::log(x);
}
double binary(double x) {
    return std::log2(x);
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
    static const QStringList names = {"min", "max", "abs", "sqrt", "exp", "ln", "log2"};
    return names;
}

struct Expression::Compiled {
    mu::Parser parser;
    std::array<double, valueCount> values; // bound to the parser's names
    std::vector<EntryValue> reads;

    Compiled() {
        values.fill(1);
        parser.ClearConst();
        parser.ClearFun();
        parser.DefineFun("min", least);
        parser.DefineFun("max", greatest);
        parser.DefineFun("abs", absolute);
        parser.DefineFun("sqrt", root);
        parser.DefineFun("exp", exponential);
        parser.DefineFun("ln", natural);
        parser.DefineFun("log2", binary);
        for (const ExpressionName& name : expressionNames())
            parser.DefineVar(name.name.toStdString(), &values[std::size_t(name.value)]);
    }
};

Expression::Expression(std::unique_ptr<Compiled> compiled) : m_compiled(std::move(compiled)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression::~Expression() = default;

Result<Expression> Expression::compile(const QString& text) {
    if (auto strange = strangeCharacter(text))
        return *strange;
    auto compiled = std::make_unique<Compiled>();
    try {
        compiled->parser.SetExpr(text.toStdString());
        (void)compiled->parser.Eval(); // parses
        if (compiled->parser.GetNumResults() > 1)
            return wrongAt(looseComma(text), "the character ',' makes two values; a rank is one");
        const auto& used = compiled->parser.GetUsedVar();
        for (const ExpressionName& name : expressionNames())
            if (used.count(name.name.toStdString()))
                compiled->reads.push_back(name.value);
        (void)compiled->parser.Eval(); // asking for the names unmade the compiled form
    } catch (const mu::ParserError& problem) {
        return problemOf(text, problem);
    }
    return Expression(std::move(compiled));
}

const std::vector<EntryValue>& Expression::reads() const {
    return m_compiled->reads;
}

void Expression::set(EntryValue value, double number) {
    m_compiled->values[std::size_t(value)] = number;
}

double Expression::evaluate() const {
    return m_compiled->parser.Eval();
}

Result<void> checkExpression(const QString& text) {
    if (auto expression = Expression::compile(text); !expression)
        return expression.error();
    return {};
}

} // namespace attendre
