#pragma once

#include <QPlainTextEdit>

class QCompleter;
class QStandardItemModel;

namespace attendre {

class SqlHighlighter;
class Theme;

// Where a query is written: monospaced, its words and tables told apart, completed as one types and
// at Ctrl+Space, run at Ctrl+Enter.
class QueryEditor : public QPlainTextEdit {
    Q_OBJECT
  public:
    explicit QueryEditor(const Theme* theme, QWidget* parent = nullptr);

    // Marks the word at a character of the text as wrong, until the text changes; -1: none.
    void setErrorAt(int at);
    int errorAt() const { return m_errorAt; }
    QCompleter* completer() const { return m_completer; }
    void dress(); // in the theme's colours

  signals:
    void runWanted();
    void stopWanted(); // Esc

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void complete(bool asked);
    void insert(const QString& word);
    void markError();

    const Theme* m_theme;
    SqlHighlighter* m_highlighter;
    QStandardItemModel* m_words;
    QCompleter* m_completer;
    int m_errorAt = -1;
    QString m_wrongText; // that it is in
};

} // namespace attendre
