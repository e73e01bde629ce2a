#include "widgets/sql_highlighter.h"

#include "model/trace/tables.h"
#include "widgets/query_words.h"
#include "widgets/theme.h"

namespace attendre {

SqlHighlighter::SqlHighlighter(const Theme* theme, QTextDocument* document)
    : QSyntaxHighlighter(document), m_theme(theme) {}

// A line's state is the kind that is open at its end.
void SqlHighlighter::highlightBlock(const QString& text) {
    static const QStringList tables = tableNames();
    const SqlKind within =
        previousBlockState() > 0 ? SqlKind(previousBlockState()) : SqlKind::Other;
    setCurrentBlockState(text.isEmpty() ? previousBlockState() : 0);
    for (const SqlToken& token : sqlTokens(text, within)) {
        const QString word = text.mid(token.begin, token.length);
        QTextCharFormat format;
        format.setForeground(m_theme->text());
        switch (token.kind) {
        case SqlKind::Word:
            if (sqlKeywords().contains(word.toUpper()))
                format.setFontWeight(QFont::Bold);
            else if (tables.contains(word.toLower()))
                format.setForeground(m_theme->accent());
            break;
        case SqlKind::Parameter:
            format.setForeground(m_theme->accent());
            format.setFontItalic(true);
            break;
        case SqlKind::Text:
        case SqlKind::Number:
            format.setForeground(m_theme->resident());
            break;
        case SqlKind::Comment:
            format.setForeground(m_theme->quietText());
            format.setFontItalic(true);
            break;
        case SqlKind::Name:
        case SqlKind::Other:
            break;
        }
        setFormat(token.begin, token.length, format);
        if (token.open)
            setCurrentBlockState(int(token.kind));
    }
}

} // namespace attendre
