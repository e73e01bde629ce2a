#include "model/formats/bpe_tokenizer.h"
#include "model/formats/mapped_file.h"
#include "model/formats/sentencepiece_tokenizer.h"

#include <QFileInfo>

namespace attendre {

namespace {

Result<std::shared_ptr<const Tokenizer>> openGguf(const QString& path) {
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    auto contents = parseGguf((*file)->bytes(), path);
    if (!contents)
        return contents.error();
    return makeGgufTokenizer(*contents, path);
}

Result<std::shared_ptr<const Tokenizer>> openFolder(const QString& path) {
    auto pieces = readFolderSentencePiece(path);
    if (!pieces)
        return pieces.error();
    if (*pieces)
        return makeSentencePieceTokenizer(std::move(**pieces), path);
    auto parts = readFolderTokenizer(path);
    if (!parts)
        return parts.error();
    return makeBpeTokenizer(parts.take(), path);
}

} // namespace

Tokenizer::~Tokenizer() = default;

Result<std::shared_ptr<const Tokenizer>> Tokenizer::open(const QString& modelPath) {
    const QFileInfo info(modelPath);
    if (!info.exists())
        return Error{QStringLiteral("%1 does not exist; check the path.").arg(modelPath)};
    return info.isDir() ? openFolder(modelPath) : openGguf(modelPath);
}

Result<std::shared_ptr<const Tokenizer>> makeGgufTokenizer(const GgufContents& file,
                                                           const QString& path) {
    const GgufValue* kind = file.find("tokenizer.ggml.model");
    if (kind && kind->type == GgufType::String &&
        (kind->string == "llama" || kind->string == "t5")) {
        auto pieces = readGgufSentencePiece(file, path);
        if (!pieces)
            return pieces.error();
        return makeSentencePieceTokenizer(pieces.take(), path);
    }
    auto parts = readGgufTokenizer(file, path);
    if (!parts)
        return parts.error();
    return makeBpeTokenizer(parts.take(), path);
}

} // namespace attendre
