#pragma once

#include "model/evaluation/sweep_rows.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace attendre {

// One configuration, or one other way of reading, with all that its numbers were made of.
struct ResultRow {
    SweepRow row;
    QString label;
    // What was asked for, by its option: "policy", "survives" (R), "memory" (M), "query-memory"
    // (N), "chunk" (C) and what else the plan varies. Empty for other ways of reading.
    QJsonObject settings;
    std::vector<CellResult> documents; // of documents: those with numbers, as the plan has them
    // Of questions: the file that holds them, its head, its answers in this way of reading.
    QString file;
    QJsonObject head;
    std::vector<Answered> answers;

    bool isBaseline() const { return settings.isEmpty(); }
    bool asks() const { return row.kind == SweepCell::Kind::Questions; }
};

struct FailedCell {
    QString label, sentence;
};

// The results of an evaluation: a sweep's folder, finished or not, or a file of `attendre eval`.
struct EvaluationResults {
    QString path; // of the folder or file
    bool isSweep = false;
    QStringList settings; // the names that rows have, as tables show them
    std::vector<ResultRow> rows;
    int cells = 0, done = 0; // of a sweep
    std::vector<FailedCell> failed;
    int from = 0; // first position that counts in nll

    const ResultRow* find(const QString& label, const QString& subject) const;
    // The answers to the same questions in another way of reading; nullptr: there are none.
    const ResultRow* beside(const ResultRow& row, const QString& way) const;
};

// Whether a path names results, by its ending, its first bytes or what lies in it.
bool namesResults(const QString& path);
// Errors: no results there, or damaged ones; each names the file.
Result<EvaluationResults> readResults(const QString& path);

} // namespace attendre
