#include "widgets/memory_content.h"

#include "widgets/point_reading.h"

#include "model/analysis/next_step.h"
#include "model/analysis/next_victims.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

namespace {

constexpr std::size_t mostTexts = 400'000;

using LayerSteps = std::vector<LayerStepInfo>; // all layers of one step

Result<void> readTexts(Reader& reader, int run, const std::vector<std::int32_t>& positions,
                       MemoryTexts& texts) {
    if (texts.size() > mostTexts)
        texts.clear();
    std::vector<std::int32_t> missing;
    for (const std::int32_t position : positions)
        if (!texts.count(position))
            missing.push_back(position);
    std::sort(missing.begin(), missing.end()); // block by block
    auto read = reader.texts(run, missing);
    if (!read)
        return read.error();
    for (std::size_t i = 0; i < missing.size(); ++i)
        texts[missing[i]] = std::move((*read)[i]);
    return {};
}

void mark(MemoryContent& content, const std::vector<int>& victims, MemoryContent::Mark mark) {
    for (const int slot : victims)
        if (slot >= 0 && slot < int(content.marks.size()))
            content.marks[std::size_t(slot)] = mark;
}

// How many the next step evicts: as recorded, or, after the last recorded step, as it has to come.
Result<int> nextEvictions(Reader& reader, const RunInfo& run, const MemoryContent& content) {
    const Point& point = content.point;
    const auto steps = reader.stepCount(point.run);
    if (!steps)
        return steps.error();
    if (point.step + 1 < *steps) {
        const auto then = layerCounts(reader, run, point, point.step + 1);
        return then ? Result<int>(then->evicted) : then.error();
    }
    // What becomes of a question, and of an encoder's outputs, is not known before.
    if (run.parent > 0 || point.layer == outputLayer(run))
        return 0;
    const auto layers = reader.layerSteps(point.run, point.step);
    if (!layers)
        return layers.error();
    const NextStep next = nextStep(run, *layers);
    const auto layer = std::size_t(point.layer);
    return layer < next.arriving.size()
               ? overflow(content.capacity, content.occupancy, next.arriving[layer])
               : 0;
}

// Before the insertion the marked entries are those that this step evicts, as recorded; from the
// retrieval on those that the next step will evict.
Result<void> markVictims(Reader& reader, MemoryContent& content, const RunInfo& run,
                         const ProtectedPositions& protection,
                         const std::vector<Eviction>& evictions) {
    if (content.point.phase < Phase::Insert) {
        std::vector<int> leaving;
        for (const Eviction& eviction : evictions)
            leaving.push_back(eviction.slot);
        mark(content, leaving,
             content.point.phase == Phase::Evict ? MemoryContent::Mark::Victim
                                                 : MemoryContent::Mark::NextVictim);
        content.next = int(leaving.size());
        return {};
    }
    if (content.point.phase < Phase::Retrieve)
        return {}; // the ranks of the next eviction are still to come
    const auto next = nextEvictions(reader, run, content);
    if (!next)
        return next.error();
    content.next = *next;
    content.byLot = content.policy == QStringLiteral("random");
    if (!content.byLot) // else each step draws anew
        mark(content,
             nextVictims(content.state, protection, std::int32_t(content.tick), content.next),
             MemoryContent::Mark::NextVictim);
    return {};
}

// Between the insertion and the retrieval nobody has been attended to: the entries that stay have
// the columns that they had, the arrivals have none.
Result<void> keepColumns(Reader& reader, const RunInfo& run, MemoryContent& content) {
    auto earlier = headState(reader, content.point, content.point.step - 1);
    const auto counts = layerCounts(reader, run, content.point, content.point.step - 1);
    if (!earlier || !counts)
        return !earlier ? earlier.error() : counts.error();
    content.tick = counts->tick;
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
    const auto now = layerCounts(reader, run, point, point.step);
    const auto shown = layerCounts(reader, run, point, before ? point.step - 1 : point.step);
    auto state = headState(reader, point, before ? point.step - 1 : point.step);
    auto evictions = reader.evictions(point.run, point.step, point.layer, point.head);
    if (!now || !shown || !state || !evictions)
        return !now     ? now.error()
               : !shown ? shown.error()
               : !state ? state.error()
                        : evictions.error();
    const bool outputs = point.layer == outputLayer(run);
    content.policy = outputs ? run.configuration.outputPolicy : run.policy.name;
    content.state = state.take();
    const int asked = outputs ? run.configuration.outputMemory : memoryOf(run, point.layer);
    content.capacity = std::max(asked, int(content.state.position.size()));
    content.state.position.resize(std::size_t(content.capacity), noPosition);
    content.occupancy = shown->occupancy;
    content.tick = shown->tick;
    if (!before && point.phase < Phase::Retrieve)
        if (auto done = keepColumns(reader, run, content); !done)
            return done.error();
    content.marks.assign(std::size_t(content.capacity), MemoryContent::Mark::None);
    content.arrivals.assign(std::size_t(content.capacity), false);
    content.shielded.assign(std::size_t(content.capacity), false);
    ProtectedPositions protection =
        protectedPositions(run, before ? point.step : point.step + 1, point.layer, point.head);
    if (outputs) {
        protection.sinks = run.configuration.outputSinks;
        protection.recent = run.configuration.outputRecent;
    }
    const std::int32_t come = now->firstPosition + (before ? 0 : now->arrived);

    std::vector<std::int32_t> positions;
    for (int slot = 0; slot < content.capacity; ++slot) {
        const std::int32_t position = content.state.position[std::size_t(slot)];
        if (position == noPosition)
            continue;
        positions.push_back(position);
        content.arrivals[std::size_t(slot)] = !before && position >= now->firstPosition &&
                                              position < now->firstPosition + now->arrived;
        content.shielded[std::size_t(slot)] = protection.covers(position, come);
    }
    for (const Eviction& eviction : *evictions) {
        content.changes[eviction.slot] = {eviction.position, eviction.replacedBy, eviction.rank};
        positions.push_back(eviction.position);
        if (eviction.replacedBy != noPosition)
            positions.push_back(eviction.replacedBy);
    }
    if (auto marked = markVictims(reader, content, run, protection, *evictions); !marked)
        return marked.error();
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
