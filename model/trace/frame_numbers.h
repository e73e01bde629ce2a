#pragma once

#include "model/trace/bytes.h"
#include "model/trace/step_frame.h"

namespace attendre {

// The small numbers of a step's layers and heads, in order of layer.
struct StepNumbers {
    std::vector<LayerStepInfo> layers;
    int headsPerLayer = 0;
    std::vector<HeadStepInfo> heads; // [layers][heads]
};

// Bytes and back, as docs/trace-format.md lays them out. Errors: damaged bytes.
QByteArray numbersToBytes(const StepFrame& frame);
Result<StepNumbers> numbersFromBytes(int step, const QByteArray& bytes);

// What was measured against the archive, of all heads in order; empty bytes where nothing was, and
// then no values come back. Errors: damaged bytes, values of another number of heads.
QByteArray measuredToBytes(const StepFrame& frame);
Result<std::vector<SeenNumbers>> measuredFromBytes(const QByteArray& bytes, size_t heads);

QByteArray nextToBytes(const std::vector<NextToken>& next);
Result<std::vector<NextToken>> nextFromBytes(const QByteArray& bytes);

QByteArray leftToBytes(const std::vector<LeftEntry>& left);
Result<std::vector<LeftEntry>> leftFromBytes(const QByteArray& bytes);

} // namespace attendre
