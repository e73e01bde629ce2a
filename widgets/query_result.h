#pragma once

#include "model/analysis/trace_query.h"
#include "widgets/point.h"

#include <functional>
#include <optional>
#include <vector>

namespace attendre {

// What a query gave, all of it in memory.
struct QueryResult {
    std::vector<OutputColumn> columns;
    std::vector<OutputValue> values; // row-major, UTF-8
    QueryOutcome outcome;
    int run = 0; // that :run stood for

    int rows() const { return columns.empty() ? 0 : int(values.size() / columns.size()); }
    const OutputValue& at(int row, int column) const {
        return values[std::size_t(row) * columns.size() + std::size_t(column)];
    }
    // Of a name, whatever its capitals; -1 where there is none.
    int column(const QString& name) const;
    // A whole number at a place; nothing where there is another value.
    std::optional<qint64> whole(int row, int column) const;
};

// Keeps the rows that a query gives.
class ResultRows : public RowFormat {
  public:
    explicit ResultRows(QueryResult* result) : m_result(result) {}
    Result<void> begin(const std::vector<OutputColumn>& columns) override;
    Result<void> add(const std::vector<OutputValue>& row) override;
    Result<void> end() override { return {}; }

  private:
    QueryResult* m_result;
};

// Where a row leads: the point with what its columns run, step, layer, head, position (or entry)
// and query_position say, as far as the trace has it. The step is that of the column itself where
// it is one (evicted_step), else of step, evicted_step, inserted_step. Nothing where no column
// says anything.
std::optional<Point> pointOf(const QueryResult& result, int row, int column, const Point& now,
                             const std::function<const RunInfo*(int run)>& run,
                             const std::function<int(int run)>& stepCount);

// A result by steps: how many rows a step has, or the sum or mean of a column in them.
enum class PerStep { Rows, Sum, Mean };
// The column that the steps stand in: step, else evicted_step, else inserted_step; -1 without any.
int stepColumn(const QueryResult& result);
// Columns of numbers that say something else than where: what can be summed up.
std::vector<int> summableColumns(const QueryResult& result);
// One value a step, of rows of a run (all where no column says which): NaN where a sum or mean has
// none, 0 where no row is counted. column is of no meaning for Rows.
std::vector<float> valuesPerStep(const QueryResult& result, PerStep how, int column, int run,
                                 int steps);

} // namespace attendre
