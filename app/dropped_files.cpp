#include "app/dropped_files.h"

#include "app/session_file.h"
#include "model/evaluation/evaluation_results.h"

#include <QFile>
#include <QFileInfo>
#include <QMimeData>
#include <QUrl>

namespace attendre {

DroppedFile::Kind kindOf(const QString& path) {
    if (namesResults(path))
        return DroppedFile::Kind::Results;
    const QFileInfo info(path);
    if (info.suffix() == QLatin1String(sessionSuffix) && !info.isDir())
        return DroppedFile::Kind::Session;
    if (info.isDir() || info.suffix() == QStringLiteral("safetensors"))
        return DroppedFile::Kind::Model;
    QFile file(path);
    const QByteArray begin = file.open(QIODevice::ReadOnly) ? file.read(16) : QByteArray();
    if (begin.startsWith("GGUF"))
        return DroppedFile::Kind::Model;
    return begin.startsWith("SQLite format 3") ? DroppedFile::Kind::Trace
                                               : DroppedFile::Kind::Document;
}

std::vector<DroppedFile> droppedFiles(const QMimeData* data) {
    std::vector<DroppedFile> files;
    for (const QUrl& url : data->urls())
        if (url.isLocalFile())
            files.push_back({url.toLocalFile(), kindOf(url.toLocalFile())});
    return files;
}

} // namespace attendre
