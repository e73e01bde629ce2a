#include "model/replay/frozen_layer.h"

#include <algorithm>

namespace attendre {

FrozenLayer::FrozenLayer(Reader& reader, const RunInfo& run, int layer, int head)
    : m_reader(&reader), m_run(run), m_layer(layer), m_head(head),
      m_heads(head < 0 ? run.shape.heads : 1),
      m_queryHeads(head < 0 ? run.shape.queryHeads : run.shape.queryHeads / run.shape.heads),
      m_dimension(run.shape.headDimension) {}

Error FrozenLayer::missing(std::int32_t position) const {
    return {QString("The archive of run %1 in %2 lacks position %3 of layer %4: record the run "
                    "again with --archive all.")
                .arg(m_run.run)
                .arg(m_reader->path())
                .arg(position)
                .arg(m_layer)};
}

// From [heads][n][width] to rows [n][heads][width] of the heads that are wanted.
void FrozenLayer::append(std::vector<float>& to, const std::vector<float>& from, int first,
                         int heads, int allHeads, int width) const {
    const std::size_t n = from.size() / (std::size_t(allHeads) * std::size_t(width));
    const std::size_t at = to.size();
    to.resize(at + n * std::size_t(heads) * std::size_t(width));
    for (int head = 0; head < heads; ++head)
        for (std::size_t i = 0; i < n; ++i)
            std::copy_n(
                from.begin() +
                    std::ptrdiff_t((std::size_t(first + head) * n + i) * std::size_t(width)),
                width,
                to.begin() + std::ptrdiff_t(at + (i * std::size_t(heads) + std::size_t(head)) *
                                                     std::size_t(width)));
}

Result<void> FrozenLayer::readStep() {
    auto step = m_reader->archived(m_run.run, m_nextStep, m_layer);
    if (!step)
        return step.error();
    ++m_nextStep;
    const int keyHead = std::max(0, m_head), queryHead = keyHead * m_queryHeads;
    const NetworkShape& s = m_run.shape;
    append(m_key, step->key, keyHead, m_heads, s.heads, m_dimension);
    append(m_value, step->value, keyHead, m_heads, s.heads, m_dimension);
    append(m_query, step->query, queryHead, m_queryHeads, s.queryHeads, m_dimension);
    append(m_logSumExp, step->logSumExp, queryHead, m_queryHeads, s.queryHeads, 1);
    return {};
}

Result<FrozenStep> FrozenLayer::take(const LayerShare& step) {
    const auto forget = [](std::vector<float>& rows, std::size_t values) {
        rows.erase(rows.begin(), rows.begin() + std::ptrdiff_t(std::min(values, rows.size())));
    };
    const std::size_t passed = std::size_t(step.firstPosition - m_first);
    forget(m_key, passed * keyRow());
    forget(m_value, passed * keyRow());
    forget(m_query, passed * queryRow());
    forget(m_logSumExp,
           std::size_t(step.firstAnswered - m_firstAnswered) * std::size_t(m_queryHeads));
    m_first = step.firstPosition;
    m_firstAnswered = step.firstAnswered;
    auto steps = m_reader->stepCount(m_run.run);
    if (!steps)
        return steps.error();
    const std::size_t keys = std::size_t(step.arrived) * keyRow();
    const std::size_t sums = std::size_t(step.answered) * std::size_t(m_queryHeads);
    while (m_key.size() < keys || m_logSumExp.size() < sums) {
        if (m_nextStep >= *steps)
            return missing(m_key.size() < keys ? step.firstPosition : step.firstAnswered);
        if (auto read = readStep(); !read)
            return read.error();
    }
    if (m_query.size() < std::size_t(step.arrived) * queryRow() || m_value.size() < keys)
        return missing(step.firstPosition);
    return FrozenStep{
        {step.firstPosition, step.arrived, m_key.data(), m_value.data(), m_query.data()},
        m_logSumExp.data()};
}

} // namespace attendre
