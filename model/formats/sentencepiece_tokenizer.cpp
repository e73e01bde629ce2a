#include "model/formats/sentencepiece_tokenizer.h"

#include "model/formats/text_cuts.h"
#include "model/formats/utf8.h"

#include <QLocale>

#include <sentencepiece_processor.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace attendre {

namespace {

constexpr std::string_view escapedSpace = "\xE2\x96\x81";

class SentencePieceTokenizer : public Tokenizer {
  public:
    SentencePieceTokenizer(SentencePieceParts parts, TextCuts cuts);
    Result<void> load(const QString& path);

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
    friend class SentencePieceRun;
    SentencePieceParts m_parts;
    TextCuts m_cuts;
    AddedTokenFinder m_added;
    std::unordered_map<std::int32_t, std::string> m_addedContent;
    sentencepiece::SentencePieceProcessor m_library;
    int m_size = 0;
};

// One call of encode().
class SentencePieceRun {
  public:
    SentencePieceRun(const SentencePieceTokenizer& tokenizer, std::string_view text,
                     const Cancel& cancel, const Progress& progress)
        : m_tokenizer(tokenizer), m_text(text), m_cancel(cancel), m_progress(progress) {}
    Result<Encoding> run();

  private:
    Result<void> section(std::size_t begin, std::size_t end);
    Result<void> part(std::size_t begin, std::size_t end, bool continues);
    void report(std::size_t done) const {
        if (m_progress)
            m_progress(static_cast<qint64>(done), static_cast<qint64>(m_text.size()));
    }

    const SentencePieceTokenizer& m_tokenizer;
    std::string_view m_text;
    const Cancel& m_cancel;
    const Progress& m_progress;
    Encoding m_out;
};

SentencePieceTokenizer::SentencePieceTokenizer(SentencePieceParts parts, TextCuts cuts)
    : m_parts(std::move(parts)), m_cuts(cuts), m_added(m_parts.addedTokens),
      m_size(static_cast<int>(m_parts.model.pieces.size())) {
    for (const AddedToken& token : m_parts.addedTokens) {
        m_size = std::max(m_size, token.id + 1);
        m_addedContent.emplace(token.id, token.content);
    }
}

Result<void> SentencePieceTokenizer::load(const QString& path) {
    const auto status = m_library.LoadFromSerializedProto(m_parts.file);
    m_parts.file = {};
    if (status.ok() && m_library.GetPieceSize() == static_cast<int>(m_parts.model.pieces.size()))
        return {};
    return Error{QStringLiteral("The tokenizer in %1 cannot be read: the sentencepiece library "
                                "says \"%2\"; fetch it again.")
                     .arg(path, QString::fromStdString(status.ToString()).simplified())};
}

Result<Encoding> SentencePieceTokenizer::encode(const QByteArray& utf8, const Cancel& cancel,
                                                const Progress& progress) const {
    const std::string_view text(utf8.constData(), static_cast<std::size_t>(utf8.size()));
    if (auto can = checkTokenizable(text); !can)
        return can.error();
    return SentencePieceRun(*this, text, cancel, progress).run();
}

QByteArray SentencePieceTokenizer::tokenBytes(std::int32_t id) const {
    if (const auto added = m_addedContent.find(id); added != m_addedContent.end())
        return QByteArray::fromStdString(added->second);
    if (id < 0 || static_cast<std::size_t>(id) >= m_parts.model.pieces.size())
        return {};
    const SentencePiece& piece = m_parts.model.pieces[static_cast<std::size_t>(id)];
    if (piece.type == PieceType::Byte) // "<0x0A>"
        return QByteArray::fromHex(QByteArray::fromStdString(piece.text).mid(3, 2));
    QByteArray bytes = QByteArray::fromStdString(piece.text);
    return bytes.replace(QByteArray(escapedSpace.data(), escapedSpace.size()), " ");
}

QByteArray SentencePieceTokenizer::decode(const std::vector<std::int32_t>& ids) const {
    QByteArray text;
    std::vector<int> run;
    const auto flush = [&] {
        std::string decoded;
        if (!run.empty() && m_library.Decode(run, &decoded).ok())
            text += QByteArray::fromStdString(decoded);
        run.clear();
    };
    for (const std::int32_t id : ids) {
        if (id >= 0 && static_cast<std::size_t>(id) < m_parts.model.pieces.size()) {
            run.push_back(id);
        } else {
            flush();
            text += tokenBytes(id);
        }
    }
    flush();
    return text;
}

QString SentencePieceTokenizer::description() const {
    using Algorithm = SentencePieceModel::Algorithm;
    const auto algorithm = m_parts.model.algorithm;
    const QString name = algorithm == Algorithm::Unigram ? QStringLiteral("unigram")
                         : algorithm == Algorithm::Bpe   ? QStringLiteral("BPE")
                         : algorithm == Algorithm::Word  ? QStringLiteral("words")
                                                         : QStringLiteral("characters");
    return QStringLiteral("sentencepiece %1, %2 tokens%3")
        .arg(name, QLocale(QLocale::English).toString(m_size),
             m_parts.model.byteFallback ? QStringLiteral(", rare characters as bytes") : QString());
}

Result<Encoding> SentencePieceRun::run() {
    for (const auto& found : m_tokenizer.m_added.split(m_text)) {
        if (found.id >= 0) {
            m_out.ids.push_back(found.id);
            m_out.bytes.emplace_back(found.range.begin, found.range.end);
        } else if (auto done = section(static_cast<std::size_t>(found.range.begin),
                                       static_cast<std::size_t>(found.range.end));
                   !done) {
            return done.error();
        }
    }
    report(m_text.size());
    return std::move(m_out);
}

Result<void> SentencePieceRun::section(std::size_t begin, std::size_t end) {
    const std::string_view until = m_text.substr(0, end);
    bool continues = false;
    while (begin < end) {
        if (m_cancel.requested())
            return Error{QStringLiteral("Tokenizing was cancelled.")};
        const std::size_t cut =
            m_tokenizer.m_cuts.next(until, begin + m_tokenizer.m_parts.partBytes);
        if (auto done = part(begin, cut, continues); !done)
            return done;
        report(cut);
        begin = cut;
        continues = true;
    }
    return {};
}

// continues: the part begins with the space before which the text was cut. Where a space is put
// before every text, that one stands for it.
Result<void> SentencePieceRun::part(std::size_t begin, std::size_t end, bool continues) {
    const SentencePieceModel& model = m_tokenizer.m_parts.model;
    const std::size_t from = begin + (continues && model.addsPrefix ? 1 : 0);
    sentencepiece::ImmutableSentencePieceText encoded;
    const auto status =
        m_tokenizer.m_library.Encode(m_text.substr(from, end - from), encoded.mutable_proto());
    if (!status.ok())
        return Error{QStringLiteral("The text cannot be tokenized: the sentencepiece library says "
                                    "\"%1\"; please report it with the text.")
                         .arg(QString::fromStdString(status.ToString()).simplified())};
    for (std::size_t i = 0; i < encoded.pieces_size(); ++i) {
        const auto piece = encoded.pieces(static_cast<int>(i));
        const auto id = static_cast<std::int32_t>(piece.id());
        const bool first = continues && i == 0;
        const auto last = static_cast<std::int64_t>(from + piece.end());
        // The library makes one token of unknown characters in a row.
        if (first && !model.byteFallback && !m_out.ids.empty() && m_out.ids.back() == id &&
            m_tokenizer.m_library.IsUnknown(id)) {
            m_out.bytes.back().second = last;
            continue;
        }
        m_out.ids.push_back(id);
        m_out.bytes.emplace_back(first ? static_cast<std::int64_t>(begin)
                                       : static_cast<std::int64_t>(from + piece.begin()),
                                 last);
    }
    return {};
}

// Added tokens that the library does not have get ids behind its own.
Result<void> checkAddedTokens(const SentencePieceParts& parts, const QString& path) {
    const auto& pieces = parts.model.pieces;
    const auto limit = static_cast<std::int64_t>(pieces.size()) + 65536;
    for (const AddedToken& token : parts.addedTokens) {
        const bool inside = token.id >= 0 && static_cast<std::size_t>(token.id) < pieces.size();
        const bool taken =
            inside && pieces[static_cast<std::size_t>(token.id)].text != token.content;
        if (token.id < 0 || token.id >= limit || taken)
            return Error{
                QStringLiteral("The tokenizer in %1 gives the added token \"%2\" the id %3, "
                               "which is %4; fetch it again.")
                    .arg(path, QString::fromStdString(token.content))
                    .arg(token.id)
                    .arg(taken ? QStringLiteral("another token's")
                               : QStringLiteral("out of range"))};
    }
    return {};
}

} // namespace

Result<std::shared_ptr<const Tokenizer>> makeSentencePieceTokenizer(SentencePieceParts parts,
                                                                    const QString& path) {
    if (auto checked = checkAddedTokens(parts, path); !checked)
        return checked.error();
    auto cuts = TextCuts::of(parts.model, path);
    if (!cuts)
        return cuts.error();
    auto tokenizer = std::make_shared<SentencePieceTokenizer>(std::move(parts), *cuts);
    if (auto loaded = tokenizer->load(path); !loaded)
        return loaded.error();
    return std::shared_ptr<const Tokenizer>(std::move(tokenizer));
}

} // namespace attendre
