#pragma once

#include "model/trace/cancel.h"
#include "model/trace/result.h"

#include <QFile>
#include <QString>

#include <cstddef>
#include <memory>
#include <span>

namespace attendre {

// A file mapped into memory for reading, unmapped when the object goes.
class MappedFile {
  public:
    // Errors: no such file, no permission, not a plain file, empty.
    static Result<std::shared_ptr<const MappedFile>> open(const QString& path);

    const QString& path() const { return m_path; }
    std::span<const std::byte> bytes() const { return m_bytes; }

  private:
    QString m_path;
    QFile m_file;
    std::span<const std::byte> m_bytes;
};

// The SHA-256 of several files' bytes in the order given, as "sha256:…".
Result<QString> hashOf(const std::vector<std::shared_ptr<const MappedFile>>& files,
                       const Cancel& cancel);

} // namespace attendre
