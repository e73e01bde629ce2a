#include "model/evaluation/file_lock.h"

#include <QFile>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace attendre {

Result<std::unique_ptr<FileLock>> FileLock::tryLock(const QString& path) {
    const int descriptor =
        ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return Error{QString("%1 cannot be written (%2): choose a folder that you can write to.")
                         .arg(path, QString::fromLocal8Bit(std::strerror(errno)))};
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        return std::unique_ptr<FileLock>(new FileLock(descriptor));
    ::close(descriptor);
    return std::unique_ptr<FileLock>();
}

FileLock::~FileLock() {
    ::close(m_descriptor);
}

} // namespace attendre
