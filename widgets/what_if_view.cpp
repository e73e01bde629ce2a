#include "widgets/what_if_view.h"

#include "model/replay/replay_plan.h"
#include "widgets/plot_text.h"
#include "widgets/replays.h"
#include "widgets/run_name.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr int mostSinks = 64;

} // namespace

bool hasWhatIf(const RunInfo& run) {
    return run.configuration.replay || checkReplayable(run).ok();
}

WhatIfView::WhatIfView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("What if"), parent), m_bar(new QWidget(this)) {
    auto* grid = new QGridLayout(m_bar);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(0);
    addControl(QStringLiteral("M"), tr("Capacity: entries per head"), &WhatIfAsked::memory);
    addControl(QStringLiteral("s"), tr("Sinks: the first s positions are protected"),
               &WhatIfAsked::sinks);
    addControl(QStringLiteral("r"), tr("The r latest arrivals are protected"),
               &WhatIfAsked::recent);
    m_bar->hide();
}

void WhatIfView::addControl(const QString& name, const QString& meaning, int WhatIfAsked::*member) {
    auto* grid = static_cast<QGridLayout*>(m_bar->layout());
    const int column = 3 * int(m_controls.size());
    Control control{new QLabel(name, m_bar), new QSlider(Qt::Horizontal, m_bar), new QLabel(m_bar),
                    member};
    control.name->setToolTip(meaning);
    control.slider->setToolTip(meaning);
    control.slider->setAccessibleName(meaning);
    control.value->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("88,888")));
    grid->addWidget(control.name, 0, column);
    grid->addWidget(control.slider, 0, column + 1);
    grid->addWidget(control.value, 0, column + 2);
    grid->setColumnStretch(column + 1, member == &WhatIfAsked::memory ? 3 : 2);
    connect(control.slider, &QSlider::valueChanged, this, [this, member](int value) {
        WhatIfAsked asked = m_asked;
        asked.*member = value;
        ask(asked);
    });
    m_controls.push_back(control);
}

QWidget* WhatIfView::headerWidget() {
    if (m_header)
        return m_header;
    m_header = new QWidget(this);
    auto* row = new QHBoxLayout(m_header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_policies = new QComboBox(m_header);
    m_policies->setAccessibleName(tr("Policy"));
    for (const Policy& policy : allPolicies()) {
        m_policies->addItem(policyName(policy.description), policy.description.name);
        m_policies->setItemData(m_policies->count() - 1, policy.description.definition,
                                Qt::ToolTipRole);
    }
    connect(m_policies, &QComboBox::activated, this, [this](int index) {
        WhatIfAsked asked = m_asked;
        asked.policy = m_policies->itemData(index).toString();
        ask(asked);
    });
    makeButtons();
    row->addWidget(m_policies);
    row->addWidget(m_add);
    row->addWidget(m_copy);
    showAsked();
    return m_header;
}

void WhatIfView::makeButtons() {
    m_add = new QToolButton(m_header);
    m_add->setText(tr("Add as a run"));
    m_add->setToolTip(tr("Replays all layers and heads like this and adds them to the trace as a "
                         "run, beside the others"));
    connect(m_add, &QToolButton::clicked, this,
            [this] { emit context().replays->wanted(arguments()); });
    m_copy = new QToolButton(m_header);
    m_copy->setText(tr("Copy"));
    m_copy->setToolTip(tr("The command that does the same in a terminal"));
    connect(m_copy, &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(command()); });
    if (context().replays)
        connect(context().replays, &Replays::changed, this, &WhatIfView::enableButtons);
    enableButtons();
}

void WhatIfView::enableButtons() {
    if (!m_add)
        return;
    const bool shown = !arguments().isEmpty();
    m_add->setEnabled(shown && context().replays && !context().replays->underWay());
    m_copy->setEnabled(shown);
}

void WhatIfView::place() {
    const QRectF area = plotArea();
    m_bar->setGeometry(int(area.left()), int(area.top()), int(area.width()),
                       m_bar->sizeHint().height());
}

void WhatIfView::resizeEvent(QResizeEvent* event) {
    PlotView::resizeEvent(event);
    place();
}

const RunInfo* WhatIfView::sourceRun() const {
    const RunInfo* run = currentRun();
    return run ? whatIfSource(source().runs(), *run) : nullptr;
}

void WhatIfView::forget() {
    m_content.reset();
    m_cache = std::make_shared<WhatIfCache>();
    m_run = 0;
    m_bar->hide();
}

void WhatIfView::refresh(const Point& now, const Point&) {
    const RunInfo* run = currentRun();
    m_bar->setVisible(sourceRun() != nullptr);
    if (!run || !sourceRun()) {
        m_content.reset();
        return;
    }
    if (m_run != now.run) {
        m_run = now.run;
        m_asked = whatIfProposal(*run);
        showAsked();
        place();
    }
    readContent();
}

void WhatIfView::ask(const WhatIfAsked& asked) {
    if (asked == m_asked)
        return;
    m_asked = asked;
    showAsked();
    readContent();
}

// The sliders follow what is asked without asking again.
void WhatIfView::showAsked() {
    const RunInfo* run = currentRun();
    if (!run)
        return;
    const int tokens = int(run->tokens), chunk = chunkOf(*run);
    for (const Control& control : m_controls) {
        const QSignalBlocker blocker(control.slider);
        if (control.member == &WhatIfAsked::memory)
            control.slider->setRange(std::min(chunk + 1, tokens), tokens);
        else if (control.member == &WhatIfAsked::sinks)
            control.slider->setRange(0, std::min(mostSinks, tokens));
        else
            control.slider->setRange(0, std::max(0, m_asked.memory - m_asked.sinks - chunk));
        control.slider->setPageStep(std::max(1, control.slider->maximum() / 10));
        control.slider->setValue(m_asked.*control.member);
        control.value->setText(wholeNumber(m_asked.*control.member));
    }
    if (m_policies) {
        const QSignalBlocker blocker(m_policies);
        m_policies->setCurrentIndex(m_policies->findData(m_asked.policy));
    }
}

void WhatIfView::readContent() {
    const RunInfo *run = currentRun(), *from = sourceRun();
    if (!run || !from || steps() == 0)
        return;
    read<WhatIfContent>(
        "what if",
        [run = *run, from = *from, point = now(), asked = m_asked, cache = m_cache](
            Reader& reader) { return readWhatIf(reader, from, run, point, asked, *cache); },
        [this](WhatIfContent content) {
            m_content = std::move(content);
            tellHeader();
        });
}

void WhatIfView::tellHeader() {
    enableButtons();
    const WhatIfContent& c = *m_content;
    const QString where = tr("layer %1, head %2").arg(c.point.layer).arg(c.point.head);
    setDetail(tr("replay of run %1").arg(c.source.run));
    if (!c.refusal.isEmpty()) {
        setSubtitle(where);
        return;
    }
    setSubtitle(tr("%1 · %2 ms").arg(where, QString::number(c.replay.milliseconds, 'f', 0)),
                {where, QString()});
}

QString WhatIfView::missing() const {
    if (!sourceRun())
        return tr("Nothing can be replayed here: record a run with --memory full --archive all.");
    if (!m_content)
        return tr("Replaying …");
    return {};
}

QStringList WhatIfView::arguments() const {
    const RunInfo* run = currentRun();
    if (!m_content || !run || !m_content->refusal.isEmpty())
        return {};
    QStringList arguments{QStringLiteral("replay"), source().path(), QStringLiteral("--run"),
                          QString::number(m_content->source.run)};
    arguments += replayWords(whatIfConfiguration(m_content->source, *run, m_content->asked));
    return arguments << QStringLiteral("--append");
}

QString WhatIfView::command() const {
    const QStringList words = arguments();
    if (words.isEmpty())
        return {};
    QStringList quoted{QStringLiteral("attendre")};
    for (const QString& word : words)
        quoted << shellWord(word);
    return quoted.join(QLatin1Char(' '));
}

QString WhatIfView::summary() const {
    if (!m_content)
        return {};
    const WhatIfContent& c = *m_content;
    if (!c.refusal.isEmpty())
        return c.refusal;
    const auto least =
        std::min_element(c.replay.kept.begin(), c.replay.kept.end(), [](float a, float b) {
            return !std::isnan(a) && (std::isnan(b) || a < b);
        });
    return tr("%1 of the attention of run %2 is kept on average, %3 at the least, in step %4.")
        .arg(percent(c.replay.meanKept()), QString::number(c.source.run), percent(double(*least)),
             QString::number(least - c.replay.kept.begin()));
}

QString WhatIfView::csv() const {
    if (!m_content)
        return {};
    QString text = QStringLiteral("step,kept,kept_by_the_run\n");
    const WhatIfContent& c = *m_content;
    for (std::size_t step = 0; step < c.replay.kept.size(); ++step) {
        const bool measured = step < c.recordedKept.size() && c.recordedKept[step].count > 0;
        const auto number = [](float value) {
            return std::isnan(value) ? QString() : QString::number(double(value));
        };
        text += QStringLiteral("%1,%2,%3\n")
                    .arg(step)
                    .arg(number(c.replay.kept[step]),
                         measured ? number(c.recordedKept[step].mean) : QString());
    }
    return text;
}

void WhatIfView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || isBlank() || !m_content->refusal.isEmpty())
        return PlotView::mousePressEvent(event);
    const Parts p = parts(plotArea());
    if (!p.curve.contains(event->position()))
        return;
    const double share = (event->position().x() - p.curve.left()) / p.curve.width();
    const int step = std::clamp(int(share * steps()), 0, std::max(0, steps() - 1));
    go([step](Point& point) { point.step = step; }, true);
}

QString WhatIfView::hoverText(const QPointF& at) {
    if (!m_content || !m_content->refusal.isEmpty())
        return summary();
    const Parts p = parts(plotArea());
    if (p.curve.contains(at)) {
        const auto step = std::size_t(std::max(0.0, (at.x() - p.curve.left()) / p.curve.width() *
                                                        double(m_content->replay.kept.size())));
        if (step < m_content->replay.kept.size() && !std::isnan(m_content->replay.kept[step]))
            return tr("step %1 · %2 of the recorded attention is kept")
                .arg(QString::number(step), percent(double(m_content->replay.kept[step])));
    }
    return summary();
}

} // namespace attendre
