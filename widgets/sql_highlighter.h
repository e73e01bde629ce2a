#pragma once

#include <QSyntaxHighlighter>

namespace attendre {

class Theme;

// SQL's words bold, the public tables and the point's parameters in the accent, texts and comments
// set apart.
class SqlHighlighter : public QSyntaxHighlighter {
    Q_OBJECT
  public:
    SqlHighlighter(const Theme* theme, QTextDocument* document);
    void dress() { rehighlight(); }

  protected:
    void highlightBlock(const QString& text) override;

  private:
    const Theme* m_theme;
};

} // namespace attendre
