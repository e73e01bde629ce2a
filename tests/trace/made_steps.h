#pragma once

#include "model/trace/step_record.h"
#include "model/trace/values.h"

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace attendre {

// A memory as it would behave, without a network: every query spreads a mass of one over the
// residents, much of it on the first positions and on a few random ones, and the policy evicts by
// the usage that follows. Deterministic: the same options give the same steps.
struct MadeOptions {
    int layers = 3, heads = 2, memory = 16, chunk = 4;
    int tokens = 64;
    QString policy = "lra"; // fifo, lra, lfa, h2o, random
    int sinks = 2, recent = 0;
    int queryMemory = 0; // N of every layer; above 0 in the mode prefix: queries wait and see all
    bool full = true;    // detail, and the top attended entries with it
    unsigned seed = 1;
};

RunInfo madeRun(const MadeOptions& options);
// Tokens out of a text: words with the space before them, punctuation and line ends alone. Repeats
// the text where it is too short.
std::vector<TokenInfo> madeTokens(const MadeOptions& options, const QByteArray& text);

class MadeSteps {
  public:
    explicit MadeSteps(MadeOptions options);
    int count() const; // with the rounds of the flush
    std::optional<StepRecord> next();

  private:
    void evict(LayerRecord& r, std::vector<std::int32_t>& positions);
    void attend(LayerRecord& r, int head);
    void attendOnce(LayerRecord& r, int head, int query);
    double rank(const LayerRecord& r, size_t slot);
    float uniform();
    int leaving(LayerRecord& r, bool drained);

    MadeOptions m_options;
    std::mt19937 m_random;
    std::vector<LayerRecord> m_layers; // as they stood after the last step
    std::vector<float> m_weights;
    int m_step = 0;
};

} // namespace attendre
