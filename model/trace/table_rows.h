#pragma once

#include "model/trace/store.h"

#include <QString>

#include <array>
#include <limits>
#include <variant>
#include <vector>

namespace attendre {

using Cell = std::variant<std::monostate, qint64, double, QString>;
using Row = std::vector<Cell>;

// The columns by which a table's rows are found.
enum class Axis { Run, Step, Layer, Head, Position };
constexpr int axisCount = 5;

struct Range {
    qint64 first = 0, last = std::numeric_limits<qint64>::max(); // inclusive
    bool contains(qint64 value) const { return value >= first && value <= last; }
};
using Ranges = std::array<Range, axisCount>;

// One decoding's worth of rows: a point on the axes that a table walks over, 0 on the others.
struct Unit {
    RunInfo run;
    int step = 0, layer = 0, head = 0, block = 0;
};

struct TableDefinition {
    const char* name;
    const char* schema;     // CREATE TABLE x(…)
    std::vector<Axis> axes; // walked in this order after Run; Position in blocks and last
    // For the planner: about how many rows one unit has, and what decoding it costs against one
    // row.
    double rowsPerUnit, unitCost;
    std::vector<std::pair<int, Axis>> constrained; // columns that are pushed down
    Result<void> (*fill)(Store& store, const Unit& unit, const Ranges& ranges,
                         std::vector<Row>& rows);
};
const std::vector<TableDefinition>& tableDefinitions();

} // namespace attendre
