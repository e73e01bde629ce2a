#include "model/trace/formula.h"

#include "model/trace/nearest_word.h"

#include <QRegularExpression>

#include <muParser.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

Error wrong(const FormulaWords& words, const QString& what) {
    return {QString("%1 is not understood: %2%3")
                .arg(words.subject, what, what.endsWith('?') ? "" : "."),
            2};
}

// column counts from 1, as an editor does.
Error wrongAt(const FormulaWords& words, qsizetype column, const QString& what) {
    return wrong(words, QString("column %1: %2").arg(column).arg(what));
}

// "; did you mean mass?", or which there are.
QString meant(const FormulaWords& words, const QString& name) {
    const int most = name.size() < 3 ? 0 : name.size() < 6 ? 1 : 2; // short names are all near
    const QString nearest = nearestWord(name, words.names, most);
    return nearest.isEmpty() ? "; there are " + words.names.join(", ")
                             : QString("; did you mean %1?").arg(nearest);
}

// A number that no floating-point number comes near; empty where none begins there.
QString tooLarge(const QString& text, qsizetype at) {
    static const QRegularExpression number(R"(\G(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)",
                                           QRegularExpression::CaseInsensitiveOption);
    const QString found = number.match(text, at).captured();
    return !found.isEmpty() && std::isinf(found.toDouble()) ? found : QString();
}

Error unknownName(const FormulaWords& words, const QString& text, qsizetype at,
                  const QString& name) {
    if (const QString number = tooLarge(text, at); !number.isEmpty())
        return wrongAt(words, at + 1,
                       QString("the number %1 is out of range, which ends at 1.7e308").arg(number));
    qsizetype after = at + name.size();
    while (after < text.size() && text[after].isSpace())
        ++after;
    if (after < text.size() && text[after] == '(')
        return wrongAt(words, at + 1,
                       QString("there is no function \"%1\"; there are %2")
                           .arg(name, formulaFunctions().join(", ")));
    return wrongAt(words, at + 1, QString("there is no \"%1\"%2").arg(name, meant(words, name)));
}

// Characters and marks that mean nothing in a formula, assignments among them: the library would
// take some of them and name others without their place.
std::optional<Error> strangeCharacter(const FormulaWords& words, const QString& text) {
    static const QString marks = "_.+-*/^(),<>=!&|?: \t\n";
    const auto at = [&](qsizetype i) { return i < text.size() ? text[i] : QChar(); };
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        const bool ascii = c.unicode() < 128;
        if (!(ascii && c.isLetterOrNumber()) && !marks.contains(c))
            return wrongAt(words, i + 1, QString("the character '%1' has no meaning").arg(c));
        const bool compares = (c == '<' || c == '>' || c == '!' || c == '=') && at(i + 1) == '=';
        const bool joins = (c == '&' || c == '|') && at(i + 1) == c;
        if (compares || joins)
            ++i;
        else if (c == '=')
            return wrongAt(words, i + 1, "the character '=' would assign; == compares");
        else if (c == '!')
            return wrongAt(words, i + 1, "the character '!' has no meaning; != compares");
        else if (c == '&' || c == '|')
            return wrongAt(words, i + 1,
                           QString("the character '%1' has no meaning; %1%1 joins two "
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

Error notAFunction(const FormulaWords& words, const QString& text, const mu::ParserError& problem,
                   const QString& what) {
    const QString name = QString::fromStdString(problem.GetToken());
    const qsizetype at = text.lastIndexOf(name, problem.GetPos());
    return wrongAt(words, std::max<qsizetype>(0, at) + 1,
                   QString("the function %1 has too %2 values").arg(name, what));
}

// Where muParser stopped and why; text holds ASCII alone, so its bytes are columns.
Error problemOf(const FormulaWords& words, const QString& text, const mu::ParserError& problem) {
    const QString token = QString::fromStdString(problem.GetToken()).trimmed();
    const qsizetype at = std::max(0, problem.GetPos());
    switch (problem.GetCode()) {
    case mu::ecEMPTY_EXPRESSION:
        return wrong(
            words,
            QString("it is empty; write %1 over %2").arg(words.what, words.names.join(", ")));
    case mu::ecUNASSIGNABLE_TOKEN:
        return unknownName(words, text, at, token);
    case mu::ecUNEXPECTED_EOF:
        return wrongAt(words, text.size() + 1, "it ends where a value is missing");
    case mu::ecMISSING_PARENS:
        return wrongAt(words, text.size() + 1, "a closing parenthesis is missing");
    case mu::ecMISSING_ELSE_CLAUSE:
        return wrongAt(words, text.lastIndexOf('?') + 1, "the character '?' has no ':' after it");
    case mu::ecMISPLACED_COLON:
        return wrongAt(words, text.lastIndexOf(':', at) + 1,
                       "the character ':' has no '?' before it");
    case mu::ecTOO_FEW_PARAMS:
        return notAFunction(words, text, problem, "few");
    case mu::ecTOO_MANY_PARAMS:
        return notAFunction(words, text, problem, "many");
    default:
        break;
    }
    if (token.size() == 1)
        return wrongAt(words, at + 1,
                       QString("the character '%1' is not expected there").arg(token));
    if (!token.isEmpty())
        return wrongAt(words, at + 1, QString("\"%1\" is not expected there").arg(token));
    return wrongAt(words, at + 1, QString::fromStdString(problem.GetMsg()));
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

const QStringList& formulaFunctions() {
    static const QStringList names = {"min", "max", "abs", "sqrt", "exp", "ln", "log2"};
    return names;
}

struct Formula::Compiled {
    mu::Parser parser;
    std::vector<double> values; // bound to the parser's names
    std::vector<int> reads;

    explicit Compiled(const QStringList& names) : values(std::size_t(names.size()), 1.0) {
        parser.ClearConst();
        parser.ClearFun();
        parser.DefineFun("min", least);
        parser.DefineFun("max", greatest);
        parser.DefineFun("abs", absolute);
        parser.DefineFun("sqrt", root);
        parser.DefineFun("exp", exponential);
        parser.DefineFun("ln", natural);
        parser.DefineFun("log2", binary);
        for (std::size_t i = 0; i < values.size(); ++i)
            parser.DefineVar(names[int(i)].toStdString(), &values[i]);
    }
};

Formula::Formula(std::unique_ptr<Compiled> compiled) : m_compiled(std::move(compiled)) {}
Formula::Formula(Formula&&) noexcept = default;
Formula& Formula::operator=(Formula&&) noexcept = default;
Formula::~Formula() = default;

Result<Formula> Formula::compile(const QString& text, const FormulaWords& words) {
    if (auto strange = strangeCharacter(words, text))
        return *strange;
    auto compiled = std::make_unique<Compiled>(words.names);
    try {
        compiled->parser.SetExpr(text.toStdString());
        (void)compiled->parser.Eval(); // parses
        if (compiled->parser.GetNumResults() > 1)
            return wrongAt(
                words, looseComma(text),
                QString("the character ',' makes two values; %1 is one").arg(words.what));
        const auto& used = compiled->parser.GetUsedVar();
        for (int i = 0; i < words.names.size(); ++i)
            if (used.count(words.names[i].toStdString()))
                compiled->reads.push_back(i);
        (void)compiled->parser.Eval(); // asking for the names unmade the compiled form
    } catch (const mu::ParserError& problem) {
        return problemOf(words, text, problem);
    }
    return Formula(std::move(compiled));
}

const std::vector<int>& Formula::reads() const {
    return m_compiled->reads;
}

void Formula::set(int name, double number) {
    m_compiled->values[std::size_t(name)] = number;
}

double Formula::evaluate() const {
    return m_compiled->parser.Eval();
}

} // namespace attendre
