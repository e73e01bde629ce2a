#pragma once

#include "model/analysis/sidecar.h"

namespace attendre {

// Queries to begin with, the first being what the view shows at first. Each asks for a bounded part
// of a trace before the current step, so that none takes long on any.
const std::vector<SavedQuery>& exampleQueries();

} // namespace attendre
