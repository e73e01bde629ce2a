#pragma once

#include "model/trace/reader.h"

#include <cstdint>

namespace attendre {

// What happens once to a layer in the course of a run, as steps; -1: not in the recorded ones.
struct LayerCourse {
    int firstKey = -1;      // the first key comes to it
    int firstEviction = -1; // its memory overflows
    int firstAnswer = -1;   // the first query is answered: until then nobody has earned a hit
    int lastKey = -1;       // the last token's key comes to it
    int lastAnswer = -1;    // the last query is answered
};

// steps: those recorded. The counts of a layer only grow, so that each is found by halving: a few
// reads however long the run is.
Result<LayerCourse> layerCourse(Reader& reader, const RunInfo& run, int layer, int steps);

// The step in which a position's query was answered in a layer; -1: not in the recorded ones.
Result<int> answeredStep(Reader& reader, const RunInfo& run, int layer, std::int32_t position,
                         int steps);

} // namespace attendre
