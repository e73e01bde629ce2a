#pragma once

#include "model/engine/engine.h"
#include "model/memory/attendre_layer.h"
#include "model/network/layer_stack.h"

#include <memory>

namespace attendre {

// A loaded network: const while runs share it.
struct LoadedNetwork {
    ModelDescription description;
    std::shared_ptr<const LayerStack> stack; // what reads the input
    at::TensorOptions options;               // type and device of weights and memories
    int threads = 1;
};

// Reads the input chunk by chunk through one Attendre layer per layer of the stack, then flushes
// the queries that still wait. In causal mode none waits; in prefix mode all that is read is the
// prefix, every query sees every resident entry, and nothing is predicted but what follows the
// prefix.
class ReadingPipeline : public Pipeline {
  public:
    // ids: positions 0 to T - 1. ranking is the policy made ready. The generic operations serve
    // every device and type; the CPU's own kernels are used where they can be, unless plain is set.
    ReadingPipeline(std::shared_ptr<const LoadedNetwork> network,
                    ResolvedConfiguration configuration, const Ranking& ranking,
                    std::vector<std::int32_t> ids, StepWants wants, bool plain = false);

    const ResolvedConfiguration& configuration() const override { return m_configuration; }
    bool finished() const override { return m_steps == m_stepsTotal; }
    int stepsDone() const override { return m_steps; }
    int stepsTotal() const override { return m_stepsTotal; }
    Result<StepRecord> step() override;

    const AttendreLayer& layer(int index) const { return m_layers[index]; }

  private:
    StepRecord compute();
    // The hidden states that arrive in layer `from` pass up through the layers as far as queries
    // come out. arrived is undefined in a flush, in which the oldest of layer `from` come out.
    void pass(std::size_t from, at::Tensor arrived, std::int32_t first, StepRecord& record);
    void answer(const at::Tensor& last, std::int32_t first, StepRecord& record);
    void predict(const at::Tensor& last, StepRecord& record);
    std::size_t lowestWaiting() const;
    bool causal() const { return m_configuration.mode == QStringLiteral("causal"); }

    std::shared_ptr<const LoadedNetwork> m_network;
    ResolvedConfiguration m_configuration;
    std::vector<std::int32_t> m_ids;
    StepWants m_wants;
    RotaryTable m_rotary;
    std::unique_ptr<RetrievalBackend> m_backend;
    std::vector<AttendreLayer> m_layers;
    std::int64_t m_read = 0; // tokens fed so far
    int m_steps = 0, m_stepsTotal = 0;
    float m_nextNll = 0; // of the first token of the next step, from this step's last logits
    bool m_failed = false;
};

} // namespace attendre
