#include "widgets/query_memory_content.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

namespace {

Result<std::vector<std::int32_t>> residentPositions(Reader& reader, const Point& point, int step) {
    std::vector<std::int32_t> positions;
    if (step < 0)
        return positions;
    auto state = reader.layerState(point.run, step, point.layer);
    if (!state)
        return state.error();
    if (point.head < 0 || point.head >= int(state->heads.size()))
        return Error{QCoreApplication::translate("QueryMemory", "Layer %1 has no head %2.")
                         .arg(point.layer)
                         .arg(point.head)};
    for (const std::int32_t position : state->heads[std::size_t(point.head)].position)
        if (position != noPosition)
            positions.push_back(position);
    std::sort(positions.begin(), positions.end());
    return positions;
}

// The positions that are in the Q memory, or come out of it, at the phase: [first, end).
std::pair<std::int64_t, std::int64_t> span(const LayerStepInfo& layer, Phase phase) {
    const std::int64_t first = layer.tick - layer.waiting - layer.answered;
    return {first, phase < Phase::Wait ? layer.tick - layer.arrived : layer.tick};
}

Result<void> readQueries(Reader& reader, const LayerStepInfo& layer,
                         const std::vector<std::int32_t>& residents, QueryMemoryContent& content) {
    const Point& point = content.asked;
    const auto [first, end] = span(layer, point.phase);
    const auto count = std::int32_t(std::max<std::int64_t>(0, end - first));
    if (count == 0)
        return {};
    auto lives = reader.lives(point.run, point.layer, point.head, std::int32_t(first), count);
    auto tokens = reader.tokens(point.run, std::int32_t(first), count);
    if (!lives || !tokens)
        return !lives ? lives.error() : tokens.error();
    for (TokenInfo& token : *tokens)
        content.texts[token.position] = std::move(token.text);
    const int memoryStep = point.phase < Phase::Insert ? point.step - 1 : point.step;
    for (const Life& life : *lives) {
        WaitingQuery query;
        query.position = life.position;
        query.since = life.insertedStep;
        if (life.evictedStep >= 0 && life.evictedStep <= memoryStep)
            query.keyGone = life.evictedStep;
        query.arrived = point.phase >= Phase::Wait && query.position >= layer.tick - layer.arrived;
        query.answered = point.phase >= Phase::Wait && query.position < first + layer.answered;
        const auto [own, next] =
            std::equal_range(residents.begin(), residents.end(), query.position);
        query.behind = int(own - residents.begin()); // without its own key
        query.ahead = int(residents.end() - next);
        content.queries.push_back(query);
    }
    return {};
}

} // namespace

int QueryMemoryContent::leaving() const {
    return int(std::count_if(queries.begin(), queries.end(),
                             [](const WaitingQuery& query) { return query.answered; }));
}

int QueryMemoryContent::arrivals() const {
    return int(std::count_if(queries.begin(), queries.end(),
                             [](const WaitingQuery& query) { return query.arrived; }));
}

int QueryMemoryContent::indexOf(std::int32_t position) const {
    if (queries.empty() || position < queries.front().position ||
        position > queries.back().position)
        return -1;
    return int(position - queries.front().position);
}

Result<QueryMemoryContent> readQueryMemory(Reader& reader, const RunInfo& run, const Point& point) {
    QueryMemoryContent content;
    content.asked = point;
    content.capacity = queryMemoryOf(run, point.layer);
    const auto layers = reader.layerSteps(point.run, point.step);
    if (!layers)
        return layers.error();
    LayerStepInfo here;
    for (const LayerStepInfo& layer : *layers) {
        if (layer.layer == 0)
            content.read = layer.tick - (point.phase < Phase::Insert ? layer.arrived : 0);
        if (layer.layer == point.layer)
            here = layer;
    }
    content.tick = here.tick;
    content.answered = here.answered;
    content.answeredBefore = std::int32_t(here.tick - here.waiting - here.answered);
    const auto residents =
        residentPositions(reader, point, point.phase < Phase::Insert ? point.step - 1 : point.step);
    if (!residents)
        return residents.error();
    content.residents = int(residents->size());
    if (const auto done = readQueries(reader, here, *residents, content); !done)
        return done.error();
    return content;
}

} // namespace attendre
