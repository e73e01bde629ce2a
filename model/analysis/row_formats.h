#pragma once

#include "model/trace/result.h"

#include <QIODevice>
#include <QString>
#include <QStringList>

#include <memory>
#include <variant>
#include <vector>

namespace attendre {

enum class ColumnType { Integer, Real, Text };
struct OutputColumn {
    QString name;
    ColumnType type = ColumnType::Integer;
};
using OutputValue = std::variant<std::monostate, qint64, double, QByteArray>; // UTF-8

// Takes rows one after another and writes them in a format.
class RowFormat {
  public:
    virtual ~RowFormat() = default;
    virtual Result<void> begin(const std::vector<OutputColumn>& columns) = 0;
    virtual Result<void> add(const std::vector<OutputValue>& row) = 0;
    virtual Result<void> end() = 0;
};

std::unique_ptr<RowFormat> csvFormat(QIODevice& out);
std::unique_ptr<RowFormat> jsonLinesFormat(QIODevice& out);
// Aligned by blanks, for people: numbers at the right, line ends and tabs as \n and \t. Rows wait
// until all are there.
std::unique_ptr<RowFormat> alignedFormat(QIODevice& out);
// Columns wait in temporary files until their lengths are known.
std::unique_ptr<RowFormat> npzFormat(QIODevice& out);

// Writes all of bytes. Errors: the disk is full, the pipe closed.
Result<void> writeAll(QIODevice& out, const QByteArray& bytes);

} // namespace attendre
