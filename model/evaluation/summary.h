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
    // Evidence survival: its mean over the questions whose evidence was found, and how well it
    // tells right answers (score 0.5 or more) from wrong. NaN where nothing was found.
    double survival = std::numeric_limits<double>::quiet_NaN();
    Estimate survivalAuc;
    // Against the way "memory", over the questions that both answered: memory less this one.
    int paired = 0;
    Estimate advantage; // of the score
};

struct Summary {
    std::vector<WayResult> ways; // in the order in which they were first answered
    // The same over the questions that are wrong (score 0) without the document: only there does
    // memory matter. Empty where nothing was answered closed-book.
    std::vector<WayResult> wrongClosedBook;
    // By part of the set (LongBench's data sets, a needle's length and depth), in the order in
    // which they came; empty where it has none.
    std::vector<std::pair<QString, std::vector<WayResult>>> parts;
};
Summary summaryOf(const std::vector<Answered>& results);
QJsonObject toJson(const Summary& summary);

// The ids of the questions whose traces are worth looking at: the lowest scores of the way
// "memory", among equals those that another way answers best. At most so many.
QStringList worstOf(const std::vector<Answered>& results, int most);

} // namespace attendre
