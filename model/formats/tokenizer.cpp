#include "model/formats/bpe_tokenizer.h"

#include <QFileInfo>

namespace attendre {

Tokenizer::~Tokenizer() = default;

Result<std::shared_ptr<const Tokenizer>> Tokenizer::open(const QString& modelPath) {
    const QFileInfo info(modelPath);
    if (!info.exists())
        return Error{QStringLiteral("%1 does not exist; check the path.").arg(modelPath)};
    auto parts = info.isDir() ? readFolderTokenizer(modelPath) : readGgufTokenizer(modelPath);
    if (!parts)
        return parts.error();
    return makeBpeTokenizer(parts.take(), modelPath);
}

} // namespace attendre
