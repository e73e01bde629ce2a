#include "app/transport_bar.h"

#include "app/go_to_field.h"
#include "app/phase_stepper.h"
#include "app/playback.h"
#include "app/window_actions.h"
#include "widgets/run_name.h"
#include "widgets/theme.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QResizeEvent>
#include <QSignalBlocker>
#include <QToolButton>

namespace attendre {

namespace {

constexpr int wideEnoughForPhases = 1330; // px

// A run's colour in the plots.
QIcon swatch(const QColor& colour) {
    QPixmap pixmap(10, 10);
    pixmap.fill(colour);
    return pixmap;
}

} // namespace

TransportBar::TransportBar(const ViewContext& context, Playback* playback, WindowActions* actions,
                           QWidget* parent)
    : QWidget(parent), m_context(context), m_playback(playback), m_actions(actions),
      m_where(new QLabel(this)), m_phases(new PhaseStepper(context.theme, this)),
      m_run(new QComboBox(this)), m_layer(new QComboBox(this)), m_head(new QComboBox(this)),
      m_goTo(new GoToField(context, actions, this)) {
    setObjectName(QStringLiteral("topBar"));
    setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 7, 12, 7);
    layout->setSpacing(10);
    layout->addWidget(
        makeButtons({actions->first, actions->back, actions->step, actions->run, actions->last}));
    layout->addWidget(makeButtons({actions->goBack, actions->goForward}));
    m_where->setObjectName(QStringLiteral("where"));
    m_where->setMinimumWidth(60);
    m_where->installEventFilter(this);
    m_where->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    layout->addWidget(m_where, 3);
    layout->addWidget(m_phases);
    makeSelectors();
    for (QComboBox* box : {m_run, m_layer, m_head})
        layout->addWidget(box);
    m_goTo->setMinimumWidth(120);
    layout->addWidget(m_goTo, 2);

    connect(m_phases, &PhaseStepper::chosen, this, [this](Phase phase) {
        Point point = m_context.point->now();
        point.phase = phase;
        m_context.point->move(point, true);
    });
    connect(context.point, &CurrentPoint::moved, this, &TransportBar::showPoint);
    connect(context.point, &CurrentPoint::wayChanged, this, &TransportBar::showPoint);
    connect(context.source, &TraceSource::opened, this, [this] {
        fillRuns();
        showPoint();
    });
    connect(context.source, &TraceSource::grown, this, [this] {
        fillRuns();
        showPoint();
    });
    connect(context.source, &TraceSource::closed, this, &TransportBar::showPoint);
    connect(playback, &Playback::changed, this, &TransportBar::showPoint);
    showPoint();
}

QWidget* TransportBar::makeButtons(const std::vector<QAction*>& actions) {
    auto* group = new QWidget(this);
    auto* layout = new QHBoxLayout(group);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    for (QAction* action : actions) {
        auto* button = new QToolButton(group);
        button->setDefaultAction(action);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setAccessibleName(action->statusTip());
        layout->addWidget(button);
    }
    return group;
}

void TransportBar::makeSelectors() {
    m_run->setAccessibleName(tr("Run"));
    m_run->setToolTip(tr("The run that every panel shows"));
    m_layer->setAccessibleName(tr("Layer"));
    m_layer->setToolTip(tr("The layer that every panel shows (Ctrl+Up, Ctrl+Down)"));
    m_head->setAccessibleName(tr("K/V head"));
    m_head->setToolTip(tr("The K/V head that every panel shows (Ctrl+Left, Ctrl+Right)"));
    // The name gives way before the bar is cut: the list below it has room for the whole.
    m_run->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_run->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    m_run->setMinimumWidth(110);
    m_run->view()->setTextElideMode(Qt::ElideNone);
    m_layer->setMinimumContentsLength(8);
    m_head->setMinimumContentsLength(6);
    m_layer->setMaxVisibleItems(16);
    connect(m_run, &QComboBox::activated, this, [this](int index) {
        Point point = m_context.point->now();
        point.run = m_run->itemData(index).toInt();
        const RunInfo* run = m_context.source->run(point.run);
        if (!run)
            return;
        point.step =
            std::clamp(point.step, 0, std::max(0, m_context.source->stepCount(run->run) - 1));
        point.layer = std::min(point.layer, std::max(0, run->shape.layers - 1));
        point.head = std::min(point.head, std::max(0, run->shape.heads - 1));
        m_context.point->move(point);
    });
    connect(m_layer, &QComboBox::activated, this, [this](int index) {
        Point point = m_context.point->now();
        point.layer = index;
        m_context.point->move(point);
    });
    connect(m_head, &QComboBox::activated, this, [this](int index) {
        Point point = m_context.point->now();
        point.head = index;
        m_context.point->move(point);
    });
}

void TransportBar::fillRuns() {
    const QSignalBlocker blocker(m_run);
    const auto& runs = m_context.source->runs();
    if (m_run->count() != int(runs.size()) || m_run->property("path") != m_context.source->path()) {
        m_run->clear();
        for (const RunInfo& run : runs)
            m_run->addItem(swatch(m_context.theme->run(run.run)),
                           tr("Run %1").arg(runName(run, runs)), run.run);
        m_run->setProperty("path", m_context.source->path());
        const int wide = m_run->view()->sizeHintForColumn(0) + 24;
        m_run->view()->setMinimumWidth(std::max(wide, m_run->width()));
    }
    m_run->setCurrentIndex(m_run->findData(m_context.point->now().run));
}

void TransportBar::fillHeads() {
    const RunInfo* run = m_context.source->run(m_context.point->now().run);
    if (!run)
        return;
    const auto fill = [](QComboBox* box, const QString& text, int count) {
        if (box->count() == count)
            return;
        const QSignalBlocker blocker(box);
        box->clear();
        for (int i = 0; i < count; ++i)
            box->addItem(text.arg(i));
    };
    fill(m_layer, tr("Layer %1"), run->shape.layers);
    fill(m_head, tr("Head %1"), run->shape.heads);
}

void TransportBar::showPoint() {
    const Point now = m_context.point->now();
    const bool open = m_context.source->isOpen();
    for (QWidget* widget : std::initializer_list<QWidget*>{m_phases, m_run, m_layer, m_head})
        widget->setVisible(open);
    m_phases->setPhase(now.phase);
    m_run->setCurrentIndex(m_run->findData(now.run));
    m_run->setToolTip(tr("%1: the run that every panel shows").arg(m_run->currentText()));
    fillHeads(); // another run may be of another shape
    m_layer->setCurrentIndex(now.layer);
    m_head->setCurrentIndex(now.head);
    const int count = m_playback->stepCount();
    m_actions->first->setEnabled(open && now.step > 0);
    m_actions->back->setEnabled(open && now.step > 0);
    m_actions->step->setEnabled(open);
    m_actions->run->setEnabled(open);
    m_actions->last->setEnabled(open && now.step + 1 < count);
    m_actions->goBack->setEnabled(m_context.point->canGoBack());
    m_actions->goForward->setEnabled(m_context.point->canGoForward());
    m_actions->setRunning(m_playback->playing());
    if (!open || count == 0) {
        m_where->clear();
        m_step.clear();
        return;
    }
    readPosition();
}

void TransportBar::readPosition() {
    const Point now = m_context.point->now();
    const RunInfo* run = m_context.source->run(now.run);
    if (!run)
        return;
    m_context.source->read<std::vector<StepInfo>>(
        this, "position", [now](Reader& reader) { return reader.steps(now.run, now.step, 1); },
        [this, now, tokens = run->tokens](Result<std::vector<StepInfo>> steps) {
            if (!steps || steps->empty())
                return;
            const StepInfo& step = steps->front();
            const QLocale locale;
            m_step = tr("step %1 · %2 steps")
                         .arg(locale.toString(now.step), locale.toString(m_playback->stepsTotal()));
            m_doing = step.kind == StepKind::Chunk    ? tr("reading")
                      : step.kind == StepKind::Ask    ? tr("question")
                      : step.kind == StepKind::Answer ? tr("answer")
                                                      : QString();
            m_positions =
                m_doing.isEmpty() // nothing is read any more
                    ? tr("flush: who waits is answered")
                    : step.arrived > 1
                          ? tr("%1–%2 of %3")
                                .arg(locale.toString(step.firstPosition),
                                     locale.toString(step.firstPosition + step.arrived - 1),
                                     locale.toString(tokens))
                          : tr("%1 of %2")
                                .arg(locale.toString(step.firstPosition), locale.toString(tokens));
            fitPosition();
        });
}

// In one line where there is room, else in two of small letters.
void TransportBar::fitPosition() {
    const QString reading = m_doing.isEmpty() ? m_positions : m_doing + u' ' + m_positions;
    const QString whole = m_step + u" · "_qs + reading;
    m_where->setToolTip(whole);
    m_where->setAccessibleName(whole);
    const QFont large = m_context.theme->textFont(), small = m_context.theme->smallFont();
    const auto fits = [this](const QFont& font, const QString& text) {
        return QFontMetrics(font).horizontalAdvance(text) <= m_where->width();
    };
    const bool one = fits(large, whole);
    m_where->setFont(one ? large : small);
    const auto fitting = [&](const QString& text, const QString& shorter) {
        return fits(small, text) ? text : shorter;
    };
    m_where->setText(one ? whole
                         : fitting(m_step, m_step.section(u" · "_qs, 0, 0)) + u'\n' +
                               fitting(reading, m_doing.isEmpty() ? tr("flush") : m_positions));
}

bool TransportBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_where && event->type() == QEvent::Resize && !m_step.isEmpty())
        fitPosition();
    return QWidget::eventFilter(watched, event);
}

void TransportBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_phases->setCompact(event->size().width() < wideEnoughForPhases);
}

} // namespace attendre
