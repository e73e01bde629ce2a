#include "model/formats/document.h"

#include "model/formats/mapped_file.h"
#include "model/formats/utf8.h"

#include <QFileInfo>

namespace attendre {

Result<Document> readDocument(const QString& path) {
    if (const QFileInfo info(path); info.isFile() && info.size() == 0)
        return Error{QStringLiteral("%1 is empty (0 bytes); choose a document with at least one "
                                    "character.")
                         .arg(path)};
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    const auto bytes = (*file)->bytes();
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    Document document;
    document.path = path;
    if (text.starts_with("\xEF\xBB\xBF")) {
        document.bomBytes = 3;
        text.remove_prefix(3);
    }
    if (text.empty())
        return Error{QStringLiteral("%1 holds no text (only a byte order mark); choose a document "
                                    "with at least one character.")
                         .arg(path)};
    if (const auto bad = firstInvalidUtf8(text))
        return Error{QStringLiteral("%1 is not UTF-8: the byte 0x%2 at offset %3 begins no "
                                    "character; convert it, for example with iconv -t UTF-8.")
                         .arg(path)
                         .arg(static_cast<uchar>(text[*bad]), 2, 16, QLatin1Char('0'))
                         .arg(*bad + static_cast<std::size_t>(document.bomBytes))};
    auto hash = hashOf({*file}, Cancel());
    if (!hash)
        return hash.error();
    document.hash = hash.take();
    document.text = QByteArray(text.data(), static_cast<qsizetype>(text.size()));
    return document;
}

} // namespace attendre
