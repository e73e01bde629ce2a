#pragma once

#include "widgets/one_step_content.h"

#include <QString>

namespace attendre {

// What one phase of a step did, in one or two sentences with its own numbers. query: whose
// attention is shown, an index into the step's attention.
QString phaseSentence(const OneStep& step, const RunInfo& run, Phase phase, int query);

// What the picture of the phase is coloured by, in a few words.
QString phaseLegend(const OneStep& step, const RunInfo& run, Phase phase);

} // namespace attendre
