#pragma once

#include "app/attendre_output.h"
#include "model/evaluation/sweep_folder.h"
#include "model/trace/cancel.h"

#include <functional>

namespace attendre {

// What ended: a cell, and why it failed; empty: it did not.
using CellEnded = std::function<void(int cell, const QString& failure)>;

// Computes cells in so many processes beside each other, each of which loads the model once. A
// process that dies costs nothing but the cell that it computed, which is tried once more. Returns
// how many cells failed. Errors: the processes cannot be started, or end before their first cell;
// interrupted.
Result<int> runCellsInProcesses(const SweepFolder& folder, const std::vector<int>& cells, int jobs,
                                const CellEnded& ended);

// One such process: takes numbers of cells from standard input, a line each, and says "done N" or
// "failed N SENTENCE" of each on standard output; where the input ends in the midst of a cell, it
// gives that up.
int workOnCells(const SweepFolder& folder);

// Computes one cell in this process. Errors: what it fails at; interrupted.
Result<void> runCellHere(const SweepFolder& folder, int cell, ProgressLine& progress);

} // namespace attendre
