#include "widgets/memory_content.h"

#include "model/analysis/next_step.h"
#include "model/analysis/next_victims.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

namespace {

constexpr std::int32_t textBlock = 1024; // tokens read at once
constexpr std::size_t mostTexts = 400'000;

using LayerSteps = std::vector<LayerStepInfo>; // all layers of one step

Result<LayerSteps> layerSteps(Reader& reader, const Point& point, int step) {
    return step < 0 ? Result<LayerSteps>(LayerSteps()) : reader.layerSteps(point.run, step);
}

LayerStepInfo at(const LayerSteps& layers, int layer) {
    const auto found = std::find_if(layers.begin(), layers.end(),
                                    [=](const LayerStepInfo& info) { return info.layer == layer; });
    return found == layers.end() ? LayerStepInfo() : *found;
}

Result<HeadState> headState(Reader& reader, const Point& point, int step) {
    if (step < 0)
        return HeadState();
    auto layer = reader.layerState(point.run, step, point.layer);
    if (!layer)
        return layer.error();
    if (point.head < 0 || point.head >= int(layer->heads.size()))
        return Error{QCoreApplication::translate("Memory", "Layer %1 has no head %2.")
                         .arg(point.layer)
                         .arg(point.head)};
    return std::move(layer->heads[std::size_t(point.head)]);
}

Result<void> readTexts(Reader& reader, int run, const std::vector<std::int32_t>& positions,
                       MemoryTexts& texts) {
    if (texts.size() > mostTexts)
        texts.clear();
    for (const std::int32_t position : positions) {
        if (texts.count(position))
            continue;
        auto tokens = reader.tokens(run, position / textBlock * textBlock, textBlock);
        if (!tokens)
            return tokens.error();
        for (TokenInfo& token : *tokens)
            texts[token.position] = std::move(token.text);
    }
    return {};
}

void mark(MemoryContent& content, const std::vector<int>& victims, MemoryContent::Mark mark) {
    for (const int slot : victims)
        if (slot >= 0 && slot < int(content.marks.size()))
            content.marks[std::size_t(slot)] = mark;
}

// Before the insertion the marked entries are those that this step evicts, as recorded; from the
// retrieval on those that the next step will evict.
void markVictims(MemoryContent& content, const RunInfo& run, const LayerSteps& layers,
                 const std::vector<Eviction>& evictions) {
    if (content.point.phase < Phase::Insert) {
        std::vector<int> leaving;
        for (const Eviction& eviction : evictions)
            leaving.push_back(eviction.slot);
        mark(content, leaving,
             content.point.phase == Phase::Evict ? MemoryContent::Mark::Victim
                                                 : MemoryContent::Mark::NextVictim);
        content.next = int(leaving.size());
        return;
    }
    if (content.point.phase < Phase::Retrieve)
        return; // the ranks of the next eviction are still to come
    const auto layer = std::size_t(content.point.layer);
    const NextStep next = nextStep(run, layers);
    if (layer >= next.arriving.size())
        return;
    content.next = overflow(content.capacity, content.occupancy, next.arriving[layer]);
    content.byLot = run.policy.name == QStringLiteral("random");
    if (content.byLot)
        return; // each step draws anew
    mark(content,
         nextVictims(content.state, protectedPositions(run), std::int32_t(content.tick),
                     content.next),
         MemoryContent::Mark::NextVictim);
}

// Between the insertion and the retrieval nobody has been attended to: the entries that stay have
// the columns that they had, the arrivals have none.
Result<void> keepColumns(Reader& reader, MemoryContent& content) {
    auto earlier = headState(reader, content.point, content.point.step - 1);
    auto layers = layerSteps(reader, content.point, content.point.step - 1);
    if (!earlier || !layers)
        return !earlier ? earlier.error() : layers.error();
    content.tick = at(*layers, content.point.layer).tick;
    earlier->position.resize(std::size_t(content.capacity), noPosition);
    content.unread.assign(std::size_t(content.capacity), false);
    for (std::size_t slot = 0; slot < earlier->position.size(); ++slot)
        content.unread[slot] = content.state.position[slot] != earlier->position[slot];
    earlier->position = std::move(content.state.position);
    earlier->insertedStep = std::move(content.state.insertedStep);
    content.state = earlier.take();
    return {};
}

} // namespace

Result<MemoryContent> readMemoryContent(Reader& reader, const RunInfo& run, const Point& point,
                                        MemoryTexts& texts) {
    MemoryContent content;
    content.point = point;
    const bool before = point.phase < Phase::Insert;
    auto layers = layerSteps(reader, point, point.step);
    auto shownLayers = layerSteps(reader, point, before ? point.step - 1 : point.step);
    auto state = headState(reader, point, before ? point.step - 1 : point.step);
    auto evictions = reader.evictions(point.run, point.step, point.layer, point.head);
    if (!layers || !shownLayers || !state || !evictions)
        return !layers        ? layers.error()
               : !shownLayers ? shownLayers.error()
               : !state       ? state.error()
                              : evictions.error();
    const LayerStepInfo now = at(*layers, point.layer), shown = at(*shownLayers, point.layer);
    content.state = state.take();
    const auto& memory = run.configuration.memory;
    const int asked =
        memory.empty() ? 0 : memory[std::min(std::size_t(point.layer), memory.size() - 1)];
    content.capacity = std::max(asked, int(content.state.position.size()));
    content.state.position.resize(std::size_t(content.capacity), noPosition);
    content.occupancy = shown.occupancy;
    content.tick = shown.tick;
    if (!before && point.phase < Phase::Retrieve)
        if (auto done = keepColumns(reader, content); !done)
            return done.error();
    content.marks.assign(std::size_t(content.capacity), MemoryContent::Mark::None);
    content.arrivals.assign(std::size_t(content.capacity), false);
    content.shielded.assign(std::size_t(content.capacity), false);
    const ProtectedPositions protection = protectedPositions(run);
    const std::int32_t come = now.firstPosition + (before ? 0 : now.arrived);

    std::vector<std::int32_t> positions;
    for (int slot = 0; slot < content.capacity; ++slot) {
        const std::int32_t position = content.state.position[std::size_t(slot)];
        if (position == noPosition)
            continue;
        positions.push_back(position);
        content.arrivals[std::size_t(slot)] =
            !before && position >= now.firstPosition && position < now.firstPosition + now.arrived;
        content.shielded[std::size_t(slot)] = protection.covers(position, come);
    }
    for (const Eviction& eviction : *evictions) {
        content.changes[eviction.slot] = {eviction.position, eviction.replacedBy, eviction.rank};
        positions.push_back(eviction.position);
        if (eviction.replacedBy != noPosition)
            positions.push_back(eviction.replacedBy);
    }
    markVictims(content, run, *layers, *evictions);
    if (auto read = readTexts(reader, point.run, positions, texts); !read)
        return read.error();
    for (const std::int32_t position : positions)
        if (const auto found = texts.find(position); found != texts.end())
            content.texts[position] = found->second;
    return content;
}

std::optional<double> MemoryContent::value(int slot, MemoryColumn column) const {
    const auto at = std::size_t(slot);
    if (slot < 0 || at >= state.position.size() || isFree(slot))
        return {};
    const bool attended = unread.empty() || !unread[at];
    const auto from = [at, attended](const auto& values) -> std::optional<double> {
        return attended && at < values.size() ? std::optional<double>(double(values[at]))
                                              : std::nullopt;
    };
    switch (column) {
    case MemoryColumn::Rank:
        return from(state.rank);
    case MemoryColumn::Hits:
        return from(state.hits);
    case MemoryColumn::Mass:
        return from(state.mass);
    case MemoryColumn::MassSquared:
        return from(state.massSquared);
    case MemoryColumn::LastMass:
        return from(state.lastMass);
    case MemoryColumn::LastTick:
        return from(state.lastTick);
    case MemoryColumn::Age: // its tick at insertion is its position's turn, counted from one
        if (!attended)
            return {};
        return double(tick - state.position[at] - 1);
    case MemoryColumn::Position:
        return double(state.position[at]);
    case MemoryColumn::InsertedStep:
        break;
    }
    return at < state.insertedStep.size() ? std::optional(double(state.insertedStep[at]))
                                          : std::nullopt;
}

QByteArray MemoryContent::text(std::int32_t position) const {
    const auto found = texts.find(position);
    return found == texts.end() ? QByteArray() : found->second;
}

int MemoryContent::slotOf(std::int32_t position) const {
    if (position == noPosition)
        return -1;
    const auto found = std::find(state.position.begin(), state.position.end(), position);
    return found == state.position.end() ? -1 : int(found - state.position.begin());
}

QString columnName(MemoryColumn column) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("Memory", text); };
    switch (column) {
    case MemoryColumn::Rank:
        return tr("rank");
    case MemoryColumn::Hits:
        return tr("hits");
    case MemoryColumn::Mass:
        return tr("mass");
    case MemoryColumn::MassSquared:
        return tr("mass²");
    case MemoryColumn::LastMass:
        return tr("last mass");
    case MemoryColumn::LastTick:
        return tr("last tick");
    case MemoryColumn::Age:
        return tr("age");
    case MemoryColumn::Position:
        return tr("position");
    case MemoryColumn::InsertedStep:
        break;
    }
    return tr("inserted step");
}

QString columnWords(MemoryColumn column, const QString& rankLabel) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("Memory", text); };
    switch (column) {
    case MemoryColumn::Rank:
        return rankLabel.isEmpty() ? tr("rank") : tr("rank: %1").arg(rankLabel);
    case MemoryColumn::Mass:
        return tr("mass: sum of weights");
    case MemoryColumn::MassSquared:
        return tr("mass²: sum of squared weights");
    case MemoryColumn::LastMass:
        return tr("mass of the last step");
    case MemoryColumn::LastTick:
        return tr("last attended tick");
    case MemoryColumn::Age:
        return tr("age in ticks");
    case MemoryColumn::InsertedStep:
        return tr("step inserted");
    default:
        break;
    }
    return columnName(column);
}

bool isLogarithmic(MemoryColumn column) {
    return column == MemoryColumn::Hits || column == MemoryColumn::Mass ||
           column == MemoryColumn::MassSquared || column == MemoryColumn::LastMass;
}

std::optional<MemoryColumn> memoryColumn(const QString& usageColumn) {
    static const std::unordered_map<std::string, MemoryColumn> names = {
        {"hits", MemoryColumn::Hits},           {"mass", MemoryColumn::Mass},
        {"mass_sq", MemoryColumn::MassSquared}, {"last_mass", MemoryColumn::LastMass},
        {"last_tick", MemoryColumn::LastTick},  {"age", MemoryColumn::Age},
        {"recency", MemoryColumn::LastTick},    {"position", MemoryColumn::Position},
        {"tick", MemoryColumn::Position},
    };
    const auto found = names.find(usageColumn.toStdString());
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

} // namespace attendre
