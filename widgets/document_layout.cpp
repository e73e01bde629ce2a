#include "widgets/document_layout.h"

#include <QElapsedTimer>

#include <algorithm>

namespace attendre {

namespace {
constexpr int slice = 512; // tokens between two looks at the clock
constexpr qsizetype mostCachedWidths = 100'000;
} // namespace

void DocumentLayout::restart(double width, const QFont& font) {
    m_width = std::max(40.0, width);
    m_metrics.emplace(font);
    m_space = m_metrics->horizontalAdvance(u' ');
    m_fixed = qFuzzyCompare(m_space, m_metrics->horizontalAdvance(u'W'));
    m_widths.clear();
    m_lines = {Line{}};
    m_next = m_break = 0;
    m_x = 0;
}

double DocumentLayout::widthOf(const QString& text) const {
    const bool ascii = std::all_of(text.begin(), text.end(),
                                   [](QChar c) { return c.unicode() >= 32 && c.unicode() < 127; });
    if (ascii && m_fixed)
        return double(text.size()) * m_space;
    if (const auto found = m_widths.constFind(text); found != m_widths.constEnd())
        return *found;
    if (m_widths.size() > mostCachedWidths)
        m_widths.clear();
    return *m_widths.insert(text, m_metrics->horizontalAdvance(text));
}

bool DocumentLayout::advance(int milliseconds) {
    if (!m_metrics)
        return true;
    QElapsedTimer timer;
    timer.start();
    while (m_next < m_text->count()) {
        const std::int32_t until = std::min(m_next + slice, m_text->count());
        while (m_next < until)
            place(m_next);
        if (timer.elapsed() >= milliseconds)
            return m_next >= m_text->count();
    }
    return true;
}

// Tokens with line ends or beyond ASCII go through their pieces; the others are measured at once.
void DocumentLayout::place(std::int32_t token) {
    if (!m_text->isAscii(token) || !m_fixed) {
        placeBroken(token);
        return;
    }
    const auto at = std::size_t(token);
    const auto& begins = m_text->begins();
    const double width = double(begins[at + 1] - begins[at]) * m_space;
    const bool word = m_text->startsWithSpace(token);
    const Line& line = m_lines.back();
    const bool first = token == line.token;
    if (!first && m_x + width > m_width) {
        const std::int32_t from = !word && m_break > line.token ? m_break : token;
        m_lines.push_back({from, 0, true});
        m_break = m_next = from;
        m_x = 0;
        return;
    }
    if (word && !first)
        m_break = token;
    m_x += first && word && line.wrapped ? width - m_space : width;
    ++m_next;
}

void DocumentLayout::placeBroken(std::int32_t token) {
    const QStringList pieces = m_text->pieces(token);
    const double width = widthOf(pieces.front());
    if (token != m_lines.back().token && m_x + width > m_width) {
        m_lines.push_back({token, 0, true});
        m_x = 0;
    }
    m_x += width;
    m_break = token;
    for (qsizetype i = 1; i < pieces.size(); ++i) {
        m_lines.push_back({token, std::uint16_t(i), false});
        m_x = widthOf(pieces[i]);
    }
    ++m_next;
}

int DocumentLayout::lineOf(std::int32_t token) const {
    const auto after = std::partition_point(m_lines.begin(), m_lines.end(), [token](const Line& l) {
        return l.token < token || (l.token == token && l.piece == 0);
    });
    return std::max(0, int(after - m_lines.begin()) - 1);
}

std::vector<DocumentLayout::Piece> DocumentLayout::pieces(int line) const {
    std::vector<Piece> found;
    const Line& start = m_lines[std::size_t(line)];
    const bool last = line + 1 >= lineCount();
    const std::int32_t end = last ? m_next : m_lines[std::size_t(line) + 1].token;
    const bool endsInside = !last && m_lines[std::size_t(line) + 1].piece > 0;
    double x = 0;
    for (std::int32_t token = start.token; token < end || (token == end && endsInside); ++token) {
        const QStringList texts = m_text->pieces(token);
        const qsizetype index = token == start.token ? start.piece : 0;
        if (index >= texts.size())
            break;
        QString text = texts[index];
        if (token == start.token && start.wrapped && text.startsWith(u' '))
            text.remove(0, 1);
        const double width = widthOf(text);
        found.push_back({token, x, width, text});
        x += width;
        if (index + 1 < texts.size())
            break; // the line ends in this token
    }
    return found;
}

std::optional<std::int32_t> DocumentLayout::tokenAt(int line, double x) const {
    if (line < 0 || line >= lineCount())
        return {};
    for (const Piece& piece : pieces(line))
        if (x >= piece.x && x < piece.x + std::max(piece.width, m_space / 2))
            return piece.token;
    return {};
}

} // namespace attendre
