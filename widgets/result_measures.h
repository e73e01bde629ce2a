#pragma once

#include "model/evaluation/evaluation_results.h"

#include <QString>

#include <vector>

namespace attendre {

// Something that an evaluation measures: what its column and its axis say.
struct ResultMeasure {
    enum class Better { Lower, Higher, Neither };
    const char* id; // as the file names it: "nll"
    QString title, definition;
    Better better = Better::Neither;
    Estimate (*of)(const SweepRow&); // NaN: not measured; without an interval its ends are NaN

    // "2.386", "72.5"; empty where it was not measured.
    QString text(const SweepRow& row) const;
    // "(2.283–2.527)"; empty without an interval.
    QString interval(const SweepRow& row) const;
    // As it is written and drawn: shares in percent, memory in MB.
    Estimate shown(const SweepRow& row) const;
    // "nats", "%"; of the rows of a kind.
    QString unit(SweepCell::Kind kind) const;
    // Drawn in per cent of a whole: from 0 to 100.
    bool isShare() const;
    // "lower is better"; empty for what is neither.
    QString betterSentence() const;
};

// In the order of the table's columns.
const std::vector<ResultMeasure>& resultMeasures();
// Those that any row has.
std::vector<const ResultMeasure*> measuresOf(const EvaluationResults& results);
// What a plot shows first: the score of questions, the nll of documents. Never the survival of the
// evidence: it need not tell right answers from wrong ones.
const ResultMeasure* firstMeasure(const EvaluationResults& results);

// What stands above a setting's column: "R" for "survives".
QString settingTitle(const QString& name);
QString settingDefinition(const QString& name);
// As the plan has it: "lra", "192".
QString settingText(const QJsonValue& value);

// Whether the survival of a row's evidence tells right answers from wrong ones: the interval of its
// AUC lies above chance.
bool survivalTells(const SweepRow& row);
// One sentence about that; empty where it was not measured.
QString survivalSentence(const SweepRow& row);

} // namespace attendre
