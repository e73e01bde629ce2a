#pragma once

#include "model/trace/reader.h"

#include <QByteArray>
#include <QString>

namespace attendre {

// Words and numbers as the plots write them.

// A token in quotation marks: “greater”. A leading space is left out, a line break is ⏎, white
// space alone is ␣, bytes that are no UTF-8 of their own stand as hexadecimal numbers.
QString quotedToken(const QByteArray& text);
// A text from a document, as it is put into a sentence: what is written from right to left stands
// in a bidirectional isolate (U+2068 … U+2069), so that the words around it keep their order.
QString isolated(const QString& text);
// The same without quotation marks.
QString plainToken(const QByteArray& text);

// A number as short as it stays exact enough to compare: 417, 50,035, 1.34, 0.0312, 2.1e-7.
QString shortNumber(double value);
QString wholeNumber(qint64 value); // 50,035
QString percent(double share);     // 61 %, 4.2 %, 0.03 %
QString ordinal(int number);       // 1st, 2nd, 64th

// The policy's short name: what stands before the comma in its title.
QString policyName(const PolicyDescription& policy);
// The chunk length C of a run; at least 1.
int chunkOf(const RunInfo& run);
// M of one layer.
int memoryOf(const RunInfo& run, int layer);
// What a usage column is called in words: "last_tick" is "last attended tick".
QString columnTitle(const QString& column);

} // namespace attendre
