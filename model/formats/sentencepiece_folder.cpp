#include "model/formats/sentencepiece_tokenizer.h"

#include "model/formats/json_file.h"
#include "model/formats/mapped_file.h"

#include <QDir>
#include <QJsonArray>

#include <limits>

namespace attendre {

namespace {

// tokenizer_config.json and added_tokens.json beside a sentencepiece file.
class FolderDeclarations {
  public:
    FolderDeclarations(const QDir& folder, SentencePieceParts& parts)
        : m_folder(folder), m_parts(parts) {}
    Result<void> apply();

  private:
    Result<QJsonObject> optionalJson(const char* name) const;
    Result<void> addedTokens(const QJsonObject& config);
    void sentinels(const QJsonObject& config);
    bool has(const std::string& content) const { return idOf(content).has_value(); }
    std::optional<std::int32_t> idOf(const std::string& content) const;
    void named(const QJsonObject& config, const char* key, std::optional<std::int32_t>& id) const;
    static QString contentOf(const QJsonValue& token);

    const QDir& m_folder;
    SentencePieceParts& m_parts;
};

Result<QJsonObject> FolderDeclarations::optionalJson(const char* name) const {
    if (!m_folder.exists(QLatin1String(name)))
        return QJsonObject();
    return readJsonObject(m_folder.filePath(QLatin1String(name)));
}

std::optional<std::int32_t> FolderDeclarations::idOf(const std::string& content) const {
    for (const AddedToken& token : m_parts.addedTokens)
        if (token.content == content)
            return token.id;
    for (std::size_t id = 0; id < m_parts.model.pieces.size(); ++id)
        if (m_parts.model.pieces[id].text == content)
            return static_cast<std::int32_t>(id);
    return std::nullopt;
}

// A token is named by its text, or by an object that has the text.
QString FolderDeclarations::contentOf(const QJsonValue& token) {
    return token.isObject() ? token.toObject()[QLatin1String("content")].toString()
                            : token.toString();
}

void FolderDeclarations::named(const QJsonObject& config, const char* key,
                               std::optional<std::int32_t>& id) const {
    const QString text = contentOf(config[QLatin1String(key)]);
    if (!text.isEmpty())
        if (const auto found = idOf(text.toStdString()))
            id = found;
}

Result<void> FolderDeclarations::addedTokens(const QJsonObject& config) {
    std::vector<std::pair<double, AddedToken>> declared;
    const QJsonObject byId = config[QLatin1String("added_tokens_decoder")].toObject();
    for (auto it = byId.begin(); it != byId.end(); ++it) {
        const QJsonObject object = it.value().toObject();
        AddedToken token;
        token.content = contentOf(object).toStdString();
        token.leftStrip = object[QLatin1String("lstrip")].toBool();
        token.rightStrip = object[QLatin1String("rstrip")].toBool();
        token.singleWord = object[QLatin1String("single_word")].toBool();
        bool number = false;
        const double id = it.key().toInt(&number);
        declared.emplace_back(number ? id : -1, std::move(token));
    }
    const auto older = optionalJson("added_tokens.json");
    if (!older)
        return older.error();
    for (auto it = older->begin(); it != older->end() && byId.isEmpty(); ++it) {
        AddedToken token;
        token.content = it.key().toStdString();
        declared.emplace_back(it.value().toDouble(-1), std::move(token));
    }
    for (auto& [id, token] : declared) {
        if (token.content.empty() || !(id >= 0 && id <= std::numeric_limits<std::int32_t>::max()))
            return Error{QStringLiteral("%1 adds the token \"%2\" under the id %3; fetch it again.")
                             .arg(m_folder.path(), QString::fromStdString(token.content))
                             .arg(id)};
        token.id = static_cast<std::int32_t>(id);
        m_parts.addedTokens.push_back(std::move(token));
    }
    return {};
}

// T5's <extra_id_0>, <extra_id_1>, ... come behind the library's pieces, the last one first, where
// nothing else gives them ids.
void FolderDeclarations::sentinels(const QJsonObject& config) {
    int count = config[QLatin1String("extra_ids")].toInt();
    if (count == 0)
        for (const QJsonValue& token : config[QLatin1String("additional_special_tokens")].toArray())
            count += contentOf(token).startsWith(QLatin1String("<extra_id_"));
    const auto first = static_cast<std::int32_t>(m_parts.model.pieces.size());
    if (count < 1 || count > 65536 || has("<extra_id_0>"))
        return;
    for (std::int32_t i = 0; i < count; ++i) {
        AddedToken token;
        token.id = first + count - 1 - i;
        token.content = "<extra_id_" + std::to_string(i) + ">";
        m_parts.addedTokens.push_back(std::move(token));
    }
}

Result<void> FolderDeclarations::apply() {
    const auto config = optionalJson("tokenizer_config.json");
    if (!config)
        return config.error();
    if (auto added = addedTokens(*config); !added)
        return added;
    sentinels(*config);
    named(*config, "bos_token", m_parts.bos);
    named(*config, "eos_token", m_parts.eos);
    m_parts.addsBos = (*config)[QLatin1String("add_bos_token")].toBool(m_parts.addsBos);
    m_parts.addsEos = (*config)[QLatin1String("add_eos_token")].toBool(m_parts.addsEos);
    if ((m_parts.addsBos && !m_parts.bos) || (m_parts.addsEos && !m_parts.eos))
        return Error{QStringLiteral("The tokenizer in %1 adds a first or last token without saying "
                                    "which; fetch it again.")
                         .arg(m_folder.path())};
    return {};
}

std::optional<std::int32_t> controlPiece(const SentencePieceModel& model, const char* text) {
    for (std::size_t id = 0; id < model.pieces.size(); ++id)
        if (model.pieces[id].type == PieceType::Control && model.pieces[id].text == text)
            return static_cast<std::int32_t>(id);
    return std::nullopt;
}

} // namespace

Result<std::optional<SentencePieceParts>> readFolderSentencePiece(const QString& folder) {
    const QDir directory(folder);
    const bool t5 = directory.exists(QStringLiteral("spiece.model"));
    const QString name = t5 ? QStringLiteral("spiece.model") : QStringLiteral("tokenizer.model");
    if (!directory.exists(name))
        return std::optional<SentencePieceParts>();
    const QString path = directory.filePath(name);
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    SentencePieceParts parts;
    parts.file.assign(reinterpret_cast<const char*>((*file)->bytes().data()),
                      (*file)->bytes().size());
    auto model = readSentencePieceModel(parts.file, path);
    if (!model && !t5 && directory.exists(QStringLiteral("tokenizer.json")))
        return std::optional<SentencePieceParts>(); // Llama 3 has another library's file there
    if (!model)
        return model.error();
    parts.model = model.take();
    parts.bos = controlPiece(parts.model, "<s>");
    parts.eos = controlPiece(parts.model, "</s>");
    parts.addsBos = !t5 && parts.bos;
    parts.addsEos = t5 && parts.eos;
    if (auto declared = FolderDeclarations(directory, parts).apply(); !declared)
        return declared.error();
    return std::optional(std::move(parts));
}

} // namespace attendre
