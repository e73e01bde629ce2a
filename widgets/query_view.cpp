#include "widgets/query_view.h"

#include "widgets/console_log.h"
#include "widgets/plot_text.h"
#include "widgets/query_editor.h"
#include "widgets/query_examples.h"
#include "widgets/query_menu.h"
#include "widgets/query_result_table.h"
#include "widgets/query_tracks.h"
#include "widgets/query_words.h"
#include "widgets/theme.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QVBoxLayout>

namespace attendre {

namespace {

constexpr int besides = 560; // px; from this width on the result stands beside the text
constexpr int narrow = 320;  // px; below this width of a side its words are the short ones
constexpr int low = 150;     // px; below this height the name has no room

// What the point's parameters stand for; an entry that is not chosen is null.
QMap<QString, std::optional<qint64>> parametersOf(const Point& point) {
    return {{QStringLiteral("run"), point.run},
            {QStringLiteral("step"), point.step},
            {QStringLiteral("layer"), point.layer},
            {QStringLiteral("head"), point.head},
            {QStringLiteral("entry"),
             point.entry == noPosition ? std::nullopt : std::optional<qint64>(point.entry)}};
}

} // namespace

QueryView::QueryView(const ViewContext& context, QWidget* parent)
    : View(context, parent), m_sides(new QSplitter(Qt::Horizontal, this)),
      m_menu(new QueryMenu(context.notebook, this)) {
    setAccessibleName(tr("Query"));
    makeEditorSide();
    makeResultSide();
    m_sides->addWidget(m_editorSide);
    m_sides->addWidget(m_resultSide);
    m_sides->setStretchFactor(0, 2);
    m_sides->setStretchFactor(1, 3);
    m_sides->setHandleWidth(context.theme->grid());
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(4, 2, 2, 0);
    layout->setSizeConstraint(
        QLayout::SetNoConstraint); // the panel's, not the text's, is the least
    layout->addWidget(m_sides);
    setFocusProxy(m_editor);
    wire();
    const SavedQuery& first = exampleQueries().front();
    m_name->setText(first.name);
    m_editor->setPlainText(first.sql);
    setSubtitle(tr("click a row or press Enter on it: the point moves to its run, step, layer, "
                   "head, position · click a heading: sort"),
                {tr("click a row: the point moves there · click a heading: sort"),
                 tr("click a row: the point moves there"), tr("click a row: go there"), QString()});
    themeChanged();
    showState();
}

void QueryView::makeEditorSide() {
    m_editorSide = new QWidget(m_sides);
    auto* column = new QVBoxLayout(m_editorSide);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_nameRow = new QWidget(m_editorSide);
    auto* names = new QHBoxLayout(m_nameRow);
    names->setContentsMargins(0, 0, 0, 0);
    names->setSpacing(4);
    m_queries = new QPushButton(tr("Queries"), m_nameRow);
    m_queries->setObjectName(QStringLiteral("queryMenuButton"));
    m_queries->setToolTip(tr("Examples, and what was saved with this trace"));
    m_queries->setMenu(m_menu);
    m_name = new QLineEdit(m_nameRow);
    m_name->setAccessibleName(tr("The query's name"));
    m_name->setPlaceholderText(tr("a name, to save it"));
    m_name->setMinimumWidth(40);
    m_save = new QPushButton(tr("Save"), m_nameRow);
    names->addWidget(m_queries);
    names->addWidget(m_name, 1);
    names->addWidget(m_save);
    m_editor = new QueryEditor(context().theme, m_editorSide);
    m_editor->setMinimumSize(80, 28);
    m_sentence = new QLabel(m_editorSide);
    m_sentence->setWordWrap(true);
    m_sentence->setMinimumWidth(40);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* how = new QHBoxLayout;
    how->setSpacing(8);
    m_runButton = new QPushButton(m_editorSide);
    m_limit = new QSpinBox(m_editorSide);
    m_limit->setRange(1, 600);
    m_limit->setValue(10);
    m_limit->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_limit->setPrefix(tr("at most "));
    m_limit->setSuffix(tr(" s"));
    m_limit->setAccessibleName(tr("Time limit"));
    m_limit->setToolTip(tr("How long a query may take"));
    m_follow = new QCheckBox(tr("follow the point"), m_editorSide);
    m_follow->setToolTip(tr("Runs the query again when what :run, :step, :layer, :head or :entry "
                            "stand for has changed"));
    m_follow->setChecked(true);
    how->addWidget(m_runButton);
    how->addWidget(m_limit);
    how->addWidget(m_follow);
    how->addStretch(1);
    column->addWidget(m_nameRow);
    column->addWidget(m_editor, 1);
    column->addWidget(m_sentence);
    column->addLayout(how);
}

void QueryView::makeResultSide() {
    m_resultSide = new QWidget(m_sides);
    auto* column = new QVBoxLayout(m_resultSide);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_table = new QueryResultTable(context().theme, m_resultSide);
    m_table->setMinimumSize(80, 28);
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    m_stateLabel = new QLabel(m_resultSide);
    m_stateLabel->setMinimumWidth(40);
    m_toTimeline = new QPushButton(tr("To the timeline"), m_resultSide);
    m_toTimeline->setObjectName(QStringLiteral("queryMenuButton"));
    m_toTimeline->setMenu(new QMenu(m_toTimeline));
    m_csv = new QPushButton(tr("CSV…"), m_resultSide);
    m_csv->setToolTip(tr("Saves the rows as CSV, in the order they stand in"));
    row->addWidget(m_stateLabel, 1);
    row->addWidget(m_toTimeline);
    row->addWidget(m_csv);
    column->addWidget(m_table, 1);
    column->addLayout(row);
}

void QueryView::wire() {
    connect(m_runButton, &QPushButton::clicked, this, &QueryView::runOrCancel);
    connect(m_editor, &QueryEditor::runWanted, this, &QueryView::runNow);
    connect(m_editor, &QueryEditor::stopWanted, this, [this] { m_run.cancel(); });
    connect(m_editor, &QueryEditor::textChanged, this, &QueryView::showState);
    connect(m_name, &QLineEdit::textChanged, this, &QueryView::showState);
    connect(m_name, &QLineEdit::returnPressed, this, &QueryView::save);
    connect(m_save, &QPushButton::clicked, this, &QueryView::save);
    connect(m_menu, &QueryMenu::chosen, this, &QueryView::choose);
    connect(&m_run, &QueryRun::finished, this, &QueryView::take);
    connect(m_table, &QueryResultTable::rowChosen, this, &QueryView::go);
    connect(m_table, &QueryResultTable::saveWanted, this, &QueryView::saveCsv);
    connect(m_csv, &QPushButton::clicked, this, &QueryView::saveCsv);
    connect(m_toTimeline->menu(), &QMenu::aboutToShow, this, &QueryView::fillTrackMenu);
    connect(&m_clock, &QTimer::timeout, this, &QueryView::showState);
    m_clock.setInterval(100);
}

// What was written in an example's place does not bear its name.
QString QueryView::resultName() const {
    const QString name = m_name->text().trimmed();
    for (const SavedQuery& example : exampleQueries())
        if (example.name == name && example.sql != m_ranSql)
            return tr("query");
    return name.isEmpty() ? tr("query") : name;
}

void QueryView::runOrCancel() {
    if (m_run.isUnderWay())
        m_run.cancel();
    else
        runNow();
}

void QueryView::runNow() {
    m_wanted = m_again = false;
    if (!source().isOpen())
        return say(tr("No trace is open."), true);
    m_ranSql = m_editor->toPlainText();
    m_ranAt = now();
    m_editor->setErrorAt(-1);
    QueryLimits limits;
    limits.milliseconds = m_limit->value() * 1000;
    m_run.start(source().path(), {m_ranSql, parametersOf(now())}, limits, now().run);
    m_clock.start();
    showState();
}

void QueryView::take(std::shared_ptr<const QueryResult> result) {
    m_clock.stop();
    const QueryOutcome& outcome = result->outcome;
    say(outcome.error ? outcome.error->sentence : QString(), outcome.error.has_value());
    if (outcome.error && m_editor->toPlainText() == m_ranSql)
        m_editor->setErrorAt(outcome.errorAt);
    // What came before the limit of time is shown; a query that is wrong leaves the last result.
    if (!outcome.error || result->rows() > 0)
        m_table->setResult(std::move(result));
    showState();
    if (m_again)
        runNow();
}

void QueryView::choose(const SavedQuery& query) {
    m_name->setText(query.name);
    m_editor->setPlainText(query.sql);
    runNow();
    m_editor->setFocus(Qt::OtherFocusReason);
}

void QueryView::save() {
    if (!m_save->isEnabled())
        return;
    const QString name = m_name->text().trimmed();
    m_menu->save({name, m_editor->toPlainText()});
    say(tr("“%1” is saved with this trace.").arg(name), false);
}

void QueryView::go(int row, int column) {
    const auto& result = m_table->rows()->result();
    const auto point = pointOf(
        *result, row, column, now(), [this](int run) { return source().run(run); },
        [this](int run) { return source().stepCount(run); });
    if (point)
        context().point->move(*point);
    else
        emit hovered(tr("No column of this row says where: name one run, step, layer, head, "
                        "position or query_position."));
}

// How often the steps come in the result, or what a column of numbers comes to in them.
void QueryView::fillTrackMenu() {
    QMenu* menu = m_toTimeline->menu();
    menu->clear();
    const auto& result = m_table->rows()->result();
    if (!result)
        return;
    connect(menu->addAction(tr("rows per step")), &QAction::triggered, this,
            [this] { addTrack(PerStep::Rows, -1); });
    for (const int column : summableColumns(*result)) {
        const QString name = result->columns[std::size_t(column)].name;
        menu->addSeparator();
        connect(menu->addAction(tr("sum of %1").arg(name)), &QAction::triggered, this,
                [this, column] { addTrack(PerStep::Sum, column); });
        connect(menu->addAction(tr("mean of %1").arg(name)), &QAction::triggered, this,
                [this, column] { addTrack(PerStep::Mean, column); });
    }
}

void QueryView::addTrack(PerStep how, int column) {
    const auto& result = m_table->rows()->result();
    const int run = result->run;
    const QString name = column < 0 ? QString() : result->columns[std::size_t(column)].name;
    const QString of = how == PerStep::Rows  ? tr("rows")
                       : how == PerStep::Sum ? tr("sum of %1").arg(name)
                                             : tr("mean of %1").arg(name);
    context().tracks->add(
        {resultName(), of, run, valuesPerStep(*result, how, column, run, source().stepCount(run))});
    say(tr("“%1” is a track of the Timeline now: %2 per step.").arg(resultName(), of), false);
}

void QueryView::saveCsv() {
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save the rows"), resultName() + QStringLiteral(".csv"), tr("CSV (*.csv)"));
    if (path.isEmpty())
        return;
    const Result<void> saved = m_table->rows()->saveCsv(path);
    say(saved ? tr("Saved %1.").arg(path) : saved.error().sentence, !saved);
    if (!saved && context().log)
        context().log->addProblem(saved.error().sentence);
}

QString QueryView::state() const {
    return m_sentence->text().isEmpty() ? m_stateLabel->text() : m_sentence->text();
}

void QueryView::say(const QString& sentence, bool wrong) {
    QPalette colours = m_sentence->palette();
    colours.setColor(QPalette::WindowText, wrong ? theme().evicted() : theme().quietText());
    m_sentence->setPalette(colours);
    m_sentence->setText(sentence);
    m_sentence->setToolTip(sentence);
    m_sentence->setVisible(!sentence.isEmpty());
}

QString QueryView::resultState() const {
    const auto& result = m_table->rows()->result();
    if (!result)
        return source().isOpen() ? tr("Not run yet") : tr("No trace is open");
    const QueryOutcome& outcome = result->outcome;
    const QString rows =
        result->rows() == 1 ? tr("1 row") : tr("%1 rows").arg(wholeNumber(result->rows()));
    const QString time = tr("%1 s").arg(outcome.seconds, 0, 'f', outcome.seconds < 10 ? 2 : 1);
    if (outcome.error)
        return tr("the first %1, then stopped").arg(rows);
    switch (outcome.cut) {
    case QueryOutcome::Cut::Rows:
        return tr("the first %1 in %2: more are not shown").arg(rows, time);
    case QueryOutcome::Cut::Bytes:
        return tr("the first %1 in %2: more would take too much memory").arg(rows, time);
    case QueryOutcome::Cut::None:
        break;
    }
    return tr("%1 in %2").arg(rows, time);
}

void QueryView::showState() {
    const bool underWay = m_run.isUnderWay();
    const auto& result = m_table->rows()->result();
    m_runButton->setText(underWay ? tr("Cancel") : tr("Run"));
    m_runButton->setToolTip(underWay ? tr("Esc in the text") : tr("Ctrl+Enter in the text"));
    m_runButton->setEnabled(underWay || source().isOpen());
    const QString state =
        underWay ? tr("running, %1 s").arg(m_run.seconds(), 0, 'f', 1) : resultState();
    m_stateLabel->setText(state);
    m_stateLabel->setToolTip(state);
    m_save->setEnabled(m_menu->canSave() && source().isOpen() &&
                       !m_name->text().trimmed().isEmpty() &&
                       !m_editor->toPlainText().trimmed().isEmpty());
    m_save->setToolTip(m_menu->canSave() ? tr("Keeps the query under this name, with this trace")
                                         : tr("Nothing is kept with this trace"));
    const bool steps = result && stepColumn(*result) >= 0 && context().tracks;
    m_toTimeline->setEnabled(steps);
    m_toTimeline->setToolTip(steps ? tr("Draws the result by steps, as a track of the Timeline")
                                   : tr("For a result with a column step"));
    m_csv->setEnabled(result && result->rows() > 0);
    setDetail(underWay ? tr("running") : QString());
}

// What is being written is not run by that: only what was run before, where its numbers changed.
void QueryView::pointMoved(const Point& now, const Point&) {
    if (!m_follow->isChecked() || !source().isOpen())
        return;
    const auto values = parametersOf(now), ran = parametersOf(m_ranAt);
    bool changed = false;
    for (const QString& name : parametersIn(m_ranSql))
        changed = changed || values.value(name) != ran.value(name);
    if (!changed || m_editor->toPlainText() != m_ranSql)
        return;
    if (!isVisible())
        m_wanted = true;
    else if (m_run.isUnderWay())
        m_again = true;
    else
        runNow();
}

void QueryView::traceOpened() {
    traceClosed();
    m_wanted = m_follow->isChecked();
    if (isVisible() && m_wanted)
        runNow();
}

void QueryView::traceClosed() {
    m_run.drop();
    m_clock.stop();
    m_again = false;
    m_table->setResult(nullptr);
    m_editor->setErrorAt(-1);
    say(QString(), false);
    showState();
}

void QueryView::showEvent(QShowEvent* event) {
    View::showEvent(event);
    if (m_wanted && source().isOpen())
        runNow();
}

void QueryView::resizeEvent(QResizeEvent* event) {
    View::resizeEvent(event);
    m_sides->setOrientation(width() >= besides ? Qt::Horizontal : Qt::Vertical);
    m_nameRow->setVisible(height() >= low);
    const int side = width() >= besides ? width() * 2 / 5 : width();
    m_limit->setPrefix(side < narrow ? QString() : tr("at most "));
    m_follow->setText(side < narrow ? tr("follow") : tr("follow the point"));
    m_toTimeline->setText(side < narrow ? tr("Timeline") : tr("To the timeline"));
}

void QueryView::themeChanged() {
    m_editor->dress();
    m_table->dress();
    for (QLabel* label : {m_sentence, m_stateLabel})
        label->setFont(theme().smallFont());
    QPalette quiet = m_stateLabel->palette();
    quiet.setColor(QPalette::WindowText, theme().quietText());
    m_stateLabel->setPalette(quiet);
    QPalette colours = palette();
    colours.setColor(QPalette::Window, theme().panel());
    colours.setColor(QPalette::WindowText, theme().text());
    setPalette(colours);
    const bool wrong = m_sentence->palette().color(QPalette::WindowText) != theme().quietText();
    say(m_sentence->text(), wrong && !m_sentence->text().isEmpty());
}

} // namespace attendre
