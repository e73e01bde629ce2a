#pragma once

#include "model/trace/reader.h"

#include <QString>

#include <vector>

namespace attendre {

// What a run is called wherever one is named: "1 · LRA · M 256". Its number, its label if it has
// one, else its policy and M; then what distinguishes it among the runs of its trace: the policy,
// M, C, s, r, other options that change a result, the tokens read, the document and the model, each
// only where they differ.
QString runName(const RunInfo& run, const std::vector<RunInfo>& runs);

} // namespace attendre
