// A session's run: one step at a time towards its goal.
#include "model/engine/session.h"

namespace attendre {

using Clock = std::chrono::steady_clock;

namespace {

QJsonObject evictionMembers(const std::vector<EvictionNotice>& evictions) {
    QJsonArray list;
    for (const EvictionNotice& e : evictions)
        list << QJsonObject{{"layer", e.layer},
                            {"head", e.head},
                            {"slot", e.slot},
                            {"position", e.position},
                            {"step", e.step}};
    return list.isEmpty() ? QJsonObject() : QJsonObject{{"evictions", list}};
}

} // namespace

void Session::advance(Goal goal) {
    {
        std::lock_guard lock(m_mutex);
        if (m_stepsPerSecond > 0)
            m_nextStep = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                            std::chrono::duration<double>(1 / m_stepsPerSecond));
    }
    if (goal.kind == Goal::Kind::Step && m_recording->stepsDone() > goal.steps) {
        if (dropIfReached(goal, false))
            pauseNow("goal");
        return;
    }
    setDoing("step");
    const int position = goal.kind == Goal::Kind::Eviction ? goal.position : noPosition;
    auto evictions = m_recording->step(position, goal.layer, goal.head);
    setDoing({});
    if (!evictions)
        failRun(evictions.error());
    else if (m_recording->complete())
        finishRun({});
    else if (dropIfReached(goal, !evictions->empty()))
        pauseNow(evictions->empty() ? "goal" : "evicted", evictionMembers(*evictions));
    else
        (void)pauseAtBreakpoint();
}

// Breakpoints are asked once the step is in the trace: the engine then waits for its recorder.
bool Session::pauseAtBreakpoint() {
    std::shared_ptr<BreakpointWatch> breakpoints;
    {
        std::lock_guard lock(m_mutex);
        breakpoints = m_breakpoints;
    }
    if (!breakpoints)
        return false;
    if (auto drained = m_recording->drain(); !drained)
        return false; // the next step fails with it
    const auto hits = breakpoints->after(m_recording->stepsDone() - 1);
    if (!hits)
        m_outbox.notice("log", {{"text", hits.error().sentence}});
    if (!hits || hits->empty())
        return false;
    {
        std::lock_guard lock(m_mutex);
        m_goal = {};
    }
    pauseNow("breakpoint", {{"hits", toJson(*hits)}});
    return true;
}

bool Session::dropIfReached(const Goal& goal, bool evicted) {
    std::lock_guard lock(m_mutex);
    if (goal.kind == Goal::Kind::Steps && m_goal.kind == Goal::Kind::Steps) {
        // Steps asked for while this one was computed were added to it.
        if (--m_goal.steps > 0)
            return false;
    } else if (!(m_goal == goal)) {
        return false;
    } else if (!evicted &&
               !(goal.kind == Goal::Kind::Step && m_recording->stepsDone() > goal.steps)) {
        return false;
    }
    m_goal = {};
    return true;
}

void Session::pauseNow(const QString& reason, QJsonObject members) {
    if (auto drained = m_recording->drain(); !drained) {
        failRun(drained.error());
        return;
    }
    members["run"] = m_recording->info().run;
    members["recorded"] = m_recording->recorded();
    members["reason"] = reason;
    std::lock_guard lock(m_mutex);
    // A goal that came while the recorder wrote its queue keeps the run going.
    if (m_goal.kind == Goal::Kind::Pause)
        m_outbox.notice("paused", members);
}

void Session::finishRun(const QString& reason) {
    setDoing("step");
    const bool complete = m_recording->complete();
    const QString why = complete ? QString() : reason;
    auto drained = m_recording->drain();
    auto finished = m_recording->finish(why);
    setDoing({});
    if (!drained || !finished) {
        failRun(drained ? finished.error() : drained.error());
        return;
    }
    const QJsonObject members{{"run", m_recording->info().run},
                              {"recorded", m_recording->recorded()},
                              {"complete", complete},
                              {"reason", why}};
    m_ended = std::move(m_recording);
    {
        std::lock_guard lock(m_mutex);
        m_runInProgress = false;
        m_goal = {};
    }
    m_outbox.notice("runFinished", members);
}

void Session::failRun(const Error& error) {
    (void)m_recording->drain(); // what was computed before is still written, where that is possible
    (void)m_recording->finish(error.sentence);
    const QJsonObject members{{"run", m_recording->info().run},
                              {"recorded", m_recording->recorded()},
                              {"error", error.sentence}};
    m_recording.reset();
    {
        std::lock_guard lock(m_mutex);
        m_runInProgress = false;
        m_goal = {};
    }
    m_outbox.notice("runFailed", members);
}

} // namespace attendre
