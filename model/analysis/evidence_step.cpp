#include "model/analysis/evidence_step.h"

#include <QString>

#include <algorithm>
#include <map>

namespace attendre {

namespace {

EvidenceHead fateOf(const std::vector<Life>& lives, int layer, int head, int lastStep) {
    EvidenceHead fate{layer, head};
    for (const Life& life : lives) {
        fate.arrived = fate.arrived && life.insertedStep >= 0 && life.insertedStep <= lastStep;
        const bool evicted = life.evictedStep >= 0 && life.evictedStep <= lastStep;
        if (evicted && (fate.lostStep < 0 || life.evictedStep < fate.lostStep)) {
            fate.lostStep = life.evictedStep;
            fate.lost = life.position;
        }
    }
    return fate;
}

void choosePoint(EvidenceStep& found, int lastStep, std::int32_t first) {
    std::map<int, int> losses; // heads by step
    for (const EvidenceHead& head : found.heads)
        if (head.lostStep >= 0)
            ++losses[head.lostStep];
    found.step = lastStep;
    for (const auto& [step, heads] : losses)
        if (heads > found.lostHere) {
            found.step = step;
            found.lostHere = heads;
        }
    const auto here = std::find_if(found.heads.begin(), found.heads.end(), [&](const auto& head) {
        return found.lostHere > 0 ? head.lostStep == found.step : head.kept() && head.arrived;
    });
    found.position = first;
    if (here == found.heads.end())
        return;
    found.layer = here->layer;
    found.head = here->head;
    if (found.lostHere > 0)
        found.position = here->lost;
}

// The step after which the run was asked first; what it read behind that no answer knows of.
Result<int> lastStepBefore(Reader& reader, int run, int lastStep) {
    const auto runs = reader.runs();
    if (!runs)
        return runs.error();
    for (const RunInfo& child : *runs)
        if (child.parent == run && child.parentStep >= 0)
            lastStep = std::min(lastStep, child.parentStep);
    return lastStep;
}

} // namespace

Result<EvidenceStep> evidenceStep(Reader& reader, int run, std::int32_t first, std::int32_t last) {
    const auto info = reader.run(run);
    if (!info)
        return info.error();
    const auto steps = reader.stepCount(run);
    if (!steps)
        return steps.error();
    if (*steps == 0 || first < 0 || last < first || last >= info->tokens)
        return Error{QString("%1: run %2 has no positions %3–%4: its %5 tokens were read in %6 "
                             "steps.")
                         .arg(reader.path())
                         .arg(run)
                         .arg(first)
                         .arg(last)
                         .arg(info->tokens)
                         .arg(*steps)};
    const auto end = lastStepBefore(reader, run, *steps - 1);
    if (!end)
        return end.error();
    EvidenceStep found;
    for (int layer = 0; layer < info->shape.layers; ++layer)
        for (int head = 0; head < info->shape.heads; ++head) {
            const auto lives = reader.lives(run, layer, head, first, last - first + 1);
            if (!lives)
                return lives.error();
            found.heads.push_back(fateOf(*lives, layer, head, *end));
            found.kept += found.heads.back().kept();
            found.awaited += found.heads.back().kept() && !found.heads.back().arrived;
            found.lost += found.heads.back().lostStep >= 0;
        }
    choosePoint(found, *end, first);
    return found;
}

} // namespace attendre
