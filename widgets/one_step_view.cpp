#include "widgets/one_step_view.h"

#include "widgets/one_step_words.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolButton>

#include <algorithm>

namespace attendre {

namespace {

constexpr double paces[] = {1, 2, 4, 8, 15}; // seconds a phase
constexpr int usualPace = 2;
constexpr int longestMovement = 900; // ms

} // namespace

OneStepView::OneStepView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("One step"), parent), m_header(new QWidget),
      m_play(new QToolButton(m_header)), m_enlarge(new QToolButton(m_header)),
      m_paces(new QComboBox(m_header)) {
    makeHeader();
    connect(&m_timer, &QTimer::timeout, this, &OneStepView::nextPhase);
    m_movement.setStartValue(0.0);
    m_movement.setEndValue(1.0);
    connect(&m_movement, &QVariantAnimation::valueChanged, this, qOverload<>(&QWidget::update));
    setPace(paces[usualPace]);
}

OneStepView::~OneStepView() {
    if (m_header && !m_header->parent())
        delete m_header;
}

void OneStepView::makeHeader() {
    auto* row = new QHBoxLayout(m_header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_play->setCheckable(true);
    m_play->setToolTip(tr("Goes through the phases by itself, and on to the next step (Space)"));
    connect(m_play, &QToolButton::toggled, this, &OneStepView::setPlaying);
    m_paces->setAccessibleName(tr("How long a phase is shown"));
    for (const double seconds : paces)
        m_paces->addItem(tr("%1 s").arg(seconds), seconds);
    connect(m_paces, &QComboBox::activated, this,
            [this](int index) { setPace(m_paces->itemData(index).toDouble()); });
    m_enlarge->setText(tr("large"));
    m_enlarge->setCheckable(true);
    m_enlarge->setToolTip(tr("Letters of 20 points, for a projector (L)"));
    connect(m_enlarge, &QToolButton::toggled, this, &OneStepView::setLarge);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_play, m_paces, m_enlarge}) {
        widget->setFocusPolicy(Qt::StrongFocus);
        row->addWidget(widget);
    }
    setPlaying(false);
}

double OneStepView::pace() const {
    return m_timer.interval() / 1000.0;
}

void OneStepView::setPace(double seconds) {
    m_timer.setInterval(int(seconds * 1000));
    m_paces->setCurrentIndex(m_paces->findData(seconds));
    m_movement.setDuration(std::min(longestMovement, m_timer.interval() / 2));
}

void OneStepView::setPlaying(bool playing) {
    playing ? m_timer.start() : m_timer.stop();
    m_play->setChecked(playing);
    m_play->setText(playing ? tr("pause") : tr("play"));
}

void OneStepView::setLarge(bool large) {
    m_large = large;
    m_enlarge->setChecked(large);
    update();
}

void OneStepView::forget() {
    setPlaying(false);
    m_movement.stop();
    m_content.reset();
}

QString OneStepView::missing() const {
    return m_content ? QString() : tr("Reading step %1 …").arg(now().step);
}

void OneStepView::refresh(const Point& now, const Point& before) {
    const bool same = m_content && now.run == before.run && now.step == before.step &&
                      now.layer == before.layer && now.head == before.head;
    startMovement(before);
    tellHeader();
    if (same)
        return; // another phase, entry or query of the same step
    read<OneStep>(
        "step",
        [now, run = *currentRun()](Reader& reader) { return readOneStep(reader, run, now); },
        [this](OneStep step) {
            m_content = std::move(step);
            tellHeader();
        });
}

// Only from one phase to the next: whoever jumps sees the instant at once.
void OneStepView::startMovement(const Point& before) {
    const Point& to = now();
    const bool next =
        to.run == before.run && to.layer == before.layer && to.head == before.head &&
        ((to.step == before.step && int(to.phase) == int(before.phase) + 1) ||
         (to.step == before.step + 1 && to.phase == Phase::Rank && before.phase == Phase::Record));
    m_movement.stop();
    if (next && isVisible())
        m_movement.start();
}

void OneStepView::finishMovement() {
    m_movement.stop();
    update();
}

void OneStepView::tellHeader() {
    const QString where = tr("layer %1, head %2").arg(now().layer).arg(now().head);
    setDetail(tr("step %1, %2").arg(QString::number(now().step), phaseName(now().phase)));
    setSubtitle(where, {QString()});
}

OneStepPicture OneStepView::picture() const {
    OneStepPicture::Moment moment;
    moment.phase = now().phase;
    moment.progress = m_movement.state() == QAbstractAnimation::Running
                          ? m_movement.currentValue().toDouble()
                          : 1;
    moment.query = m_content->shownQuery(now());
    moment.entry = now().entry;
    moment.large = m_large;
    return OneStepPicture(*m_content, *currentRun(), theme(), plotArea(), moment);
}

void OneStepView::paintPlot(QPainter& painter, const QRectF&) {
    picture().paint(painter);
}

const std::vector<std::int32_t>& OneStepView::positions() const {
    return now().phase < Phase::Insert ? m_content->before.position : m_content->after.position;
}

// At the last recorded step it stops.
void OneStepView::nextPhase() {
    const bool last = now().phase == Phase::Record && now().step + 1 >= steps();
    if (isBlank() || last)
        return setPlaying(false);
    movePhase(1);
}

void OneStepView::movePhase(int by) {
    const int at = now().step * phaseCount + int(now().phase) + by;
    if (at < 0 || at >= steps() * phaseCount)
        return;
    go(
        [at](Point& point) {
            point.step = at / phaseCount;
            point.phase = Phase(at % phaseCount);
        },
        true);
}

// Another query of those that are answered in the step.
void OneStepView::moveQuery(int by) {
    const int shown = m_content->shownQuery(now());
    if (shown < 0)
        return;
    const int last = int(m_content->attention.size()) - 1;
    const auto& query = m_content->attention[std::size_t(std::clamp(shown + by, 0, last))];
    go([&](Point& point) { point.query = query.queryPosition; }, true);
}

void OneStepView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || isBlank())
        return PlotView::mousePressEvent(event);
    const OneStepPicture shown = picture();
    if (const int phase = shown.phaseAt(event->position()); phase >= 0) {
        go([phase](Point& point) { point.phase = Phase(phase); }, true);
        return;
    }
    const int slot = shown.slotAt(event->position());
    if (slot < 0 || std::size_t(slot) >= positions().size())
        return;
    const std::int32_t position = positions()[std::size_t(slot)];
    if (position != noPosition)
        go([position](Point& point) { point.entry = position; });
}

void OneStepView::keyPressEvent(QKeyEvent* event) {
    if (isBlank())
        return PlotView::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left:
        return movePhase(-1);
    case Qt::Key_Right:
        return movePhase(1);
    case Qt::Key_Up:
        return moveQuery(-1);
    case Qt::Key_Down:
        return moveQuery(1);
    case Qt::Key_Space:
        return setPlaying(!playing());
    case Qt::Key_L:
        return setLarge(!m_large);
    default:
        PlotView::keyPressEvent(event);
    }
}

// The arrow keys and the space bar walk here, also where they are shortcuts elsewhere.
bool OneStepView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool own = (key->key() >= Qt::Key_Left && key->key() <= Qt::Key_Down) ||
                         key->key() == Qt::Key_Space || key->key() == Qt::Key_L;
        if (own && key->modifiers() == Qt::NoModifier) {
            event->accept();
            return true;
        }
    }
    return PlotView::event(event);
}

void OneStepView::hideEvent(QHideEvent* event) {
    setPlaying(false);
    PlotView::hideEvent(event);
}

QString OneStepView::hoverText(const QPointF& at) {
    const int slot = picture().slotAt(at);
    if (slot < 0)
        return summary();
    const bool known = std::size_t(slot) < positions().size();
    const std::int32_t position = known ? positions()[std::size_t(slot)] : noPosition;
    if (position == noPosition)
        return tr("slot %1 is free").arg(wholeNumber(slot));
    const QByteArray text = m_content->text(position);
    return (text.isEmpty() ? tr("slot %1 holds position %2") : tr("slot %1 holds position %2, %3"))
        .arg(wholeNumber(slot), wholeNumber(position), quotedToken(text));
}

QString OneStepView::summary() const {
    if (!m_content || !currentRun())
        return {};
    return phaseSentence(*m_content, *currentRun(), now().phase, m_content->shownQuery(now()));
}

QString OneStepView::csv() const {
    if (!m_content)
        return {};
    QString text = QStringLiteral("slot,position_before,rank_before,position_after\n");
    for (int slot = 0; slot < m_content->capacity; ++slot) {
        const auto at = std::size_t(slot);
        const auto position = [at](const HeadState& state) {
            return at < state.position.size() && state.position[at] != noPosition
                       ? QString::number(state.position[at])
                       : QString();
        };
        const QString before = position(m_content->before);
        const bool ranked = !before.isEmpty() && at < m_content->before.rank.size();
        text += QStringLiteral("%1,%2,%3,%4\n")
                    .arg(QString::number(slot), before,
                         ranked ? QString::number(m_content->before.rank[at], 'g', 17) : QString(),
                         position(m_content->after));
    }
    return text;
}

} // namespace attendre
