#include "app/go_to_field.h"

#include "app/window_actions.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QFocusEvent>
#include <QKeyEvent>
#include <QListWidget>
#include <QLocale>
#include <QPointer>

#include <algorithm>

namespace attendre {

namespace {

constexpr int shownLines = 10;
constexpr std::int32_t tokenBlock = 8192;
constexpr int mostTokens = 12;

QString plain(QString text) {
    return text.remove(u'&');
}

// Tokens that hold the text: those behind the start first, then those before it.
Result<std::vector<TokenInfo>> tokensWith(Reader& reader, int run, std::int32_t count,
                                          const QByteArray& wanted, std::int32_t start) {
    std::vector<TokenInfo> found;
    for (const auto& [begin, end] : {std::pair(start, count), std::pair(0, start)}) {
        for (std::int32_t first = begin; first < end; first += tokenBlock) {
            auto tokens = reader.tokens(run, first, std::min(tokenBlock, end - first));
            if (!tokens)
                return tokens.error();
            for (TokenInfo& token : *tokens) {
                if (token.text.toLower().contains(wanted))
                    found.push_back(std::move(token));
                if (found.size() == mostTokens)
                    return found;
            }
        }
    }
    return found;
}

} // namespace

GoToField::GoToField(const ViewContext& context, const WindowActions* actions, QWidget* parent)
    : QLineEdit(parent), m_context(context), m_actions(actions), m_popup(new QListWidget(this)) {
    setPlaceholderText(tr("Go to a token, step, command…"));
    setAccessibleName(tr("Go to a token, a step or a command"));
    setAcceptDrops(false); // a file that is dropped here is for the window
    setToolTip(tr("A step, a position, a word of the document or a command (Ctrl+Shift+P)"));
    m_popup->setWindowFlags(Qt::ToolTip | Qt::FramelessWindowHint);
    m_popup->setFocusPolicy(Qt::NoFocus);
    m_popup->setAttribute(Qt::WA_ShowWithoutActivating);
    m_popup->hide();
    connect(this, &QLineEdit::textEdited, this, &GoToField::list);
    connect(m_popup, &QListWidget::itemClicked, this,
            [this](QListWidgetItem* item) { choose(m_popup->row(item)); });
}

GoToField::~GoToField() = default;

void GoToField::begin(bool commands) {
    setFocus(Qt::ShortcutFocusReason);
    clear();
    if (commands) {
        m_targets.clear();
        m_popup->clear();
        addCommands(QString(), 100);
        showPopup();
    }
}

void GoToField::add(Target target) {
    auto* item = new QListWidgetItem(target.hint.isEmpty() ? target.text
                                                           : target.text + u"   "_qs + target.hint);
    m_popup->addItem(item);
    m_targets.push_back(std::move(target));
}

void GoToField::addCommands(const QString& text, int most) {
    const QStringList words = text.toLower().split(u' ', Qt::SkipEmptyParts);
    for (QAction* action : m_actions->all()) {
        const QString name = plain(action->text());
        const bool fits = std::all_of(words.begin(), words.end(), [&](const QString& word) {
            return name.toLower().contains(word) || action->statusTip().toLower().contains(word);
        });
        if (!fits || !action->isEnabled() || most-- <= 0)
            continue;
        QPointer<QAction> wanted(action);
        add({name, action->shortcut().toString(QKeySequence::NativeText), [wanted] {
                 if (wanted)
                     wanted->trigger();
             }});
    }
}

void GoToField::addNumbers(const QString& text) {
    QString digits = text.trimmed();
    const bool stepOnly = digits.startsWith(tr("step"), Qt::CaseInsensitive);
    if (stepOnly)
        digits = digits.mid(tr("step").size()).trimmed();
    digits.remove(u',');
    bool isNumber = false;
    const int number = digits.toInt(&isNumber);
    const Point now = m_context.point->now();
    const RunInfo* run = m_context.source->run(now.run);
    if (!isNumber || !run || number < 0)
        return;
    if (number < m_context.source->stepCount(now.run))
        add({tr("Step %1").arg(QLocale(QLocale::English).toString(number)), {}, [this, number] {
                 Point point = m_context.point->now();
                 point.step = number;
                 m_context.point->move(point);
             }});
    if (!stepOnly && number < run->tokens)
        add({tr("Token at position %1").arg(QLocale(QLocale::English).toString(number)),
             {},
             [this, number] {
                 Point point = m_context.point->now();
                 point.entry = number;
                 m_context.point->move(point);
             }});
    if (!stepOnly && number < run->shape.layers)
        add({tr("Layer %1").arg(number), {}, [this, number] {
                 Point point = m_context.point->now();
                 point.layer = number;
                 m_context.point->move(point);
             }});
    if (m_targets.empty())
        addRange(number, stepOnly);
}

// A number that is nowhere: what there is.
void GoToField::addRange(int number, bool stepOnly) {
    const Point now = m_context.point->now();
    const QLocale locale(QLocale::English);
    const auto last = [&](qint64 count) { return locale.toString(std::max<qint64>(0, count - 1)); };
    const QString steps = last(m_context.source->stepCount(now.run));
    const QString tokens = last(m_context.source->run(now.run)->tokens);
    add({stepOnly ? tr("There is no step %1: steps are 0 to %2").arg(locale.toString(number), steps)
                  : tr("There is no %1: steps are 0 to %2, positions 0 to %3")
                        .arg(locale.toString(number), steps, tokens),
         {},
         {}});
    m_popup->item(m_popup->count() - 1)->setFlags(Qt::NoItemFlags);
}

void GoToField::findTokens(const QString& text) {
    const Point now = m_context.point->now();
    const RunInfo* run = m_context.source->run(now.run);
    const QByteArray wanted = text.trimmed().toLower().toUtf8();
    if (!run || wanted.size() < 2)
        return;
    m_context.source->read<std::vector<TokenInfo>>(
        this, "go to",
        [id = now.run, count = std::int32_t(run->tokens), wanted,
         start = std::max(0, now.entry)](Reader& reader) {
            return tokensWith(reader, id, count, wanted, std::min(start, count));
        },
        [this, text](Result<std::vector<TokenInfo>> tokens) {
            if (!tokens || text != this->text() || !hasFocus())
                return;
            for (const TokenInfo& token : *tokens)
                add({quotedToken(token.text),
                     tr("at %1").arg(QLocale(QLocale::English).toString(token.position)),
                     [this, position = token.position] {
                         Point point = m_context.point->now();
                         point.entry = position;
                         m_context.point->move(point);
                     }});
            showPopup();
        });
}

void GoToField::list(const QString& text) {
    m_targets.clear();
    m_popup->clear();
    if (text.trimmed().isEmpty()) {
        m_popup->hide();
        return;
    }
    addNumbers(text);
    addCommands(text, 6);
    findTokens(text);
    showPopup();
}

void GoToField::showPopup() {
    if (m_targets.empty() || !isVisible()) {
        m_popup->hide();
        return;
    }
    if (m_popup->currentRow() < 0)
        m_popup->setCurrentRow(0);
    const int lines = std::min(shownLines, int(m_targets.size()));
    const int wide = std::max(width(), 320);
    m_popup->resize(wide, lines * m_popup->sizeHintForRow(0) + 2 * m_popup->frameWidth());
    m_popup->move(mapToGlobal(QPoint(width() - wide, height() + 2)));
    m_popup->show();
}

void GoToField::choose(int row) {
    if (row < 0 || row >= int(m_targets.size()))
        return;
    const auto go = m_targets[std::size_t(row)].go;
    if (!go)
        return; // a line that only tells
    m_popup->hide();
    clear();
    clearFocus();
    go();
}

void GoToField::keyPressEvent(QKeyEvent* event) {
    const int row = m_popup->currentRow();
    switch (event->key()) {
    case Qt::Key_Down:
        m_popup->setCurrentRow(std::min(row + 1, m_popup->count() - 1));
        return;
    case Qt::Key_Up:
        m_popup->setCurrentRow(std::max(row - 1, 0));
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose(row);
        return;
    case Qt::Key_Escape:
        m_popup->hide();
        clear();
        clearFocus();
        return;
    default:
        QLineEdit::keyPressEvent(event);
    }
}

void GoToField::focusOutEvent(QFocusEvent* event) {
    m_popup->hide();
    QLineEdit::focusOutEvent(event);
}

void GoToField::resizeEvent(QResizeEvent* event) {
    QLineEdit::resizeEvent(event);
    // The longest words that have room.
    const int room = contentsRect().width() - 2 * fontMetrics().horizontalAdvance(u'M');
    for (const QString& words :
         {tr("Go to a token, step, command…"), tr("Go to token, step…"), tr("Go to…")}) {
        setPlaceholderText(words);
        if (fontMetrics().horizontalAdvance(words) <= room)
            break;
    }
    if (m_popup->isVisible())
        showPopup();
}

} // namespace attendre
