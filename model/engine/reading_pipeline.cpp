#include "model/network/torch_headers.h"

#include "model/engine/next_tokens.h"
#include "model/engine/reading_pipeline.h"

#include <QElapsedTimer>

#include <algorithm>
#include <numeric>

namespace attendre {

namespace {

GroupSum groupSum(const QString& name) {
    return name == QStringLiteral("max")   ? GroupSum::Max
           : name == QStringLiteral("sum") ? GroupSum::Sum
                                           : GroupSum::Mean;
}

// The positions of a retrieval's entries, [G, n], where its keys lie.
at::Tensor entryPositions(const Retrieval& r) {
    at::Tensor positions = at::empty({r.heads(), r.entries()}, at::kInt);
    for (std::int64_t head = 0; head < r.heads(); ++head)
        std::copy_n(r.position + head * r.positionStride, r.entries(),
                    positions.data_ptr<std::int32_t>() + head * r.entries());
    return positions.to(r.key.device());
}

LayerSettings layerSettings(const LayerStack& stack, const ResolvedConfiguration& resolved,
                            const Ranking& ranking, const StepWants& wants, int layer) {
    const AttentionShape attention = stack.attention();
    LayerSettings s;
    s.layer = layer;
    s.queryHeads = attention.queryHeads;
    s.heads = attention.heads;
    s.headDimension = attention.headDimension;
    s.scale = attention.scale;
    if (stack.biased())
        s.bias = [&stack](const Retrieval& r) {
            return stack.bias(r.firstQuery, r.queries(), entryPositions(r));
        };
    s.capacity = resolved.memory[layer];
    s.queryCapacity = resolved.queryMemory[layer];
    s.causal = resolved.mode == QStringLiteral("causal");
    s.relative = resolved.asked.positions == QStringLiteral("relative");
    s.ranking = ranking;
    s.protection = {resolved.sinks, resolved.recent, resolved.asked.pins};
    s.perLayer = resolved.granularity == QStringLiteral("layer");
    s.groupSum = groupSum(resolved.asked.group);
    s.topK = resolved.asked.topK;
    s.hitTopK = resolved.asked.hit == QStringLiteral("top-k");
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

ReadingPipeline::ReadingPipeline(std::shared_ptr<const LoadedNetwork> network,
                                 ResolvedConfiguration configuration, const Ranking& ranking,
                                 std::vector<std::int32_t> ids, StepWants wants, bool plain)
    : m_network(std::move(network)), m_configuration(std::move(configuration)),
      m_ids(std::move(ids)), m_wants(wants),
      m_stepsTotal(stepCount(m_configuration, qint64(m_ids.size()))) {
    const c10::InferenceMode inference;
    const LayerStack& stack = *m_network->stack;
    const auto& waiting = m_configuration.queryMemory;
    // The last layer's queries wait behind those of all layers.
    std::int64_t reach = std::accumulate(waiting.begin(), waiting.end(), std::int64_t(0));
    for (const int capacity : m_configuration.memory)
        reach = std::max(reach, std::int64_t(capacity) + 1);
    const auto frequencies = stack.rotaryFrequencies();
    if (!frequencies.empty())
        m_rotary =
            RotaryTable(frequencies, reach + m_configuration.asked.chunk, m_network->options);
    const bool cpu =
        m_network->options.device().is_cpu() && m_network->options.dtype() != at::kDouble;
    m_backend =
        cpu && !plain && m_configuration.asked.topK == 0 ? makeCpuRetrieval() : makeAtenRetrieval();
    for (int layer = 0; layer < stack.layers(); ++layer)
        m_layers.emplace_back(layerSettings(stack, m_configuration, ranking, wants, layer),
                              m_rotary.rotates() ? &m_rotary : nullptr, m_backend.get(),
                              m_network->options);
}

Result<StepRecord> ReadingPipeline::step() {
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

StepRecord ReadingPipeline::compute() {
    const std::int64_t n =
        std::min<std::int64_t>(m_configuration.asked.chunk, std::int64_t(m_ids.size()) - m_read);
    StepRecord record;
    record.step = m_steps;
    record.kind = n > 0 ? StepKind::Chunk : StepKind::Flush;
    record.firstPosition = std::int32_t(m_read);
    record.arrived = std::int32_t(n);
    record.layers.resize(m_layers.size());
    m_read += n;
    if (n > 0) {
        at::Tensor ids = at::empty({n}, at::kInt);
        std::copy_n(m_ids.begin() + record.firstPosition, n, ids.data_ptr<std::int32_t>());
        pass(0, m_network->stack->embed(ids.to(m_network->options.device()), record.firstPosition),
             record.firstPosition, record);
    } else {
        pass(lowestWaiting(), {}, 0, record);
    }
    ++m_steps;
    return record;
}

std::size_t ReadingPipeline::lowestWaiting() const {
    std::size_t layer = 0;
    while (layer + 1 < m_layers.size() && m_layers[layer].waiting() == 0)
        ++layer;
    return layer;
}

void ReadingPipeline::pass(std::size_t from, at::Tensor arrived, std::int32_t first,
                           StepRecord& record) {
    const LayerStack& stack = *m_network->stack;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        LayerRecord& layer = record.layers[i];
        Answered answered;
        if (arrived.defined()) {
            const LayerProjections p = stack.project(int(i), arrived);
            answered = m_layers[i].step({p.query, p.key, p.value, arrived, first}, layer);
        } else {
            const bool drained = i == from && record.kind == StepKind::Flush;
            answered = m_layers[i].flush(drained ? m_configuration.asked.chunk : 0, layer);
        }
        arrived = answered.count > 0 ? stack.finish(int(i), answered.output, answered.hidden)
                                     : at::Tensor();
        first = answered.firstPosition;
    }
    if (arrived.defined())
        answer(arrived, first, record);
}

// last: what came out of the last layer, of positions from first on.
void ReadingPipeline::answer(const at::Tensor& last, std::int32_t first, StepRecord& record) {
    const bool predicted = m_wants.next > 0 || (m_wants.nll && causal());
    if (!predicted)
        return;
    if (causal()) {
        predict(last, record);
    } else if (first + last.size(0) == std::int64_t(m_ids.size())) {
        // The prefix is whole: its last query says what follows it.
        const at::Tensor rows = m_network->stack->output(last.narrow(0, last.size(0) - 1, 1));
        record.next = predictTokens(rows, {}, m_wants.next).next;
    }
}

// The logits of a position are about the token after it, so the first token of a step was predicted
// by the last row of the step before.
void ReadingPipeline::predict(const at::Tensor& last, StepRecord& record) {
    const at::Tensor rows = m_network->stack->output(last);
    const std::int64_t count = last.size(0);
    std::vector<std::int32_t> targets; // of the rows; the last token of the input predicts nothing
    for (std::int64_t i = record.firstPosition + 1;
         i <= record.firstPosition + count && i < std::int64_t(m_ids.size()); ++i)
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
