#pragma once

#include "model/trace/result.h"

#include <array>

namespace attendre {

// How attention lies on the entries of a memory, in few numbers, as it was measured on a recorded
// run. The mass of an entry in a step is given relative to an equal share: its mass in that step,
// times the residents, by the queries that were answered; so it can be carried over to a memory of
// another size. Logarithms are natural.
struct MeasuredUsage {
    static constexpr int ages =
        6; // in chunks: 0 (arrived in this step), 1, 2, 3 to 4, 5 to 8, more
    static constexpr int quantiles = 9;
    static constexpr int hitBins = 16;
    static constexpr double firstHitBin = -9; // log2 of the first bin's relative mass
    static constexpr int nllQuantiles = 17;

    static int ageOf(int chunks) {
        return chunks <= 2 ? chunks : chunks <= 4 ? 3 : chunks <= 8 ? 4 : 5;
    }

    // Of the step's mass what lies on positions 0 to 3: equidistant quantiles over layers and
    // heads of the mean over steps, and what of that lies on position 0.
    std::array<double, quantiles> sinkShare{};
    double onFirst = 0;
    // Of the others' relative mass: mean and deviation of the logarithm by age.
    std::array<double, ages> mean{}, deviation{};
    // The correlation of an entry's logarithm in one step with that in the step before, what its
    // age explains taken away: what was attended is attended again.
    double persistence = 0;
    // The part of the answered queries that hit an entry, by log2 of its relative mass: bin b from
    // firstHitBin + b on, one wide.
    std::array<double, hitBins> hits{};
    // Sum of squared weights by (mass² / queries): 1 if all queries gave the same.
    double squares = 1;
    std::array<double, nllQuantiles> nll{}; // equidistant quantiles
    double milliseconds = 0;                // a token
};

// Of a run at full detail, of the steps in which its memory was full. Errors: as Reader; the run
// has no such steps.
Result<MeasuredUsage> measureUsage(const QString& trace, int run);

// SmolLM2-135M-Instruct reading Genesis, 2,048 tokens, M = 256, C = 64, LRA, s = 4:
//   attendre record MODEL resources/genesis.txt --tokens 2048 --memory 256 --detail full -o L.trace
//   make_scale_trace --measure L.trace
MeasuredUsage smolUsage();

} // namespace attendre
