#include "model/formats/pre_tokenizer.h"

#include "model/formats/utf8.h"

#include <algorithm>

namespace attendre {

const char* const gpt2Expression =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const char* const llama3Expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const qwen2Expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

namespace {

// A stretch of a piece, and whether the pattern matched it.
struct Stretch {
    ByteRange range;
    bool matched = false;
};

Error cancelled() {
    return Error{QStringLiteral("Tokenizing was cancelled.")};
}

// Collects matches as stretches, with what lies between them.
class Stretches {
  public:
    explicit Stretches(std::vector<Stretch>& out, ByteRange piece) : m_out(out), m_piece(piece) {
        m_out.clear();
        m_until = piece.begin;
    }
    void match(ByteRange range) {
        if (m_until != range.begin)
            m_out.push_back({{m_until, range.begin}, false});
        m_out.push_back({range, true});
        m_until = range.end;
    }
    void finish() {
        if (m_until != m_piece.end)
            m_out.push_back({{m_until, m_piece.end}, false});
    }

  private:
    std::vector<Stretch>& m_out;
    ByteRange m_piece;
    std::int64_t m_until;
};

void matchLiteral(const std::string& literal, std::string_view text, ByteRange piece,
                  std::vector<Stretch>& out) {
    Stretches stretches(out, piece);
    std::size_t at = 0;
    while (!literal.empty() && (at = text.find(literal, at)) != std::string_view::npos) {
        const auto begin = piece.begin + static_cast<std::int64_t>(at);
        stretches.match({begin, begin + static_cast<std::int64_t>(literal.size())});
        at += literal.size();
    }
    stretches.finish();
}

// The number of bytes that a UTF-16 code unit contributes to UTF-8; a pair of surrogates makes 4.
int bytesOfUnit(QChar unit) {
    const ushort code = unit.unicode();
    if (code < 0x80)
        return 1;
    return code < 0x800 || unit.isSurrogate() ? 2 : 3;
}

Result<void> matchExpression(const QRegularExpression& expression, std::string_view text,
                             ByteRange piece, std::vector<Stretch>& out, const Cancel& cancel) {
    const QString subject = wholeString(text);
    Stretches stretches(out, piece);
    qsizetype unit = 0;
    std::int64_t byte = piece.begin;
    const auto advance = [&](qsizetype to) {
        for (; unit < to; ++unit)
            byte += bytesOfUnit(subject[unit]);
        return byte;
    };
    int turn = 0;
    auto matches = expression.globalMatch(subject, 0, QRegularExpression::NormalMatch,
                                          QRegularExpression::DontCheckSubjectStringMatchOption);
    while (matches.hasNext()) {
        if (++turn % 4096 == 0 && cancel.requested())
            return cancelled();
        const QRegularExpressionMatch match = matches.next();
        const std::int64_t begin = advance(match.capturedStart());
        stretches.match({begin, advance(match.capturedEnd())});
    }
    if (!matches.isValid())
        return Error{
            QStringLiteral("The tokenizer's expression \"%1\" cannot be matched; use a model "
                           "with a known pre-tokenizer.")
                .arg(expression.pattern())};
    stretches.finish();
    return {};
}

// Turns stretches into pieces as the reference library's SplitDelimiterBehavior says.
void cut(std::vector<Stretch>& stretches, SplitBehavior behavior, std::vector<ByteRange>& pieces) {
    const std::size_t first = pieces.size();
    const auto push = [&](ByteRange range) {
        if (range.size() > 0)
            pieces.push_back(range);
    };
    bool previousMatched = false;
    switch (behavior) {
    case SplitBehavior::Isolated:
        for (const Stretch& stretch : stretches)
            push(stretch.range);
        return;
    case SplitBehavior::Removed:
        for (const Stretch& stretch : stretches)
            if (!stretch.matched)
                push(stretch.range);
        return;
    case SplitBehavior::Contiguous:
        for (std::size_t i = 0; i < stretches.size(); ++i) {
            ByteRange range = stretches[i].range;
            while (i + 1 < stretches.size() && stretches[i + 1].matched == stretches[i].matched)
                range.end = stretches[++i].range.end;
            push(range);
        }
        return;
    case SplitBehavior::MergedWithPrevious:
        for (const Stretch& stretch : stretches) {
            if (stretch.matched && !previousMatched && pieces.size() > first)
                pieces.back().end = stretch.range.end;
            else
                push(stretch.range);
            previousMatched = stretch.matched;
        }
        return;
    case SplitBehavior::MergedWithNext:
        for (auto stretch = stretches.rbegin(); stretch != stretches.rend(); ++stretch) {
            if (stretch->matched && !previousMatched && pieces.size() > first)
                pieces.back().begin = stretch->range.begin;
            else
                push(stretch->range);
            previousMatched = stretch->matched;
        }
        std::reverse(pieces.begin() + static_cast<std::ptrdiff_t>(first), pieces.end());
        return;
    }
}

// One step's work on all pieces; a visitor over the kinds of step.
class StepRun {
  public:
    StepRun(AlignedText& text, std::vector<ByteRange>& pieces, const Cancel& cancel)
        : m_text(text), m_pieces(pieces), m_cancel(cancel) {}

    Result<void> operator()(const SplitStep& step);
    Result<void> operator()(const DigitsStep& step);
    Result<void> operator()(const ByteLevelStep& step);

  private:
    void prefixSpaces();

    AlignedText& m_text;
    std::vector<ByteRange>& m_pieces;
    const Cancel& m_cancel;
};

Result<void> StepRun::operator()(const SplitStep& step) {
    std::vector<ByteRange> out;
    std::vector<Stretch> stretches;
    for (const ByteRange& piece : m_pieces) {
        const std::string_view view = m_text.view(piece);
        if (const auto* literal = std::get_if<std::string>(&step.pattern)) {
            matchLiteral(*literal, view, piece, stretches);
        } else {
            auto matched = matchExpression(std::get<QRegularExpression>(step.pattern), view, piece,
                                           stretches, m_cancel);
            if (!matched)
                return matched;
        }
        if (step.inverted)
            for (Stretch& stretch : stretches)
                stretch.matched = !stretch.matched;
        cut(stretches, step.behavior, out);
        if (out.size() % 4096 == 0 && m_cancel.requested())
            return cancelled();
    }
    m_pieces = std::move(out);
    return {};
}

Result<void> StepRun::operator()(const DigitsStep& step) {
    std::vector<ByteRange> out;
    std::vector<Stretch> stretches;
    for (const ByteRange& piece : m_pieces) {
        if (m_cancel.requested())
            return cancelled();
        Stretches found(stretches, piece);
        for (std::int64_t at = piece.begin; at < piece.end;) {
            const auto [code, length] = utf8At(m_text.text(), static_cast<std::size_t>(at));
            if (code < 0x80 ? code >= '0' && code <= '9' : QChar::isNumber(code))
                found.match({at, at + length});
            at += length;
        }
        found.finish();
        cut(stretches, step.individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous, out);
    }
    m_pieces = std::move(out);
    return {};
}

void StepRun::prefixSpaces() {
    AlignedText out;
    std::vector<ByteRange> pieces;
    for (const ByteRange& piece : m_pieces) {
        const auto begin = static_cast<std::int64_t>(out.text().size());
        if (m_text.view(piece).front() != ' ')
            out.insert(" ", m_text.source(piece).begin);
        out.keep(m_text, piece);
        pieces.push_back({begin, static_cast<std::int64_t>(out.text().size())});
    }
    m_text = std::move(out);
    m_pieces = std::move(pieces);
}

Result<void> StepRun::operator()(const ByteLevelStep& step) {
    if (step.addPrefixSpace)
        prefixSpaces();
    if (!step.useRegex)
        return {};
    static const QRegularExpression expression =
        tokenizerPattern(QLatin1String(gpt2Expression), QString()).take();
    std::vector<ByteRange> out;
    std::vector<Stretch> stretches;
    for (const ByteRange& piece : m_pieces) {
        const std::string_view view = m_text.view(piece);
        if (utf8At(view, 0).bytes == static_cast<int>(view.size())) {
            out.push_back(piece); // one character cannot be cut
            continue;
        }
        if (auto matched = matchExpression(expression, view, piece, stretches, m_cancel); !matched)
            return matched;
        cut(stretches, SplitBehavior::Isolated, out);
    }
    m_pieces = std::move(out);
    return {};
}

} // namespace

Result<std::vector<ByteRange>> preTokenize(const std::vector<PreTokenizerStep>& steps,
                                           AlignedText& text, const Cancel& cancel) {
    std::vector<ByteRange> pieces;
    if (!text.text().empty())
        pieces.push_back({0, static_cast<std::int64_t>(text.text().size())});
    StepRun run(text, pieces, cancel);
    for (const PreTokenizerStep& step : steps)
        if (auto done = std::visit(run, step); !done)
            return done.error();
    return pieces;
}

} // namespace attendre
