#pragma once

#include "widgets/result_measures.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace attendre {

// One policy, and one choice of what else varies, over the numbers of a setting.
struct ResultLine {
    struct Point {
        double x = 0;
        Estimate y;   // as it is drawn
        int row = -1; // of the results
    };
    int policy = 0, variant = 0; // of ResultLines
    std::vector<Point> points;   // by x
};

// A way of reading that knows no setting: a line across.
struct ResultLevel {
    QString label;
    Estimate y;
    int row = -1;
};

// A measure over a setting.
struct ResultLines {
    QString x;
    const ResultMeasure* measure = nullptr;
    std::vector<ResultLine> lines;
    std::vector<ResultLevel> levels;
    QStringList policies; // all that the results have, so that a filter changes no colour
    QStringList variants; // "relative, sinks 4"; the first is empty where nothing else varies

    bool isEmpty() const { return lines.empty() && levels.empty(); }
    QString lineLabel(const ResultLine& line) const;
    // Line, setting, value, interval: what a spreadsheet draws again.
    QString csv(const EvaluationResults& results) const;
};

// The settings that are numbers, R first; those that vary if any does.
QStringList plottableSettings(const EvaluationResults& results);
// shown: by row; empty: all.
ResultLines resultLines(const EvaluationResults& results, const std::vector<bool>& shown,
                        const QString& x, const ResultMeasure& measure);

} // namespace attendre
