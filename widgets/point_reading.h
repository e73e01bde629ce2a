#pragma once

#include "model/trace/reader.h"
#include "widgets/point.h"

namespace attendre {

// What the views read of a point's layer and head. The layer may be outputLayer() of the run, with
// head 0. A step below 0: nothing has happened yet.

// What arrived, was answered and left in the layer in a step.
Result<LayerStepInfo> layerCounts(Reader& reader, const RunInfo& run, const Point& point, int step);
// The head's memory as the step left it.
Result<HeadState> headState(Reader& reader, const Point& point, int step);

// A position that the memory of a run that asks no longer held when it began: the run that it asked
// shows when it left. False of all other runs.
Result<bool> leftBeforeAsking(Reader& reader, const RunInfo& run, const Point& point,
                              std::int32_t position);

// Whether a step is one of an encoder-decoder's answer: what happens then happens between decoder
// and encoder outputs.
Result<bool> readsOutputs(Reader& reader, const RunInfo& run, const Point& point);

} // namespace attendre
