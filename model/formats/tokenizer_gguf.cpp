#include "model/formats/bpe_tokenizer.h"

#include "model/formats/gguf_tokenizer_fields.h"
#include "model/formats/utf8.h"

#include <algorithm>

namespace attendre {

namespace {

// llama.cpp's splitting for files that name no pre-tokenizer of their own, in order.
constexpr const char* defaultExpressions[] = {
    R"([\p{P}\$\+<=>\^~\|]+)",
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))",
    R"(\p{N}+)",
    R"([0-9][0-9][0-9])",
};

SplitStep isolated(const char* expression) {
    return {tokenizerPattern(QLatin1String(expression), QString()).take(), SplitBehavior::Isolated,
            false};
}

// What a name in tokenizer.ggml.pre stands for; the lists end where this program's knowledge does.
bool applyPreTokenizer(std::string_view name, BpeTokenizerParts& parts) {
    const auto oneOf = [&](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (oneOf({"gpt-2"})) {
        parts.steps.emplace_back(ByteLevelStep{});
    } else if (oneOf({"smollm"})) {
        parts.steps.emplace_back(DigitsStep{true});
        parts.steps.emplace_back(ByteLevelStep{});
    } else if (oneOf({"llama-bpe", "llama3", "llama-v3"})) {
        parts.steps.emplace_back(isolated(llama3Expression));
        parts.steps.emplace_back(ByteLevelStep{false, false});
        parts.model.ignoreMerges = true;
        parts.addsBos = true; // unless the file says otherwise
    } else if (oneOf({"qwen2"})) {
        parts.composes = true;
        parts.steps.emplace_back(isolated(qwen2Expression));
        parts.steps.emplace_back(ByteLevelStep{false, false});
    } else if (oneOf({"default"})) {
        for (const char* expression : defaultExpressions)
            parts.steps.emplace_back(isolated(expression));
        parts.steps.emplace_back(ByteLevelStep{false, false});
    } else {
        return false;
    }
    return true;
}

class GgufTokenizerReader {
  public:
    GgufTokenizerReader(const GgufContents& file, const QString& path)
        : m_file(file), m_fields(file, path) {}
    Result<BpeTokenizerParts> read();

  private:
    Error refusal(const QString& what) const { return m_fields.refusal(what); }
    static QString shown(std::string_view text) { return GgufTokenizerFields::shown(text); }
    Result<void> vocabulary(BpeTokenizerParts& parts) const;
    Result<void> merges(BpeTokenizerParts& parts) const;
    Result<void> specials(BpeTokenizerParts& parts) const;

    const GgufContents& m_file;
    const GgufTokenizerFields m_fields;
};

Result<void> GgufTokenizerReader::vocabulary(BpeTokenizerParts& parts) const {
    const auto tokens = m_fields.tokens();
    if (!tokens)
        return tokens.error();
    const auto types = m_fields.numbers("tokenizer.ggml.token_type", tokens->size());
    if (!types)
        return types.error();
    parts.paddedSize = static_cast<int>(tokens->size());
    constexpr std::int64_t unknownType = 2, controlType = 3, userType = 4, unusedType = 5;
    for (std::size_t i = 0; i < tokens->size(); ++i) {
        const std::string_view text = (*tokens)[i];
        const std::int64_t type = *types ? (*types)->integerAt(i) : 1;
        if (type == unusedType)
            continue; // padding of the embedding, with made-up names
        parts.model.tokens.emplace_back(text, i);
        if (type == controlType || type == userType || type == unknownType) {
            AddedToken token;
            token.id = static_cast<std::int32_t>(i);
            token.content = text;
            parts.addedTokens.push_back(std::move(token));
        }
    }
    return {};
}

Result<void> GgufTokenizerReader::merges(BpeTokenizerParts& parts) const {
    const GgufValue* merges = m_file.find("tokenizer.ggml.merges");
    if (!merges || merges->type != GgufType::Array || merges->elementType != GgufType::String)
        return refusal(QStringLiteral("tokenizer.ggml.merges is no list of strings"));
    for (std::size_t i = 0; i < merges->strings.size(); ++i) {
        const std::string_view merge = merges->strings[i];
        const auto space = merge.find(' ', 1); // a part may not be empty
        if (space == std::string_view::npos || space + 1 == merge.size() || firstInvalidUtf8(merge))
            return refusal(QStringLiteral("merge %1, \"%2\", is no pair").arg(i).arg(shown(merge)));
        parts.model.merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
    }
    return {};
}

Result<void> GgufTokenizerReader::specials(BpeTokenizerParts& parts) const {
    const auto ends = m_fields.ends({parts.bos, parts.eos, parts.addsBos, parts.addsEos});
    if (!ends)
        return ends.error();
    parts.bos = ends->bos;
    parts.eos = ends->eos;
    parts.addsBos = ends->addsBos;
    parts.addsEos = ends->addsEos;
    bool prefixSpace = false;
    if (auto read = m_fields.flag("tokenizer.ggml.add_space_prefix", prefixSpace); !read)
        return read;
    if (prefixSpace)
        for (PreTokenizerStep& step : parts.steps)
            if (auto* byteLevel = std::get_if<ByteLevelStep>(&step))
                byteLevel->addPrefixSpace = true;
    return {};
}

Result<BpeTokenizerParts> GgufTokenizerReader::read() {
    const auto model = m_fields.string("tokenizer.ggml.model", "");
    if (!model)
        return model.error();
    if (model->empty())
        return refusal(QStringLiteral("it has no tokenizer.ggml.model"));
    if (*model != "gpt2")
        return refusal(QStringLiteral("its kind is \"%1\", and gpt2, llama and t5 are read")
                           .arg(shown(*model)));
    const auto pre = m_fields.string("tokenizer.ggml.pre", "default");
    if (!pre)
        return pre.error();
    BpeTokenizerParts parts;
    if (!applyPreTokenizer(*pre, parts))
        return refusal(QStringLiteral("its pre-tokenizer is \"%1\", and smollm, llama-bpe, qwen2, "
                                      "gpt-2 and default are known")
                           .arg(shown(*pre)));
    parts.preTokenizerName = shown(*pre);
    if (auto done = vocabulary(parts); !done)
        return done.error();
    if (auto done = merges(parts); !done)
        return done.error();
    if (auto done = specials(parts); !done)
        return done.error();
    return parts;
}

} // namespace

Result<BpeTokenizerParts> readGgufTokenizer(const GgufContents& file, const QString& path) {
    return GgufTokenizerReader(file, path).read();
}

} // namespace attendre
