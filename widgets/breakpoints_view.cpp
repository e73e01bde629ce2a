#include "widgets/breakpoints_view.h"

#include "widgets/breakpoint_source.h"
#include "widgets/notebook.h"
#include "widgets/plot_text.h"

#include <QComboBox>
#include <QCompleter>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <set>
#include <tuple>

namespace attendre {

namespace {
constexpr std::size_t mostTexts = 4000; // tokens whose texts are read for the table
}

BreakpointsView::BreakpointsView(const ViewContext& context, QWidget* parent)
    : View(context, parent), m_when(new QComboBox(this)), m_where(new QComboBox(this)),
      m_span(new QLineEdit(this)), m_condition(new QLineEdit(this)),
      m_add(new QPushButton(tr("Break there"), this)), m_stop(new QPushButton(this)),
      m_token(new QLabel(this)), m_said(new QLabel(this)), m_list(new QListWidget(this)),
      m_table(new QTableView(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 4);
    column->setSpacing(4);
    makeForm();
    makeLists();
    wire();
    showAll();
}

void BreakpointsView::makeForm() {
    auto* row = new QHBoxLayout;
    m_when->addItem(tr("this token leaves"), int(When::Token));
    m_when->addItem(tr("a span leaves"), int(When::Span));
    m_when->addItem(tr("a condition holds"), int(When::Condition));
    m_when->setAccessibleName(tr("Break when"));
    m_where->setAccessibleName(tr("Break where"));
    m_span->setAccessibleName(tr("Span of positions"));
    m_span->setPlaceholderText(tr("410-420"));
    m_span->setMaximumWidth(110);
    m_condition->setAccessibleName(tr("Condition"));
    m_condition->setMinimumWidth(120);
    QStringList names;
    QString tip = tr("A condition over:") + QStringLiteral("<table>");
    for (const ConditionName& name : conditionNames()) {
        names << name.name;
        tip += QStringLiteral("<tr><td><b>%1</b>&nbsp;</td><td>%2</td></tr>")
                   .arg(name.name, name.meaning.toHtmlEscaped());
    }
    m_condition->setToolTip(tip + QStringLiteral("</table>"));
    auto* completer = new QCompleter(names, m_condition);
    completer->setFilterMode(Qt::MatchStartsWith);
    m_condition->setCompleter(completer);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_when, m_token, m_span})
        row->addWidget(widget);
    row->addWidget(m_condition, 1);
    row->addWidget(m_where);
    row->addWidget(m_add);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
    auto* second = new QHBoxLayout;
    m_said->setWordWrap(true);
    m_said->setAccessibleName(tr("What the breakpoints found"));
    second->addWidget(m_said, 1);
    second->addWidget(m_stop);
    static_cast<QVBoxLayout*>(layout())->addLayout(second);
}

void BreakpointsView::makeLists() {
    auto* split = new QSplitter(Qt::Horizontal, this);
    split->setChildrenCollapsible(false);
    m_list->setAccessibleName(tr("Breakpoints"));
    m_list->setWordWrap(true);
    m_list->setMinimumWidth(160);
    m_table->setModel(&m_hits);
    m_table->setAccessibleName(tr("Hits"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setMinimumWidth(200);
    split->addWidget(m_list);
    split->addWidget(m_table);
    split->setStretchFactor(0, 2);
    split->setStretchFactor(1, 3);
    static_cast<QVBoxLayout*>(layout())->addWidget(split, 1);
    setFocusProxy(m_list);
}

void BreakpointsView::wire() {
    connect(m_when, &QComboBox::currentIndexChanged, this, &BreakpointsView::showForm);
    connect(m_add, &QPushButton::clicked, this, &BreakpointsView::add);
    for (QLineEdit* line : {m_span, m_condition})
        connect(line, &QLineEdit::returnPressed, this, &BreakpointsView::add);
    connect(m_list, &QListWidget::itemChanged, this, &BreakpointsView::toggled);
    connect(m_list, &QListWidget::currentRowChanged, this, [this] {
        if (!m_filling)
            showHits();
    });
    connect(m_table, &QTableView::clicked, this, &BreakpointsView::go);
    connect(m_table, &QTableView::activated, this, &BreakpointsView::go);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        BreakpointSource* source = this->context().breakpoints;
        source->cancelled() ? source->restart() : source->cancel();
        showState();
    });
    if (context().breakpoints)
        connect(context().breakpoints, &BreakpointSource::told, this, &BreakpointsView::showAll);
    if (context().notebook)
        connect(context().notebook, &Notebook::changed, this, &BreakpointsView::showAll);
}

const std::vector<Breakpoint>& BreakpointsView::breakpoints() const {
    static const std::vector<Breakpoint> none;
    return context().notebook ? context().notebook->breakpoints() : none;
}

void BreakpointsView::offerPlaces() {
    const int before = std::max(0, m_where->currentIndex());
    const QSignalBlocker blocker(m_where);
    m_where->clear();
    m_where->addItem(tr("in any head"));
    m_where->addItem(tr("in layer %1").arg(now().layer));
    m_where->addItem(tr("in layer %1, head %2").arg(now().layer).arg(now().head));
    m_where->setCurrentIndex(before);
}

void BreakpointsView::showForm() {
    const auto when = When(m_when->currentData().toInt());
    m_token->setVisible(when == When::Token);
    m_span->setVisible(when == When::Span);
    m_token->setText(now().entry == noPosition ? tr("(none is selected)")
                                               : tokenWords(now().entry, m_texts));
    m_condition->setPlaceholderText(when == When::Condition ? tr("margin < 1 && layer >= 10")
                                                            : tr("and, if you like: hits > 3"));
    offerPlaces();
}

std::optional<Breakpoint> BreakpointsView::asked(QString& problem) const {
    Breakpoint breakpoint;
    breakpoint.condition = m_condition->text().trimmed();
    const auto when = When(m_when->currentData().toInt());
    if (when == When::Token) {
        breakpoint.first = breakpoint.last = now().entry;
        if (now().entry == noPosition)
            problem = tr("Select a token first: click it in the document or in the memory.");
    } else if (when == When::Span) {
        if (const auto span = spanOf(m_span->text()))
            std::tie(breakpoint.first, breakpoint.last) = *span;
        else
            problem = tr("“%1” is no span of positions: write 417 or 410-420.").arg(m_span->text());
    }
    if (m_where->currentIndex() >= 1)
        breakpoint.layer = now().layer;
    if (m_where->currentIndex() >= 2)
        breakpoint.head = now().head;
    const RunInfo* run = source().run(now().run);
    if (!run)
        problem = tr("Open a trace first.");
    if (!problem.isEmpty())
        return std::nullopt;
    const RegretSource any = [](int, int) { return std::map<std::int32_t, double>(); };
    if (const auto can = BreakpointScan::compile(*run, {breakpoint}, any); !can) {
        problem = can.error().sentence;
        return std::nullopt;
    }
    return breakpoint;
}

void BreakpointsView::add() {
    QString problem;
    const auto breakpoint = asked(problem);
    if (!breakpoint || !context().notebook) {
        m_said->setText(problem);
        return;
    }
    std::vector<Breakpoint> all = breakpoints();
    if (std::find(all.begin(), all.end(), *breakpoint) == all.end())
        all.push_back(*breakpoint);
    context().notebook->setBreakpoints(all, tr("add a breakpoint"));
    m_list->setCurrentRow(int(all.size()));
    m_condition->clear();
}

void BreakpointsView::showAll() {
    if (context().breakpoints && source().isOpen())
        (void)context().breakpoints->of(now().run);
    showForm();
    showBreakpoints();
    showHits();
    readTexts();
}

int BreakpointsView::hitsOf(int breakpoint) const {
    if (!context().breakpoints || !source().isOpen())
        return 0;
    const auto& hits = context().breakpoints->of(now().run);
    return int(std::count_if(hits.begin(), hits.end(), [breakpoint](const BreakpointHit& hit) {
        return breakpoint < 0 || hit.breakpoint == breakpoint;
    }));
}

QString BreakpointsView::countWords(int breakpoint) const {
    if (breakpoint >= 0 && !breakpoints()[std::size_t(breakpoint)].enabled)
        return tr("off");
    const BreakpointSource* source = context().breakpoints;
    if (breakpoint >= 0 && source) {
        if (const QString refusal = source->refusal(now().run, breakpoint); !refusal.isEmpty())
            return refusal;
        if (source->endedAt(now().run, breakpoint))
            return tr("the first %1 hits").arg(wholeNumber(hitsOf(breakpoint)));
    }
    const int hits = hitsOf(breakpoint);
    return hits == 1 ? tr("1 hit") : tr("%1 hits").arg(wholeNumber(hits));
}

// The first row stands for all of them.
void BreakpointsView::showBreakpoints() {
    m_filling = true;
    const int current = m_list->currentRow();
    const auto& all = breakpoints();
    const int rows = all.empty() ? 0 : int(all.size()) + 1;
    while (m_list->count() > rows)
        delete m_list->takeItem(m_list->count() - 1);
    for (int row = 0; row < rows; ++row) {
        if (row == m_list->count())
            m_list->addItem(QString());
        QListWidgetItem* item = m_list->item(row);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
        if (row > 0) {
            item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
            item->setCheckState(all[std::size_t(row - 1)].enabled ? Qt::Checked : Qt::Unchecked);
        }
        const QString words =
            row == 0 ? tr("All") : breakpointWords(all[std::size_t(row - 1)], m_texts);
        item->setText(words + QStringLiteral(" — ") + countWords(row - 1));
    }
    m_list->setCurrentRow(std::clamp(current, std::min(0, rows - 1), rows - 1));
    m_filling = false;
}

int BreakpointsView::chosen() const {
    const int index = m_list->currentRow() - 1;
    return index < int(breakpoints().size()) ? std::max(-1, index) : -1;
}

void BreakpointsView::showHits() {
    std::vector<BreakpointHit> shown;
    std::vector<std::vector<ConditionValue>> reads;
    if (context().breakpoints && source().isOpen()) {
        for (const BreakpointHit& hit : context().breakpoints->of(now().run))
            if (chosen() < 0 || hit.breakpoint == chosen())
                shown.push_back(hit);
        for (int i = 0; i < int(breakpoints().size()); ++i)
            reads.push_back(context().breakpoints->reads(i));
    }
    const bool first = m_hits.hits().empty() && !shown.empty();
    m_hits.setHits(std::move(shown), reads);
    if (first)
        m_table->resizeColumnsToContents();
    showState();
}

void BreakpointsView::showState() {
    const BreakpointSource* source = context().breakpoints;
    const bool searching = source && source->searching(), stopped = source && source->cancelled();
    m_stop->setVisible(searching || stopped);
    m_stop->setText(stopped ? tr("Search on") : tr("Stop the search"));
    setDetail(breakpoints().empty() ? QString() : tr("%1 set").arg(breakpoints().size()));
    setSubtitle(m_hits.hits().empty() ? QString() : tr("click a hit: the point goes there"));
    if (!this->source().isOpen())
        m_said->setText(QString());
    else if (breakpoints().empty())
        m_said->setText(tr("A breakpoint stops a run in progress where it is met; of a recorded "
                           "run all such places are listed at once. F9 sets one on the selected "
                           "token."));
    else if (searching)
        m_said->setText(tr("Searched %1 of %2 steps …")
                            .arg(wholeNumber(source->progress().first),
                                 wholeNumber(source->progress().second)));
    else if (stopped)
        m_said->setText(tr("The search was stopped; the hits so far are listed."));
    else if (m_hits.hits().empty())
        m_said->setText(tr("Nothing that is recorded of run %1 meets it.").arg(now().run));
    else
        m_said->setText(chosen() < 0 ? tr("%1 hits in run %2")
                                           .arg(wholeNumber(qint64(m_hits.hits().size())))
                                           .arg(now().run)
                                     : tr("%1 hits of the chosen breakpoint in run %2")
                                           .arg(wholeNumber(qint64(m_hits.hits().size())))
                                           .arg(now().run));
}

// The texts of the tokens that are named: few, and each once.
void BreakpointsView::readTexts() {
    std::set<std::int32_t> wanted;
    const auto want = [&](std::int32_t position) {
        if (position != noPosition && !m_texts.contains(position) && wanted.size() < mostTexts)
            wanted.insert(position);
    };
    want(now().entry);
    for (const Breakpoint& one : breakpoints())
        if (one.first == one.last)
            want(one.first);
    for (const BreakpointHit& hit : m_hits.hits())
        want(hit.position);
    if (wanted.empty() || !source().isOpen())
        return;
    source().read<TokenTexts>(
        this, "texts",
        [wanted = std::vector(wanted.begin(), wanted.end()), run = now().run](Reader& reader) {
            return readTokenTexts(reader, run, wanted);
        },
        [this](Result<TokenTexts> texts) {
            if (!texts || texts->empty())
                return;
            m_texts.insert(texts->begin(), texts->end());
            showForm();
            showBreakpoints();
            m_hits.setTexts(m_texts);
        });
}

void BreakpointsView::toggled(QListWidgetItem* item) {
    const int row = m_list->row(item) - 1;
    if (m_filling || row < 0 || row >= int(breakpoints().size()))
        return;
    std::vector<Breakpoint> all = breakpoints();
    all[std::size_t(row)].enabled = item->checkState() == Qt::Checked;
    context().notebook->setBreakpoints(all, all[std::size_t(row)].enabled
                                                ? tr("switch a breakpoint on")
                                                : tr("switch a breakpoint off"));
}

void BreakpointsView::removeChosen() {
    std::vector<Breakpoint> all = breakpoints();
    if (chosen() < 0 || chosen() >= int(all.size()))
        return;
    all.erase(all.begin() + chosen());
    context().notebook->setBreakpoints(all, tr("delete a breakpoint"));
}

void BreakpointsView::keyPressEvent(QKeyEvent* event) {
    if ((event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace) &&
        window()->focusWidget() == m_list)
        removeChosen();
    else if (event->key() == Qt::Key_Escape && chosen() >= 0)
        m_list->setCurrentRow(0); // all hits again
    else
        View::keyPressEvent(event);
}

void BreakpointsView::go(const QModelIndex& index) {
    if (index.isValid())
        context().point->move(pointOf(m_hits.hits()[std::size_t(index.row())], now()));
}

void BreakpointsView::pointMoved(const Point& now, const Point& before) {
    if (now.run != before.run) {
        m_texts.clear();
        showAll();
    } else {
        showForm();
        if (now.entry != before.entry)
            readTexts();
    }
}

void BreakpointsView::traceGrown(int run, int) {
    if (run == now().run)
        showAll();
}

} // namespace attendre
