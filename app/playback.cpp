#include "app/playback.h"

#include "app/run_session.h"

#include <algorithm>
#include <utility>

namespace attendre {

Playback::Playback(const ViewContext& context, RunSession* session, QObject* parent)
    : QObject(parent), m_context(context), m_session(session) {
    m_timer.setInterval(250);
    connect(&m_timer, &QTimer::timeout, this, &Playback::tick);
    connect(context.source, &TraceSource::grown, this, &Playback::follow);
    connect(context.source, &TraceSource::opened, this, [this] {
        m_timer.stop();
        m_counts.clear();
        for (const RunInfo& run : m_context.source->runs())
            m_counts[run.run] = m_context.source->stepCount(run.run);
        emit changed();
    });
    connect(context.source, &TraceSource::closed, &m_timer, &QTimer::stop);
    connect(session, &RunSession::changed, this, &Playback::changed);
}

bool Playback::live() const {
    return m_session->live(m_context.point->now().run);
}

bool Playback::playing() const {
    return m_timer.isActive() || (live() && m_session->running());
}

int Playback::stepCount() const {
    return m_context.source->stepCount(m_context.point->now().run);
}

int Playback::stepsTotal() const {
    const RunInfo* run = m_context.source->run(m_context.point->now().run);
    if (!run)
        return 0;
    if (live() && m_session->stepsTotal() > 0)
        return m_session->stepsTotal();
    // How many steps a question takes does not follow from the configuration.
    if (run->finished || run->parent > 0)
        return stepCount();
    return std::max(stepCount(), attendre::stepCount(run->configuration, run->tokens));
}

void Playback::goTo(int step, Phase phase, bool merge) {
    Point point = m_context.point->now();
    point.step = std::clamp(step, 0, std::max(0, stepCount() - 1));
    point.phase = phase;
    if (merge)
        m_context.point->scrub(point);
    else
        m_context.point->move(point);
}

void Playback::first() {
    goTo(0, Phase::Record);
}
void Playback::last() {
    goTo(stepCount() - 1, Phase::Record);
}
void Playback::back() {
    goTo(m_context.point->now().step - 1, Phase::Record, true);
}

void Playback::step() {
    const int next = m_context.point->now().step + 1;
    if (next < stepCount())
        goTo(next, Phase::Record, true);
    else if (live())
        m_session->step();
    else if (stepCount() > 0)
        emit said(tr("This is the last recorded step, and no engine has this run in hand."));
}

void Playback::phaseBack() {
    const Point now = m_context.point->now();
    if (now.phase != Phase::Rank)
        goTo(now.step, Phase(int(now.phase) - 1), true);
    else if (now.step > 0)
        goTo(now.step - 1, Phase::Record, true);
}

void Playback::phaseStep() {
    const Point now = m_context.point->now();
    if (now.phase != Phase::Record)
        goTo(now.step, Phase(int(now.phase) + 1), true);
    else if (now.step + 1 < stepCount())
        goTo(now.step + 1, Phase::Rank, true);
    else
        step();
}

void Playback::toggleRun() {
    if (playing()) {
        pause();
        return;
    }
    if (m_context.point->now().step + 1 < stepCount())
        m_timer.start();
    else if (live())
        m_session->runOn();
    else
        step(); // says why not
    emit changed();
}

void Playback::pause() {
    m_timer.stop();
    m_session->pause();
    emit changed();
}

void Playback::tick() {
    const int next = m_context.point->now().step + 1;
    if (next < stepCount()) {
        goTo(next, Phase::Record, true);
        return;
    }
    m_timer.stop();
    if (live())
        m_session->runOn();
    emit changed();
}

void Playback::toEnd() {
    if (live())
        m_session->runOn();
    last();
}

void Playback::toStep(int step) {
    if (step < stepCount()) {
        goTo(step, Phase::Record);
    } else if (live()) {
        last();
        m_session->runToStep(step);
    } else {
        emit said(
            tr("Step %1 is not recorded; the last one is %2.").arg(step).arg(stepCount() - 1));
    }
}

void Playback::toNextEviction() {
    const Point now = m_context.point->now();
    if (now.entry == noPosition) {
        emit said(tr("Select a token first: click it in the document or in the memory."));
        return;
    }
    m_context.source->read<Life>(
        this, "next eviction",
        [now](Reader& reader) { return reader.life(now.run, now.layer, now.head, now.entry); },
        [this, now](Result<Life> life) {
            if (!life)
                emit said(life.error().sentence);
            else if (life->evictedStep >= 0)
                goTo(life->evictedStep, Phase::Evict);
            else if (live()) {
                last();
                m_session->runToEviction(now.entry, now.layer, now.head);
            } else
                emit said(tr("The entry at %1 is not evicted from layer %2, head %3 in the "
                             "recorded steps.")
                              .arg(now.entry)
                              .arg(now.layer)
                              .arg(now.head));
        });
}

void Playback::setSpeed(double stepsPerSecond) {
    m_timer.setInterval(stepsPerSecond > 0 ? int(1000 / stepsPerSecond) : 0);
    m_session->setSpeed(stepsPerSecond);
}

// A point at the end stays at the end.
void Playback::follow(int run, int steps) {
    const Point now = m_context.point->newest();
    const int before = std::exchange(m_counts[run], steps);
    if (run != now.run)
        return;
    const bool atEnd = now.step + 1 >= before;
    if (atEnd && now.step + 1 < steps && !m_timer.isActive())
        goTo(steps - 1, Phase::Record, true);
    emit changed();
}

void Playback::toEvent(int direction) {
    if (m_context.point->now().entry != noPosition)
        toEntryEvent(direction);
    else
        toEvictingStep(direction);
}

void Playback::toEntryEvent(int direction) {
    const Point now = m_context.point->now();
    m_context.source->read<Life>(
        this, "event",
        [now](Reader& reader) { return reader.life(now.run, now.layer, now.head, now.entry); },
        [this, now, direction](Result<Life> life) {
            if (!life) {
                emit said(life.error().sentence);
                return;
            }
            const std::pair<int, Phase> events[] = {{life->insertedStep, Phase::Insert},
                                                    {life->evictedStep, Phase::Evict}};
            const std::pair here(now.step, int(now.phase));
            const std::pair<int, Phase>* found = nullptr;
            for (const auto& event : events) {
                const std::pair there(event.first, int(event.second));
                if (event.first >= 0 && (direction > 0 ? there > here : there < here) &&
                    (!found || direction < 0))
                    found = &event;
            }
            if (found)
                goTo(found->first, found->second);
            else
                emit said(direction > 0 ? tr("Nothing happens to this entry after this step.")
                                        : tr("Nothing happened to this entry before this step."));
        });
}

void Playback::toEvictingStep(int direction) {
    const Point now = m_context.point->now();
    const int count = stepCount();
    m_context.source->read<int>(
        this, "event",
        [now, direction, count](Reader& reader) -> Result<int> {
            for (int step = now.step + direction; step >= 0 && step < count; step += direction) {
                auto layers = reader.layerSteps(now.run, step);
                if (!layers)
                    return layers.error();
                for (const LayerStepInfo& layer : *layers)
                    if (layer.layer == now.layer && layer.evicted > 0)
                        return step;
            }
            return -1;
        },
        [this, direction](Result<int> step) {
            if (!step)
                emit said(step.error().sentence);
            else if (*step >= 0)
                goTo(*step, Phase::Evict);
            else
                emit said(direction > 0 ? tr("No recorded step after this one evicts anything.")
                                        : tr("No step before this one evicted anything."));
        });
}

} // namespace attendre
