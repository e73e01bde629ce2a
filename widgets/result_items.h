#pragma once

#include "widgets/cell_table.h"

#include "model/evaluation/evaluation_results.h"

#include <optional>
#include <vector>

namespace attendre {

// What a row of the results was made of.

// A question as it was answered in the row's way of reading, and what other ways made of it.
struct QuestionItem {
    Answered answered;
    std::optional<double> closedBook; // its score without the document
    std::optional<double> best;       // the best score of another way of reading, and which
    QString bestWay;
};
// The worst first: of the lowest score, and among those what another way of reading knew. Those
// that were left out come last.
std::vector<QuestionItem> questionItems(const EvaluationResults& results, const ResultRow& row);
std::vector<TableColumn> questionColumns(const std::vector<QuestionItem>& items);
std::vector<TableRow> questionCells(const std::vector<QuestionItem>& items, bool survivalTells);

// A document as it was read by the row, and by others that it is compared with.
struct DocumentItem {
    CellResult mine;
    std::optional<CellResult> fifo, full; // of the same document, as far as it was read
};
// As the plan has them.
std::vector<DocumentItem> documentItems(const EvaluationResults& results, const ResultRow& row);
std::vector<TableColumn> documentColumns(const std::vector<DocumentItem>& items);
std::vector<TableRow> documentCells(const std::vector<DocumentItem>& items, int from);

} // namespace attendre
