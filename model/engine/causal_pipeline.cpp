#include "model/network/torch_headers.h"

#include "model/engine/causal_pipeline.h"
#include "model/engine/next_tokens.h"

#include <QElapsedTimer>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

GroupSum groupSum(const QString& name) {
    return name == QStringLiteral("max")   ? GroupSum::Max
           : name == QStringLiteral("sum") ? GroupSum::Sum
                                           : GroupSum::Mean;
}

LayerSettings layerSettings(const LlamaConfig& config, const ResolvedConfiguration& resolved,
                            const Policy& policy, const StepWants& wants, int layer) {
    LayerSettings s;
    s.layer = layer;
    s.queryHeads = config.queryHeads;
    s.heads = config.heads;
    s.headDimension = config.headDimension;
    s.capacity = resolved.memory[layer];
    s.queryCapacity = resolved.queryMemory[layer];
    s.causal = true;
    s.relative = resolved.asked.positions == QStringLiteral("relative");
    s.scale = 1.0 / std::sqrt(double(config.headDimension));
    s.policy = &policy;
    s.protection = {resolved.sinks, resolved.recent, resolved.asked.pins};
    s.perLayer = resolved.asked.granularity == QStringLiteral("layer");
    s.groupSum = groupSum(resolved.asked.group);
    s.halfLife = resolved.asked.halfLife;
    s.seed = resolved.asked.seed;
    s.usage = wants.usage;
    s.attention = wants.attention;
    return s;
}

// OpenMP keeps the number of threads per calling thread.
void useThreads(int threads) {
    static thread_local int set = 0;
    if (set != threads)
        at::set_num_threads(set = threads);
}

} // namespace

CausalPipeline::CausalPipeline(std::shared_ptr<const LoadedLlama> network,
                               ResolvedConfiguration configuration, const Policy& policy,
                               std::vector<std::int32_t> ids, StepWants wants, bool plain)
    : m_network(std::move(network)), m_configuration(std::move(configuration)),
      m_ids(std::move(ids)), m_wants(wants) {
    const c10::InferenceMode inference;
    const LlamaConfig& config = m_network->config;
    const std::int64_t largest =
        *std::max_element(m_configuration.memory.begin(), m_configuration.memory.end());
    m_rotary =
        RotaryTable::make(config.headDimension, config.ropeTheta, config.ropeScaling,
                          std::max(std::int64_t(m_ids.size()), largest + 1), m_network->options);
    const bool cpu =
        m_network->options.device().is_cpu() && m_network->options.dtype() != at::kDouble;
    m_backend = cpu && !plain ? makeCpuRetrieval() : makeAtenRetrieval();
    for (int layer = 0; layer < config.layers; ++layer)
        m_layers.emplace_back(layerSettings(config, m_configuration, policy, wants, layer),
                              &m_rotary, m_backend.get(), m_network->options);
}

int CausalPipeline::stepsTotal() const {
    const std::int64_t chunk = m_configuration.asked.chunk;
    return int((std::int64_t(m_ids.size()) + chunk - 1) / chunk);
}

Result<StepRecord> CausalPipeline::step() {
    if (m_failed)
        return Error{QStringLiteral("The run stopped at step %1 with an error: start it again.")
                         .arg(m_steps)};
    if (finished())
        return Error{QStringLiteral("The run has read all of its %1 tokens: there is no further "
                                    "step.")
                         .arg(m_ids.size())};
    m_failed = true; // the memories are half written until the step is through
    try {
        const c10::InferenceMode inference;
        useThreads(m_network->threads);
        QElapsedTimer timer;
        timer.start();
        StepRecord record = compute();
        record.milliseconds = double(timer.nsecsElapsed()) * 1e-6;
        m_failed = false;
        return record;
    } catch (const std::exception& exception) {
        // Torch's messages go on with a stack trace after their first line.
        const auto shortage = memoryShortage(exception);
        const QString what =
            shortage ? *shortage
                     : QString::fromUtf8(exception.what()).section(QLatin1Char('\n'), 0, 0);
        return Error{QStringLiteral("Step %1 failed on %2: %3; a smaller --memory or --chunk needs "
                                    "less memory.")
                         .arg(m_steps)
                         .arg(QString::fromStdString(m_network->options.device().str()), what)};
    }
}

StepRecord CausalPipeline::compute() {
    const LlamaConfig& config = m_network->config;
    const std::int64_t n =
        std::min<std::int64_t>(m_configuration.asked.chunk, std::int64_t(m_ids.size()) - m_read);
    StepRecord record;
    record.step = m_steps;
    record.kind = StepKind::Chunk;
    record.firstPosition = std::int32_t(m_read);
    record.arrived = std::int32_t(n);
    record.layers.resize(m_layers.size());

    at::Tensor ids = at::empty({n}, at::kInt);
    std::copy_n(m_ids.begin() + m_read, n, ids.data_ptr<std::int32_t>());
    at::Tensor x = embed(m_network->weights, ids.to(m_network->options.device()));
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        const LlamaLayerWeights& weights = m_network->weights.layers[i];
        const LlamaProjections p = project(config, weights, x);
        const Answered answered =
            m_layers[i].step({p.query, p.key, p.value, x, record.firstPosition}, record.layers[i]);
        x = finish(config, weights, answered.output, answered.hidden);
    }
    if (m_wants.nll || m_wants.next > 0)
        predict(x, n, record);
    m_read += n;
    ++m_steps;
    return record;
}

// The logits of a position are about the token after it, so the first token of a step was predicted
// by the last row of the step before.
void CausalPipeline::predict(const at::Tensor& last, std::int64_t count, StepRecord& record) {
    const at::Tensor rows = logits(m_network->config, m_network->weights, last);
    std::vector<std::int32_t> targets; // of the rows; the last token of the input predicts nothing
    for (std::int64_t i = m_read + 1; i <= m_read + count && i < std::int64_t(m_ids.size()); ++i)
        targets.push_back(m_ids[i]);
    const Predictions predictions = predictTokens(rows, targets, m_wants.next);
    record.next = predictions.next;
    if (!m_wants.nll)
        return;
    record.firstNll = std::max<std::int32_t>(1, record.firstPosition);
    if (record.firstPosition > 0)
        record.nll.push_back(m_nextNll);
    const std::size_t inside = std::min<std::size_t>(predictions.nll.size(), count - 1);
    record.nll.insert(record.nll.end(), predictions.nll.begin(), predictions.nll.begin() + inside);
    if (predictions.nll.size() == std::size_t(count))
        m_nextNll = predictions.nll.back();
}

} // namespace attendre
