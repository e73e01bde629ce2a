#include "model/network/torch_headers.h"

#include "model/engine/asking_pipeline.h"
#include "model/engine/layer_settings.h"
#include "model/engine/next_tokens.h"
#include "model/engine/reading_pipeline.h"

#include <QElapsedTimer>

#include <algorithm>

namespace attendre {

void useThreads(int threads) {
    static thread_local int set = 0;
    if (set != threads)
        at::set_num_threads(set = threads);
}

Result<StepRecord> guardedStep(const LoadedNetwork& network, int step,
                               const std::function<StepRecord()>& work) {
    try {
        const c10::InferenceMode inference;
        useThreads(network.threads);
        QElapsedTimer timer;
        timer.start();
        StepRecord record = work();
        record.milliseconds = double(timer.nsecsElapsed()) * 1e-6;
        return record;
    } catch (const std::exception& exception) {
        // Torch's messages go on with a stack trace after their first line.
        const auto shortage = memoryShortage(exception);
        const QString what =
            shortage ? *shortage
                     : QString::fromUtf8(exception.what()).section(QLatin1Char('\n'), 0, 0);
        return Error{QStringLiteral("Step %1 failed on %2: %3; a smaller --memory or --chunk needs "
                                    "less memory.")
                         .arg(step)
                         .arg(QString::fromStdString(network.options.device().str()), what)};
    }
}

ReadingPipeline::ReadingPipeline(std::shared_ptr<const LoadedNetwork> network,
                                 ResolvedConfiguration configuration, const RunRankings& rankings,
                                 std::vector<std::int32_t> ids, StepWants wants, bool plain)
    : m_network(std::move(network)), m_configuration(std::move(configuration)),
      m_ids(std::move(ids)), m_wants(wants), m_plain(plain),
      m_stepsTotal(stepCount(m_configuration, qint64(m_ids.size()))) {
    const c10::InferenceMode inference;
    const LayerStack& stack = *m_network->layers.stack;
    const bool archives = m_wants.archive && !m_configuration.asked.archive.isEmpty();
    m_rotary = rotaryTable(*m_network, m_configuration, archives ? std::int64_t(m_ids.size()) : 0);
    m_backend = retrievalBackend(*m_network, m_configuration, plain);
    for (int layer = 0; layer < stack.layers(); ++layer) {
        LayerSettings settings =
            layerSettings(stack, m_configuration, rankings.memory, wants, layer);
        settings.archive =
            makeArchive(settings, m_configuration, m_wants, std::int64_t(m_ids.size()));
        m_layers.emplace_back(std::move(settings), m_rotary.rotates() ? &m_rotary : nullptr,
                              m_backend.get(), m_network->options);
    }
    if (m_network->layers.decoder)
        m_outputs.emplace(outputSettings(stack, m_configuration, rankings.outputs, wants),
                          m_network->description.shape.hidden, m_network->options);
}

// Layers hold pointers to the rotation and the kernels of the pipeline that they belong to.
ReadingPipeline::ReadingPipeline(const ReadingPipeline& from)
    : m_network(from.m_network), m_configuration(from.m_configuration), m_ids(from.m_ids),
      m_wants(from.m_wants), m_plain(from.m_plain), m_last(from.m_last), m_read(from.m_read),
      m_steps(from.m_steps), m_stepsTotal(from.m_stepsTotal), m_nextNll(from.m_nextNll),
      m_failed(from.m_failed) {
    const c10::InferenceMode inference;
    m_rotary = rotaryTable(*m_network, m_configuration);
    m_backend = retrievalBackend(*m_network, m_configuration, m_plain);
    for (const AttendreLayer& layer : from.m_layers)
        m_layers.push_back(layer.forked(m_rotary.rotates() ? &m_rotary : nullptr, m_backend.get()));
    if (from.m_outputs)
        m_outputs = from.m_outputs->clone();
}

std::unique_ptr<ReadingPipeline> ReadingPipeline::forked() const {
    return std::unique_ptr<ReadingPipeline>(new ReadingPipeline(*this));
}

Result<std::unique_ptr<Pipeline>> ReadingPipeline::fork() const {
    try {
        return std::unique_ptr<Pipeline>(forked());
    } catch (const std::exception& exception) {
        return forkFailed(exception, stateBytes());
    }
}

Result<std::unique_ptr<Pipeline>> ReadingPipeline::ask(Question question) const {
    return AskingPipeline::start(*this, std::move(question));
}

qint64 ReadingPipeline::stateBytes() const {
    const qint64 element = qint64(m_network->options.dtype().itemsize());
    const NetworkShape& shape = m_network->description.shape;
    const qint64 rotated = qint64(shape.queryHeads) * shape.headDimension;
    qint64 bytes = 0;
    for (const AttendreLayer& layer : m_layers) {
        const LayerSettings& s = layer.settings();
        bytes += qint64(s.heads) * s.capacity * (2 * s.headDimension * element + 48);
        bytes += layer.waiting() * (rotated + shape.hidden) * element;
    }
    if (m_outputs)
        bytes += qint64(m_configuration.outputMemory) * (shape.hidden * element + 48);
    return bytes;
}

double ReadingPipeline::residentShare(int first, int last) const {
    int heads = 0, holding = 0;
    for (const AttendreLayer& layer : m_layers) {
        const EntryColumns& columns = layer.memory().columns();
        // Keys arrive in the order of positions: a tick for each.
        const auto arrived = int(std::min<std::int64_t>(layer.memory().tick() - 1, last));
        for (int head = 0; head < columns.heads; ++head, ++heads) {
            const auto begin = columns.position.begin() + std::ptrdiff_t(head) * columns.capacity;
            const auto there = std::count_if(begin, begin + columns.occupancy, [&](int position) {
                return position >= first && position <= arrived;
            });
            holding += there == std::max(0, arrived - first + 1);
        }
    }
    return heads > 0 ? double(holding) / heads : 0;
}

std::vector<float> ReadingPipeline::lastOutputs(int every) const {
    const c10::InferenceMode inference;
    std::vector<float> all;
    const std::int64_t n = m_out.defined() ? m_out.size(0) : 0;
    const std::int64_t skip = (every - m_outFirst % every) % every;
    if (skip >= n)
        return all;
    const at::Tensor rows = m_out.slice(0, skip, n, every).to(at::kCPU, at::kFloat).contiguous();
    const float* values = rows.const_data_ptr<float>();
    return {values, values + rows.numel()};
}

bool ReadingPipeline::anyWaiting() const {
    return std::any_of(m_layers.begin(), m_layers.end(),
                       [](const AttendreLayer& layer) { return layer.waiting() > 0; });
}

bool ReadingPipeline::finished() const {
    return m_read == std::int64_t(m_ids.size()) && !anyWaiting();
}

ArchivedAttention ReadingPipeline::archivedAttention() const {
    const c10::InferenceMode inference;
    const LayerStack& stack = *m_network->layers.stack;
    ArchivedAttention attention;
    attention.scale = stack.attention().scale;
    attention.frequencies = stack.rotaryFrequencies();
    if (!stack.biased())
        return attention;
    // A bias depends on the distance alone: one query in the middle of all positions tells it.
    attention.reach = std::max(0, int(m_ids.size()) - 1);
    const at::Tensor positions =
        at::arange(2 * std::int64_t(attention.reach) + 1, m_network->options.dtype(at::kInt))
            .unsqueeze(0)
            .expand({stack.attention().heads, -1})
            .contiguous();
    const at::Tensor bias =
        stack.bias(attention.reach, 1, positions).to(at::kCPU, at::kFloat).contiguous();
    const float* values = bias.const_data_ptr<float>();
    attention.bias.assign(values, values + bias.numel());
    return attention;
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
    auto record = guardedStep(*m_network, m_steps, [this] { return compute(); });
    m_failed = !record.ok();
    return record;
}

StepRecord ReadingPipeline::emptyRecord(StepKind kind, std::int64_t arrived) const {
    StepRecord record;
    record.step = m_steps;
    record.kind = kind;
    record.firstPosition = std::int32_t(m_read);
    record.arrived = std::int32_t(arrived);
    record.layers.resize(m_layers.size());
    if (m_outputs)
        record.output.emplace();
    return record;
}

StepRecord ReadingPipeline::compute() {
    const std::int64_t n =
        std::min<std::int64_t>(m_configuration.asked.chunk, std::int64_t(m_ids.size()) - m_read);
    StepRecord record = emptyRecord(n > 0 ? StepKind::Chunk : StepKind::Flush, n);
    m_read += n;
    if (n > 0) {
        at::Tensor ids = at::empty({n}, at::kInt);
        std::copy_n(m_ids.begin() + record.firstPosition, n, ids.data_ptr<std::int32_t>());
        pass(0,
             m_network->layers.stack->embed(ids.to(m_network->options.device()),
                                            record.firstPosition),
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
    const LayerStack& stack = *m_network->layers.stack;
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
        m_last = arrived.narrow(0, arrived.size(0) - 1, 1).clone();
    m_out = arrived;
    m_outFirst = first;
    if (m_outputs)
        finishOutputs(arrived, first, record);
    else if (arrived.defined())
        answer(arrived, first, record);
}

void ReadingPipeline::finishOutputs(const at::Tensor& last, std::int32_t first,
                                    StepRecord& record) {
    const std::int64_t n = last.defined() ? last.size(0) : 0;
    const at::Tensor rows = n > 0 ? m_network->layers.stack->output(last) : at::Tensor();
    m_outputs->step(rows, n, first, m_layers.back().memory().columns(), *record.output);
}

at::Tensor ReadingPipeline::lastLogits() const {
    return m_last.defined() ? m_network->layers.stack->output(m_last) : at::Tensor();
}

// last: what came out of the last layer, of positions from first on.
void ReadingPipeline::answer(const at::Tensor& last, std::int32_t first, StepRecord& record) {
    if (causal()) {
        if (m_wants.next > 0 || m_wants.nll)
            predict(last, record);
    } else if (m_wants.next > 0 && first + last.size(0) == std::int64_t(m_ids.size())) {
        // The prefix is whole: its last query says what follows it.
        record.next = predictTokens(lastLogits(), {}, m_wants.next).next;
    }
}

// The logits of a position are about the token after it, so the first token of a step was predicted
// by the last row of the step before.
void ReadingPipeline::predict(const at::Tensor& last, StepRecord& record) {
    const at::Tensor rows = m_network->layers.stack->output(last);
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

void ReadingPipeline::readInstead(const std::vector<std::int32_t>& ids, int room, int step) {
    m_configuration.asked.archive.clear();
    const qint64 held = qint64(m_ids.size());
    m_ids.resize(std::size_t(m_read));
    m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    const qint64 tokens = qint64(m_ids.size()) + room;
    std::vector<qint64> waiting;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        int& capacity = m_configuration.memory[i];
        if (capacity >= held && capacity < tokens)
            m_layers[i].grow(capacity = int(tokens));
        waiting.push_back(m_layers[i].waiting());
    }
    if (m_outputs && m_configuration.outputMemory >= held && m_configuration.outputMemory < tokens)
        m_outputs->grow(m_configuration.outputMemory = int(tokens));
    m_rotary = rotaryTable(*m_network, m_configuration);
    m_steps = step;
    m_stepsTotal = step + stepsLeft(m_configuration, waiting, qint64(ids.size()));
    if (causal() && m_wants.nll && m_last.defined() && !ids.empty())
        m_nextNll = predictTokens(lastLogits(), {ids.front()}, 0).nll.front();
}

StepRecord ReadingPipeline::recordAsItStands() {
    StepRecord record = emptyRecord(StepKind::Ask, 0);
    for (std::size_t i = 0; i < m_layers.size(); ++i)
        m_layers[i].recordAsItStands(record.layers[i]);
    if (m_outputs)
        m_outputs->recordAsItStands(*record.output);
    ++m_steps;
    return record;
}

void ReadingPipeline::beginAnswer() {
    for (AttendreLayer& layer : m_layers)
        layer.answerCausally();
    if (m_outputs)
        m_outputs->beginAnswer();
}

StepRecord ReadingPipeline::feedAnswer(std::int32_t id) {
    StepRecord record = emptyRecord(StepKind::Answer, 1);
    m_ids.push_back(id);
    ++m_read;
    const at::Tensor ids =
        at::full({1}, id, at::TensorOptions().dtype(at::kInt).device(m_network->options.device()));
    pass(0, m_network->layers.stack->embed(ids, record.firstPosition), record.firstPosition,
         record);
    // Which answer token is likely is told by whoever chooses it.
    record.next.clear();
    record.nll.clear();
    ++m_steps;
    return record;
}

StepRecord ReadingPipeline::recordCross(const at::Tensor& weights, std::int32_t position) {
    StepRecord record = emptyRecord(StepKind::Answer, 1);
    for (std::size_t i = 0; i < m_layers.size(); ++i)
        m_layers[i].flush(0, record.layers[i]);
    m_outputs->attended(weights, position, *record.output);
    record.firstPosition = position;
    ++m_steps;
    return record;
}

} // namespace attendre
