#pragma once

#include "model/engine/reading_pipeline.h"

namespace attendre {

// What a configuration means for one layer of a stack, and for its encoder-output memory. The stack
// outlives what is made of it.
LayerSettings layerSettings(const LayerStack& stack, const ResolvedConfiguration& resolved,
                            const Ranking& ranking, const StepWants& wants, int layer);
// Null where nothing is archived. positions: T.
std::shared_ptr<LayerArchive> makeArchive(const LayerSettings& layer,
                                          const ResolvedConfiguration& resolved,
                                          const StepWants& wants, std::int64_t positions);
OutputSettings outputSettings(const LayerStack& stack, const ResolvedConfiguration& resolved,
                              const Ranking& ranking, const StepWants& wants);

// The angles of a run's positions, as far apart as one step may need them; rotates nothing where
// the network does not. archived: how many archived keys a step may read again.
RotaryTable rotaryTable(const LoadedNetwork& network, const ResolvedConfiguration& resolved,
                        std::int64_t archived = 0);

// The CPU's own kernels where they serve, else the plain operations.
std::unique_ptr<RetrievalBackend>
retrievalBackend(const LoadedNetwork& network, const ResolvedConfiguration& resolved, bool plain);

} // namespace attendre
