#pragma once

#include "widgets/document_text.h"

#include <QFont>
#include <QFontMetricsF>
#include <QHash>

#include <cstdint>
#include <optional>
#include <vector>

namespace attendre {

// Where the tokens stand: the document's own line ends, and breaks between words where a line is
// full. Worked out a slice at a time, from the first token on, so that a long document never holds
// up the window; what is done can be drawn.
class DocumentLayout {
  public:
    struct Piece {
        std::int32_t token = 0;
        double x = 0, width = 0;
        QString text;
    };

    explicit DocumentLayout(const DocumentText* text) : m_text(text) {}

    // Starts anew for a width in pixels and a font.
    void restart(double width, const QFont& font);
    // Lays out further tokens until done or the time is spent; true when all that was read is laid
    // out.
    bool advance(int milliseconds);

    int lineCount() const { return int(m_lines.size()); }
    std::int32_t tokensDone() const { return m_next; }
    double width() const { return m_width; }
    // The line on which the token begins.
    int lineOf(std::int32_t token) const;
    // The first token of a line.
    std::int32_t firstToken(int line) const { return m_lines[std::size_t(line)].token; }
    std::vector<Piece> pieces(int line) const;
    // The token under x on a line, if there is one.
    std::optional<std::int32_t> tokenAt(int line, double x) const;

  private:
    // A line begins with a piece of a token (0 but for tokens that hold line ends).
    struct Line {
        std::int32_t token = 0;
        std::uint16_t piece = 0;
        bool wrapped = false; // the line before was full
    };

    double widthOf(const QString& text) const;
    void place(std::int32_t token);
    void placeBroken(std::int32_t token);

    const DocumentText* m_text;
    std::vector<Line> m_lines;
    std::int32_t m_next = 0;  // the next token to place
    std::int32_t m_break = 0; // the last token on this line that begins a word
    double m_x = 0;
    double m_width = 0, m_space = 8;
    bool m_fixed = true; // every printable ASCII character is m_space wide
    std::optional<QFontMetricsF> m_metrics;
    mutable QHash<QString, double> m_widths; // of texts beyond ASCII
};

} // namespace attendre
