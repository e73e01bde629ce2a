#include "widgets/notes_view.h"

#include "widgets/notebook.h"
#include "widgets/plot_text.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace attendre {

QString placeName(const Point& point, const TokenTexts& texts) {
    const QString place = NotesView::tr("step %1 · layer %2, head %3")
                              .arg(wholeNumber(point.step))
                              .arg(point.layer)
                              .arg(point.head);
    return point.entry == noPosition
               ? place
               : place + QStringLiteral(" · ") + tokenWords(point.entry, texts);
}

int addBookmark(Notebook& notebook, const Point& point) {
    std::vector<Bookmark> all = notebook.bookmarks();
    const Place place = notebook.placeOf(point);
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].place == place)
            return int(i);
    all.push_back({place, {}, {}});
    notebook.setBookmarks(all, NotesView::tr("add a bookmark"));
    return int(all.size()) - 1;
}

NotesView::NotesView(const ViewContext& context, QWidget* parent)
    : View(context, parent), m_list(new QListWidget(this)), m_name(new QLineEdit(this)),
      m_note(new QPlainTextEdit(this)), m_add(new QPushButton(tr("Bookmark this place"), this)),
      m_delete(new QPushButton(tr("Delete"), this)) {
    makeParts();
    connect(m_add, &QPushButton::clicked, this, [this] {
        if (this->context().notebook && source().isOpen()) {
            const int row = addBookmark(*this->context().notebook, now());
            m_list->setCurrentRow(row);
            m_note->setFocus();
        }
    });
    connect(m_delete, &QPushButton::clicked, this, &NotesView::removeChosen);
    connect(m_list, &QListWidget::currentRowChanged, this, [this] {
        if (!m_filling)
            showChosen();
    });
    connect(m_list, &QListWidget::itemClicked, this, [this] { go(chosen()); });
    connect(m_list, &QListWidget::itemActivated, this, [this] { go(chosen()); });
    connect(m_name, &QLineEdit::editingFinished, this, &NotesView::keepText);
    m_note->installEventFilter(this);
    if (context.notebook)
        connect(context.notebook, &Notebook::changed, this, &NotesView::showBookmarks);
    showBookmarks();
}

void NotesView::makeParts() {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 6, 8, 4);
    row->setSpacing(8);
    auto* left = new QVBoxLayout;
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_add);
    buttons->addWidget(m_delete);
    buttons->addStretch(1);
    left->addLayout(buttons);
    left->addWidget(m_list, 1);
    row->addLayout(left, 1);
    auto* right = new QVBoxLayout;
    right->addWidget(m_name);
    right->addWidget(m_note, 1);
    row->addLayout(right, 1);
    m_list->setAccessibleName(tr("Bookmarks"));
    m_list->setWordWrap(true);
    m_name->setAccessibleName(tr("The bookmark's name"));
    m_note->setAccessibleName(tr("Note"));
    m_note->setTabChangesFocus(true);
    setFocusProxy(m_list);
}

int NotesView::chosen() const {
    const int count = context().notebook ? int(context().notebook->bookmarks().size()) : 0;
    return m_list->currentRow() < count ? m_list->currentRow() : -1;
}

QString NotesView::wordsOf(int row) const {
    const Bookmark& bookmark = context().notebook->bookmarks()[std::size_t(row)];
    const auto point = context().notebook->pointOf(bookmark.place);
    const QString place = point ? placeName(*point, m_texts) : tr("a run that is not in this file");
    const QString several =
        point && source().runs().size() > 1 ? tr("run %1 · ").arg(point->run) : QString();
    const QString key = row < 9 ? tr("Ctrl+%1  ").arg(row + 1) : QString();
    const QString where = several + place;
    return bookmark.name.isEmpty() ? key + where
                                   : key + bookmark.name + QStringLiteral(" — ") + where;
}

void NotesView::showBookmarks() {
    m_filling = true;
    const int before = m_list->currentRow();
    m_list->clear();
    const int count = context().notebook ? int(context().notebook->bookmarks().size()) : 0;
    for (int i = 0; i < count; ++i)
        m_list->addItem(wordsOf(i));
    m_list->setCurrentRow(before < count ? before : count - 1);
    m_filling = false;
    m_add->setEnabled(source().isOpen() && context().notebook);
    setDetail(count == 0   ? tr("none yet")
              : count == 1 ? tr("1 bookmark")
                           : tr("%1 bookmarks").arg(count));
    setSubtitle(count == 0 ? tr("Ctrl+B marks where you are") : tr("click: back to that place"));
    showChosen();
    readTexts();
}

// What is being typed is not taken away by what changes elsewhere.
void NotesView::showChosen() {
    const int row = chosen();
    m_delete->setEnabled(row >= 0);
    m_name->setEnabled(row >= 0);
    m_note->setEnabled(row >= 0);
    m_name->setPlaceholderText(row < 0 ? QString() : tr("A name for this bookmark"));
    m_note->setPlaceholderText(row < 0 ? tr("Mark a place first; then write here what you saw.")
                                       : tr("What you saw there"));
    const Bookmark shown = row < 0 ? Bookmark() : context().notebook->bookmarks()[std::size_t(row)];
    if (m_name->text() != shown.name)
        m_name->setText(shown.name);
    if (m_note->toPlainText() != shown.note)
        m_note->setPlainText(shown.note);
}

void NotesView::keepText() {
    const int row = chosen();
    if (row < 0)
        return;
    std::vector<Bookmark> all = context().notebook->bookmarks();
    all[std::size_t(row)].name = m_name->text().trimmed();
    all[std::size_t(row)].note = m_note->toPlainText();
    context().notebook->setBookmarks(all, tr("edit a note"));
}

// A note is kept when it is left, so that it is one change.
bool NotesView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_note && event->type() == QEvent::FocusOut)
        keepText();
    return View::eventFilter(watched, event);
}

void NotesView::removeChosen() {
    const int row = chosen();
    if (row < 0)
        return;
    std::vector<Bookmark> all = context().notebook->bookmarks();
    all.erase(all.begin() + row);
    context().notebook->setBookmarks(all, tr("delete a bookmark"));
}

void NotesView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Delete && window()->focusWidget() == m_list)
        removeChosen();
    else
        View::keyPressEvent(event);
}

void NotesView::go(int row) {
    if (row < 0)
        return;
    if (const auto point =
            context().notebook->pointOf(context().notebook->bookmarks()[std::size_t(row)].place))
        context().point->move(*point);
}

void NotesView::readTexts() {
    if (!source().isOpen() || !context().notebook)
        return;
    std::vector<std::pair<int, std::int32_t>> wanted; // run, position
    for (const Bookmark& one : context().notebook->bookmarks())
        if (const auto point = context().notebook->pointOf(one.place);
            point && point->entry != noPosition && !m_texts.contains(point->entry))
            wanted.push_back({point->run, point->entry});
    if (wanted.empty())
        return;
    source().read<TokenTexts>(
        this, "texts",
        [wanted](Reader& reader) -> Result<TokenTexts> {
            TokenTexts texts;
            for (const auto& [run, position] : wanted) {
                auto one = readTokenTexts(reader, run, {position});
                if (!one)
                    return one.error();
                texts.merge(*one);
            }
            return texts;
        },
        [this](Result<TokenTexts> texts) {
            if (!texts || texts->empty())
                return;
            m_texts.insert(texts->begin(), texts->end());
            for (int i = 0; i < m_list->count(); ++i)
                m_list->item(i)->setText(wordsOf(i));
        });
}

void NotesView::pointMoved(const Point& now, const Point& before) {
    if (now.run != before.run) {
        m_texts.clear();
        showBookmarks();
    }
}

} // namespace attendre
