#pragma once

#include "model/trace/configuration.h"
#include "model/trace/result.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace attendre {

// One point of a sweep's grid: one subject read under one configuration.
struct SweepCell {
    enum class Kind {
        Document, // every token is predicted: nll and what else is measured
        Questions // a set is answered: exact match and score
    };
    int number = 0;
    Kind kind = Kind::Document;
    QString path;    // of the document, or of the set
    QString subject; // its name in tables
    QString way;     // "memory", or the baseline that this is: "full", "closed-book", …
    Configuration configuration;
    // What the grid says of it, in the order of the grid's names: {"policy": "lra", "survives":
    // 192}. Empty for baselines.
    QJsonObject axes;
};

// How a sweep's questions are asked; the same in all cells.
struct SweepQuestions {
    QString evidence;
    int first = 0; // of each set; 0: all
    int mostAnswerTokens = 32;
    QStringList ways = {"memory"}; // of each cell: memory, shuffled
};

// A grid as docs/evaluation.md, "Sweeps", describes its file.
struct SweepPlan {
    QString path; // of the plan itself
    QString model;
    SweepQuestions questions;
    bool divergence = false, coverage = false; // measured beside nll
    int from = 0;                 // first position that counts in nll; 0: the largest M
    QStringList axes;             // the names that the grid varies or sets
    std::vector<SweepCell> cells; // baselines first, then subject by subject
};

// Paths in the plan are relative to its folder. Every combination of the grid's lists is a cell for
// every subject; those that fifo needs beside another policy are added. Errors name the plan's
// member and its value: an option that is unknown, a document that does not exist.
Result<SweepPlan> readSweepPlan(const QString& path);

// "lra, R 192, sinks 0"; a baseline's name.
QString labelOf(const QString& way, const QJsonObject& axes);

} // namespace attendre
