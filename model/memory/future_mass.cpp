#include "model/memory/future_mass.h"

#include <algorithm>
#include <stdexcept>

namespace attendre {

namespace {

// Why a run says nothing of this one's future; empty where it does. The model, which takes long to
// compare, is left to the caller.
Result<QString> misfit(Reader& reader, const RunInfo& run, const PolicyInput& input) {
    const ResolvedConfiguration &theirs = run.configuration, &ours = input.configuration;
    const auto tokens = std::int32_t(input.ids.size());
    if (!run.finished || !run.ended.isEmpty())
        return QString("it did not reach its end; let it finish");
    if (run.tokens != tokens)
        return QString("it read another input, of %1 tokens, not %2; record this one")
            .arg(run.tokens)
            .arg(tokens);
    const auto read = reader.tokens(run.run, 0, tokens);
    if (!read)
        return read.error();
    for (std::int32_t i = 0; i < tokens; ++i)
        if (i >= std::int32_t(read->size()) || (*read)[size_t(i)].id != input.ids[size_t(i)])
            return QString("it read another input, which differs at position %1; record this one")
                .arg(i);
    for (const int memory : theirs.memory)
        if (memory < tokens)
            return QString("its memory was M = %1, less than T = %2, so it evicted; record it "
                           "with --memory full")
                .arg(memory)
                .arg(tokens);
    if (theirs.asked.detail != "full")
        return QString("it was recorded at --detail %1, without the sums of every step; record it "
                       "with --detail full")
            .arg(theirs.asked.detail);
    if (theirs.asked.halfLife > 0)
        return QString("its sums fade with --half-life %1; record it without")
            .arg(theirs.asked.halfLife);
    if (theirs.mode != ours.mode || theirs.queryMemory != ours.queryMemory)
        return QString("its --mode or --query-memory is another; record it with those of this run");
    if (theirs.asked.topK != ours.asked.topK)
        return QString("its --top-k is %1, not %2; record it with that of this run")
            .arg(theirs.asked.topK)
            .arg(ours.asked.topK);
    return QString();
}

} // namespace

Result<std::unique_ptr<FutureMass>> FutureMass::open(const QString& trace,
                                                     const PolicyInput& input) {
    auto future = std::unique_ptr<FutureMass>(new FutureMass);
    auto reader = Reader::open(trace);
    if (!reader)
        return reader.error();
    future->m_reader = reader.take();
    auto runs = future->m_reader->runs();
    if (!runs)
        return runs.error();
    QString why = "it holds no run; record one with --memory full and --detail full";
    for (auto run = runs->rbegin(); run != runs->rend(); ++run) {
        auto reason = misfit(*future->m_reader, *run, input);
        if (!reason)
            return reason.error();
        if (reason->isEmpty()) {
            const auto hash = input.modelHash();
            if (!hash)
                return hash.error();
            if (*hash == run->modelHash) {
                if (auto done = future->read(*run); !done)
                    return done.error();
                return future;
            }
            *reason = QString("it was made by another model, %1; record it with this one")
                          .arg(run->model);
        }
        if (run == runs->rbegin())
            why = QString("run %1: %2").arg(run->run).arg(*reason);
    }
    return Error{QString("The trace %1 does not tell this run's future (%2).").arg(trace, why), 2};
}

Result<void> FutureMass::read(const RunInfo& run) {
    m_run = run.run;
    m_tokens = std::size_t(run.tokens);
    m_source = QString("The policy future reads run %1 of %2, recorded %3.")
                   .arg(run.run)
                   .arg(m_reader->path(), run.created.toString(Qt::ISODate));
    const auto steps = m_reader->stepCount(run.run);
    if (!steps)
        return steps.error();
    m_ticks.resize(std::size_t(run.shape.layers));
    for (int step = 0; step < *steps; ++step) {
        const auto layers = m_reader->layerSteps(run.run, step);
        if (!layers)
            return layers.error();
        for (const LayerStepInfo& layer : *layers)
            m_ticks[std::size_t(layer.layer)].push_back(layer.tick);
    }
    m_now.resize(m_ticks.size());
    for (int layer = 0; layer < run.shape.layers; ++layer) {
        auto end = massesAfter(*steps - 1, layer);
        if (!end)
            return end.error();
        m_end.push_back(end.take());
    }
    return {};
}

Result<FutureMass::Masses> FutureMass::massesAfter(int step, int layer) {
    auto state = m_reader->layerState(m_run, step, layer);
    if (!state)
        return state.error();
    Masses masses;
    masses.step = step;
    for (const HeadState& head : state->heads) {
        if (!head.columns())
            return Error{QString("Step %1 of run %2 of %3 holds no sums of weights; record it "
                                 "again with --detail full.")
                             .arg(step)
                             .arg(m_run)
                             .arg(m_reader->path())};
        std::vector<float> byPosition(m_tokens, 0);
        for (std::size_t slot = 0; slot < head.position.size(); ++slot)
            if (head.position[slot] != noPosition)
                byPosition[std::size_t(head.position[slot])] = head.mass[slot];
        masses.heads.push_back(std::move(byPosition));
    }
    return masses;
}

void FutureMass::toCome(int layer, int head, std::int64_t tick,
                        std::span<const std::int32_t> position, std::span<double> rank) {
    const auto& ticks = m_ticks[std::size_t(layer)];
    const int step = int(std::upper_bound(ticks.begin(), ticks.end(), tick) - ticks.begin()) - 1;
    Masses& now = m_now[std::size_t(layer)];
    if (step >= 0 && now.step != step) {
        auto read = massesAfter(step, layer);
        if (!read)
            throw std::runtime_error(read.error().sentence.toStdString());
        now = read.take();
    }
    const std::vector<float>& end = m_end[std::size_t(layer)].heads[std::size_t(head)];
    for (std::size_t i = 0; i < rank.size(); ++i) {
        const auto at = std::size_t(position[i]);
        const float until = step >= 0 ? now.heads[std::size_t(head)][at] : 0;
        rank[i] = double(end[at]) - double(until);
    }
}

} // namespace attendre
