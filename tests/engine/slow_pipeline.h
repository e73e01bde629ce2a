#pragma once

#include "tests/engine/slow_network.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace attendre::slow {

// One slot of one K/V head; position -1 when it is free.
struct Slot {
    int position = -1;
    std::int64_t tickInserted = 0, lastTick = 0;
    double mass = 0, massSquared = 0, hits = 0, lastMass = 0;
    double lastWeight = 0; // the last answered query's
    double rank = 0;
    Row key, value; // unrotated; not kept in records
};

// What a run of the slow pipeline is asked for: the modes causal and prefix of the specification.
struct Options {
    bool causal = true;
    std::vector<int> memory;  // M per layer
    std::vector<int> waiting; // N per layer
    int chunk = 1;            // C
    QString policy;           // fifo, lra, lfa, random, h2o, tova, custom
    int sinks = 0, recent = 0;
    std::vector<std::pair<int, int>> pins; // first and last position, inclusive
    // What a person changes: +1 the entry stays, -1 it goes first, 0 as the policy says.
    std::function<int(int step, int layer, int head, int position)> changed;
    bool relativePositions = false;
    double halfLife = 0;    // in ticks; 0: none
    QString group = "mean"; // mean, max, sum
    bool layerGranularity = false;
    int topK = 0; // entries that a query head attends to; 0: all visible ones
    bool hitTopK = false;
    bool lfaMass = false, lfaPerAge = false; // the policy lfa's own options
    // The rank of an entry under the policy custom; not a number where it has none. tick is the
    // layer's at the end of the step.
    std::function<double(const Slot&, int layer, int head, std::int64_t tick)> custom;
    int outputMemory = 0; // E; 0: what reads is no encoder
    QString outputPolicy;
    int outputSinks = 0, outputRecent = 0;
    // The rank of an entry under the policy random, at the layer's tick before the arrivals.
    std::function<double(int layer, int head, std::int64_t tick, int position)> random;
};

struct Victim {
    int slot = 0, position = 0;
    double rank = 0;
};

// One answered query of one K/V head: its weights, averaged over the group, by position.
struct Attention {
    int queryPosition = 0;
    std::vector<std::pair<int, double>> weights;
};

struct HeadStep {
    std::vector<Victim> victims; // ascending slots
    std::vector<Slot> slots;     // at the end of the step
    std::vector<Attention> attention;
};

struct LayerStep {
    std::int64_t tick = 0;
    int firstPosition = 0, arrived = 0;  // where nothing arrived: the position that is next
    int firstAnswered = 0, answered = 0; // likewise
    int waiting = 0;
    std::vector<HeadStep> heads;
};

// The encoder-output memory in a step.
struct OutputStep {
    int firstPosition = 0, arrived = 0;
    std::vector<Victim> victims; // ascending slots
    std::vector<int> positions;  // by slot; -1: free
    Row ranks;                   // at the end of the step
    double narrowestRank = 1;
};

struct Step {
    bool flush = false;
    int firstPosition = 0, arrived = 0;
    std::vector<LayerStep> layers;
    std::optional<OutputStep> outputs;
    Row nextLogProbabilities; // after the last token answered; empty where nothing is predicted
    // The narrowest decisions since the run began: the distance of an a * n from the hit threshold,
    // and the relative distance of two real-valued ranks of which one was evicted. Below rounding,
    // either side is right.
    double narrowestHit = 1, narrowestRank = 1;
};

struct Run {
    std::vector<Step> steps;
    Row nll; // [T - 1]; of token i + 1; empty but in causal mode
};

// Ranks whose last digits depend on the order of their sums: masses, and hits that decay.
bool hasRealRanks(const Options& options);

Run runPipeline(const Network& network, const Options& options, const std::vector<int>& ids);

} // namespace attendre::slow
