#pragma once

#include "model/trace/formula.h"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <vector>

namespace attendre {

// What an expression may read of an entry, in the order of expressionNames().
enum class EntryValue : std::uint8_t {
    Age,
    Recency,
    Mass,
    MassSquared,
    Hits,
    LastMass,
    Position,
    Tick,
    KeyNorm,
    ValueNorm,
    Layer,
    Head
};

struct ExpressionName {
    EntryValue value;
    QString name;    // as it is typed: "mass_sq"
    QString meaning; // in words
};
const std::vector<ExpressionName>& expressionNames();
// The functions that an expression may call.
const QStringList& expressionFunctions();

// A rank as a person types it, compiled once. One thread at a time.
class Expression {
  public:
    // Errors: the text is no expression over these names; the sentence names column (from 1) and
    // character.
    static Result<Expression> compile(const QString& text);

    // What it reads, each once.
    const std::vector<EntryValue>& reads() const { return m_reads; }
    // The value of one name in the next evaluation.
    void set(EntryValue value, double number) { m_formula.set(int(value), number); }
    // In IEEE arithmetic: x/0 is infinite, 0/0 and the root of a negative number are no numbers.
    double evaluate() const { return m_formula.evaluate(); }

  private:
    explicit Expression(Formula formula);

    Formula m_formula;
    std::vector<EntryValue> m_reads;
};

// As compile(), for who only wants to know: while one types, and before a run.
Result<void> checkExpression(const QString& text);

} // namespace attendre
