#pragma once

#include "widgets/cell_table.h"
#include "widgets/result_measures.h"

#include <vector>

namespace attendre {

// The table of an evaluation's results: a row for each configuration and other way of reading, its
// settings and what was measured anywhere.
std::vector<TableColumn> resultColumns(const EvaluationResults& results);
std::vector<TableRow> resultCells(const EvaluationResults& results);

} // namespace attendre
