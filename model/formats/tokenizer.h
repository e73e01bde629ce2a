#pragma once

#include "model/trace/cancel.h"
#include "model/trace/result.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace attendre {

struct Encoding {
    std::vector<std::int32_t> ids;
    // Byte ranges in the source, through any normalisation; special tokens that were added have
    // empty ones.
    std::vector<std::pair<std::int64_t, std::int64_t>> bytes;
};

struct GgufContents;

// Text to ids and back. Const and safe to share between threads.
class Tokenizer {
  public:
    // From a .gguf file's metadata, or from a model folder (tokenizer.json, tokenizer.model or
    // spiece.model). An unknown component or pre-tokenizer is refused by name.
    static Result<std::shared_ptr<const Tokenizer>> open(const QString& modelPath);
    virtual ~Tokenizer();

    // utf8: valid UTF-8 without BOM. Special tokens are not added. Added tokens found in the text
    // are recognised as the reference library does.
    virtual Result<Encoding> encode(const QByteArray& utf8, const Cancel& cancel = {},
                                    const Progress& progress = {}) const = 0;
    // The bytes of one token as it stands in text; may be part of a UTF-8 character.
    virtual QByteArray tokenBytes(std::int32_t id) const = 0;
    virtual QByteArray decode(const std::vector<std::int32_t>& ids) const = 0;

    virtual int vocabularySize() const = 0;
    virtual std::optional<std::int32_t> bos() const = 0;
    virtual std::optional<std::int32_t> eos() const = 0;
    virtual bool addsBos() const = 0; // as the tokenizer declares
    virtual bool addsEos() const = 0;
    virtual QString
    description() const = 0; // "byte-level BPE, 49,152 tokens, pre-tokenizer smollm"
};

// From the metadata of a parsed GGUF file, as Tokenizer::open does; path is only for the sentences.
Result<std::shared_ptr<const Tokenizer>> makeGgufTokenizer(const GgufContents& file,
                                                           const QString& path);

} // namespace attendre
