#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attendre::slow {

// One layer's frozen inputs, in double: [T][heads][D].
struct Frozen {
    int tokens = 0, heads = 1, group = 1, dimension = 4;
    std::vector<double> query, key, value;
    std::vector<double> frequencies; // empty: nothing is rotated
    std::vector<double> bias;        // [H][2T - 1], at key - query + T - 1; empty: none
    double scale = 1;
    bool causal = true;

    // Query head's score with a key, at the positions that they are turned to.
    double score(int query, int key, int queryHead, double queryAt, double keyAt) const;
    // The logarithm of the sum of exp over those of the keys that the query sees.
    double logSumExp(int query, int queryHead, const std::vector<int>& keys) const;
};

struct ReplayOptions {
    std::string policy = "lra"; // fifo, lra, lfa, h2o, tova
    int memory = 8, sinks = 0, recent = 0;
    std::string group = "mean"; // mean, max, sum
    bool perLayer = false, relative = false;
    double halfLife = 0;
};

struct Entry {
    int position = -1;
    std::int64_t lastTick = 0;
    double mass = 0, massSquared = 0, hits = 0, lastMass = 0, lastWeight = 0;
};

struct StepOutcome {
    std::vector<std::vector<int>> victims;   // [G]: positions, by ascending slot
    std::vector<std::vector<Entry>> entries; // [G][M] after the step
    std::vector<double> kept;                // [G]; NaN where nothing was answered
    // How near a decision came to the other side so far: of a hit, and of two unequal ranks.
    double narrowest = 1;
};

// One layer's memory in plain loops over double, with no code of the program's.
class Replay {
  public:
    Replay(const Frozen& frozen, ReplayOptions options);
    // arrived positions come, from the next one on; answered queries go.
    StepOutcome step(int arrived, int answered);

  private:
    double rank(int head, int slot) const;
    std::vector<int> choose(int head, int count);
    void answer(int head, int query, std::int64_t tick, StepOutcome& outcome);

    const Frozen& m_frozen;
    ReplayOptions m_options;
    std::vector<std::vector<Entry>> m_slots; // [G][M]
    int m_arrived = 0, m_answered = 0;
    double m_narrowest = 1;
};

} // namespace attendre::slow
