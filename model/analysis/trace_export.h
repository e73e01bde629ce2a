#pragma once

#include "model/trace/cancel.h"
#include "model/trace/result.h"

#include <QIODevice>
#include <QString>
#include <QStringList>

namespace attendre {

struct ExportRequest {
    QString table;  // one of tableNames()
    QString format; // csv, jsonl or npz
    QString where;  // an SQL condition over the table's columns; may use the other tables
};

QStringList exportFormats();

// Writes the rows of a table to out and gives their number. csv: RFC 4180 with a line of names, an
// empty field for null. jsonl: one object a line. npz: one array a column: int64, float64 (null is
// NaN; an integer column with nulls is float64 too) or fixed-width Unicode. The condition can only
// read CLI.md's tables. Progress counts rows; their total is not known beforehand and given as 0.
// Errors: an unknown table or format, a condition that SQLite refuses, a trace that cannot be read,
// out that cannot be written, an npz member beyond 4 GiB.
Result<qint64> exportTable(const QString& trace, const ExportRequest& request, QIODevice& out,
                           const Progress& progress, const Cancel& cancel);

} // namespace attendre
