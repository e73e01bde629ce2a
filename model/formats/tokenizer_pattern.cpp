#include "model/formats/pre_tokenizer.h"

namespace attendre {

namespace {

// White space as Unicode and Oniguruma define it; PCRE's \s has U+180E as well.
constexpr char16_t spaceRanges[] =
    u"\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"
    u"\\x{205f}\\x{3000}";
constexpr char16_t wordRanges[] = u"\\p{L}\\p{M}\\p{Nd}\\p{Pc}";

// Rewrites the few places where Oniguruma and PCRE read the same expression differently.
class Translation {
  public:
    explicit Translation(const QString& expression) : m_in(expression) {}

    // Empty when all is understood, otherwise what is not.
    QString run() {
        while (m_at < m_in.size() && m_problem.isEmpty()) {
            const QChar c = m_in[m_at];
            if (c == u'\\')
                escape();
            else if (m_inClass)
                insideClass(c);
            else
                outsideClass(c);
        }
        return m_problem;
    }
    const QString& result() const { return m_out; }

  private:
    QChar peek(qsizetype ahead) const {
        return m_at + ahead < m_in.size() ? m_in[m_at + ahead] : QChar();
    }
    void copy(qsizetype count) {
        m_out += QStringView(m_in).mid(m_at, count);
        m_at += count;
    }
    void write(QStringView ranges, bool negated, QStringView escapeText) {
        if (m_inClass && negated) {
            if (escapeText == u"\\S")
                m_out += escapeText;
            else
                m_problem = QStringLiteral("%1 inside brackets").arg(escapeText);
        } else if (m_inClass) {
            m_out += ranges;
        } else {
            m_out += negated ? u"[^" : u"[";
            m_out += ranges;
            m_out += u']';
        }
        m_at += 2;
    }
    void escape() {
        const QChar next = peek(1);
        const QStringView text = QStringView(m_in).mid(m_at, 2);
        if (next == u's' || next == u'S')
            write(spaceRanges, next == u'S', text);
        else if (next == u'w' || next == u'W')
            write(wordRanges, next == u'W', text);
        else if (next == u'h' || next == u'H')
            write(u"0-9a-fA-F", next == u'H', text);
        else
            copy(2);
        m_classStart = false;
    }
    void insideClass(QChar c) {
        if (c == u'[' && peek(1) == u':')
            return copy(2);
        if (c == u'[') {
            m_problem = QStringLiteral("brackets inside brackets");
            return;
        }
        if (c == u'&' && peek(1) == u'&') {
            m_problem = QStringLiteral("&& inside brackets");
            return;
        }
        if (c == u']' && !m_classStart && m_in.mid(m_at - 1, 1) != u":")
            m_inClass = false;
        m_classStart = false;
        copy(1);
    }
    void outsideClass(QChar c) {
        if (c == u'[') {
            m_inClass = m_classStart = true;
            return copy(peek(1) == u'^' ? 2 : 1);
        }
        if (c == u'(' && peek(1) == u'?' && peek(2) == u'm') {
            m_problem = QStringLiteral("(?m");
            return;
        }
        copy(1);
    }

    const QString& m_in;
    QString m_out, m_problem;
    qsizetype m_at = 0;
    bool m_inClass = false, m_classStart = false;
};

} // namespace

Result<QRegularExpression> tokenizerPattern(const QString& expression, const QString& path) {
    Translation translation(expression);
    const QString problem = translation.run();
    if (!problem.isEmpty())
        return Error{
            QStringLiteral("The tokenizer in %1 splits by the expression \"%2\", in which %3 "
                           "is not understood; use a model with a known pre-tokenizer.")
                .arg(path, expression, problem)};
    QRegularExpression compiled(translation.result(),
                                QRegularExpression::UseUnicodePropertiesOption |
                                    QRegularExpression::MultilineOption |
                                    QRegularExpression::DontCaptureOption);
    if (!compiled.isValid())
        return Error{QStringLiteral("The tokenizer in %1 splits by the expression \"%2\", which is "
                                    "wrong at character %3 (%4); fetch the file again.")
                         .arg(path, expression)
                         .arg(compiled.patternErrorOffset())
                         .arg(compiled.errorString())};
    compiled.optimize();
    return compiled;
}

} // namespace attendre
