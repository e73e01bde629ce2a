#pragma once

#include "tests/engine/slow_network.h"

#include <QString>

namespace attendre::slow {

// SplitMix64: the same numbers on every machine and standard library.
class Random {
  public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t next();
    int between(int low, int high); // both inclusive
    bool chance(double probability);
    double uniform(); // [0, 1)
    double normal();

  private:
    std::uint64_t m_state;
};

// A tiny Llama network, or a tiny T5, from a few numbers.
struct NetworkRecipe {
    int layers = 1, heads = 1, group = 1, headDimension = 4;
    int hiddenPerHead = 4, feedForward = 8, vocabulary = 16;
    double sharpness = 1; // factor of q and of k; 1: nearly uniform attention
    bool tied = true, bias = false, oldSpelling = false;
    double theta = 10000;
    RopeScaling scaling;
    std::uint64_t seed = 0;
    bool encoderDecoder = false, gated = false; // T5
    int buckets = 8, furthest = 16;

    int queryHeads() const { return heads * group; }
    int hidden() const { return queryHeads() * hiddenPerHead; }
    QString text() const;
};

NetworkRecipe randomNetwork(Random& random);
ModelDescription description(const NetworkRecipe& recipe);
Tensors tensors(const NetworkRecipe& recipe);
// Writes config.json and model.safetensors.
void writeModel(const NetworkRecipe& recipe, const QString& folder);

} // namespace attendre::slow
