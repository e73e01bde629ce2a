#include "model/formats/mapped_file.h"

#include <QCryptographicHash>
#include <QFileInfo>

#include <algorithm>

namespace attendre {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const QString& path) {
    const QFileInfo info(path);
    if (!info.exists())
        return Error{QStringLiteral("%1 does not exist; check the path.").arg(path)};
    if (!info.isFile())
        return Error{QStringLiteral("%1 is not a plain file; name the file itself.").arg(path)};
    auto file = std::make_shared<MappedFile>();
    file->m_path = path;
    file->m_file.setFileName(path);
    if (!file->m_file.open(QIODevice::ReadOnly))
        return Error{QStringLiteral("%1 cannot be opened (%2); check its permissions.")
                         .arg(path, file->m_file.errorString())};
    const qint64 size = file->m_file.size();
    if (size == 0)
        return Error{QStringLiteral("%1 is empty (0 bytes); fetch or copy it again.").arg(path)};
    const uchar* start = file->m_file.map(0, size);
    if (!start)
        return Error{
            QStringLiteral("%1 cannot be mapped into memory (%2); copy it to a local disk.")
                .arg(path, file->m_file.errorString())};
    file->m_bytes = {reinterpret_cast<const std::byte*>(start), static_cast<std::size_t>(size)};
    return std::shared_ptr<const MappedFile>(std::move(file));
}

Result<QString> hashOf(const std::vector<std::shared_ptr<const MappedFile>>& files,
                       const Cancel& cancel) {
    constexpr std::size_t stride = 4 << 20; // a cancel is noticed within a few milliseconds
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const auto& file : files) {
        const auto bytes = file->bytes();
        for (std::size_t at = 0; at < bytes.size(); at += stride) {
            if (cancel.requested())
                return Error{QStringLiteral("Hashing %1 was cancelled.").arg(file->path())};
            const auto part = bytes.subspan(at, std::min(stride, bytes.size() - at));
            hash.addData(QByteArrayView(reinterpret_cast<const char*>(part.data()),
                                        static_cast<qsizetype>(part.size())));
        }
    }
    return QStringLiteral("sha256:") + QString::fromLatin1(hash.result().toHex());
}

} // namespace attendre
