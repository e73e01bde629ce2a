#pragma once

#include "model/evaluation/result_file.h"
#include "model/evaluation/statistics.h"

#include <QJsonObject>

namespace attendre {

// What came of one way of reading, in shares.
struct WayResult {
    QString reading;
    int answered = 0, leftOut = 0;
    Estimate exact, score; // resampled by document
    double seconds = 0;    // mean
    // Against the way "memory", over the questions that both answered: memory less this one.
    int paired = 0;
    Estimate advantage; // of the score
};

struct Summary {
    std::vector<WayResult> ways; // in the order in which they were first answered
    // The same over the questions that are wrong (score 0) without the document: only there does
    // memory matter. Empty where nothing was answered closed-book.
    std::vector<WayResult> wrongClosedBook;
};
Summary summaryOf(const std::vector<Answered>& results);
QJsonObject toJson(const Summary& summary);

} // namespace attendre
