#include "widgets/console_view.h"

#include "widgets/console_log.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QStackedLayout>
#include <QStyledItemDelegate>
#include <QTableView>

#include <algorithm>
#include <set>

namespace attendre {

namespace {

// One kind of lines, or all, in the theme's colours.
class ShownLines : public QSortFilterProxyModel {
  public:
    ShownLines(const Theme* theme, QObject* parent)
        : QSortFilterProxyModel(parent), m_theme(theme) {}

    void showOnly(int kind) {
        m_kind = kind;
        invalidateFilter();
    }

    bool filterAcceptsRow(int row, const QModelIndex& parent) const override {
        return m_kind < 0 ||
               sourceModel()->index(row, 0, parent).data(Qt::UserRole).toInt() == m_kind;
    }

    QVariant data(const QModelIndex& index, int role) const override {
        if (role != Qt::ForegroundRole)
            return QSortFilterProxyModel::data(index, role);
        const auto kind = ConsoleLog::Kind(index.data(Qt::UserRole).toInt());
        if (index.column() == ConsoleLog::Time)
            return m_theme->quietText();
        if (index.column() == ConsoleLog::KindName)
            return kind == ConsoleLog::Kind::Problem  ? m_theme->evicted()
                   : kind == ConsoleLog::Kind::Notice ? m_theme->inChunk()
                                                      : m_theme->quietText();
        return m_theme->text();
    }

  private:
    const Theme* m_theme;
    int m_kind = -1;
};

// A little air between the lines, and no frame around a single cell: whole lines are selected.
class LineDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        QStyleOptionViewItem plain = option;
        plain.state &= ~(QStyle::State_HasFocus | QStyle::State_MouseOver);
        QStyledItemDelegate::paint(painter, plain, index);
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        return QStyledItemDelegate::sizeHint(option, index) + QSize(0, 4);
    }
};

} // namespace

ConsoleView::ConsoleView(const ViewContext& context, QWidget* parent) : View(context, parent) {
    setAccessibleName(tr("Console and problems"));
    m_layers = new QStackedLayout(this);
    m_layers->setContentsMargins(theme().grid(), theme().grid(), 0, 0);
    m_sentence = new QLabel(this);
    m_sentence->setAlignment(Qt::AlignCenter);
    m_sentence->setWordWrap(true);
    m_sentence->setMargin(theme().grid());
    m_table = new QTableView(this);
    m_layers->addWidget(m_sentence);
    m_layers->addWidget(m_table);
    auto* shown = new ShownLines(context.theme, this);
    m_shown = shown;
    if (context.log)
        shown->setSourceModel(context.log);
    m_table->setModel(shown);
    m_table->setAccessibleName(tr("What was said"));
    m_table->setItemDelegate(new LineDelegate(m_table));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setWordWrap(true);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->hide();
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setMinimumSectionSize(24);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusProxy(m_table);
    connect(shown, &QAbstractItemModel::rowsInserted, this, [this] {
        const QScrollBar* bar = m_table->verticalScrollBar();
        const bool atEnd = bar->value() >= bar->maximum() - 2;
        contentChanged();
        if (atEnd)
            m_table->scrollToBottom();
    });
    connect(shown, &QAbstractItemModel::modelReset, this, &ConsoleView::contentChanged);
    connect(shown, &QAbstractItemModel::rowsRemoved, this, &ConsoleView::contentChanged);
    themeChanged();
    contentChanged();
}

QWidget* ConsoleView::headerWidget() {
    if (m_header)
        return m_header;
    auto* chooser = new QComboBox(this);
    chooser->setAccessibleName(tr("Which lines"));
    chooser->addItem(tr("everything"), -1);
    chooser->addItem(tr("problems"), int(ConsoleLog::Kind::Problem));
    chooser->addItem(tr("notices"), int(ConsoleLog::Kind::Notice));
    chooser->addItem(tr("engine"), int(ConsoleLog::Kind::Engine));
    connect(chooser, &QComboBox::currentIndexChanged, this,
            [this, chooser](int index) { showOnly(chooser->itemData(index).toInt()); });
    m_header = chooser;
    return m_header;
}

bool ConsoleView::isBlank() const {
    return m_shown->rowCount() == 0;
}

void ConsoleView::showOnly(int kind) {
    static_cast<ShownLines*>(m_shown)->showOnly(kind);
    contentChanged();
}

void ConsoleView::contentChanged() {
    const ConsoleLog* log = context().log;
    const bool empty = m_shown->rowCount() == 0;
    m_sentence->setText(log && !log->lines().empty()
                            ? tr("Nothing of this kind has been said.")
                            : tr("Nothing has been said: the engine's lines and every problem, in "
                                 "a sentence, will stand here."));
    m_layers->setCurrentIndex(empty ? 0 : 1);
    if (!empty)
        for (const int column : {ConsoleLog::Time, ConsoleLog::KindName})
            m_table->setColumnWidth(
                column, m_table->fontMetrics().horizontalAdvance(QStringLiteral("00:00:00")) + 14);
    const int problems = log ? log->problems() : 0;
    setSubtitle(problems == 0   ? tr("no problems")
                : problems == 1 ? tr("1 problem")
                                : tr("%1 problems").arg(problems));
}

void ConsoleView::themeChanged() {
    m_table->setFont(theme().smallFont());
    QPalette palette = this->palette();
    palette.setColor(QPalette::Base, theme().panel());
    palette.setColor(QPalette::Window, theme().panel());
    palette.setColor(QPalette::Text, theme().text());
    palette.setColor(QPalette::WindowText, theme().quietText());
    palette.setColor(QPalette::Highlight, theme().selection());
    palette.setColor(QPalette::HighlightedText, theme().text());
    m_table->setPalette(palette);
    m_sentence->setPalette(palette);
    m_table->viewport()->update();
}

QString ConsoleView::asText(bool selectedOnly) const {
    const ConsoleLog* log = context().log;
    if (!log)
        return {};
    std::set<int> rows;
    if (selectedOnly)
        for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
            rows.insert(index.row());
    else
        for (int row = 0; row < m_shown->rowCount(); ++row)
            rows.insert(row);
    QStringList lines;
    for (const int row : rows) {
        const int source = m_shown->mapToSource(m_shown->index(row, 0)).row();
        lines << ConsoleLog::asText(log->lines()[std::size_t(source)]);
    }
    return lines.join(QLatin1Char('\n'));
}

void ConsoleView::copy(bool selectedOnly) const {
    const QString text = asText(selectedOnly);
    if (!text.isEmpty())
        QApplication::clipboard()->setText(text);
}

void ConsoleView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        copy(m_table->selectionModel()->hasSelection());
    else
        View::keyPressEvent(event);
}

void ConsoleView::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    QAction* selected = menu.addAction(tr("Copy the selected lines"));
    QAction* all = menu.addAction(tr("Copy all lines"));
    menu.addSeparator();
    QAction* clear = menu.addAction(tr("Clear"));
    selected->setEnabled(m_table->selectionModel()->hasSelection());
    all->setEnabled(!isBlank());
    clear->setEnabled(!isBlank());
    QAction* chosen = menu.exec(event->globalPos());
    if (chosen == selected || chosen == all)
        copy(chosen == selected);
    else if (chosen == clear && context().log)
        context().log->clear();
}

} // namespace attendre
