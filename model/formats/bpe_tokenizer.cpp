#include "model/formats/bpe_tokenizer.h"

#include "model/formats/utf8.h"

#include <QLocale>

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace attendre {

namespace {

constexpr std::size_t longestCachedPiece = 64, largestCache = 1 << 20;

class BpeTokenizer : public Tokenizer {
  public:
    BpeTokenizer(BpeTokenizerParts parts, BpeModel model);

    Result<Encoding> encode(const QByteArray& utf8, const Cancel& cancel,
                            const Progress& progress) const override;
    QByteArray tokenBytes(std::int32_t id) const override;
    QByteArray decode(const std::vector<std::int32_t>& ids) const override;
    int vocabularySize() const override { return m_size; }
    std::optional<std::int32_t> bos() const override { return m_parts.bos; }
    std::optional<std::int32_t> eos() const override { return m_parts.eos; }
    bool addsBos() const override { return m_parts.addsBos; }
    bool addsEos() const override { return m_parts.addsEos; }
    QString description() const override;

  private:
    friend class EncodingRun;
    BpeTokenizerParts m_parts; // without the definition of the model
    BpeModel m_model;
    AddedTokenFinder m_beforeNormalizing, m_afterNormalizing;
    std::unordered_map<std::int32_t, std::string> m_addedContent;
    int m_size = 0;
};

// One call of encode(): the output, and pieces that were met before.
class EncodingRun {
  public:
    EncodingRun(const BpeTokenizer& tokenizer, std::string_view text, const Cancel& cancel,
                const Progress& progress)
        : m_tokenizer(tokenizer), m_text(text), m_cancel(cancel), m_progress(progress) {}

    Result<Encoding> run();

  private:
    struct Cached {
        std::size_t first = 0, count = 0;
    };
    Result<void> section(ByteRange range);
    Result<void> normalized(AlignedText text);
    bool piece(const AlignedText& text, ByteRange range);
    void emitToken(std::int32_t id, ByteRange source);
    Error cancelled() const { return Error{QStringLiteral("Tokenizing was cancelled.")}; }

    const BpeTokenizer& m_tokenizer;
    std::string_view m_text;
    const Cancel& m_cancel;
    const Progress& m_progress;
    Encoding m_out;
    std::vector<BpeModel::Symbol> m_symbols;
    std::unordered_map<std::string, Cached> m_cache;
    std::uint32_t m_pieces = 0;
};

BpeTokenizer::BpeTokenizer(BpeTokenizerParts parts, BpeModel model)
    : m_parts(std::move(parts)), m_model(std::move(model)),
      m_size(std::max(m_model.size(), m_parts.paddedSize)) {
    std::vector<AddedToken> before, after;
    for (AddedToken token : m_parts.addedTokens) {
        m_size = std::max(m_size, token.id + 1);
        m_addedContent.emplace(token.id, token.content);
        if (token.normalized && m_parts.composes)
            token.content = composed(AlignedText(token.content, 0)).text();
        (token.normalized ? after : before).push_back(std::move(token));
    }
    m_beforeNormalizing = AddedTokenFinder(std::move(before));
    m_afterNormalizing = AddedTokenFinder(std::move(after));
    m_parts.model = BpeDefinition();
}

Result<Encoding> BpeTokenizer::encode(const QByteArray& utf8, const Cancel& cancel,
                                      const Progress& progress) const {
    const std::string_view text(utf8.constData(), static_cast<std::size_t>(utf8.size()));
    if (auto can = checkTokenizable(text); !can)
        return can.error();
    return EncodingRun(*this, text, cancel, progress).run();
}

QByteArray BpeTokenizer::tokenBytes(std::int32_t id) const {
    if (const auto added = m_addedContent.find(id); added != m_addedContent.end())
        return QByteArray::fromStdString(added->second);
    const auto bytes = m_model.bytes(id);
    return QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

QByteArray BpeTokenizer::decode(const std::vector<std::int32_t>& ids) const {
    QByteArray text;
    for (const std::int32_t id : ids)
        text += tokenBytes(id);
    return text;
}

QString BpeTokenizer::description() const {
    return QStringLiteral("byte-level BPE, %1 tokens, pre-tokenizer %2")
        .arg(QLocale(QLocale::English).toString(m_size), m_parts.preTokenizerName);
}

Result<Encoding> EncodingRun::run() {
    m_out.ids.reserve(m_text.size() / 4);
    m_out.bytes.reserve(m_text.size() / 4);
    for (const auto& part : m_tokenizer.m_beforeNormalizing.split(m_text)) {
        if (part.id >= 0)
            emitToken(part.id, part.range);
        else if (auto done = section(part.range); !done)
            return done.error();
    }
    if (m_progress)
        m_progress(static_cast<qint64>(m_text.size()), static_cast<qint64>(m_text.size()));
    return std::move(m_out);
}

Result<void> EncodingRun::section(ByteRange range) {
    AlignedText text(m_text.substr(static_cast<std::size_t>(range.begin),
                                   static_cast<std::size_t>(range.size())),
                     range.begin);
    if (m_tokenizer.m_parts.composes)
        text = composed(text);
    if (m_tokenizer.m_afterNormalizing.empty())
        return normalized(std::move(text));
    for (const auto& part : m_tokenizer.m_afterNormalizing.split(text.text())) {
        if (part.id >= 0) {
            emitToken(part.id, text.source(part.range));
            continue;
        }
        AlignedText between;
        between.keep(text, part.range);
        if (auto done = normalized(std::move(between)); !done)
            return done;
    }
    return {};
}

Result<void> EncodingRun::normalized(AlignedText text) {
    auto pieces = preTokenize(m_tokenizer.m_parts.steps, text, m_cancel);
    if (!pieces)
        return pieces.error();
    for (const ByteRange& range : *pieces) {
        if (++m_pieces % 65536 == 0) {
            if (m_cancel.requested())
                return cancelled();
            if (m_progress)
                m_progress(text.source(range).begin, static_cast<qint64>(m_text.size()));
        }
        if (!piece(text, range))
            return cancelled();
    }
    return {};
}

bool EncodingRun::piece(const AlignedText& text, ByteRange range) {
    const std::string_view view = text.view(range);
    Cached cached;
    const bool cacheable = view.size() <= longestCachedPiece;
    const auto known = cacheable ? m_cache.find(std::string(view)) : m_cache.end();
    if (known != m_cache.end()) {
        cached = known->second;
    } else {
        if (!cacheable || m_cache.size() >= largestCache) {
            m_symbols.clear();
            m_cache.clear();
        }
        cached.first = m_symbols.size();
        if (!m_tokenizer.m_model.encode(view, m_symbols, m_cancel))
            return false;
        cached.count = m_symbols.size() - cached.first;
        if (cacheable)
            m_cache.emplace(view, cached);
    }
    for (std::size_t i = cached.first; i < cached.first + cached.count; ++i) {
        const BpeModel::Symbol& symbol = m_symbols[i];
        emitToken(symbol.id, text.source({range.begin + symbol.begin, range.begin + symbol.end}));
    }
    return true;
}

void EncodingRun::emitToken(std::int32_t id, ByteRange source) {
    m_out.ids.push_back(id);
    m_out.bytes.emplace_back(source.begin, source.end);
}

} // namespace

Result<std::shared_ptr<const Tokenizer>> makeBpeTokenizer(BpeTokenizerParts parts,
                                                          const QString& path) {
    auto model = BpeModel::build(parts.model, path);
    if (!model)
        return model.error();
    const auto limit = static_cast<std::int64_t>(model->size() + parts.addedTokens.size()) + 65536;
    for (const AddedToken& token : parts.addedTokens) {
        const auto inVocabulary = model->idOf(token.content);
        const bool taken = !model->bytes(token.id).empty() && inVocabulary != token.id;
        if (token.id < 0 || token.id >= limit || taken)
            return Error{
                QStringLiteral("The tokenizer in %1 gives the added token \"%2\" the id %3, "
                               "which is %4; fetch it again.")
                    .arg(path, QString::fromStdString(token.content))
                    .arg(token.id)
                    .arg(taken ? QStringLiteral("another token's")
                               : QStringLiteral("out of range"))};
    }
    return std::shared_ptr<const Tokenizer>(
        std::make_shared<BpeTokenizer>(std::move(parts), model.take()));
}

} // namespace attendre
