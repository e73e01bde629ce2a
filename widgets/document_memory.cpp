#include "widgets/document_memory.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

namespace {

std::vector<DocumentMemory::Resident> gather(const LayerState& state, int head) {
    std::vector<DocumentMemory::Resident> all;
    for (std::size_t h = 0; h < state.heads.size(); ++h) {
        const auto& positions = state.heads[h].position;
        const bool here = int(h) == head;
        for (std::size_t slot = 0; slot < positions.size(); ++slot)
            if (positions[slot] != noPosition)
                all.push_back({positions[slot], 1, here, here ? std::int32_t(slot) : -1});
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.position < b.position; });
    std::vector<DocumentMemory::Resident> merged;
    for (const auto& one : all) {
        if (merged.empty() || merged.back().position != one.position) {
            merged.push_back(one);
            continue;
        }
        auto& same = merged.back();
        same.heads += 1;
        same.here = same.here || one.here;
        same.slot = std::max(same.slot, one.slot);
    }
    return merged;
}

} // namespace

const DocumentMemory::Resident* DocumentMemory::resident(std::int32_t position) const {
    const auto found = std::lower_bound(
        residents.begin(), residents.end(), position,
        [](const Resident& resident, std::int32_t wanted) { return resident.position < wanted; });
    return found != residents.end() && found->position == position ? &*found : nullptr;
}

bool DocumentMemory::waits(std::int32_t position) const {
    const auto layer = std::size_t(point.layer);
    return hasQueue && layer < readHeads.size() && readHeads[layer].waits(position);
}

double DocumentMemory::shareOf(std::int32_t position, bool allHeads) const {
    const Resident* found = resident(position);
    if (!found)
        return 0;
    return allHeads ? double(found->heads) / std::max(1, heads) : (found->here ? 1.0 : 0.0);
}

TokenState DocumentMemory::stateOf(std::int32_t position, bool allHeads) const {
    if (position >= firstPosition + arrived)
        return position < decodedEnd ? TokenState::InChunk : TokenState::ToCome;
    if (position >= firstPosition)
        return TokenState::InChunk;
    return shareOf(position, allHeads) > 0 ? TokenState::Resident : TokenState::Evicted;
}

bool DocumentMemory::isVictim(std::int32_t position) const {
    return std::binary_search(victims.begin(), victims.end(), position);
}

bool DocumentMemory::isShielded(std::int32_t position) const {
    const std::int32_t come = firstPosition + (point.phase < Phase::Insert ? 0 : arrived);
    const Resident* found = resident(position);
    return found && found->here && protection.covers(position, come);
}

int DocumentMemory::residentsIn(std::int32_t first, std::int32_t end, bool allHeads) const {
    const auto before = [](const Resident& resident, std::int32_t wanted) {
        return resident.position < wanted;
    };
    const auto from = std::lower_bound(residents.begin(), residents.end(), first, before);
    const auto to = std::lower_bound(from, residents.end(), end, before);
    if (allHeads)
        return int(to - from);
    return int(std::count_if(from, to, [](const Resident& resident) { return resident.here; }));
}

Result<DocumentMemory> readDocumentMemory(Reader& reader, const RunInfo& run, const Point& point) {
    DocumentMemory memory;
    memory.protection = protectedPositions(
        run, point.phase < Phase::Insert ? point.step : point.step + 1, point.layer, point.head);
    memory.point = point;
    auto layers = reader.layerSteps(point.run, point.step);
    if (!layers)
        return layers.error();
    for (const LayerStepInfo& layer : *layers)
        if (layer.layer == point.layer) {
            memory.firstPosition = layer.firstPosition;
            memory.arrived = layer.arrived;
        }
    memory.readHeads = readHeads(run, *layers, point.phase);
    memory.hasQueue = queryMemoryOf(run, point.layer) > 0;
    if (outputLayer(run) >= 0 && run.parent > 0) {
        const auto decoder = reader.outputStep(point.run, point.step);
        if (!decoder)
            return decoder.error();
        if (decoder->answered > 0)
            memory.decodedEnd = decoder->firstAnswered + decoder->answered;
    }
    const bool before = point.phase < Phase::Insert;
    const int step = before ? point.step - 1 : point.step;
    if (step >= 0) {
        auto state = reader.layerState(point.run, step, point.layer);
        if (!state)
            return state.error();
        memory.heads = int(state->heads.size());
        memory.residents = gather(*state, point.head);
        if (point.head < memory.heads)
            memory.head = std::move(state->heads[std::size_t(point.head)]);
    }
    auto evictions = reader.evictions(point.run, point.step, point.layer, point.head);
    if (!evictions)
        return evictions.error();
    for (const Eviction& eviction : *evictions)
        memory.victims.push_back(eviction.position);
    std::sort(memory.victims.begin(), memory.victims.end());
    return memory;
}

QString columnWords(TokenColumn column) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("Document", text); };
    switch (column) {
    case TokenColumn::Coverage:
        return tr("coverage in the step of its answer");
    case TokenColumn::OutputError:
        return tr("output error in the step of its answer");
    case TokenColumn::Regret:
        return tr("regret of its eviction (log)");
    default:
        return columnName(column);
    }
}

QString columnName(TokenColumn column) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("Document", text); };
    switch (column) {
    case TokenColumn::State:
        return tr("state");
    case TokenColumn::StateAllHeads:
        return tr("state, all heads");
    case TokenColumn::Hits:
        return tr("hits (log)");
    case TokenColumn::Mass:
        return tr("mass (log)");
    case TokenColumn::LastMass:
        return tr("last mass (log)");
    case TokenColumn::Age:
        return tr("age");
    case TokenColumn::Coverage:
        return tr("coverage");
    case TokenColumn::OutputError:
        return tr("output error");
    case TokenColumn::Regret:
        return tr("regret (log)");
    case TokenColumn::Nll:
        break;
    }
    return tr("nll");
}

} // namespace attendre
