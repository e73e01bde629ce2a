#pragma once

#include "model/engine/reading_pipeline.h"

namespace attendre {

// What a configuration means for one layer of a stack, and for its encoder-output memory. The stack
// outlives what is made of it.
LayerSettings layerSettings(const LayerStack& stack, const ResolvedConfiguration& resolved,
                            const Ranking& ranking, const StepWants& wants, int layer);
OutputSettings outputSettings(const LayerStack& stack, const ResolvedConfiguration& resolved,
                              const Ranking& ranking, const StepWants& wants);

// The angles of a run's positions, as far apart as one step may need them; rotates nothing where
// the network does not.
RotaryTable rotaryTable(const LoadedNetwork& network, const ResolvedConfiguration& resolved);

// The CPU's own kernels where they serve, else the plain operations.
std::unique_ptr<RetrievalBackend> retrievalBackend(const LoadedNetwork& network,
                                                   const ResolvedConfiguration& resolved,
                                                   bool plain);

} // namespace attendre
