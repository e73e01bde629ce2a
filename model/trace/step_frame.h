#pragma once

#include "model/trace/layer_codec.h"
#include "model/trace/reader.h"
#include "model/trace/step_record.h"

#include <QByteArray>

#include <optional>
#include <vector>

namespace attendre {

// An entry as it left a memory, or as it stood at the run's end.
struct LeftEntry {
    std::int32_t position = noPosition, slot = -1;
    std::int32_t insertedStep = -1, evictedStep = -1;
    Usage usage;
    double rank = 0;
};

// What one step changed in one layer, exactly as it is stored.
struct LayerFrame {
    LayerStepInfo info;
    QByteArray state;                // encodeLayer()'s bytes
    std::vector<HeadStepInfo> heads; // [G]
    std::vector<LeftEntry> left;     // [G][evicted], in the order of the victims' slots
    ArchivedStep archived;           // empty without an archive
};

// What one step changed: the unit that goes from the engine to a trace.
struct StepFrame {
    StepInfo info;
    std::int32_t firstNll = 0;
    std::vector<float> nll;
    std::vector<NextToken> next;
    std::vector<LayerFrame> layers;
    std::optional<LayerFrame> output; // of the encoder-output memory
    std::vector<TokenInfo> tokens;    // that the step fed and the input did not hold
};

// Versioned bytes (docs/trace-format.md, "Step frame"), and the versioned decoder. Errors: damaged
// bytes, a newer version.
QByteArray toBytes(const StepFrame& frame);
Result<StepFrame> frameFromBytes(const QByteArray& bytes);

// What the numbers of a head in a step are computed with.
struct HeadRules {
    int chunk = 64;
    int sinks = 0, recent = 0;
    std::vector<std::pair<int, int>> pins;
};
HeadRules headRules(const ResolvedConfiguration& configuration);

// The numbers of every head after a step. before: the same layer one step earlier, or null.
// Sources: reader.h's definitions; a victim's age is the step's tick less the victim's own; what
// FIFO would evict are the oldest of the residents that neither sinks, pins nor recent protect.
std::vector<HeadStepInfo> headNumbers(int step, const LayerRecord& now, const LayerSnapshot* before,
                                      const HeadRules& rules);

struct FrameOptions {
    bool full = false;
    int keyframeInterval = 32;
    QString rankColumn;
    HeadRules rules;
};

// Turns a run's steps into frames; keeps the step before, against which the next is coded.
class FrameEncoder {
  public:
    explicit FrameEncoder(FrameOptions options) : m_options(std::move(options)) {}
    // Errors: a step out of order, another number of layers, what encodeLayer() refuses.
    Result<StepFrame> encode(StepRecord step);

  private:
    FrameOptions m_options;
    int m_next = 0;
    std::vector<LayerSnapshot> m_before; // [layers], and the encoder-output memory's
};

} // namespace attendre
