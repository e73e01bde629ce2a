#pragma once

#include "model/trace/result.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <vector>

namespace attendre {

// What a formula is about, for its errors, and the names that it may use.
struct FormulaWords {
    QString subject; // how an error begins: "The option --expression"
    QString what;    // what it makes: "a rank"
    QStringList names;
};
// The functions that a formula may call.
const QStringList& formulaFunctions();

// A formula over named numbers as a person types it, compiled once. One thread at a time.
class Formula {
  public:
    // Errors: the text is no formula over these names; the sentence names column (from 1) and
    // character.
    static Result<Formula> compile(const QString& text, const FormulaWords& words);
    Formula(Formula&&) noexcept;
    Formula& operator=(Formula&&) noexcept;
    ~Formula();

    // What it reads, each once: indices into the names, ascending.
    const std::vector<int>& reads() const;
    // The value of one name in the next evaluation.
    void set(int name, double number);
    // In IEEE arithmetic: x/0 is infinite, 0/0 and the root of a negative number are no numbers; a
    // comparison with no number is false (0).
    double evaluate() const;

  private:
    struct Compiled;
    explicit Formula(std::unique_ptr<Compiled> compiled);
    std::unique_ptr<Compiled> m_compiled;
};

} // namespace attendre
