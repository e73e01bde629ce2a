#include "model/formats/sentencepiece_tokenizer.h"

#include "model/formats/gguf_tokenizer_fields.h"

namespace attendre {

namespace {

Result<void> readPieces(const GgufTokenizerFields& fields, SentencePieceParts& parts) {
    const auto tokens = fields.tokens();
    if (!tokens)
        return tokens.error();
    const auto scores = fields.numbers("tokenizer.ggml.scores", tokens->size());
    if (!scores)
        return scores.error();
    const auto types = fields.numbers("tokenizer.ggml.token_type", tokens->size());
    if (!types)
        return types.error();
    if (!*scores || !*types)
        return fields.refusal(QStringLiteral("it lacks tokenizer.ggml.scores or token_type"));
    for (std::size_t i = 0; i < tokens->size(); ++i) {
        const std::int64_t type = (*types)->integerAt(i);
        if (type < 1 || type > 6)
            return fields.refusal(
                QStringLiteral("token %1 is of the unknown type %2").arg(i).arg(type));
        SentencePiece piece{std::string((*tokens)[i]), static_cast<float>((*scores)->numberAt(i)),
                            static_cast<PieceType>(type)};
        if (piece.type == PieceType::Control) {
            AddedToken token;
            token.id = static_cast<std::int32_t>(i);
            token.content = piece.text;
            parts.addedTokens.push_back(std::move(token));
        }
        parts.model.byteFallback |= piece.type == PieceType::Byte;
        parts.model.pieces.push_back(std::move(piece));
    }
    return {};
}

} // namespace

Result<SentencePieceParts> readGgufSentencePiece(const GgufContents& file, const QString& path) {
    const GgufTokenizerFields fields(file, path);
    const auto kind = fields.string("tokenizer.ggml.model", "");
    if (!kind)
        return kind.error();
    SentencePieceParts parts;
    SentencePieceModel& model = parts.model;
    const bool t5 = *kind == "t5";
    model.algorithm =
        t5 ? SentencePieceModel::Algorithm::Unigram : SentencePieceModel::Algorithm::Bpe;
    model.removesExtraSpaces = t5; // unless the file says otherwise
    if (auto read = readPieces(fields, parts); !read)
        return read.error();
    if (auto checked = checkPieces(model, path); !checked)
        return checked.error();
    if (auto read = fields.flag("tokenizer.ggml.add_space_prefix", model.addsPrefix); !read)
        return read.error();
    if (auto read =
            fields.flag("tokenizer.ggml.remove_extra_whitespaces", model.removesExtraSpaces);
        !read)
        return read.error();
    if (const GgufValue* charsmap = file.find("tokenizer.ggml.precompiled_charsmap")) {
        if (charsmap->type != GgufType::Array ||
            (charsmap->elementType != GgufType::U8 && charsmap->elementType != GgufType::I8))
            return fields.refusal(
                QStringLiteral("tokenizer.ggml.precompiled_charsmap is no list of bytes"));
        model.charsmap.assign(reinterpret_cast<const char*>(charsmap->elements.data()),
                              charsmap->elements.size());
    }
    const auto ends = fields.ends({std::nullopt, std::nullopt, !t5, t5});
    if (!ends)
        return ends.error();
    parts.bos = ends->bos;
    parts.eos = ends->eos;
    parts.addsBos = ends->addsBos;
    parts.addsEos = ends->addsEos;
    parts.file = serialised(model);
    return parts;
}

} // namespace attendre
