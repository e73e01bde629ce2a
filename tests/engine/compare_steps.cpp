#include "tests/engine/compare_steps.h"

#include <algorithm>
#include <cmath>

namespace attendre::slow {

namespace {

using Found = std::optional<QString>;

Found whole(const QString& what, qint64 engine, qint64 slow) {
    if (engine == slow)
        return std::nullopt;
    return QString("%1: the engine has %2, the slow pipeline %3").arg(what).arg(engine).arg(slow);
}

Found real(const QString& what, double engine, double slow, double tolerance) {
    if (engine == slow) // also where both are infinite
        return std::nullopt;
    // Below 1e-30 single precision has nothing left to compare.
    if (std::abs(engine - slow) <= tolerance * std::abs(slow) + 1e-30)
        return std::nullopt;
    return QString("%1: the engine has %2, the slow pipeline %3")
        .arg(what)
        .arg(engine, 0, 'g', 12)
        .arg(slow, 0, 'g', 12);
}

Found size(const QString& what, size_t engine, size_t expected) {
    return whole("the length of " + what, qint64(engine), qint64(expected));
}

Found layerFacts(const LayerRecord& engine, const Step& step, int layer, const Options& options) {
    const LayerStep& slow = step.layers[layer];
    const auto& slots = slow.heads[0].slots;
    const auto residents = std::count_if(slots.begin(), slots.end(),
                                         [](const Slot& slot) { return slot.position >= 0; });
    const std::pair<const char*, std::pair<qint64, qint64>> facts[] = {
        {"layer", {engine.layer, layer}},
        {"capacity", {engine.capacity, options.memory[layer]}},
        {"firstPosition", {engine.firstPosition, slow.firstPosition}},
        {"arrived", {engine.arrived, slow.arrived}},
        {"firstAnswered", {engine.firstAnswered, slow.firstAnswered}},
        {"answered", {engine.answered, slow.answered}},
        {"waiting", {engine.waiting, slow.waiting}},
        {"occupancy", {engine.occupancy, residents}},
        {"tick", {engine.tick, slow.tick}},
        {"evicted", {engine.evicted, qint64(slow.heads[0].victims.size())}},
    };
    for (const auto& [name, values] : facts)
        if (auto found = whole(name, values.first, values.second))
            return found;
    const size_t slotCount = slow.heads.size() * slots.size();
    const size_t victimCount = slow.heads.size() * slow.heads[0].victims.size();
    const std::pair<const char*, std::pair<size_t, size_t>> sizes[] = {
        {"victimSlots", {engine.victimSlots.size(), victimCount}},
        {"victimPositions", {engine.victimPositions.size(), victimCount}},
        {"victimRanks", {engine.victimRanks.size(), victimCount}},
        {"position", {engine.position.size(), slotCount}},
        {"lastTick", {engine.lastTick.size(), slotCount}},
        {"mass", {engine.mass.size(), slotCount}},
        {"massSquared", {engine.massSquared.size(), slotCount}},
        {"hits", {engine.hits.size(), slotCount}},
        {"lastMass", {engine.lastMass.size(), slotCount}},
        {"rank", {engine.rank.size(), slotCount}},
    };
    for (const auto& [name, values] : sizes)
        if (auto found = size(name, values.first, values.second))
            return found;
    return std::nullopt;
}

Found victims(const LayerRecord& engine, const HeadStep& slow, size_t offset,
              const Tolerance& tolerance) {
    for (size_t i = 0; i < slow.victims.size(); ++i) {
        const QString at = QString("victim %1 ").arg(i);
        const Victim& expected = slow.victims[i];
        if (auto found =
                whole(at + "position", engine.victimPositions[offset + i], expected.position))
            return found;
        if (auto found = whole(at + "slot", engine.victimSlots[offset + i], expected.slot))
            return found;
        if (auto found = real(at + "rank", engine.victimRanks[offset + i], expected.rank,
                              tolerance.relative))
            return found;
    }
    return std::nullopt;
}

Found slot(const LayerRecord& engine, const Slot& slow, size_t i, const Tolerance& tolerance,
           bool decays) {
    if (auto found = whole("position", engine.position[i], slow.position))
        return found;
    if (auto found = whole("lastTick", engine.lastTick[i], slow.lastTick))
        return found;
    // Hits that decay are real; the record holds them as whole numbers.
    if (decays ? std::abs(engine.hits[i] - slow.hits) > 1 : engine.hits[i] != slow.hits)
        return real("hits", engine.hits[i], slow.hits, 0);
    if (auto found = real("mass", engine.mass[i], slow.mass, tolerance.single))
        return found;
    if (auto found =
            real("massSquared", engine.massSquared[i], slow.massSquared, 2 * tolerance.single))
        return found;
    if (auto found = real("lastMass", engine.lastMass[i], slow.lastMass, tolerance.single))
        return found;
    return real("rank", engine.rank[i], slow.rank, tolerance.relative);
}

Found head(const LayerRecord& engine, const HeadStep& slow, size_t index,
           const Tolerance& tolerance, bool decays) {
    if (auto found = victims(engine, slow, index * slow.victims.size(), tolerance))
        return found;
    for (size_t s = 0; s < slow.slots.size(); ++s)
        if (auto found =
                slot(engine, slow.slots[s], index * slow.slots.size() + s, tolerance, decays))
            return QString("slot %1 (position %2), %3")
                .arg(s)
                .arg(slow.slots[s].position)
                .arg(*found);
    return std::nullopt;
}

// One query's kept weights: the largest ones, each with the position that has it.
Found query(const TopAttention& engine, size_t row, const Attention& slow,
            const Tolerance& tolerance) {
    auto sorted = slow.weights;
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
    double rest = 1;
    for (size_t i = 0; i < TopAttention::kept; ++i) {
        const size_t at = row * TopAttention::kept + i;
        const QString place = QString("kept entry %1 ").arg(i);
        if (i >= sorted.size()) {
            if (auto found = whole(place + "position", engine.positions[at], noPosition))
                return found;
            continue;
        }
        rest -= sorted[i].second;
        // A weight that single precision cannot hold may be kept or not.
        if (sorted[i].second < 1e-37 && engine.weights[at] < 1e-37f)
            continue;
        if (auto found =
                real(place + "weight", engine.weights[at], sorted[i].second, tolerance.single))
            return found;
        const auto named = std::find_if(sorted.begin(), sorted.end(), [&](const auto& entry) {
            return entry.first == engine.positions[at];
        });
        // Equal weights may stand in either order; the named position must have this weight.
        if (named == sorted.end() ||
            real("", named->second, sorted[i].second, tolerance.single).has_value())
            return whole(place + "position", engine.positions[at], sorted[i].first);
    }
    if (std::abs(engine.rest[row] - std::max(0.0, rest)) > 1e-6)
        return real("rest", engine.rest[row], rest, 0);
    return std::nullopt;
}

Found attention(const LayerRecord& engine, const LayerStep& slow, const Tolerance& tolerance) {
    const TopAttention& top = engine.attention;
    const size_t answered = slow.heads[0].attention.size();
    const size_t rows = slow.heads.size() * answered;
    if (auto found = size("attention.positions", top.positions.size(), rows * TopAttention::kept))
        return found;
    if (auto found = size("attention.weights", top.weights.size(), rows * TopAttention::kept))
        return found;
    if (auto found = size("attention.rest", top.rest.size(), rows))
        return found;
    for (size_t row = 0; row < rows; ++row) {
        const Attention& expected = slow.heads[row / answered].attention[row % answered];
        if (auto found = query(top, row, expected, tolerance))
            return QString("K/V head %1, query %2, %3")
                .arg(row / answered)
                .arg(expected.queryPosition)
                .arg(*found);
    }
    return std::nullopt;
}

Found outputs(const LayerRecord& engine, const OutputStep& slow, const Options& options,
              const Tolerance& tolerance) {
    if (auto found = whole("firstPosition", engine.firstPosition, slow.firstPosition))
        return found;
    if (auto found = whole("arrived", engine.arrived, slow.arrived))
        return found;
    if (auto found = whole("evicted", engine.evicted, qint64(slow.victims.size())))
        return found;
    if (auto found = size("position", engine.position.size(), slow.positions.size()))
        return found;
    Tolerance own = tolerance;
    const QString& policy = options.outputPolicy;
    own.relative = policy == "h2o" || policy == "tova" || policy == "lfa" ? own.single : 1e-9;
    HeadStep victimsOnly;
    victimsOnly.victims = slow.victims;
    if (auto found = victims(engine, victimsOnly, 0, own))
        return found;
    for (size_t i = 0; i < slow.positions.size(); ++i) {
        const QString at = QString("slot %1, ").arg(i);
        if (auto found = whole(at + "position", engine.position[i], slow.positions[i]))
            return found;
        if (auto found = real(at + "rank", engine.rank[i], slow.ranks[i], own.relative))
            return found;
    }
    return std::nullopt;
}

Found nextTokens(const StepRecord& engine, const Step& slow, const Tolerance& tolerance) {
    if (slow.nextLogProbabilities.empty())
        return size("likely next tokens", engine.next.size(), 0);
    for (const NextToken& next : engine.next) {
        const double expected = slow.nextLogProbabilities.at(next.id);
        if (auto found = real(QString("next token %1").arg(next.id), next.logProbability, expected,
                              10 * tolerance.single))
            return found;
    }
    Row sorted = slow.nextLogProbabilities;
    std::sort(sorted.rbegin(), sorted.rend());
    for (size_t i = 0; i < engine.next.size(); ++i)
        if (auto found = real(QString("next token, place %1").arg(i), engine.next[i].logProbability,
                              sorted[i], 10 * tolerance.single))
            return found;
    return std::nullopt;
}

} // namespace

std::optional<QString> disagreement(const StepRecord& engine, const Step& slow,
                                    const Options& options, Tolerance tolerance) {
    if (hasRealRanks(options))
        tolerance.relative = tolerance.single;
    const StepKind kind = slow.flush ? StepKind::Flush : StepKind::Chunk;
    if (auto found = whole("kind", int(engine.kind), int(kind)))
        return found;
    if (auto found = whole("firstPosition", engine.firstPosition, slow.firstPosition))
        return found;
    if (auto found = whole("arrived", engine.arrived, slow.arrived))
        return found;
    if (auto found = size("layers", engine.layers.size(), slow.layers.size()))
        return found;
    for (size_t l = 0; l < slow.layers.size(); ++l) {
        const QString at = QString("layer %1, ").arg(l);
        const LayerStep& layer = slow.layers[l];
        if (auto found = layerFacts(engine.layers[l], slow, int(l), options))
            return at + *found;
        for (size_t g = 0; g < layer.heads.size(); ++g)
            if (auto found =
                    head(engine.layers[l], layer.heads[g], g, tolerance, options.halfLife > 0))
                return at + QString("K/V head %1, ").arg(g) + *found;
        if (auto found = attention(engine.layers[l], layer, tolerance))
            return at + *found;
    }
    if (engine.output.has_value() != slow.outputs.has_value())
        return QString("only one of the two has an encoder-output memory");
    if (slow.outputs)
        if (auto found = outputs(*engine.output, *slow.outputs, options, tolerance))
            return "the encoder-output memory, " + *found;
    return nextTokens(engine, slow, tolerance);
}

} // namespace attendre::slow
