#pragma once

#include "model/memory/policy.h"
#include "model/trace/reader.h"

#include <memory>

namespace attendre {

// The attention that is still to come for each position of an input, out of a recorded run in which
// nothing was evicted. Reads the trace as the run that asks goes on, one layer of one step at a
// time: the whole would be as large as the trace.
class FutureMass {
  public:
    // The newest run in the trace that fits the input. Errors: no trace, and where no run fits why
    // the newest does not: another model or input, M < T, other options that change what is
    // attended, summary detail, an unfinished run.
    static Result<std::unique_ptr<FutureMass>> open(const QString& trace, const PolicyInput& input);

    // Which run it is, as a sentence.
    const QString& source() const { return m_source; }

    // rank[i]: the mass of position[i] at the end less its mass after the last recorded step whose
    // tick in that layer is at most `tick`. Throws std::runtime_error where the trace can no longer
    // be read.
    void toCome(int layer, int head, std::int64_t tick, std::span<const std::int32_t> position,
                std::span<double> rank);

  private:
    // [G][T] of one layer; zero for what has not arrived.
    struct Masses {
        int step = -1;
        std::vector<std::vector<float>> heads;
    };

    FutureMass() = default;
    Result<void> read(const RunInfo& run);
    Result<Masses> massesAfter(int step, int layer);

    std::unique_ptr<Reader> m_reader;
    int m_run = 0;
    std::size_t m_tokens = 0;
    QString m_source;
    std::vector<std::vector<std::int64_t>> m_ticks; // [layer][step]
    std::vector<Masses> m_end, m_now;               // of each layer
};

} // namespace attendre
