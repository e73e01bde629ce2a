#pragma once

#include "model/engine/engine.h"
#include "model/memory/attendre_layer.h"
#include "model/network/llama.h"

namespace attendre {

// A loaded Llama network: const while runs share it.
struct LoadedLlama {
    ModelDescription description;
    LlamaConfig config;
    LlamaWeights weights;
    at::TensorOptions options; // type and device of weights and memories
    int threads = 1;
};

// Reads the input chunk by chunk through one K/V memory per layer, causal, nothing waiting (N = 0):
// each step's queries are answered in the step.
class CausalPipeline : public Pipeline {
  public:
    // ids: positions 0 to T - 1. policy is one of allPolicies(). The generic operations serve
    // every device and type; the CPU's own kernels are used where they can be, unless plain is set.
    CausalPipeline(std::shared_ptr<const LoadedLlama> network, ResolvedConfiguration configuration,
                   const Policy& policy, std::vector<std::int32_t> ids, StepWants wants,
                   bool plain = false);

    const ResolvedConfiguration& configuration() const override { return m_configuration; }
    bool finished() const override { return m_read == std::int64_t(m_ids.size()); }
    int stepsDone() const override { return m_steps; }
    int stepsTotal() const override;
    Result<StepRecord> step() override;

    const AttendreLayer& layer(int index) const { return m_layers[index]; }

  private:
    StepRecord compute();
    void predict(const at::Tensor& last, std::int64_t count, StepRecord& record);

    std::shared_ptr<const LoadedLlama> m_network;
    ResolvedConfiguration m_configuration;
    std::vector<std::int32_t> m_ids;
    StepWants m_wants;
    RotaryTable m_rotary;
    std::unique_ptr<RetrievalBackend> m_backend;
    std::vector<AttendreLayer> m_layers;
    std::int64_t m_read = 0; // tokens fed so far
    int m_steps = 0;
    float m_nextNll = 0; // of the first token of the next step, from this step's last logits
    bool m_failed = false;
};

} // namespace attendre
