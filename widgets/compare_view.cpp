#include "widgets/compare_view.h"

#include "widgets/attention_difference_page.h"
#include "widgets/compare_metrics_page.h"
#include "widgets/console_log.h"
#include "widgets/losses_page.h"
#include "widgets/parting_page.h"
#include "widgets/run_name.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace attendre {

namespace {

constexpr int runRole = Qt::UserRole, elsewhereRole = Qt::UserRole + 1;

} // namespace

CompareView::CompareView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Compare"), parent),
      m_compared(context.compared ? context.compared
                                  : new ComparedRun(context.source, context.point, this)),
      m_notice(new QLabel(this)), m_tabs(new QTabBar(this)), m_stack(new QStackedWidget(this)) {
    m_stale.fill(true);
    makePages();
    wire();
    m_tabs->setFont(theme().smallFont());
    contentChanged();
}

void CompareView::makePages() {
    const ViewContext& context = this->context();
    m_parting = new PartingPage(context, m_compared, m_stack);
    m_losses = new LossesPage(context, m_compared, m_stack);
    m_metrics = new CompareMetricsPage(context, m_compared, m_stack);
    m_attention = new AttentionDifferencePage(context, m_compared, m_stack);
    m_pages = {m_parting, m_losses, m_metrics, m_attention};
    const QString titles[] = {tr("Where they part"), tr("Loss"), tr("Metrics"), tr("Attention")};
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        m_stack->addWidget(m_pages[i]);
        m_tabs->addTab(titles[i]);
    }
    m_tabs->setExpanding(false);
    m_tabs->setDrawBase(false);
    m_tabs->setElideMode(Qt::ElideRight);
    m_tabs->setAccessibleName(tr("What is compared"));
    m_notice->setWordWrap(true);
    m_notice->setTextFormat(Qt::RichText);
    m_notice->hide();
    auto* column = new QVBoxLayout(this);
    const int edge = theme().grid();
    column->setContentsMargins(edge, 2, edge, 4);
    column->setSpacing(3);
    column->addWidget(m_tabs);
    column->addWidget(m_notice);
    column->addWidget(m_stack, 1);
    setFocusProxy(m_tabs);
}

void CompareView::wire() {
    connect(m_tabs, &QTabBar::currentChanged, this, [this](int page) {
        m_stack->setCurrentIndex(page);
        refreshPage();
    });
    for (ComparePage* page : m_pages) {
        connect(page, &ComparePage::hovered, this, &View::hovered);
        connect(page, &ComparePage::failed, this, &CompareView::say);
        connect(page, &ComparePage::contentChanged, this, [this, page] {
            if (page == inSight())
                setAccessibleDescription(summary());
        });
    }
    connect(m_compared, &ComparedRun::changed, this, [this] {
        m_stale.fill(true);
        say({});
        fillRuns();
        refreshPage();
    });
    connect(m_compared, &ComparedRun::stepChanged, this, &CompareView::refreshPage);
    connect(m_compared, &ComparedRun::told, this, &CompareView::refreshPage);
    connect(m_compared, &ComparedRun::advanced, this, [this] { inSight()->update(); });
    connect(m_compared, &ComparedRun::failed, this, [this](const QString& sentence) {
        if (context().log)
            context().log->addProblem(sentence);
        say(sentence);
        fillRuns();
    });
}

ComparePage* CompareView::inSight() const {
    return m_pages[std::size_t(std::max(0, m_tabs->currentIndex()))];
}

CompareView::Page CompareView::page() const {
    return Page(std::max(0, m_tabs->currentIndex()));
}

// --- the header

QWidget* CompareView::headerWidget() {
    if (m_header)
        return m_header;
    m_header = new QWidget(this);
    auto* row = new QHBoxLayout(m_header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_runs = new QComboBox(m_header);
    m_runs->setAccessibleName(tr("Run B"));
    m_runs->setToolTip(tr("What the current run, A, is compared with"));
    m_runs->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_runs->setMinimumWidth(60);
    connect(m_runs, &QComboBox::activated, this, &CompareView::chooseRun);
    m_swap = new QToolButton(m_header);
    m_swap->setText(tr("Swap"));
    m_swap->setToolTip(tr("B becomes the current run, A the one that it is compared with"));
    connect(m_swap, &QToolButton::clicked, m_compared, &ComparedRun::swap);
    m_link = new QToolButton(m_header);
    m_link->setText(tr("Link"));
    m_link->setCheckable(true);
    m_link->setToolTip(tr("Linked: B is shown where it has seen the same keys as A. Unlinked: B "
                          "stays at its step."));
    connect(m_link, &QToolButton::clicked, m_compared, &ComparedRun::setLinked);
    m_step = new QSpinBox(m_header);
    m_step->setPrefix(tr("B at "));
    m_step->setAccessibleName(tr("Step of run B"));
    m_step->setToolTip(tr("The step of run B; another one unlinks it"));
    m_step->setKeyboardTracking(false);
    m_step->setButtonSymbols(QAbstractSpinBox::NoButtons); // the arrow keys and the wheel step it
    connect(m_step, &QSpinBox::valueChanged, m_compared, &ComparedRun::setStep);
    for (QWidget* widget : {static_cast<QWidget*>(m_runs), static_cast<QWidget*>(m_swap),
                            static_cast<QWidget*>(m_link), static_cast<QWidget*>(m_step)}) {
        widget->setFocusPolicy(Qt::StrongFocus);
        row->addWidget(widget);
    }
    fillRuns();
    showStep();
    return m_header;
}

void CompareView::fillRuns() {
    if (!m_runs)
        return;
    const QSignalBlocker blocker(m_runs);
    m_runs->clear();
    const RunInfo* own = currentRun();
    const auto add = [this](const RunInfo& run, const std::vector<RunInfo>& runs, bool elsewhere) {
        const QString file = elsewhere
                                 ? QFileInfo(m_compared->path()).fileName() + QStringLiteral(" · ")
                                 : QString();
        m_runs->addItem(tr("B: %1").arg(file + runName(run, runs)));
        m_runs->setItemData(m_runs->count() - 1, run.run, runRole);
        m_runs->setItemData(m_runs->count() - 1, elsewhere, elsewhereRole);
        if (elsewhere == m_compared->isElsewhere() && m_compared->info() &&
            run.run == m_compared->info()->run)
            m_runs->setCurrentIndex(m_runs->count() - 1);
    };
    for (const RunInfo& run : source().runs())
        if (own && run.run != own->run && mayCompare(*own, run))
            add(run, source().runs(), false);
    if (m_compared->isElsewhere())
        for (const RunInfo& run : m_compared->runsElsewhere())
            add(run, m_compared->runsElsewhere(), true);
    m_runs->addItem(tr("Another trace…"));
    if (!m_compared->info())
        m_runs->setCurrentIndex(-1);
    m_runs->setEnabled(own != nullptr);
    m_swap->setEnabled(m_compared->info() != nullptr);
    m_link->setEnabled(m_compared->info() != nullptr);
    m_step->setEnabled(m_compared->info() != nullptr);
}

void CompareView::chooseRun(int index) {
    const QVariant run = m_runs->itemData(index, runRole);
    if (!run.isValid())
        chooseFile();
    else if (m_runs->itemData(index, elsewhereRole).toBool())
        m_compared->chooseElsewhere(m_compared->path(), run.toInt());
    else
        m_compared->choose(run.toInt());
}

void CompareView::chooseFile() {
    fillRuns(); // until it is open, or where nothing is chosen
    auto* dialog =
        new QFileDialog(this, tr("Compare with a trace"), QFileInfo(source().path()).absolutePath(),
                        tr("Traces (*.trace);;All files (*)"));
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, m_compared,
            [this](const QString& path) { m_compared->chooseElsewhere(path); });
    dialog->open();
}

void CompareView::showStep() {
    if (!m_step)
        return;
    const QSignalBlocker blocker(m_step);
    const int last = std::max(0, m_compared->stepCount() - 1);
    m_step->setRange(-1, last);
    m_step->setSpecialValueText(tr("B: not begun"));
    m_step->setValue(m_compared->step().value_or(std::min(now().step, last)));
    m_link->setChecked(m_compared->isLinked());
}

void CompareView::tellHeader() {
    const RunInfo* run = currentRun();
    const bool shown = run && !isBlank();
    setDetail(shown ? tr("A: %1").arg(runName(*run, source().runs())) : QString());
    setSubtitle(shown ? inSight()->colouredBy() : QString(), {QString()});
}

void CompareView::say(const QString& sentence) {
    m_notice->setText(QStringLiteral("<span style=\"color:%1\">%2</span>")
                          .arg(theme().evicted().name(), sentence.toHtmlEscaped()));
    m_notice->setVisible(!sentence.isEmpty());
}

// --- what is shown

void CompareView::refresh(const Point&, const Point&) {
    refreshPage();
}

void CompareView::refreshPage() {
    showStep();
    m_behind = !isVisible();
    if (m_behind)
        return;
    m_compared->divergence(); // whether the runs can be compared is known with it
    if (isBlank()) {
        contentChanged();
        return;
    }
    bool& stale = m_stale[std::size_t(m_tabs->currentIndex())];
    const bool everything = std::exchange(stale, false);
    inSight()->refresh(everything);
    contentChanged();
}

void CompareView::showEvent(QShowEvent* event) {
    PlotView::showEvent(event);
    if (m_behind && source().isOpen())
        refreshPage();
}

void CompareView::forget() {
    for (ComparePage* page : m_pages)
        page->forget();
    m_stale.fill(true);
    say({});
    fillRuns();
    m_behind = true;
}

void CompareView::traceGrown(int run, int steps) {
    fillRuns(); // it may be a new one
    PlotView::traceGrown(run, steps);
}

void CompareView::contentChanged() {
    const bool blank = isBlank();
    m_tabs->setVisible(!blank);
    m_stack->setVisible(!blank);
    tellHeader();
    PlotView::contentChanged();
}

void CompareView::themeChanged() {
    m_tabs->setFont(theme().smallFont());
    for (ComparePage* page : m_pages)
        page->themeChanged();
    PlotView::themeChanged();
}

bool CompareView::paintOn(QPaintDevice* device) {
    if (isBlank())
        return PlotView::paintOn(device);
    QCPPainter painter;
    if (!painter.begin(device))
        return false;
    painter.fillRect(rect(), theme().panel());
    painter.translate(m_stack->pos());
    inSight()->drawOn(painter);
    return true;
}

QString CompareView::summary() const {
    return inSight()->summary();
}

QString CompareView::csv() const {
    return inSight()->csv();
}

} // namespace attendre
