#include "widgets/document_values.h"

#include "model/analysis/layer_course.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

// What each query lost at the step that answered it, up to the point's.
Result<std::vector<float>> readAnswered(Reader& reader, const RunInfo& run, const Point& point,
                                        TokenColumn column, std::int32_t first,
                                        std::int32_t count) {
    std::vector<float> numbers(std::size_t(std::max(0, count)),
                               std::numeric_limits<float>::quiet_NaN());
    const int steps = point.step + 1;
    auto step = answeredStep(reader, run, point.layer, first, steps);
    if (!step)
        return step.error();
    for (int s = *step; s >= 0 && s < steps; ++s) {
        const auto layers = reader.layerSteps(point.run, s);
        const auto heads = reader.headSteps(point.run, s);
        if (!layers || !heads)
            return !layers ? layers.error() : heads.error();
        const LayerStepInfo& layer = (*layers)[std::size_t(point.layer)];
        if (layer.answered > 0 && layer.firstAnswered >= first + count)
            break;
        const SeenNumbers& seen =
            (*heads)[std::size_t(point.layer * run.shape.heads + point.head)].seen;
        const float value = column == TokenColumn::Coverage ? seen.coverage : seen.outputError;
        for (int i = 0; i < layer.answered; ++i) {
            const std::int32_t at = layer.firstAnswered + i - first;
            if (at >= 0 && at < count)
                numbers[std::size_t(at)] = value;
        }
    }
    return numbers;
}

} // namespace

std::optional<double> DocumentValues::of(std::int32_t token, const DocumentMemory& memory) const {
    if (column == TokenColumn::Coverage || column == TokenColumn::OutputError) {
        const std::int32_t at = token - first;
        if (at < 0 || std::size_t(at) >= numbers.size() || std::isnan(numbers[std::size_t(at)]))
            return {};
        return double(numbers[std::size_t(at)]);
    }
    const auto pick = [this](double hits, double mass, double last) {
        return column == TokenColumn::Hits ? hits : column == TokenColumn::Mass ? mass : last;
    };
    const auto* resident = memory.resident(token);
    if (resident && resident->here) {
        const auto slot = std::size_t(resident->slot);
        if (column == TokenColumn::Age)
            return memory.firstPosition + memory.arrived - token;
        const HeadState& head = memory.head;
        if (head.columns())
            return pick(head.hits[slot], double(head.mass[slot]), double(head.lastMass[slot]));
        return {};
    }
    const auto found = std::lower_bound(
        lives.begin(), lives.end(), token,
        [](const Life& life, std::int32_t wanted) { return life.position < wanted; });
    const bool left = found != lives.end() && found->position == token && found->hasUsage &&
                      found->evictedStep >= 0 && found->evictedStep <= memory.point.step;
    if (!left || column == TokenColumn::Age)
        return {};
    return pick(found->usage.hits, double(found->usage.mass), double(found->usage.lastMass));
}

Result<DocumentValues> readDocumentValues(Reader& reader, const RunInfo& run, const Point& point,
                                          TokenColumn column, std::int32_t first,
                                          std::int32_t count) {
    DocumentValues values;
    values.column = column;
    values.first = first;
    if (column == TokenColumn::Coverage || column == TokenColumn::OutputError) {
        auto numbers = readAnswered(reader, run, point, column, first, count);
        if (!numbers)
            return numbers.error();
        values.numbers = numbers.take();
    } else if (column >= TokenColumn::Hits && column <= TokenColumn::Age) {
        auto lives = reader.lives(point.run, point.layer, point.head, first, count);
        if (!lives)
            return lives.error();
        values.lives = lives.take();
    }
    return values;
}

std::optional<double> regretOf(const HeadLosses& losses, std::int32_t token, int step) {
    const auto found = std::lower_bound(
        losses.regrets.begin(), losses.regrets.end(), token,
        [](const EvictionRegret& regret, std::int32_t wanted) { return regret.position < wanted; });
    if (found == losses.regrets.end() || found->position != token || found->evictedStep > step)
        return {};
    return found->mass;
}

} // namespace attendre
