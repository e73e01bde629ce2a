#include "model/trace/trace_connection.h"

#include "model/trace/layout.h"

#include <QFile>
#include <QFileInfo>
#include <QUrl>

namespace attendre {

namespace {

QString fileUri(const QString& path, const char* options) {
    return QUrl::fromLocalFile(QFileInfo(path).absoluteFilePath()).toString(QUrl::FullyEncoded) +
           options;
}

} // namespace

Error TraceConnection::shortCopy(const QString& what) const {
    return {
        QString("The trace %1 is a short copy: %2; copy it again, with its -wal file if there is "
                "one.")
            .arg(m_path, what)};
}

Result<void> TraceConnection::openAs(const QString& name) {
    auto opened = Database::open(name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI);
    if (!opened)
        return opened.error();
    m_database = opened.take();
    m_database->rename(m_path);
    // Any read takes the locks and finds out whether the WAL can be used.
    auto format = checkFormat(*m_database);
    if (!format)
        m_database.reset();
    return format;
}

Result<void> TraceConnection::openCopy() {
    auto copy = std::make_unique<QTemporaryDir>();
    const QString name = copy->filePath("trace");
    for (const char* suffix : {"", "-wal"})
        if (QFile::exists(m_path + suffix) && !QFile::copy(m_path + suffix, name + suffix))
            return Error{
                QString("The trace %1 was not closed, and there is no room in %2 for the copy "
                        "from which it can be read.")
                    .arg(m_path, copy->path())};
    for (const char* suffix : {"", "-wal"})
        QFile::setPermissions(name + suffix, QFile::ReadOwner | QFile::WriteOwner);
    m_copy = std::move(copy);
    return openAs(fileUri(name, "?mode=rw"));
}

Result<void> TraceConnection::connect() {
    if (m_database)
        return {};
    const QFileInfo file(m_path);
    if (!file.exists())
        return Error{QString("There is no trace %1; look at the path.").arg(m_path)};
    if (file.isDir() || !file.isReadable())
        return Error{QString("The trace %1 cannot be read; look at the path and its permissions.")
                         .arg(m_path)};
    if (file.size() == 0)
        return Error{QString("%1 is empty (0 bytes), so it is no trace; fetch or copy it again, or "
                             "record it.")
                         .arg(m_path)};
    FileHeader header;
    {
        auto probe = Database::open(m_path, SQLITE_OPEN_READONLY);
        if (!probe)
            return probe.error();
        header = fileHeader(**probe);
        if (!header.database || header.applicationId != layout::applicationId)
            return (*probe)->error(SQLITE_NOTADB);
    }
    const bool log = QFileInfo(m_path + "-wal").size() > 0;
    if (!log && header.statedBytes > header.bytes)
        return shortCopy(
            QString("it has %1 of %2 bytes").arg(header.bytes).arg(header.statedBytes));
    auto opened = openAs(fileUri(m_path, "?mode=ro"));
    // A folder that cannot be written has no place for the WAL's index.
    if (!opened && header.wal)
        opened = log ? openCopy() : openAs(fileUri(m_path, "?mode=ro&immutable=1"));
    return opened;
}

void TraceConnection::release() {
    if (m_copy || !m_database)
        return;
    bool wal = false;
    {
        auto mode = m_database->prepare("PRAGMA journal_mode");
        wal = mode && mode->step() == SQLITE_ROW && mode->text(0) == "wal";
    }
    if (wal)
        m_database.reset();
}

} // namespace attendre
