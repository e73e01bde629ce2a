#include "model/trace/recording_process.h"

#include "model/trace/layout.h"

#include <QFile>
#include <QFileInfo>
#include <QSysInfo>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace attendre {

namespace {

// As long as the longest name that SQLite makes out of a trace's ("-journal").
constexpr const char* trialSuffix = ".writing";
constexpr int longestName = 255;

QString lockName(const QString& trace) {
    return trace + ".lock";
}

// What a failed call says about a place, as one sentence.
Error refused(const QString& trace, const QString& folder, int number) {
    const QString begin = QString("The trace %1 cannot be written: ").arg(trace);
    switch (number) {
    case EACCES:
    case EPERM:
        return {begin +
                QString("the folder %1 is not writable for you; choose another.").arg(folder)};
    case EROFS:
        return {begin + QString("the file system that holds %1 is read-only; choose another "
                                "folder.")
                            .arg(folder)};
    case ENOSPC:
    case EDQUOT:
        return {QString("The disk that holds %1 is full; make room there or choose another folder.")
                    .arg(trace)};
    case ENAMETOOLONG:
        return {begin + QString("its name has %1 bytes, and %2 are the most beside the files that "
                                "SQLite puts next to it; choose a shorter one.")
                            .arg(QFile::encodeName(QFileInfo(trace).fileName()).size())
                            .arg(longestName - int(std::strlen(trialSuffix)))};
    default:
        return {begin + QString("the folder %1 takes no new file (%2); choose another folder.")
                            .arg(folder, QString::fromLocal8Bit(std::strerror(number)))};
    }
}

Result<void> tryToWrite(const QString& trace, const QString& folder) {
    const QByteArray name = QFile::encodeName(trace + trialSuffix);
    const int file = ::open(name.constData(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST ? Result<void>() : Result<void>(refused(trace, folder, errno));
    const QByteArray page(layout::pageSize, 'x');
    errno = 0;
    const bool written = ::write(file, page.constData(), size_t(page.size())) == page.size();
    const int number = errno ? errno : ENOSPC;
    ::close(file);
    ::unlink(name.constData());
    return written ? Result<void>() : Result<void>(refused(trace, folder, number));
}

Error inUse(const QString& trace, const RecordingProcess& process) {
    return {
        QString("Another run is being recorded into %1 by the process %2%3; wait for its end or "
                "choose another name.")
            .arg(trace)
            .arg(process.id)
            .arg(process.host.isEmpty() ? QString() : " on " + process.host)};
}

} // namespace

std::optional<RecordingProcess> recordingProcess(const QString& trace) {
    const QFileInfo file(trace);
    const QLockFile lock(lockName(file.exists() ? file.canonicalFilePath() : trace));
    qint64 id = 0;
    QString host, program;
    if (!lock.getLockInfo(&id, &host, &program) || id <= 0)
        return std::nullopt;
    if (!host.isEmpty() && host != QSysInfo::machineHostName())
        return RecordingProcess{id, host};
    if (::kill(pid_t(id), 0) != 0 && errno == ESRCH)
        return std::nullopt;
    // Another program may have got the number of one that was killed.
    const QFileInfo running(QString("/proc/%1/exe").arg(id));
    if (running.isSymLink() && !program.isEmpty()) {
        const QString name = QFileInfo(running.symLinkTarget()).fileName();
        if (!name.isEmpty() && name.section(' ', 0, 0) != program)
            return std::nullopt;
    }
    return RecordingProcess{id, {}};
}

Result<std::unique_ptr<QLockFile>> lockTrace(const QString& trace) {
    auto lock = std::make_unique<QLockFile>(lockName(trace));
    lock->setStaleLockTime(0);
    if (lock->tryLock(0))
        return lock;
    if (lock->error() == QLockFile::LockFailedError) {
        qint64 id = 0;
        QString host, program;
        if (lock->getLockInfo(&id, &host, &program))
            return inUse(trace, {id, host == QSysInfo::machineHostName() ? QString() : host});
        return Error{QString("The trace %1 is locked by %2; remove that if nothing is being "
                             "recorded into the trace.")
                         .arg(trace, lockName(trace))};
    }
    return Error{QString("The trace %1 cannot be written: the lock %2 cannot be made; look at the "
                         "permissions of the folder.")
                     .arg(trace, lockName(trace))};
}

Result<void> checkTracePlace(const QString& trace, bool append, bool overwrite) {
    if (trace.isEmpty())
        return Error{"The trace's name is empty; name a file.", 2};
    const QFileInfo file(trace), folder(file.absolutePath());
    if (file.isDir() || trace.endsWith('/'))
        return Error{
            QString("The trace %1 cannot be written: it is a folder; name a file.").arg(trace)};
    if (folder.exists() && !folder.isDir())
        return Error{QString("The trace %1 cannot be written: %2 is no folder; choose another.")
                         .arg(trace, folder.filePath())};
    if (!folder.exists())
        return Error{QString("The trace %1 cannot be written: there is no folder %2; make it or "
                             "choose another.")
                         .arg(trace, folder.filePath())};
    if (file.exists() && !append && !overwrite)
        return Error{QString("The file %1 exists; add a run to it with --append, replace it with "
                             "--overwrite, or choose another name.")
                         .arg(trace)};
    if (file.exists() && !file.isFile())
        return Error{QString("The trace %1 cannot be written: it is no ordinary file; choose "
                             "another name.")
                         .arg(trace)};
    if (file.exists() && ::access(QFile::encodeName(trace).constData(), W_OK) != 0)
        return errno == EROFS ? refused(trace, folder.filePath(), EROFS)
                              : Error{QString("The trace %1 cannot be written: you may not write "
                                              "that file; choose another.")
                                          .arg(trace)};
    if (const auto process = recordingProcess(trace))
        return inUse(trace, *process);
    return tryToWrite(trace, folder.filePath());
}

} // namespace attendre
