#pragma once

#include "model/formats/added_tokens.h"
#include "model/formats/bpe_model.h"
#include "model/formats/gguf.h"
#include "model/formats/pre_tokenizer.h"
#include "model/formats/tokenizer.h"

#include <memory>
#include <optional>
#include <vector>

namespace attendre {

// Everything that makes a byte-pair tokenizer, as a file declares it.
struct BpeTokenizerParts {
    BpeDefinition model;
    std::vector<AddedToken> addedTokens;
    bool composes = false; // NFC before splitting
    std::vector<PreTokenizerStep> steps;
    QString preTokenizerName; // for people: "smollm"
    int paddedSize = 0;       // the vocabulary's size with unused entries, 0 = not declared
    std::optional<std::int32_t> bos, eos;
    bool addsBos = false, addsEos = false;
};

// Errors name path and what is inconsistent.
Result<std::shared_ptr<const Tokenizer>> makeBpeTokenizer(BpeTokenizerParts parts,
                                                          const QString& path);

// From the metadata of a GGUF file (tokenizer.ggml.*).
Result<BpeTokenizerParts> readGgufTokenizer(const GgufContents& file, const QString& path);
// From the text of a tokenizer.json; path only for the sentences.
Result<BpeTokenizerParts> readTokenizerJson(const QByteArray& json, const QString& path);
// From a model folder: tokenizer.json, and where its template names no first or last token,
// tokenizer_config.json's bos_token and eos_token.
Result<BpeTokenizerParts> readFolderTokenizer(const QString& folder);

} // namespace attendre
