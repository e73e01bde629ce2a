#pragma once

#include "model/engine/engine.h"
#include "model/memory/attendre_layer.h"
#include "model/memory/output_memory.h"
#include "model/network/load_layers.h"

#include <memory>
#include <optional>

namespace attendre {

// A loaded network: const while runs share it.
struct LoadedNetwork {
    ModelDescription description;
    LoadedLayers layers;
    at::TensorOptions options; // type and device of weights and memories
    int threads = 1;
};

// A run's policies made ready.
struct RunRankings {
    Ranking memory;
    Ranking outputs; // of the encoder-output memory
};

// Reads the input chunk by chunk through one Attendre layer per layer of the stack, then flushes
// the queries that still wait. In causal mode none waits; in the modes prefix and encoder-decoder
// every query sees every resident entry. What an encoder has finished enters its output memory.
// Nothing is predicted in these modes but what follows a prefix.
class ReadingPipeline : public Pipeline {
  public:
    // ids: positions 0 to T - 1. The generic operations serve every device and type; the CPU's own
    // kernels are used where they can be, unless plain is set.
    ReadingPipeline(std::shared_ptr<const LoadedNetwork> network,
                    ResolvedConfiguration configuration, const RunRankings& rankings,
                    std::vector<std::int32_t> ids, StepWants wants, bool plain = false);

    const ResolvedConfiguration& configuration() const override { return m_configuration; }
    bool finished() const override;
    int stepsDone() const override { return m_steps; }
    int stepsTotal() const override { return m_stepsTotal; }
    ArchivedAttention archivedAttention() const override;
    Result<StepRecord> step() override;
    Result<std::unique_ptr<Pipeline>> fork() const override;
    Result<std::unique_ptr<Pipeline>> ask(Question question) const override;
    int tokensRead() const override { return int(m_read); }
    qint64 stateBytes() const override;
    double residentShare(int first, int last) const override;
    std::vector<float> lastOutputs(int every) const override;

    const AttendreLayer& layer(int index) const { return m_layers[index]; }
    // Null where the network is no encoder-decoder.
    const OutputMemory* outputs() const { return m_outputs ? &*m_outputs : nullptr; }
    const LoadedNetwork& network() const { return *m_network; }
    const StepWants& wants() const { return m_wants; }

    // For an asking run, which owns what it asks (asking_pipeline.h).
    std::unique_ptr<ReadingPipeline> forked() const;
    // Puts ids in the place of what was not read yet; the step that comes next is number step.
    // Memories that hold the whole input grow by as many and by room for what follows.
    void readInstead(const std::vector<std::int32_t>& ids, int room, int step);
    // The state as a step's record in which nothing happened; counts as a step.
    StepRecord recordAsItStands();
    // Everything is read and answered: tokens of an answer follow.
    void beginAnswer();
    // Feeds one token of a decoder's own answer.
    StepRecord feedAnswer(std::int32_t id);
    // One token of the answer, at position, gave the encoder's outputs these weights.
    StepRecord recordCross(const at::Tensor& weights, std::int32_t position);
    // Logits of what follows the last token read: [1, vocabulary]; undefined if none was answered.
    at::Tensor lastLogits() const;

  private:
    ReadingPipeline(const ReadingPipeline& from);

    StepRecord compute();
    StepRecord emptyRecord(StepKind kind, std::int64_t arrived) const;
    // The hidden states that arrive in layer `from` pass up through the layers as far as queries
    // come out. arrived is undefined in a flush, in which the oldest of layer `from` come out.
    void pass(std::size_t from, at::Tensor arrived, std::int32_t first, StepRecord& record);
    void answer(const at::Tensor& last, std::int32_t first, StepRecord& record);
    void finishOutputs(const at::Tensor& last, std::int32_t first, StepRecord& record);
    void predict(const at::Tensor& last, StepRecord& record);
    std::size_t lowestWaiting() const;
    bool anyWaiting() const;
    bool causal() const { return m_configuration.mode == QStringLiteral("causal"); }

    std::shared_ptr<const LoadedNetwork> m_network;
    ResolvedConfiguration m_configuration;
    std::vector<std::int32_t> m_ids;
    StepWants m_wants;
    bool m_plain = false;
    RotaryTable m_rotary;
    std::unique_ptr<RetrievalBackend> m_backend;
    std::vector<AttendreLayer> m_layers;
    std::optional<OutputMemory> m_outputs;
    at::Tensor m_last; // [1, hidden]: out of the last layer, of the query answered last
    at::Tensor m_out;  // [n, hidden]: out of the last layer in the last step, or undefined
    std::int32_t m_outFirst = 0;
    std::int64_t m_read = 0; // tokens fed so far
    int m_steps = 0, m_stepsTotal = 0;
    float m_nextNll = 0; // of the first token of the next step, from this step's last logits
    bool m_failed = false;
};

// OpenMP keeps the number of threads per calling thread.
void useThreads(int threads);

// Calls work under InferenceMode and turns what Torch throws into one sentence.
Result<StepRecord> guardedStep(const LoadedNetwork& network, int step,
                               const std::function<StepRecord()>& work);

} // namespace attendre
