#include "model/engine/asked_recording.h"

#include <algorithm>
#include <limits>

namespace attendre {

namespace {

// Steps a recording to its end, or until so many tokens are read.
Result<void> record(Recording& recording, int tokens, const QString& doing, const Stage& stage,
                    const Cancel& cancel) {
    while (!recording.complete() && recording.tokensRead() < tokens) {
        if (cancel.requested()) {
            (void)recording.finish("Interrupted by the person who ran it.");
            return Error{
                QString("Interrupted while %1: nothing was answered, start again.").arg(doing)};
        }
        if (auto step = recording.step(); !step) {
            (void)recording.finish(step.error().sentence);
            return step.error();
        }
        if (stage)
            stage(doing + ", step", recording.stepsDone(), recording.stepsTotal());
    }
    return {};
}

// What the reading alone can be recorded with again: empty where the question stands before the
// document.
QString templateOfReading(const PromptTemplate& prompt, const QString& question) {
    const auto alone = prompt.before(QString()), with = prompt.before(question);
    const auto same = [](const auto& a, const auto& b) { return a.text == b.text; };
    return std::equal(alone.begin(), alone.end(), with.begin(), with.end(), same) ? prompt.text()
                                                                                  : QString();
}

} // namespace

Result<AnswerSoFar> recordAsked(RecordingRequest request, const AskRequest& asked,
                                const Prompt& prompt, OpenModel& model,
                                const TokenizedDocument& document, const Stage& stage,
                                const Cancel& cancel) {
    constexpr int allTokens = std::numeric_limits<int>::max();
    request.before = prompt.before;
    request.configuration.promptTemplate = templateOfReading(prompt.promptTemplate, asked.question);
    request.checkpointBudget = checkpointBudget;
    auto reading = Recording::start(request, model, document, stage, cancel);
    if (!reading)
        return reading.error();
    if (auto read = record(**reading, (*reading)->documentEnd(), "reading", stage, cancel); !read)
        return read.error();
    auto asking = (*reading)->ask((*reading)->stepsDone(), asked, prompt.question, stage, cancel);
    if (!asking)
        return asking.error();
    if (auto answered = record(**asking, allTokens, "answering", stage, cancel); !answered)
        return answered.error();
    if (auto finished = (*asking)->finish(); !finished)
        return finished.error();
    const AnswerSoFar answer = *(*asking)->answer();
    if (auto flushed = record(**reading, allTokens, "finishing the reading", stage, cancel);
        !flushed)
        return flushed.error();
    if (auto finished = (*reading)->finish(); !finished)
        return finished.error();
    return answer;
}

} // namespace attendre
