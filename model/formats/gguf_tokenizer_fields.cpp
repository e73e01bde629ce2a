#include "model/formats/gguf_tokenizer_fields.h"

#include "model/formats/utf8.h"

#include <algorithm>

namespace attendre {

QString GgufTokenizerFields::shown(std::string_view text) {
    return QString::fromUtf8(text.data(),
                             static_cast<qsizetype>(std::min<std::size_t>(80, text.size())));
}

Error GgufTokenizerFields::refusal(const QString& what) const {
    return Error{QStringLiteral("The tokenizer in %1 cannot be read: %2; use a file made by "
                                "llama.cpp's converter.")
                     .arg(m_path, what)};
}

Result<std::string_view> GgufTokenizerFields::string(std::string_view key,
                                                     std::string_view otherwise) const {
    const GgufValue* value = m_file.find(key);
    if (!value)
        return otherwise;
    if (value->type != GgufType::String)
        return refusal(QStringLiteral("%1 is no string").arg(shown(key)));
    return value->string;
}

Result<void> GgufTokenizerFields::flag(const char* key, bool& value) const {
    const GgufValue* stored = m_file.find(key);
    if (!stored)
        return {};
    if (stored->type != GgufType::Bool)
        return refusal(QStringLiteral("%1 is no boolean").arg(QLatin1String(key)));
    value = stored->integer != 0;
    return {};
}

Result<void> GgufTokenizerFields::id(const char* key, std::optional<std::int32_t>& id) const {
    const GgufValue* value = m_file.find(key);
    if (!value)
        return {};
    const GgufValue* tokens = m_file.find("tokenizer.ggml.tokens");
    if (!value->isInteger() || value->integer < 0 || !tokens ||
        static_cast<std::size_t>(value->integer) >= tokens->strings.size())
        return refusal(QStringLiteral("%1 is %2, no id of a token")
                           .arg(QLatin1String(key))
                           .arg(value->integer));
    id = static_cast<std::int32_t>(value->integer);
    return {};
}

Result<std::vector<std::string_view>> GgufTokenizerFields::tokens() const {
    const GgufValue* tokens = m_file.find("tokenizer.ggml.tokens");
    if (!tokens || tokens->type != GgufType::Array || tokens->elementType != GgufType::String ||
        tokens->strings.empty())
        return refusal(QStringLiteral("tokenizer.ggml.tokens is no list of strings"));
    for (std::size_t i = 0; i < tokens->strings.size(); ++i)
        if (firstInvalidUtf8(tokens->strings[i]))
            return refusal(QStringLiteral("token %1 is not UTF-8").arg(i));
    return tokens->strings;
}

Result<const GgufValue*> GgufTokenizerFields::numbers(const char* key, std::size_t count) const {
    const GgufValue* values = m_file.find(key);
    if (values && (values->type != GgufType::Array || values->elementType == GgufType::String ||
                   values->count != count))
        return refusal(
            QStringLiteral("%1 is no list of %2 numbers").arg(QLatin1String(key)).arg(count));
    return values;
}

Result<GgufTokenizerFields::Ends> GgufTokenizerFields::ends(Ends otherwise) const {
    if (auto read = id("tokenizer.ggml.bos_token_id", otherwise.bos); !read)
        return read.error();
    if (auto read = id("tokenizer.ggml.eos_token_id", otherwise.eos); !read)
        return read.error();
    if (auto read = flag("tokenizer.ggml.add_bos_token", otherwise.addsBos); !read)
        return read.error();
    if (auto read = flag("tokenizer.ggml.add_eos_token", otherwise.addsEos); !read)
        return read.error();
    if ((otherwise.addsBos && !otherwise.bos) || (otherwise.addsEos && !otherwise.eos))
        return refusal(QStringLiteral("it adds a first or last token without saying which"));
    return otherwise;
}

} // namespace attendre
