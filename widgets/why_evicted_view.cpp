#include "widgets/why_evicted_view.h"

#include "widgets/change_menu.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolButton>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

// A rank that is a tick: of the insertion, or of the last hit.
bool isTick(const QString& column) {
    return column.endsWith(QLatin1String("tick")) || column == QLatin1String("tick_inserted");
}

} // namespace

WhyEvictedView::WhyEvictedView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Why evicted?"), parent), m_scroll(new QScrollBar(this)) {
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, qOverload<>(&QWidget::update));
}

QWidget* WhyEvictedView::headerWidget() {
    return m_change ? m_change : m_change = makeChangeButton();
}

// Did this eviction matter? A run in which it went otherwise, beside this one.
QToolButton* WhyEvictedView::makeChangeButton() {
    auto* button = new QToolButton(this);
    button->setText(tr("What if…"));
    button->setAccessibleName(tr("What if it had gone otherwise"));
    button->setToolTip(tr("Keep it instead, swap or drop entries: a run beside this one, which "
                          "Compare sets against it"));
    button->setPopupMode(QToolButton::InstantPopup);
    button->setEnabled(context().wishes);
    auto* menu = new QMenu(button);
    button->setMenu(menu);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        const RunInfo* run = currentRun();
        const bool perLayer = run && run->configuration.granularity == QLatin1String("layer");
        const auto name = [this](std::int32_t position) { return named(position); };
        fillChangeMenu(*menu,
                       m_content && !isBlank() ? offeredChanges(*m_content, perLayer, name)
                                               : std::vector<OfferedChange>(),
                       context().wishes);
    });
    return button;
}

void WhyEvictedView::forget() {
    m_content.reset();
    layOut();
}

void WhyEvictedView::themeChanged() {
    layOut();
    update();
}

void WhyEvictedView::resizeEvent(QResizeEvent* event) {
    PlotView::resizeEvent(event);
    layOut();
}

void WhyEvictedView::wheelEvent(QWheelEvent* event) {
    if (m_scroll->isHidden())
        PlotView::wheelEvent(event);
    else
        QApplication::sendEvent(m_scroll, event);
}

void WhyEvictedView::refresh(const Point& now, const Point&) {
    const RunInfo run = *currentRun();
    const int steps = this->steps();
    read<EvictionReason>(
        "reason",
        [run, now, steps](Reader& reader) { return readEvictionReason(reader, run, now, steps); },
        [this](EvictionReason reason) {
            m_content = std::move(reason);
            layOut();
            const QString who = m_content->entry == noPosition
                                    ? QString()
                                    : named(m_content->entry) + QStringLiteral(" · ");
            const QString when = (m_content->toCome ? tr("next step %1 · %2") : tr("step %1 · %2"))
                                     .arg(QString::number(m_content->step), policyName(policy()));
            setSubtitle(who + when, {when, policyName(policy()), QString()});
        });
}

const PolicyDescription& WhyEvictedView::policy() const {
    static const PolicyDescription none;
    const RunInfo* run = currentRun();
    return run ? run->policy : none;
}

QString WhyEvictedView::missing() const {
    if (!m_content)
        return tr("Reading the ranking of layer %1, head %2 …").arg(now().layer).arg(now().head);
    const EvictionReason& c = *m_content;
    if (c.leftBefore)
        return tr("%1 had left this memory before the question was asked: run %2 shows when and "
                  "why.")
            .arg(named(c.entry), QString::number(currentRun() ? currentRun()->parent : 0));
    if (c.entry != noPosition && !c.arrived)
        return tr("%1 has not arrived by step %2: go on, or select a token that has.")
            .arg(named(c.entry), QString::number(c.asked.step));
    if (!c.foreseen)
        return tr("Who goes next is not known: %1 draws lots in that step. Step on to see them.")
            .arg(policyName(policy()));
    if (c.ranking.candidates.empty() && c.ranking.shielded.empty())
        return currentRun() && currentRun()->parent > 0 && !currentRun()->configuration.replay
                   ? tr("This run begins with the memory of run %1 as it stood: nobody is evicted "
                        "in its step 0.")
                         .arg(currentRun()->parent)
                   : tr("The memory was empty before step %1: nobody could be evicted.")
                         .arg(c.step);
    return {};
}

QString WhyEvictedView::named(std::int32_t position) const {
    const auto found = m_content->texts.find(position);
    if (found == m_content->texts.end())
        return tr("position %1").arg(wholeNumber(position));
    return QStringLiteral("%1 (%2)").arg(quotedToken(found->second), wholeNumber(position));
}

QString WhyEvictedView::amount(double rank) const {
    const QString column = policy().rankColumn;
    const QString number = shortNumber(rank);
    if (isTick(column))
        return rank == 1 ? tr("1 tick") : tr("%1 ticks").arg(number);
    if (column == QLatin1String("hits"))
        return rank == 1 ? tr("1 hit") : tr("%1 hits").arg(number);
    return number;
}

// The policy's sentence, about the selected entry or the one last to go.
QString WhyEvictedView::decision() const {
    const EvictionRanking& ranking = m_content->ranking;
    const int place = ranking.placeOf(m_content->left);
    if (!ranking.cut() || place < 0)
        return {};
    if (!m_content->agrees)
        return tr("the ranks were drawn anew in this step, and only the victims' are recorded");
    const Candidate& victim = ranking.candidates[std::size_t(place)];
    const Candidate& survivor = *ranking.firstSurvivor();
    if (victim.dropped)
        return tr("it was dropped by hand (--change), whatever its rank, %1")
            .arg(shortNumber(victim.rank));
    if (victim.rank == survivor.rank)
        return tr("both stand at %1 %2, and at a tie the older goes")
            .arg(policy().rankLabel, shortNumber(victim.rank));
    if (m_content->leftNeverHit && policy().rankColumn == QLatin1String("last_tick"))
        return tr("it was never hit and stands at the tick of its insertion, %1, the first "
                  "survivor at %2")
            .arg(shortNumber(victim.rank), shortNumber(survivor.rank));
    const QString text =
        QString(policy().evictSentence).arg(shortNumber(victim.rank), shortNumber(survivor.rank));
    if (m_content->deciding == noPosition || m_content->right != survivor.position)
        return text;
    return tr("%1, from %2 at step %3")
        .arg(text, named(m_content->deciding), QString::number(m_content->decidingStep));
}

QString WhyEvictedView::fate() const {
    const EvictionReason& c = *m_content;
    const EvictionRanking& ranking = c.ranking;
    const int place = ranking.placeOf(c.entry);
    if (c.entry == noPosition) {
        if (ranking.victims == 0)
            return (c.rules.arriving == 0
                        ? tr("Nobody was evicted in step %1: no key came to this layer.")
                        : tr("Nobody was evicted in step %1: the memory had room."))
                .arg(c.step);
        return tr("In step %1 the last to go was %2: %3.")
            .arg(QString::number(c.step), named(c.left), decision());
    }
    switch (ranking.protectionOf(c.entry)) {
    case ProtectedBy::Sink:
        return tr("%1 is protected as one of the first %2 positions: it is not ranked.")
            .arg(named(c.entry), QString::number(c.rules.sinks));
    case ProtectedBy::Recent:
        return tr("%1 is protected as one of the latest %2 arrivals: it is not ranked.")
            .arg(named(c.entry), QString::number(c.rules.recent));
    case ProtectedBy::Pin:
        return tr("%1 is pinned: it is not ranked.").arg(named(c.entry));
    case ProtectedBy::Change:
        return tr("%1 is kept by hand in step %2 (--change): it is not ranked.")
            .arg(named(c.entry), QString::number(c.step));
    case ProtectedBy::None:
        break;
    }
    if (!c.toCome)
        return decision().isEmpty()
                   ? tr("%1 was evicted at step %2.").arg(named(c.entry), QString::number(c.step))
                   : tr("%1 was evicted at step %2: %3.")
                         .arg(named(c.entry), QString::number(c.step), decision());
    if (ranking.victims == 0 && c.rules.arriving == 0)
        return tr("Nothing comes to this layer in the next step: nobody has to go.");
    if (ranking.victims == 0)
        return tr("If the next chunk came now, nobody would have to go: there is room.");
    if (place < ranking.victims)
        return tr("If the next chunk came now, %1 would go: %2.").arg(named(c.entry), decision());
    const double own = ranking.candidates[std::size_t(place)].rank;
    return ranking.lastVictim()->rank == own
               ? tr("If the next chunk came now, %1 would stay: its %2 is %3, as that of the last "
                    "to go, and at a tie the older goes.")
                     .arg(named(c.entry), policy().rankLabel, shortNumber(own))
               : tr("If the next chunk came now, %1 would stay: its %2 is %3, that of the last to "
                    "go %4.")
                     .arg(named(c.entry), policy().rankLabel, shortNumber(own),
                          shortNumber(ranking.lastVictim()->rank));
}

QString WhyEvictedView::standing() const {
    const EvictionRanking& ranking = m_content->ranking;
    const int n = int(ranking.candidates.size()), v = ranking.victims;
    const int place = ranking.placeOf(m_content->entry);
    const QString many = m_content->toCome
                             ? tr("%1 of %2 candidates would go.").arg(v).arg(wholeNumber(n))
                             : tr("%1 of %2 candidates went.").arg(v).arg(wholeNumber(n));
    if (v == 0)
        return tr("There are %1 candidates, and none has to go.").arg(wholeNumber(n));
    if (place < 0)
        return many;
    const QString which = m_content->toCome ? tr("This one is %1").arg(ordinal(place + 1))
                                            : tr("This one was %1").arg(ordinal(place + 1));
    if (place == v - 1)
        return many + QLatin1Char(' ') + which + tr(": the last to go.");
    if (place == v)
        return many + QLatin1Char(' ') + which + tr(": the first to stay.");
    if (place < v)
        return many + QLatin1Char(' ') + which + QLatin1Char('.');
    return many + QLatin1Char(' ') + which + tr(": %1 places above the cut.").arg(place - v + 1);
}

QString WhyEvictedView::shielded() const {
    int sinks = 0, recent = 0, pins = 0, changed = 0;
    for (const ProtectedEntry& entry : m_content->ranking.shielded) {
        sinks += entry.by == ProtectedBy::Sink;
        recent += entry.by == ProtectedBy::Recent;
        pins += entry.by == ProtectedBy::Pin;
        changed += entry.by == ProtectedBy::Change;
    }
    QStringList parts;
    if (sinks)
        parts << (sinks == 1 ? tr("1 sink") : tr("%1 sinks").arg(sinks));
    if (recent)
        parts << (recent == 1 ? tr("1 recent arrival") : tr("%1 recent arrivals").arg(recent));
    if (pins)
        parts << (pins == 1 ? tr("1 pinned entry") : tr("%1 pinned entries").arg(pins));
    if (changed)
        parts << (changed == 1 ? tr("1 kept by hand") : tr("%1 kept by hand").arg(changed));
    return parts.isEmpty() ? tr("Nobody is protected.")
                           : tr("Protected, not ranked: %1.").arg(parts.join(QStringLiteral(", ")));
}

QString WhyEvictedView::waysOut() const {
    const EvictionReason& c = *m_content;
    const int place = c.ranking.placeOf(c.left);
    if (place < 0 || place >= c.ranking.victims)
        return {};
    const WayOut out = wayOut(c.ranking, c.rules, c.left);
    QStringList ways;
    const QString column = policy().rankColumn;
    const bool whole = isTick(column) || column == QLatin1String("hits");
    const bool fixed = isTick(column) && column != QLatin1String("last_tick"); // when it came
    if (out.rankNeeded && c.agrees && !fixed) {
        const double least = *out.rankNeeded + (whole && !out.orMore ? 1 : 0);
        if (column == QLatin1String("last_tick"))
            ways << tr("a hit %1 later").arg(amount(least));
        else if (column == QLatin1String("hits"))
            ways << (least == 1 ? tr("1 more hit") : tr("%1 more hits").arg(shortNumber(least)));
        else if (least > 0)
            ways << tr("a %1 higher by %2").arg(policy().rankLabel, shortNumber(least));
    }
    if (out.recentNeeded)
        ways << tr("r ≥ %1 recent arrivals").arg(wholeNumber(*out.recentNeeded));
    if (out.memoryNeeded)
        ways << tr("M ≥ %1 entries").arg(wholeNumber(*out.memoryNeeded));
    ways << tr("or a pin");
    return (c.toCome ? tr("What would save %1: %2.") : tr("What would have saved %1: %2."))
        .arg(c.entry == c.left ? tr("it") : named(c.left), ways.join(QStringLiteral(", ")));
}

QString WhyEvictedView::sentence() const {
    return m_content ? fate() + QLatin1Char(' ') + standing() : QString();
}

int WhyEvictedView::candidateAt(const QPointF& at) const {
    if (!m_content || m_content->ranking.candidates.empty() || m_bars.isEmpty() ||
        !m_bars.adjusted(0, -8, 0, 8).contains(at))
        return -1;
    const auto n = int(m_content->ranking.candidates.size());
    return std::clamp(int((at.x() - m_bars.left()) / m_bars.width() * n), 0, n - 1);
}

void WhyEvictedView::choose(int place) {
    if (!m_content || m_content->ranking.candidates.empty())
        return;
    const auto n = int(m_content->ranking.candidates.size());
    const std::int32_t position =
        m_content->ranking.candidates[std::size_t(std::clamp(place, 0, n - 1))].position;
    go([&](Point& point) { point.entry = position; }, true);
}

void WhyEvictedView::mousePressEvent(QMouseEvent* event) {
    const int place = event->button() == Qt::LeftButton ? candidateAt(event->position()) : -1;
    if (place >= 0)
        choose(place);
    else
        PlotView::mousePressEvent(event);
}

void WhyEvictedView::keyPressEvent(QKeyEvent* event) {
    if (!m_content || isBlank())
        return PlotView::keyPressEvent(event);
    const EvictionRanking& ranking = m_content->ranking;
    const int place = ranking.placeOf(m_content->entry);
    const int here = place >= 0 ? place : std::max(0, ranking.victims - 1);
    switch (event->key()) {
    case Qt::Key_Left:
        return choose(place < 0 ? here : here - 1);
    case Qt::Key_Right:
        return choose(place < 0 ? here : here + 1);
    case Qt::Key_Home:
        return choose(0);
    case Qt::Key_End:
        return choose(int(ranking.candidates.size()) - 1);
    case Qt::Key_Up:
        return m_scroll->triggerAction(QAbstractSlider::SliderSingleStepSub);
    case Qt::Key_Down:
        return m_scroll->triggerAction(QAbstractSlider::SliderSingleStepAdd);
    case Qt::Key_PageUp:
        return m_scroll->triggerAction(QAbstractSlider::SliderPageStepSub);
    case Qt::Key_PageDown:
        return m_scroll->triggerAction(QAbstractSlider::SliderPageStepAdd);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return goToDeciding();
    default:
        PlotView::keyPressEvent(event);
    }
}

// Back to the attention that kept the survivor: its query, in its step.
void WhyEvictedView::goToDeciding() {
    if (m_content && m_content->deciding != noPosition)
        go([this](Point& point) {
            point.step = m_content->decidingStep;
            point.query = m_content->deciding;
            point.entry = m_content->right;
        });
}

QString WhyEvictedView::hoverText(const QPointF& at) {
    const int place = candidateAt(at);
    if (place < 0)
        return m_content->deciding == noPosition
                   ? sentence()
                   : tr("Enter goes to the attention that decided it: %1 read %2 at step %3.")
                         .arg(named(m_content->deciding), named(m_content->right),
                              QString::number(m_content->decidingStep));
    const Candidate& candidate = m_content->ranking.candidates[std::size_t(place)];
    return tr("position %1 · %2 %3 · %4 of %5 · %6")
        .arg(wholeNumber(candidate.position), policy().rankLabel, shortNumber(candidate.rank),
             ordinal(place + 1))
        .arg(m_content->ranking.candidates.size())
        .arg(candidate.victim ? tr("goes") : tr("stays"));
}

QString WhyEvictedView::csv() const {
    if (!m_content)
        return {};
    QString text = QStringLiteral("place,position,slot,rank,victim\n");
    int place = 0;
    for (const Candidate& c : m_content->ranking.candidates)
        text += QStringLiteral("%1,%2,%3,%4,%5\n")
                    .arg(++place)
                    .arg(c.position)
                    .arg(c.slot)
                    .arg(c.rank, 0, 'g', 17)
                    .arg(int(c.victim));
    return text;
}

} // namespace attendre
