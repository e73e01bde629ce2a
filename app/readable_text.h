#pragma once

#include "model/trace/result.h"

#include <QString>

namespace attendre {

// A document as the engine can read it: a text in UTF-8.
struct ReadableText {
    QString path;
    QString notice; // what was taken out of what; empty where the document is a text itself
};

// Whether a document is no plain text and has to be turned into one.
bool needsReading(const QString& path);

// The text of a PDF file, an HTML page or a Markdown document, as a file of its own in the
// program's data folder, named by its content so that the same document is the same file; another
// document is returned as it is. Errors: a file that cannot be opened, is locked by a password or
// holds no text.
Result<ReadableText> readableText(const QString& path);
// Text that was copied, likewise. Errors: it is empty.
Result<ReadableText> readableClipboard(const QString& text);

} // namespace attendre
