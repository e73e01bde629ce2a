#pragma once

#include "model/formats/added_tokens.h"
#include "model/formats/gguf.h"
#include "model/formats/sentencepiece_model.h"
#include "model/formats/tokenizer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attendre {

// Everything that makes a tokenizer of sentencepiece's library, as files declare it.
struct SentencePieceParts {
    SentencePieceModel model;
    std::string file;                    // the same as the library reads it
    std::vector<AddedToken> addedTokens; // found in the text before the library sees it
    std::optional<std::int32_t> bos, eos;
    bool addsBos = false, addsEos = false;
    // How much the library is given at once, where the text can be cut.
    std::size_t partBytes = 1 << 14;
};

// Errors name path and what is inconsistent, or what the library says.
Result<std::shared_ptr<const Tokenizer>> makeSentencePieceTokenizer(SentencePieceParts parts,
                                                                    const QString& path);

// From the metadata of a GGUF file whose tokenizer.ggml.model is llama or t5.
Result<SentencePieceParts> readGgufSentencePiece(const GgufContents& file, const QString& path);
// From spiece.model (T5: a last token is added) or tokenizer.model (Llama: a first one) in a model
// folder, and the added tokens and wishes of tokenizer_config.json and added_tokens.json. Nothing
// when the folder has neither file, or a tokenizer.model that is not sentencepiece's beside a
// tokenizer.json.
Result<std::optional<SentencePieceParts>> readFolderSentencePiece(const QString& folder);

} // namespace attendre
