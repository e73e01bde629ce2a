#include "model/formats/bpe_tokenizer.h"

#include "model/formats/json_file.h"

#include <QJsonArray>
#include <QStringList>

#include <algorithm>
#include <limits>

namespace attendre {

namespace {

// Reads one tokenizer.json; the first component that is not known is kept as the refusal.
class TokenizerJsonReader {
  public:
    explicit TokenizerJsonReader(const QString& path) : m_path(path) {}
    Result<BpeTokenizerParts> read(const QJsonObject& root);

  private:
    using Visit = void (TokenizerJsonReader::*)(const QJsonObject&);

    void refuse(const QString& what);
    void unknown(const char* kind, const QString& name);
    void component(const char* kind, const QJsonValue& value, const char* listKey, Visit visit);
    bool flag(const QJsonObject& object, const char* key, std::optional<bool> otherwise);
    QString text(const QJsonObject& object, const char* key);

    void addedToken(const QJsonValue& value);
    void normalizer(const QJsonObject& object);
    void preTokenizer(const QJsonObject& object);
    void split(const QJsonObject& object);
    void postProcessor(const QJsonObject& object);
    void tokenTemplate(const QJsonObject& object);
    void decoder(const QJsonObject& object);
    void model(const QJsonObject& object);
    void vocabulary(const QJsonObject& object);
    void merges(const QJsonArray& list);

    const QString& m_path;
    BpeTokenizerParts m_parts;
    QStringList m_stepNames;
    bool m_byteLevelStep = false, m_byteLevelDecoder = false;
    std::optional<Error> m_error;
};

void TokenizerJsonReader::refuse(const QString& what) {
    if (!m_error)
        m_error =
            Error{QStringLiteral("The tokenizer in %1 cannot be read: %2; use a model with "
                                 "GPT-2's, SmolLM2's, Llama 3's or Qwen2's kind of tokenizer, or "
                                 "put sentencepiece's spiece.model or tokenizer.model beside it.")
                      .arg(m_path, what)};
}

void TokenizerJsonReader::unknown(const char* kind, const QString& name) {
    refuse(QStringLiteral("its %1 \"%2\" is not known").arg(QLatin1String(kind), name.left(80)));
}

bool TokenizerJsonReader::flag(const QJsonObject& object, const char* key,
                               std::optional<bool> otherwise) {
    const QJsonValue value = object[QLatin1String(key)];
    if (value.isBool())
        return value.toBool();
    if ((value.isUndefined() || value.isNull()) && otherwise)
        return *otherwise;
    refuse(QStringLiteral("%1 is neither true nor false").arg(QLatin1String(key)));
    return false;
}

QString TokenizerJsonReader::text(const QJsonObject& object, const char* key) {
    const QJsonValue value = object[QLatin1String(key)];
    if (!value.isString())
        refuse(QStringLiteral("%1 is no string").arg(QLatin1String(key)));
    return value.toString();
}

// A component may be absent, one object, or a Sequence of components in order.
void TokenizerJsonReader::component(const char* kind, const QJsonValue& value, const char* listKey,
                                    Visit visit) {
    if (m_error || value.isNull() || value.isUndefined())
        return;
    if (!value.isObject())
        return refuse(QStringLiteral("its %1 is no object").arg(QLatin1String(kind)));
    const QJsonObject object = value.toObject();
    if (object[QLatin1String("type")].toString() != QLatin1String("Sequence"))
        return (this->*visit)(object);
    const QJsonValue list = object[QLatin1String(listKey)];
    if (!list.isArray())
        return refuse(QStringLiteral("its %1 is a Sequence without %2")
                          .arg(QLatin1String(kind), QLatin1String(listKey)));
    for (const QJsonValue& part : list.toArray())
        component(kind, part.isNull() ? QJsonValue(QJsonObject()) : part, listKey, visit);
}

void TokenizerJsonReader::addedToken(const QJsonValue& value) {
    if (!value.isObject())
        return refuse(QStringLiteral("an added token is no object"));
    const QJsonObject object = value.toObject();
    AddedToken token;
    token.content = text(object, "content").toStdString();
    const qint64 id = object[QLatin1String("id")].toInteger(-1);
    if (id < 0 || id > std::numeric_limits<std::int32_t>::max())
        return refuse(QStringLiteral("the added token \"%1\" has no id from 0")
                          .arg(QString::fromStdString(token.content).left(80)));
    token.id = static_cast<std::int32_t>(id);
    token.leftStrip = flag(object, "lstrip", false);
    token.rightStrip = flag(object, "rstrip", false);
    token.singleWord = flag(object, "single_word", false);
    token.normalized = flag(object, "normalized", !flag(object, "special", false));
    m_parts.addedTokens.push_back(std::move(token));
}

void TokenizerJsonReader::normalizer(const QJsonObject& object) {
    const QString type = object[QLatin1String("type")].toString();
    if (type != QLatin1String("NFC"))
        return unknown("normalizer", type);
    m_parts.composes = true;
}

void TokenizerJsonReader::preTokenizer(const QJsonObject& object) {
    const QString type = object[QLatin1String("type")].toString();
    if (m_byteLevelStep)
        return refuse(QStringLiteral("its pre-tokenizer \"%1\" comes after ByteLevel").arg(type));
    m_stepNames << type;
    if (type == QLatin1String("Split"))
        return split(object);
    if (type == QLatin1String("Digits")) {
        m_parts.steps.emplace_back(DigitsStep{flag(object, "individual_digits", false)});
    } else if (type == QLatin1String("ByteLevel")) {
        m_byteLevelStep = true;
        m_parts.steps.emplace_back(ByteLevelStep{flag(object, "add_prefix_space", std::nullopt),
                                                 flag(object, "use_regex", true)});
    } else {
        unknown("pre-tokenizer", type);
    }
}

void TokenizerJsonReader::split(const QJsonObject& object) {
    static const std::pair<const char*, SplitBehavior> behaviors[] = {
        {"Removed", SplitBehavior::Removed},
        {"Isolated", SplitBehavior::Isolated},
        {"MergedWithPrevious", SplitBehavior::MergedWithPrevious},
        {"MergedWithNext", SplitBehavior::MergedWithNext},
        {"Contiguous", SplitBehavior::Contiguous},
    };
    SplitStep step;
    const QString name = text(object, "behavior");
    const auto found = std::find_if(std::begin(behaviors), std::end(behaviors),
                                    [&](const auto& b) { return name == QLatin1String(b.first); });
    if (found == std::end(behaviors))
        return unknown("Split behavior", name);
    step.behavior = found->second;
    step.inverted = flag(object, "invert", false);
    const QJsonObject pattern = object[QLatin1String("pattern")].toObject();
    if (pattern[QLatin1String("String")].isString()) {
        step.pattern = pattern[QLatin1String("String")].toString().toStdString();
    } else if (pattern[QLatin1String("Regex")].isString()) {
        auto expression = tokenizerPattern(pattern[QLatin1String("Regex")].toString(), m_path);
        if (!expression) {
            m_error = m_error ? m_error : expression.error();
            return;
        }
        step.pattern = expression.take();
    } else {
        return unknown("Split pattern", pattern.keys().join(QStringLiteral(", ")));
    }
    m_parts.steps.emplace_back(std::move(step));
}

void TokenizerJsonReader::postProcessor(const QJsonObject& object) {
    const QString type = object[QLatin1String("type")].toString();
    if (type == QLatin1String("TemplateProcessing"))
        tokenTemplate(object);
    else if (type != QLatin1String("ByteLevel")) // that one only trims offsets
        unknown("post-processor", type);
}

// What a single text becomes: at most one special token, the text, at most one special token.
void TokenizerJsonReader::tokenTemplate(const QJsonObject& object) {
    const QJsonObject specials = object[QLatin1String("special_tokens")].toObject();
    bool textSeen = false;
    for (const QJsonValue& part : object[QLatin1String("single")].toArray()) {
        const QJsonObject piece = part.toObject();
        if (piece.contains(QLatin1String("Sequence")) && !textSeen) {
            textSeen = true;
            continue;
        }
        const QString name =
            piece[QLatin1String("SpecialToken")].toObject()[QLatin1String("id")].toString();
        const QJsonArray ids = specials[name].toObject()[QLatin1String("ids")].toArray();
        const qint64 id = ids.size() == 1 ? ids[0].toInteger(-1) : -1;
        bool& adds = textSeen ? m_parts.addsEos : m_parts.addsBos;
        if (id < 0 || id > std::numeric_limits<std::int32_t>::max() || adds)
            return refuse(QStringLiteral("its template is not one special token before and one "
                                         "after the text (\"%1\")")
                              .arg(name.left(80)));
        adds = true;
        (textSeen ? m_parts.eos : m_parts.bos) = static_cast<std::int32_t>(id);
    }
    if (!textSeen)
        refuse(QStringLiteral("its template has no place for the text"));
}

void TokenizerJsonReader::decoder(const QJsonObject& object) {
    const QString type = object[QLatin1String("type")].toString();
    if (type == QLatin1String("ByteLevel"))
        m_byteLevelDecoder = true;
    else if (type != QLatin1String("ByteFallback") && type != QLatin1String("Fuse"))
        unknown("decoder", type);
}

void TokenizerJsonReader::model(const QJsonObject& object) {
    const QString type = object[QLatin1String("type")].toString(QStringLiteral("BPE"));
    if (type != QLatin1String("BPE"))
        return unknown("model", type);
    if (object[QLatin1String("dropout")].toDouble(0) != 0)
        return refuse(QStringLiteral("its merges drop out at random (dropout %1)")
                          .arg(object[QLatin1String("dropout")].toDouble()));
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
        if (!object[QLatin1String(key)].toString().isEmpty())
            return refuse(
                QStringLiteral("its model has %1 \"%2\"")
                    .arg(QLatin1String(key), object[QLatin1String(key)].toString().left(80)));
    BpeDefinition& definition = m_parts.model;
    definition.ignoreMerges = flag(object, "ignore_merges", false);
    definition.byteFallback = flag(object, "byte_fallback", false);
    definition.fuseUnknown = flag(object, "fuse_unk", false);
    if (object[QLatin1String("unk_token")].isString())
        definition.unknown = object[QLatin1String("unk_token")].toString().toStdString();
    if (!object[QLatin1String("vocab")].isObject() || !object[QLatin1String("merges")].isArray())
        return refuse(QStringLiteral("its model lacks vocab or merges"));
    vocabulary(object[QLatin1String("vocab")].toObject());
    merges(object[QLatin1String("merges")].toArray());
}

void TokenizerJsonReader::vocabulary(const QJsonObject& object) {
    m_parts.model.tokens.reserve(static_cast<std::size_t>(object.size()));
    for (auto it = object.begin(); it != object.end(); ++it) {
        const QString spelling = it.key();
        if (!it.value().isDouble())
            return refuse(QStringLiteral("the token \"%1\" has no id").arg(spelling.left(80)));
        m_parts.model.tokens.emplace_back(spelling.toStdString(), it.value().toInteger(-1));
    }
}

void TokenizerJsonReader::merges(const QJsonArray& list) {
    auto& merges = m_parts.model.merges;
    merges.reserve(static_cast<std::size_t>(list.size()));
    for (const QJsonValue& value : list) {
        if (value.isString()) {
            const QString merge = value.toString();
            if (merge.startsWith(QLatin1String("#version")))
                continue;
            const QStringList parts = merge.split(u' ');
            if (parts.size() != 2)
                return refuse(QStringLiteral("merge %1, \"%2\", is no pair")
                                  .arg(merges.size())
                                  .arg(merge.left(80)));
            merges.emplace_back(parts[0].toStdString(), parts[1].toStdString());
            continue;
        }
        const QJsonArray pair = value.toArray();
        if (pair.size() != 2 || !pair[0].isString() || !pair[1].isString())
            return refuse(QStringLiteral("merge %1 is no pair").arg(merges.size()));
        merges.emplace_back(pair[0].toString().toStdString(), pair[1].toString().toStdString());
    }
}

Result<BpeTokenizerParts> TokenizerJsonReader::read(const QJsonObject& root) {
    for (const QJsonValue& token : root[QLatin1String("added_tokens")].toArray())
        addedToken(token);
    component("normalizer", root[QLatin1String("normalizer")], "normalizers",
              &TokenizerJsonReader::normalizer);
    component("pre-tokenizer", root[QLatin1String("pre_tokenizer")], "pretokenizers",
              &TokenizerJsonReader::preTokenizer);
    component("post-processor", root[QLatin1String("post_processor")], "processors",
              &TokenizerJsonReader::postProcessor);
    component("decoder", root[QLatin1String("decoder")], "decoders", &TokenizerJsonReader::decoder);
    if (!root[QLatin1String("model")].isObject())
        refuse(QStringLiteral("it has no model"));
    if (!m_error)
        model(root[QLatin1String("model")].toObject());
    if (m_byteLevelDecoder && !m_byteLevelStep)
        refuse(QStringLiteral("it decodes by ByteLevel but does not split by it"));
    m_parts.model.byteLevel = m_byteLevelStep;
    m_parts.preTokenizerName =
        m_stepNames.isEmpty() ? QStringLiteral("none") : m_stepNames.join(QStringLiteral(", "));
    if (m_error)
        return *m_error;
    return std::move(m_parts);
}

} // namespace

Result<BpeTokenizerParts> readTokenizerJson(const QByteArray& json, const QString& path) {
    auto root = parseJsonObject(json, path);
    if (!root)
        return root.error();
    return TokenizerJsonReader(path).read(*root);
}

} // namespace attendre
