#include "model/formats/prompt.h"

#include <QRegularExpression>

namespace attendre {

namespace {

const QString documentMark = QStringLiteral("{document}");
const QString questionMark = QStringLiteral("{question}");

bool knows(const Tokenizer& tokenizer, const QByteArray& mark) {
    const auto encoded = tokenizer.encode(mark);
    return encoded && encoded->ids.size() == 1;
}

} // namespace

PromptTemplate::PromptTemplate(const QString& text) : m_text(text) {
    const qsizetype at = text.indexOf(documentMark);
    m_before = text.left(at);
    m_behind = text.mid(at + documentMark.size());
}

Result<PromptTemplate> PromptTemplate::parse(const QString& text) {
    for (const QString& mark : {documentMark, questionMark}) {
        const qsizetype times = text.count(mark);
        if (times != 1)
            return Error{QStringLiteral("The template \"%1\" holds %2 %3: write {document} and "
                                        "{question} once each, in either order.")
                             .arg(text.left(80), mark,
                                  times == 0 ? QStringLiteral("nowhere")
                                             : QStringLiteral("%1 times").arg(times)),
                         2};
    }
    static const QRegularExpression anyMark(QStringLiteral("\\{[A-Za-z_]+\\}"));
    for (auto found = anyMark.globalMatch(text); found.hasNext();) {
        const QString mark = found.next().captured();
        if (mark != documentMark && mark != questionMark)
            return Error{QStringLiteral("The template \"%1\" holds %2, for which nothing is put "
                                        "in: its marks are {document} and {question}.")
                             .arg(text.left(80), mark),
                         2};
    }
    return PromptTemplate(text);
}

PromptTemplate PromptTemplate::fitting(const ModelDescription& model, const Tokenizer& tokenizer) {
    if (model.encoderDecoder.decoderLayers > 0)
        return PromptTemplate(QStringLiteral("{document}\n\n{question}"));
    if (knows(tokenizer, "<|im_start|>") && knows(tokenizer, "<|im_end|>"))
        return PromptTemplate(
            QStringLiteral("<|im_start|>user\n{document}\n\n{question}<|im_end|>\n"
                           "<|im_start|>assistant\n"));
    return PromptTemplate(QStringLiteral("{document}\n\nQuestion: {question}\nAnswer:"));
}

std::vector<PromptTemplate::Piece> PromptTemplate::before(const QString& question) const {
    return filled(m_before, question);
}

std::vector<PromptTemplate::Piece> PromptTemplate::behind(const QString& question) const {
    return filled(m_behind, question);
}

std::vector<PromptTemplate::Piece> PromptTemplate::filled(const QString& part,
                                                          const QString& question) const {
    const qsizetype at = part.indexOf(questionMark);
    std::vector<Piece> pieces;
    if (at < 0) {
        pieces.push_back({part, Segment::Template});
    } else {
        pieces.push_back({part.left(at), Segment::Template});
        pieces.push_back({question, Segment::Question});
        pieces.push_back({part.mid(at + questionMark.size()), Segment::Template});
    }
    std::erase_if(pieces, [](const Piece& piece) { return piece.text.isEmpty(); });
    return pieces;
}

Result<std::vector<PromptToken>> tokenizePieces(const std::vector<PromptTemplate::Piece>& pieces,
                                                const Tokenizer& tokenizer) {
    QByteArray text;
    std::vector<qint64> ends; // of the pieces, in bytes
    for (const PromptTemplate::Piece& piece : pieces) {
        text += piece.text.toUtf8();
        ends.push_back(text.size());
    }
    std::vector<PromptToken> tokens;
    if (text.isEmpty())
        return tokens;
    auto encoded = tokenizer.encode(text);
    if (!encoded)
        return encoded.error();
    std::size_t piece = 0;
    for (std::size_t i = 0; i < encoded->ids.size(); ++i) {
        // A space before a word is the word's: " bat" is the question's, not the template's.
        const auto [begin, end] = encoded->bytes[i];
        qint64 at = begin;
        while (at + 1 < end && text[qsizetype(at)] == ' ')
            ++at;
        while (piece + 1 < pieces.size() && at >= ends[piece])
            ++piece;
        tokens.push_back({encoded->ids[i], pieces[piece].segment});
    }
    return tokens;
}

} // namespace attendre
