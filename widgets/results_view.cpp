#include "widgets/results_view.h"

#include "widgets/results_table.h"
#include "widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace attendre {

ResultsView::ResultsView(const Theme* theme, const ResultsSource* source, QWidget* parent)
    : QWidget(parent), m_theme(theme), m_source(source), m_filters(new ResultFilters(this)),
      m_state(new QLabel(this)), m_failures(new QTextBrowser(this)),
      m_table(new CellTable(theme, tr("Results"), this)), m_plot(new ResultsPlotPanel(theme, this)),
      m_items(new ResultItemsPanel(theme, this)), m_halves(new QSplitter(Qt::Vertical, this)) {
    build(theme);
    connect(source, &ResultsSource::changed, this, &ResultsView::showResults);
    connect(m_filters, &ResultFilters::changed, this, &ResultsView::showFiltered);
    connect(m_table, &CellTable::rowChosen, this, [this](int row) {
        m_plot->plot()->mark(row);
        m_items->show(m_results, row);
    });
    connect(m_table, &CellTable::rowOpened, this, [this] { m_items->table()->setFocus(); });
    connect(m_plot->plot(), &ResultsPlot::rowChosen, this, &ResultsView::chooseRow);
    connect(m_plot->plot(), &ResultsPlot::hovered, this, &ResultsView::hovered);
    connect(m_items->course(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        emit hovered(m_items->course()->hoverText(event->position()));
    });
    connect(theme, &Theme::changed, this, &ResultsView::dress);
}

void ResultsView::build(const Theme* theme) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(6);
    auto* top = new QFrame(this);
    top->setObjectName(QStringLiteral("resultsBar"));
    auto* row = new QHBoxLayout(top);
    row->setContentsMargins(2, 0, 2, 0);
    row->setSpacing(12);
    row->addWidget(m_filters, 1);
    row->addWidget(m_state);
    auto* reload = new QPushButton(tr("Reload"), top);
    reload->setToolTip(tr("Read the results again (F5); files that change are read by themselves"));
    connect(reload, &QPushButton::clicked, this, &ResultsView::reloadWanted);
    row->addWidget(reload);
    column->addWidget(top);
    m_failures->setVisible(false);
    m_failures->setAccessibleName(tr("Cells that failed"));
    column->addWidget(m_failures);

    auto* tableFrame = new QFrame(this);
    tableFrame->setObjectName(QStringLiteral("resultsPanel"));
    auto* inside = new QVBoxLayout(tableFrame);
    inside->setContentsMargins(4, 4, 4, 4);
    inside->addWidget(m_table);
    auto* below = new QSplitter(Qt::Horizontal, this);
    below->addWidget(m_plot);
    below->addWidget(m_items);
    below->setSizes({480, 520});
    m_halves->addWidget(tableFrame);
    m_halves->addWidget(below);
    for (QSplitter* splitter : {below, m_halves}) {
        splitter->setChildrenCollapsible(false);
        splitter->setHandleWidth(theme->grid());
    }
    column->addWidget(m_halves, 1);
    setTabOrder(m_filters, m_table);
}

QString ResultsView::stateSentence() const {
    if (!m_results)
        return {};
    if (!m_results->isSweep)
        return m_results->rows.size() == 1 ? tr("1 way of reading")
                                           : tr("%1 ways of reading").arg(m_results->rows.size());
    QString text = tr("%1 of %2 cells").arg(m_results->done).arg(m_results->cells);
    if (!m_results->failed.empty())
        text += tr(", %1 failed").arg(m_results->failed.size());
    return text;
}

QString ResultsView::failures() const {
    return m_failures->isHidden() ? QString() : m_failures->toPlainText();
}

int ResultsView::sameRow() const {
    const int before = m_table->chosen();
    const auto& rows = m_source->results().rows;
    if (m_results && before >= 0 && std::size_t(before) < m_results->rows.size()) {
        const ResultRow& old = m_results->rows[std::size_t(before)];
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (rows[i].label == old.label && rows[i].row.subject == old.row.subject)
                return int(i);
    }
    // At first what was asked for, not what it is compared with.
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!rows[i].isBaseline() && rows[i].row.count > 0)
            return int(i);
    return rows.empty() ? -1 : 0;
}

// Few rows leave their room to what lies below; a person's own division stays.
void ResultsView::divide() {
    if (!m_divides || !m_results || !isVisible())
        return;
    m_divides = false;
    const int rows = m_table->horizontalHeader()->height() + 30 +
                     int(m_results->rows.size()) * m_table->verticalHeader()->defaultSectionSize();
    const int all = std::max(200, height());
    const int upper = std::clamp(rows, 90, all * 2 / 5);
    m_halves->setSizes({upper, all - upper});
}

void ResultsView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    divide();
}

void ResultsView::showResults() {
    const int chosen = sameRow();
    const bool other = !m_results || m_results->path != m_source->results().path;
    m_results = m_source->shared();
    m_filters->setResults(*m_results);
    m_state->setText(stateSentence());
    showFailures();
    m_table->setContent(resultColumns(*m_results), resultCells(*m_results), chosen);
    m_items->show(m_results, chosen);
    m_plot->plot()->mark(chosen);
    showFiltered();
    m_divides = m_divides || other;
    divide();
}

void ResultsView::showFiltered() {
    if (!m_results)
        return;
    const std::vector<bool> shown = m_filters->shown(*m_results);
    m_table->setShown(shown);
    m_plot->show(m_results, shown);
}

void ResultsView::showFailures() {
    QString text;
    for (const FailedCell& cell : m_results->failed)
        text += QStringLiteral("<p style='margin:1px 0'><b>%1</b> %2</p>")
                    .arg(cell.label.toHtmlEscaped(), cell.sentence.toHtmlEscaped());
    m_failures->setHtml(text);
    m_failures->setVisible(!m_results->failed.empty());
    const int lines = std::min<int>(4, int(m_results->failed.size()));
    m_failures->setFixedHeight(lines * (fontMetrics().height() + 4) + 18);
}

void ResultsView::chooseRow(int row) {
    m_table->choose(row);
}

void ResultsView::dress() {
    m_plot->plot()->dress();
    m_items->dress();
    m_table->viewport()->update();
}

} // namespace attendre
