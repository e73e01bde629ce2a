#include "widgets/entry_history_view.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace attendre {

EntryHistoryView::EntryHistoryView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Entry history"), parent) {}

QWidget* EntryHistoryView::headerWidget() {
    if (m_header)
        return m_header;
    m_header = new QWidget(this);
    auto* row = new QHBoxLayout(m_header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    const auto add = [&](const QString& text, const QString& tip, auto slot) {
        auto* button = new QToolButton(m_header);
        button->setText(text);
        button->setToolTip(tip);
        button->setAccessibleName(tip);
        button->setAutoRaise(true);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        connect(button, &QToolButton::clicked, this, slot);
        row->addWidget(button);
    };
    add(tr("◀ event"), tr("Previous event of this entry (,)"),
        &EntryHistoryView::goToPreviousEvent);
    add(tr("event ▶"), tr("Next event of this entry (.)"), &EntryHistoryView::goToNextEvent);
    return m_header;
}

void EntryHistoryView::refresh(const Point& now, const Point&) {
    if (now.entry == noPosition) {
        m_content.reset();
        setSubtitle(tr("layer %1, head %2").arg(now.layer).arg(now.head));
        return;
    }
    const int count = steps();
    if (m_content && m_content->asked.run == now.run && m_content->asked.layer == now.layer &&
        m_content->asked.head == now.head && m_content->asked.entry == now.entry &&
        m_content->steps == count)
        return; // only the marker moves
    const RunInfo run = *currentRun();
    read<EntryHistory>(
        "history", [=](Reader& reader) { return readEntryHistory(reader, run, now, count); },
        [this](EntryHistory history) {
            m_content = std::move(history);
            const Point& p = m_content->asked;
            const QString name = tr("%1 (%2)").arg(token(p.entry), wholeNumber(p.entry));
            setSubtitle(tr("%1 · layer %2, head %3").arg(name).arg(p.layer).arg(p.head),
                        {name, wholeNumber(p.entry), QString()});
        });
}

QString EntryHistoryView::missing() const {
    if (now().entry == noPosition)
        return tr("Select a token, a slot or a bar: what happened to its entry is told here.");
    if (!m_content || m_content->asked.entry != now().entry)
        return tr("Reading the history of position %1 …").arg(wholeNumber(now().entry));
    if (m_content->leftBefore)
        return tr("%1 (%2) had left this memory before the question was asked: run %3 has its "
                  "history.")
            .arg(token(now().entry), wholeNumber(now().entry),
                 QString::number(currentRun() ? currentRun()->parent : 0));
    if (m_content->life.insertedStep < 0)
        return tr("%1 (%2) has not arrived in any recorded step: step on.")
            .arg(token(now().entry), wholeNumber(now().entry));
    return {};
}

QString EntryHistoryView::token(std::int32_t position) const {
    if (m_content) {
        const auto found = m_content->texts.find(position);
        if (found != m_content->texts.end())
            return quotedToken(found->second);
    }
    return tr("position %1").arg(wholeNumber(position));
}

QString EntryHistoryView::eventText(const EntryEvent& event) const {
    switch (event.kind) {
    case EntryEvent::Kind::Inserted:
        // A run that asks begins with what another has inserted.
        return event.step == 0 && currentRun() && currentRun()->parent > 0 &&
                       !currentRun()->configuration.replay
                   ? tr("it was there")
                   : tr("inserted");
    case EntryEvent::Kind::Attended:
        return event.hits == 0   ? tr("attended")
               : event.hits == 1 ? tr("1 hit")
                                 : tr("%1 hits").arg(event.hits);
    case EntryEvent::Kind::NearlyEvicted:
        return tr("nearly evicted");
    case EntryEvent::Kind::Evicted:
        break;
    }
    return tr("evicted");
}

QColor EntryHistoryView::colourOf(EntryEvent::Kind kind) const {
    switch (kind) {
    case EntryEvent::Kind::Inserted:
        return theme().inChunk();
    case EntryEvent::Kind::Attended:
        return theme().resident();
    case EntryEvent::Kind::NearlyEvicted:
        return theme().pinned();
    case EntryEvent::Kind::Evicted:
        break;
    }
    return theme().evicted();
}

// One dot a step: the gravest event gives the colour, all of them the words.
std::vector<EntryHistoryView::Moment> EntryHistoryView::moments() const {
    const auto gravity = [](EntryEvent::Kind kind) {
        return kind == EntryEvent::Kind::Evicted         ? 3
               : kind == EntryEvent::Kind::Inserted      ? 2
               : kind == EntryEvent::Kind::NearlyEvicted ? 1
                                                         : 0;
    };
    std::vector<Moment> moments;
    for (const EntryEvent& event : m_content->events) {
        if (moments.empty() || moments.back().step != event.step) {
            moments.push_back({event.step, event.kind, eventText(event)});
            continue;
        }
        Moment& moment = moments.back();
        moment.text += QStringLiteral(", ") + eventText(event);
        if (gravity(event.kind) > gravity(moment.kind))
            moment.kind = event.kind;
    }
    return moments;
}

void EntryHistoryView::goToStep(int step) {
    const int last = std::max(0, steps() - 1);
    go([&](Point& point) { point.step = std::clamp(step, 0, last); });
}

void EntryHistoryView::goToHead(int head) {
    const RunInfo* run = currentRun();
    if (run)
        go([&](Point& point) { point.head = std::clamp(head, 0, run->shape.heads - 1); }, true);
}

void EntryHistoryView::goToEvent(bool next) {
    if (isBlank())
        return;
    int found = -1;
    for (const EntryEvent& event : m_content->events) {
        if (next && event.step > now().step) {
            found = event.step;
            break;
        }
        if (!next && event.step < now().step)
            found = event.step;
    }
    if (found >= 0)
        goToStep(found);
}

// The keys of this view go before shortcuts of the window with the same ones.
bool EntryHistoryView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Period || key == Qt::Key_Comma) {
            event->accept();
            return true;
        }
    }
    return PlotView::event(event);
}

void EntryHistoryView::keyPressEvent(QKeyEvent* event) {
    if (isBlank())
        return PlotView::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Period:
    case Qt::Key_Right:
        return goToEvent(true);
    case Qt::Key_Comma:
    case Qt::Key_Left:
        return goToEvent(false);
    case Qt::Key_Home:
        return goToStep(m_content->events.front().step);
    case Qt::Key_End:
        return goToStep(m_content->events.back().step);
    case Qt::Key_Up:
        return goToHead(now().head - 1);
    case Qt::Key_Down:
        return goToHead(now().head + 1);
    default:
        PlotView::keyPressEvent(event);
    }
}

void EntryHistoryView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || isBlank())
        return PlotView::mousePressEvent(event);
    const QPointF at = event->position();
    if (m_headStrip.contains(at)) {
        const double height = m_headStrip.height() / double(m_content->heads.size());
        return goToHead(int((at.y() - m_headStrip.top()) / height));
    }
    if (!m_eventStrip.adjusted(-12, 0, 12, 0).contains(at))
        return PlotView::mousePressEvent(event);
    const Scale x = stepScale(m_eventStrip);
    int nearest = -1;
    double distance = 1e9;
    for (const EntryEvent& happened : m_content->events)
        if (const double d = std::abs(x(happened.step) - at.x()); d < distance) {
            distance = d;
            nearest = happened.step;
        }
    goToStep(distance < 14 ? nearest : int(std::lround(x.back(at.x()))));
}

QString EntryHistoryView::summary() const {
    if (!m_content || m_content->life.insertedStep < 0)
        return {};
    const Life& life = m_content->life;
    const QString name = QStringLiteral("%1 (%2)").arg(token(m_content->asked.entry),
                                                       wholeNumber(m_content->asked.entry));
    const QString sampled =
        m_content->every ? QString()
                         : tr(" Looked at in %1 steps of its stay: an event between two of them "
                              "is dated to the later.")
                               .arg(m_content->samples.size());
    if (life.evictedStep < 0)
        return tr("%1 arrived in step %2, slot %3, and is resident to the last recorded step.")
                   .arg(name, QString::number(life.insertedStep), QString::number(life.slot)) +
               sampled;
    QString text = tr("%1 stood in slot %2 from step %3 until step %4")
                       .arg(name, QString::number(life.slot), QString::number(life.insertedStep),
                            QString::number(life.evictedStep));
    if (life.hasUsage)
        text +=
            life.usage.hits == 1 ? tr(", with 1 hit") : tr(", with %1 hits").arg(life.usage.hits);
    if (m_content->replacedBy != noPosition)
        text += tr("; %1 (%2) took its place")
                    .arg(token(m_content->replacedBy), wholeNumber(m_content->replacedBy));
    return text + QLatin1Char('.') + sampled;
}

QString EntryHistoryView::hoverText(const QPointF& at) {
    if (m_headStrip.contains(at)) {
        const double height = m_headStrip.height() / double(m_content->heads.size());
        const int head = std::clamp(int((at.y() - m_headStrip.top()) / height), 0,
                                    int(m_content->heads.size()) - 1);
        const Life& life = m_content->heads[std::size_t(head)];
        return life.evictedStep >= 0
                   ? tr("head %1 kept it from step %2 until step %3")
                         .arg(head)
                         .arg(life.insertedStep)
                         .arg(life.evictedStep)
                   : tr("head %1 keeps it since step %2").arg(head).arg(life.insertedStep);
    }
    const Scale x = stepScale(m_eventStrip);
    for (const EntrySample& sample : m_content->samples) {
        if (std::abs(x(sample.step) - at.x()) > 6)
            continue;
        QStringList parts{tr("step %1").arg(sample.step)};
        for (const Moment& moment : moments())
            if (moment.step == sample.step)
                parts << moment.text;
        if (sample.lastMass)
            parts << tr("mass %1").arg(shortNumber(double(*sample.lastMass)));
        if (sample.hits)
            parts << (*sample.hits == 1 ? tr("1 hit so far")
                                        : tr("%1 hits so far").arg(*sample.hits));
        parts << (sample.place < 0 ? tr("protected")
                                   : tr("%1 of %2 in the ranking")
                                         .arg(ordinal(sample.place + 1))
                                         .arg(sample.candidates));
        return parts.join(QStringLiteral(" · "));
    }
    return summary();
}

QString EntryHistoryView::csv() const {
    if (!m_content)
        return {};
    QString text = QStringLiteral("step,hits,last_tick,last_mass,place,candidates,victims\n");
    const auto cell = [](const auto& value) { return value ? QString::number(*value) : QString(); };
    for (const EntrySample& sample : m_content->samples)
        text += QStringLiteral("%1,%2,%3,%4,%5,%6,%7\n")
                    .arg(QString::number(sample.step), cell(sample.hits), cell(sample.lastTick),
                         cell(sample.lastMass), QString::number(sample.place),
                         QString::number(sample.candidates), QString::number(sample.victims));
    return text;
}

} // namespace attendre
