#include "model/formats/bpe_tokenizer.h"

#include "model/formats/json_file.h"
#include "model/formats/mapped_file.h"

#include <QDir>

#include <limits>

namespace attendre {

namespace {

// The id of a token by its text, added tokens first.
std::optional<std::int32_t> idOf(const BpeTokenizerParts& parts, const std::string& text) {
    for (const AddedToken& token : parts.addedTokens)
        if (token.content == text)
            return token.id;
    for (const auto& [spelling, id] : parts.model.tokens)
        if (spelling == text && id >= 0 && id <= std::numeric_limits<std::int32_t>::max())
            return static_cast<std::int32_t>(id);
    return std::nullopt;
}

// tokenizer_config.json names a token by its text, or by an object that has the text.
std::optional<std::int32_t> namedToken(const BpeTokenizerParts& parts, const QJsonObject& config,
                                       const char* key) {
    const QJsonValue value = config[QLatin1String(key)];
    const QString text =
        value.isObject() ? value.toObject()[QLatin1String("content")].toString() : value.toString();
    return text.isEmpty() ? std::nullopt : idOf(parts, text.toStdString());
}

} // namespace

Result<BpeTokenizerParts> readFolderTokenizer(const QString& folder) {
    const QDir directory(folder);
    const QString path = directory.filePath(QStringLiteral("tokenizer.json"));
    if (!directory.exists(QStringLiteral("tokenizer.json")))
        return Error{QStringLiteral("%1 holds no tokenizer.json, spiece.model or tokenizer.model; "
                                    "add the model's own.")
                         .arg(folder)};
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    const auto bytes = (*file)->bytes();
    auto parts =
        readTokenizerJson(QByteArray::fromRawData(reinterpret_cast<const char*>(bytes.data()),
                                                  static_cast<qsizetype>(bytes.size())),
                          path);
    if (!parts)
        return parts;
    const QString configPath = directory.filePath(QStringLiteral("tokenizer_config.json"));
    if (!directory.exists(QStringLiteral("tokenizer_config.json")))
        return parts;
    auto config = readJsonObject(configPath);
    if (!config)
        return config.error();
    if (!parts->bos)
        parts->bos = namedToken(*parts, *config, "bos_token");
    if (!parts->eos)
        parts->eos = namedToken(*parts, *config, "eos_token");
    return parts;
}

} // namespace attendre
