#pragma once

#include "model/evaluation/result_file.h"
#include "model/evaluation/statistics.h"
#include "model/evaluation/sweep_folder.h"

#include <map>

namespace attendre {

// What one configuration (or baseline) came to over all its subjects. Intervals are over whole
// documents; a value that was not measured is NaN.
struct SweepRow {
    SweepCell::Kind kind = SweepCell::Kind::Document;
    QString subject; // of questions: the set
    QString way;
    QJsonObject axes;       // empty for baselines
    std::vector<int> cells; // with numbers, in the order of the plan
    int leftOut = 0;        // cells, or questions, without
    int count = 0;          // documents, or questions, with numbers

    Estimate nll;      // nats a token, from the plan's first position on, up to P
    Estimate nllPastP; // likewise, at positions from P on
    Estimate kl;
    double coverage = 0, outputError = 0;
    // Of questions; hard: those that score 0 closed-book.
    Estimate exact, score, hardScore;
    Estimate survivalAuc; // how well the survival of the evidence tells right answers from wrong
    double survival = 0;  // its mean
    double seconds = 0;   // mean, a document or question
    double bytes = 0;     // of the state at the document's end, the mean

    // In pairs by document or question: this less that. Of nll (below 0 is better), or of score.
    Estimate againstFifo, againstFull;
    int pairedFifo = 0, pairedFull = 0;
};

// One row for each way and configuration that has results, in the order of the plan. Errors: a
// result that cannot be read.
Result<std::vector<SweepRow>> sweepRows(const SweepFolder& folder);

// Likewise of one file of `attendre eval`: a row for each way of reading, in the order in which
// they were first answered. None has axes: its options stand in the file's head.
std::vector<SweepRow> answeredRows(const std::vector<Answered>& answers);

// The rows as JSON, and as a table for a spreadsheet: one header line, LF.
QJsonObject toJson(const SweepRow& row);
QByteArray toCsv(const std::vector<SweepRow>& rows, const QStringList& axes);

// "lra, R 192"; baselines by their name.
QString rowLabel(const SweepRow& row);

} // namespace attendre
