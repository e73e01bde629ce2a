#pragma once

#include "model/trace/formula.h"

#include <cstdint>
#include <vector>

namespace attendre {

// What a breakpoint's condition may read, in the order of conditionNames().
enum class ConditionValue : std::uint8_t {
    Step,
    Nll,
    Milliseconds,
    Layer,
    Occupancy,
    Evicted,
    Waiting,
    Head,
    HitRate,
    SinkShare,
    RecentShare,
    FifoAgreement,
    NeverHit,
    MeanAge,
    Coverage,
    OutputError,
    Margin,
    Position,
    Inserted,
    Age,
    Rank,
    Hits,
    Mass,
    Regret
};
constexpr int conditionValueCount = 24;

// What a value belongs to: there is one a step, one for each layer in it, for each K/V head, or for
// each eviction.
enum class ConditionScope : std::uint8_t { Step, Layer, Head, Eviction };

struct ConditionName {
    ConditionValue value;
    ConditionScope scope;
    QString name;    // as it is typed: "margin"
    QString meaning; // in words
};
const std::vector<ConditionName>& conditionNames();

// A condition as a person types it: "margin < 1 && layer >= 10". Compiled once; one thread at a
// time. A comparison with a value that the trace lacks does not hold.
class Condition {
  public:
    // Errors: the text is no formula over the names; the sentence names column and character.
    static Result<Condition> compile(const QString& text);

    // The finest of what it reads: a condition over nothing but metrics of a head is asked once a
    // head, one that reads the margin and a position once an eviction.
    ConditionScope scope() const { return m_scope; }
    const std::vector<ConditionValue>& reads() const { return m_reads; }
    bool reads(ConditionValue value) const;

    void set(ConditionValue value, double number) { m_formula.set(int(value), number); }
    bool holds() const;

  private:
    explicit Condition(Formula formula);

    Formula m_formula;
    std::vector<ConditionValue> m_reads;
    ConditionScope m_scope = ConditionScope::Step;
};

} // namespace attendre
