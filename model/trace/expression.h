#pragma once

#include "model/trace/result.h"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <memory>
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
    Expression(Expression&&) noexcept;
    ~Expression();

    // What it reads, each once.
    const std::vector<EntryValue>& reads() const;
    // The value of one name in the next evaluation.
    void set(EntryValue value, double number);
    // In IEEE arithmetic: x/0 is infinite, 0/0 and the root of a negative number are no numbers.
    double evaluate() const;

  private:
    struct Compiled;
    explicit Expression(std::unique_ptr<Compiled> compiled);
    std::unique_ptr<Compiled> m_compiled;
};

// As compile(), for who only wants to know: while one types, and before a run.
Result<void> checkExpression(const QString& text);

} // namespace attendre
