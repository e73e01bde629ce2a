#pragma once

#include "model/formats/gguf.h"
#include "model/trace/result.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace attendre {

// The metadata tokenizer.ggml.* of one file, checked as it is read; what is not there is left as it
// was.
class GgufTokenizerFields {
  public:
    GgufTokenizerFields(const GgufContents& file, const QString& path)
        : m_file(file), m_path(path) {}

    Error refusal(const QString& what) const;
    Result<std::string_view> string(std::string_view key, std::string_view otherwise) const;
    Result<void> flag(const char* key, bool& value) const;
    Result<void> id(const char* key, std::optional<std::int32_t>& id) const;
    // tokenizer.ggml.tokens: at least one, and all of them UTF-8.
    Result<std::vector<std::string_view>> tokens() const;
    // One number for each of `count` tokens under the key; empty when it is not there.
    Result<const GgufValue*> numbers(const char* key, std::size_t count) const;
    // bos_token_id, eos_token_id, add_bos_token, add_eos_token.
    struct Ends {
        std::optional<std::int32_t> bos, eos;
        bool addsBos = false, addsEos = false;
    };
    Result<Ends> ends(Ends otherwise) const;

    static QString shown(std::string_view text);

  private:
    const GgufContents& m_file;
    const QString& m_path;
};

} // namespace attendre
