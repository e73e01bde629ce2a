#include "model/network/torch_headers.h"

#include "model/memory/layer_archive.h"

#include <QDir>
#include <QFile>
#include <QTemporaryFile>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include <fcntl.h>

namespace attendre {

namespace {

constexpr std::int64_t sampled = 8;      // answered queries of a step that are measured
constexpr std::int64_t blockKeys = 4096; // archived keys that are rotated at one time

at::ScalarType computeType(const at::Tensor& t) {
    return t.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

// [positions, heads, D] of float32 in a file that has lost its name. Its room is reserved: a full
// disk is told here, not by a fault when a page is written.
at::Tensor mappedRows(const ArchiveSettings& s) {
    const std::int64_t count = s.positions * s.heads * s.headDimension;
    const QString folder = s.folder.isEmpty() ? QDir::tempPath() : s.folder;
    QTemporaryFile file(folder + QStringLiteral("/attendre-archive"));
    TORCH_CHECK(file.open(), "no file can be made in ", qPrintable(folder), " (",
                qPrintable(file.errorString()), ")");
    const int error = ::posix_fallocate(file.handle(), 0, count * qint64(sizeof(float)));
    TORCH_CHECK(error == 0, "the archive's keys and values find no room in ", qPrintable(folder),
                " (", std::strerror(error), ")");
    return at::from_file(QFile::encodeName(file.fileName()).toStdString(), /*shared=*/true, count,
                         at::TensorOptions().dtype(at::kFloat))
        .view({s.positions, s.heads, s.headDimension});
}

std::vector<float> floats(const at::Tensor& values) {
    const at::Tensor t = values.to(at::kCPU, at::kFloat).contiguous();
    const float* from = t.const_data_ptr<float>();
    return {from, from + t.numel()};
}

// Each head's number is the mean of values ([G, group, k]) over queries and the group's heads; NaNs
// count for nothing.
void put(LayerRecord& record, float SeenNumbers::*member, const at::Tensor& values) {
    const std::vector<float> means = floats(at::nanmean(values.flatten(1), at::IntArrayRef({1})));
    for (std::size_t head = 0; head < record.seen.size(); ++head)
        record.seen[head].*member = means[head];
}

at::Tensor relativeError(const at::Tensor& got, const at::Tensor& right) {
    return (got - right).norm(2, -1) / right.norm(2, -1);
}

// [G, 1, 1, n]: true at the entries from position s on.
at::Tensor beyondSinks(const at::Tensor& position, int sinks) {
    return position.ge(sinks).view({position.size(0), 1, 1, position.size(1)});
}

at::Tensor masked(const at::Tensor& scores, const at::Tensor& kept) {
    return scores.masked_fill(kept.logical_not(), -std::numeric_limits<double>::infinity());
}

// weights: [G, group, k, n], values: [G, n, D] -> [G, group, k, D].
at::Tensor outputs(const at::Tensor& weights, const at::Tensor& values) {
    const auto w = weights.sizes();
    return at::bmm(weights.reshape({w[0], w[1] * w[2], w[3]}), values.to(weights.scalar_type()))
        .view({w[0], w[1], w[2], values.size(2)});
}

// The scores with which the sampled queries attended to the memory, -inf elsewhere: [G, group, k,
// n].
at::Tensor memoryScores(const Retrieval& r, const std::vector<std::int64_t>& sample) {
    std::vector<at::Tensor> scores;
    for (const std::int64_t j : sample) {
        Retrieval one = r;
        one.query = r.query.narrow(1, j, 1);
        one.firstQuery = r.firstQuery + std::int32_t(j);
        if (r.bias.defined())
            one.bias = r.bias.narrow(1, j, 1);
        scores.push_back(attendedScores(one));
    }
    return at::cat(scores, 2);
}

// [G, n] on the retrieval's device.
at::Tensor residentPositions(const Retrieval& r) {
    at::Tensor table = at::empty({r.heads(), r.entries()}, at::kLong);
    for (std::int64_t head = 0; head < r.heads(); ++head)
        std::copy_n(r.position + head * r.positionStride, r.entries(),
                    table.mutable_data_ptr<std::int64_t>() + head * r.entries());
    return table.to(r.key.device());
}

} // namespace

std::vector<std::int64_t> LayerArchive::sample(std::int64_t answered) {
    const std::int64_t k = std::min(answered, sampled);
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 1; i <= k; ++i)
        chosen.push_back(i * answered / k - 1);
    return chosen;
}

LayerArchive::LayerArchive(ArchiveSettings settings) : m_settings(std::move(settings)) {
    if (!m_settings.atHand)
        return;
    m_keys = mappedRows(m_settings);
    if (m_settings.values)
        m_values = mappedRows(m_settings);
}

void LayerArchive::arrive(const at::Tensor& key, const at::Tensor& value, const at::Tensor& query,
                          std::int64_t first, ArchivedStep& record) {
    record.key = floats(key.transpose(0, 1));
    if (m_settings.values) {
        record.value = floats(value.transpose(0, 1));
        record.query = floats(query.transpose(0, 1));
    }
    if (m_keys.defined())
        m_keys.narrow(0, first, key.size(0)).copy_(key);
    if (m_values.defined())
        m_values.narrow(0, first, value.size(0)).copy_(value);
}

// Everything that has arrived, at its original position: what a memory without bounds would have
// attended to. [G, group, k, tick], -inf at what the mask hides.
at::Tensor LayerArchive::seenScores(const Retrieval& r, const at::Tensor& queries,
                                    const std::vector<std::int64_t>& sample, std::int64_t tick,
                                    RotaryTable* rotary) const {
    const std::int64_t k = std::int64_t(sample.size()), group = r.group();
    const auto device = r.query.device();
    const auto type = computeType(r.query);
    const at::Tensor index = at::tensor(sample, at::kLong).to(device);
    at::Tensor q = queries.index_select(0, index).to(type);
    if (rotary) {
        const RotaryRows rows = rotary->rows(r.firstQuery, r.queries());
        q = rotateRows(q, {rows.cosine.index_select(0, index), rows.sine.index_select(0, index)});
    } else {
        q = q.transpose(0, 1).contiguous();
    }
    q = q.view({r.heads(), group * k, q.size(2)});
    std::vector<at::Tensor> blocks;
    for (std::int64_t from = 0; from < tick; from += blockKeys) {
        const std::int64_t count = std::min(blockKeys, tick - from);
        at::Tensor key = m_keys.narrow(0, from, count).to(device, type);
        key = rotary ? rotateRows(key, rotary->rows(from, count)) : key.transpose(0, 1);
        at::Tensor s = at::bmm(q, key.transpose(1, 2)).mul_(m_settings.scale);
        s = s.view({r.heads(), group, k, count});
        if (m_settings.bias)
            s = s + biasOf(r, key, from).index_select(1, index).to(type).view(s.sizes());
        if (m_settings.causal) {
            const at::Tensor at = at::arange(from, from + count, index.options());
            s = masked(s, at.unsqueeze(0).le((index + r.firstQuery).unsqueeze(1)));
        }
        blocks.push_back(s);
    }
    return at::cat(blocks, -1);
}

// What is added to the scores of the retrieval's queries and the keys of positions from `from` on:
// [H, m, count].
at::Tensor LayerArchive::biasOf(const Retrieval& r, const at::Tensor& key,
                                std::int64_t from) const {
    std::vector<std::int32_t> position(std::size_t(key.size(1)));
    std::iota(position.begin(), position.end(), std::int32_t(from));
    Retrieval seen = r;
    seen.key = key;
    seen.position = position.data();
    seen.positionStride = 0;
    return m_settings.bias(seen);
}

void LayerArchive::measure(const Retrieval& r, const Retrieved& retrieved,
                           const at::Tensor& queries, std::int64_t tick, RotaryTable* rotary,
                           LayerRecord& record) const {
    if (m_settings.values)
        record.archived.logSumExp = floats(retrieved.logSumExp);
    record.seen.assign(std::size_t(r.heads()), SeenNumbers());
    if (tick == r.entries() && r.topK == 0) {
        for (SeenNumbers& head : record.seen)
            head = nothingLost(m_settings.causal ? r.firstQuery + r.queries() : tick);
        return;
    }
    const auto sample = LayerArchive::sample(r.queries());
    const at::Tensor positions = residentPositions(r);
    const at::Tensor resident = at::zeros({r.heads(), tick}, positions.options().dtype(at::kBool))
                                    .scatter_(1, positions, true)
                                    .view({r.heads(), 1, 1, tick});
    const at::Tensor scores = seenScores(r, queries, sample, tick, rotary);
    const at::Tensor every = at::arange(tick, positions.options()).unsqueeze(0);
    const at::Tensor weights = at::softmax(scores, -1),
                     beyond = at::softmax(masked(scores, beyondSinks(every, m_settings.sinks)), -1);
    put(record, &SeenNumbers::coverage, (weights * resident).sum(-1));
    put(record, &SeenNumbers::coverageBeyondSinks, (beyond * resident).sum(-1));
    if (!m_settings.values)
        return;
    const at::Tensor values = m_values.narrow(0, 0, tick).to(r.query.device()).transpose(0, 1);
    const at::Tensor index = at::tensor(sample, at::kLong).to(r.query.device());
    const at::Tensor got = retrieved.output.index_select(0, index)
                               .to(scores.scalar_type())
                               .view({index.size(0), r.heads(), r.group(), r.value.size(2)})
                               .permute({1, 2, 0, 3});
    put(record, &SeenNumbers::outputError, relativeError(got, outputs(weights, values)));
    const at::Tensor kept =
        at::softmax(masked(memoryScores(r, sample), beyondSinks(positions, m_settings.sinks)), -1);
    put(record, &SeenNumbers::outputErrorBeyondSinks,
        relativeError(outputs(kept, r.value), outputs(beyond, values)));
}

// A memory from which nothing has gone. visible: how many positions the last query sees.
SeenNumbers LayerArchive::nothingLost(std::int64_t visible) const {
    SeenNumbers numbers;
    numbers.coverage = 1;
    if (m_settings.values)
        numbers.outputError = 0;
    if (visible > m_settings.sinks) {
        numbers.coverageBeyondSinks = numbers.coverage;
        numbers.outputErrorBeyondSinks = numbers.outputError;
    }
    return numbers;
}

} // namespace attendre
