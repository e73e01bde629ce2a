#pragma once

#include <QString>

#include <vector>

class QMimeData;

namespace attendre {

// A file that was dropped on the window, and what it is by its first bytes, or by what lies in it.
struct DroppedFile {
    enum class Kind { Trace, Results, Session, Model, Document };
    QString path;
    Kind kind = Kind::Document;
};
DroppedFile::Kind kindOf(const QString& path);
std::vector<DroppedFile> droppedFiles(const QMimeData* data);

} // namespace attendre
