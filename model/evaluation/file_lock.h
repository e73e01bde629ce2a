#pragma once

#include "model/trace/result.h"

#include <memory>

namespace attendre {

// A file that one process holds; however the process ends, the system lets go of it.
class FileLock {
  public:
    // Null where another process holds it. Errors: the file cannot be made.
    static Result<std::unique_ptr<FileLock>> tryLock(const QString& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    explicit FileLock(int descriptor) : m_descriptor(descriptor) {}
    int m_descriptor = -1;
};

} // namespace attendre
