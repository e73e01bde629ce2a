#pragma once

#include "model/trace/result.h"

#include <QByteArray>
#include <QString>

namespace attendre {

// A text document: valid UTF-8, line ends as they are. Byte ranges of tokens refer to the file, so
// bomBytes (0 or 3) is to be added to ranges in text.
struct Document {
    QString path;
    QString hash; // "sha256:…" of the file's bytes
    QByteArray text;
    int bomBytes = 0;
};

// Errors: no such file, empty, bytes that are no UTF-8 (the offset of the first is named).
Result<Document> readDocument(const QString& path);

} // namespace attendre
