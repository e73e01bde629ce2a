#include "widgets/query_editor.h"

#include "widgets/query_words.h"
#include "widgets/sql_highlighter.h"
#include "widgets/theme.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QStandardItemModel>
#include <QStyledItemDelegate>

#include <algorithm>

namespace attendre {

namespace {

constexpr int lettersToComplete = 2; // from so many on the list comes by itself

// A word, and at the right what it is.
class WordDelegate : public QStyledItemDelegate {
  public:
    WordDelegate(const Theme* theme, QObject* parent)
        : QStyledItemDelegate(parent), m_theme(theme) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        QStyledItemDelegate::paint(painter, option, index);
        painter->save();
        painter->setFont(m_theme->smallFont());
        painter->setPen(m_theme->quietText());
        painter->drawText(option.rect.adjusted(0, 0, -6, 0), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(Qt::ToolTipRole).toString());
        painter->restore();
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const QString about = index.data(Qt::ToolTipRole).toString();
        return QStyledItemDelegate::sizeHint(option, index) +
               QSize(QFontMetrics(m_theme->smallFont()).horizontalAdvance(about) + 24, 0);
    }

  private:
    const Theme* m_theme;
};

} // namespace

QueryEditor::QueryEditor(const Theme* theme, QWidget* parent)
    : QPlainTextEdit(parent), m_theme(theme), m_highlighter(new SqlHighlighter(theme, document())),
      m_words(new QStandardItemModel(this)), m_completer(new QCompleter(m_words, this)) {
    setAccessibleName(tr("SQL"));
    setTabChangesFocus(true);
    setLineWrapMode(QPlainTextEdit::WidgetWidth);
    setPlaceholderText(tr("SELECT … over runs, steps, layer_steps, tokens, evictions, entries, "
                          "residents, queries, attention"));
    m_completer->setWidget(this);
    m_completer->setCompletionMode(QCompleter::PopupCompletion);
    m_completer->setCaseSensitivity(Qt::CaseInsensitive);
    m_completer->setCompletionRole(Qt::EditRole);
    m_completer->popup()->setAccessibleName(tr("Completions"));
    connect(m_completer, qOverload<const QString&>(&QCompleter::activated), this,
            &QueryEditor::insert);
    m_completer->popup()->setItemDelegate(new WordDelegate(theme, m_completer->popup()));
    connect(this, &QPlainTextEdit::textChanged, this, [this] {
        if (m_errorAt >= 0 && toPlainText() != m_wrongText)
            setErrorAt(-1);
    });
    dress();
}

void QueryEditor::dress() {
    setFont(m_theme->tokenFont());
    setTabStopDistance(4 * fontMetrics().horizontalAdvance(QLatin1Char(' ')));
    QPalette colours = palette();
    colours.setColor(QPalette::Base, m_theme->panel());
    colours.setColor(QPalette::Text, m_theme->text());
    colours.setColor(QPalette::PlaceholderText, m_theme->quietText());
    colours.setColor(QPalette::Highlight, m_theme->selection());
    colours.setColor(QPalette::HighlightedText, m_theme->text());
    setPalette(colours);
    m_completer->popup()->setPalette(colours);
    m_completer->popup()->setFont(m_theme->tokenFont());
    m_highlighter->dress();
    markError();
}

void QueryEditor::setErrorAt(int at) {
    if (at == m_errorAt)
        return;
    m_errorAt = at;
    m_wrongText = toPlainText();
    markError();
}

void QueryEditor::markError() {
    QList<QTextEdit::ExtraSelection> marks;
    const QString text = toPlainText();
    if (m_errorAt >= 0 && !text.isEmpty()) {
        // At the end of the text its last character is marked.
        int begin = std::min(m_errorAt, int(text.size()) - 1), length = 1;
        for (const SqlToken& token : sqlTokens(text))
            if (begin >= token.begin && begin < token.begin + token.length) {
                begin = token.begin;
                length = token.length;
                break;
            }
        QTextEdit::ExtraSelection mark;
        mark.cursor = textCursor();
        mark.cursor.setPosition(begin);
        mark.cursor.setPosition(begin + length, QTextCursor::KeepAnchor);
        mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        mark.format.setUnderlineColor(m_theme->evicted());
        QColor tint = m_theme->evicted();
        tint.setAlpha(40);
        mark.format.setBackground(tint);
        marks << mark;
    }
    setExtraSelections(marks);
}

void QueryEditor::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (m_completer->popup()->isVisible() &&
        (enter || event->key() == Qt::Key_Tab || event->key() == Qt::Key_Escape))
        return event->ignore(); // the list's
    if (enter && event->modifiers() & Qt::ControlModifier) {
        emit runWanted();
        return;
    }
    if (event->key() == Qt::Key_Escape) {
        emit stopWanted();
        return;
    }
    if (event->key() == Qt::Key_Space && event->modifiers() & Qt::ControlModifier)
        return complete(true);
    const QString before = toPlainText();
    QPlainTextEdit::keyPressEvent(event);
    if (toPlainText() != before || m_completer->popup()->isVisible())
        complete(false);
}

void QueryEditor::complete(bool asked) {
    const int cursor = textCursor().position();
    const SqlCompletion completion = sqlCompletion(toPlainText(), cursor);
    const QString typed = toPlainText().mid(completion.begin, cursor - completion.begin);
    const QChar before = completion.begin > 0 ? toPlainText().at(completion.begin - 1) : QChar();
    const bool enough = asked || typed.size() >= lettersToComplete || typed.startsWith(u':') ||
                        (before == u'.' && !completion.words.empty());
    if (!enough || completion.words.empty())
        return m_completer->popup()->hide();
    m_words->clear();
    for (const SqlWord& word : completion.words) {
        auto* item = new QStandardItem(word.word);
        item->setToolTip(word.about);
        m_words->appendRow(item);
    }
    m_completer->setCompletionPrefix(typed);
    const int found = m_completer->completionCount();
    if (found == 0 || (found == 1 && m_completer->currentCompletion() == typed && !asked))
        return m_completer->popup()->hide();
    QAbstractItemView* popup = m_completer->popup();
    popup->setCurrentIndex(m_completer->completionModel()->index(0, 0));
    QRect place = cursorRect();
    place.setWidth(popup->sizeHintForColumn(0) + popup->verticalScrollBar()->sizeHint().width() +
                   m_theme->grid());
    m_completer->complete(place);
}

void QueryEditor::insert(const QString& word) {
    const SqlCompletion completion = sqlCompletion(toPlainText(), textCursor().position());
    bool calls = false;
    for (const SqlWord& known : completion.words)
        if (known.word == word) {
            calls = known.kind == SqlWord::Kind::Function;
            break;
        }
    QTextCursor cursor = textCursor();
    cursor.setPosition(completion.begin, QTextCursor::KeepAnchor);
    cursor.insertText(calls ? word + QLatin1Char('(') : word);
    setTextCursor(cursor);
}

} // namespace attendre
