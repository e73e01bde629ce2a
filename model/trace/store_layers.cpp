#include "model/trace/layout.h"
#include "model/trace/store.h"

#include <algorithm>

namespace attendre {

namespace {

// Decoded layers that are kept, in slots: some hundred megabytes at the most.
constexpr qint64 mostKeptSlots = 4'000'000;

Life lifeOf(const LeftEntry& e) {
    return {e.position, e.slot, e.insertedStep, e.evictedStep, true, e.usage, e.rank};
}

} // namespace

Result<QByteArray> Store::stateBytes(int run, int step, int layer) {
    auto select = m_database->prepare("SELECT state FROM t_layers WHERE key = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, layout::layerKey(run, step, layer)).step();
    if (code == SQLITE_ROW)
        return select->blob(0);
    return code == SQLITE_DONE ? noSuch(QString("layer %1 in step").arg(layer), step)
                               : m_database->error(code);
}

void Store::keep(int run, int layer, Transition steps) {
    if (m_keptSlots > mostKeptSlots) {
        m_last.clear();
        m_keptSlots = 0;
    }
    m_keptSlots += qint64(steps.now->record.position.size());
    Transition& place = m_last[{run, layer}];
    if (place.now)
        m_keptSlots -= qint64(place.now->record.position.size());
    place = std::move(steps);
}

// Decodes one step after the one before it; before may be null for a keyframe.
Result<Store::Transition> Store::advance(int run, int step, int layer, Snapshot before) {
    auto bytes = stateBytes(run, step, layer);
    if (!bytes)
        return bytes.error();
    ++m_decoded;
    auto decoded = decodeLayer(step, *bytes, before.get());
    // Whoever asks for a head relies on the run's number of them; a step that has as many as the
    // one before needs no asking.
    const auto asManyAsBefore = [&] {
        return before && before->record.position.size() == decoded->record.position.size();
    };
    const auto asManyAsRun = [&] {
        const auto known = shape(run);
        return known && decoded->record.position.size() ==
                            size_t(known->headsOf(layer)) * size_t(decoded->record.capacity);
    };
    if (!decoded || (!asManyAsBefore() && !asManyAsRun()))
        return damaged(QString("layer %1 in step %2 of run %3").arg(layer).arg(step).arg(run));
    return Transition{std::move(before), std::make_shared<const LayerSnapshot>(decoded.take())};
}

Result<Store::Snapshot> Store::snapshot(int run, int step, int layer) {
    auto known = shape(run);
    if (!known)
        return known.error();
    if (step < 0 || step >= known->steps)
        return noSuch("step", step);
    if (!known->has(layer))
        return noSuch("layer", layer);
    const int keyframe = step - step % known->keyframeInterval;
    Transition last;
    if (const auto it = m_last.find({run, layer}); it != m_last.end())
        last = it->second;
    if (last.before && last.before->step == step)
        return last.before;
    if (last.now && (last.now->step > step || last.now->step < std::min(keyframe, step - 1)))
        last = {};
    for (int at = last.now ? last.now->step + 1 : keyframe; at <= step; ++at) {
        auto next = advance(run, at, layer, last.now);
        if (!next)
            return next.error();
        last = next.take();
    }
    keep(run, layer, last);
    return last.now;
}

Result<Store::Transition> Store::transition(int run, int step, int layer) {
    const auto kept = m_last.find({run, layer});
    if (kept != m_last.end() && kept->second.now->step == step &&
        (kept->second.before || step == 0))
        return kept->second;
    if (step <= 0) {
        auto only = snapshot(run, step, layer);
        return only ? Result<Transition>(Transition{nullptr, only.take()}) : only.error();
    }
    auto before = snapshot(run, step - 1, layer);
    if (!before)
        return before.error();
    auto steps = advance(run, step, layer, before.take());
    if (steps)
        keep(run, layer, *steps);
    return steps;
}

Result<std::vector<Eviction>> Store::evictions(int run, int step, int layer, int head) {
    auto steps = transition(run, step, layer);
    if (!steps)
        return steps.error();
    const LayerRecord& r = steps->now->record;
    std::vector<Eviction> all;
    if (head < 0 || size_t(head + 1) * size_t(r.capacity) > r.position.size())
        return noSuch("head", head);
    for (int j = 0; j < r.evicted && steps->before; ++j) {
        const size_t victim = size_t(head) * size_t(r.evicted) + size_t(j);
        const size_t slot = size_t(head) * size_t(r.capacity) + size_t(r.victimSlots[victim]);
        // The victim's own inserted step stood in its slot in the step before.
        all.push_back({step, layer, head, r.victimSlots[victim], r.victimPositions[victim],
                       steps->before->insertedStep[slot], r.victimRanks[victim], r.position[slot]});
    }
    return all;
}

Result<std::vector<QueryAttention>> Store::attention(int run, int step, int layer, int head) {
    auto now = snapshot(run, step, layer);
    if (!now)
        return now.error();
    const LayerRecord& r = (*now)->record;
    const TopAttention& a = r.attention;
    std::vector<QueryAttention> all;
    if (head < 0 || size_t(head + 1) * size_t(r.capacity) > r.position.size())
        return noSuch("head", head);
    if (a.rest.empty())
        return all;
    for (int j = 0; j < r.answered; ++j) {
        const size_t query = size_t(head) * size_t(r.answered) + size_t(j);
        QueryAttention one{r.firstAnswered + j, {}, a.rest[query]};
        for (size_t k = query * TopAttention::kept; k < (query + 1) * TopAttention::kept; ++k)
            if (a.positions[k] != noPosition)
                one.top.push_back({a.positions[k], a.weights[k]});
        all.push_back(std::move(one));
    }
    return all;
}

Result<std::vector<Life>> Store::lives(int run, int layer, int head, std::int32_t first,
                                       std::int32_t count) {
    auto known = shape(run);
    if (!known)
        return known.error();
    if (!known->has(layer))
        return noSuch("layer", layer);
    if (head < 0 || head >= known->headsOf(layer))
        return noSuch("head", head);
    std::vector<Life> lives(size_t(std::max(0, count)));
    for (size_t i = 0; i < lives.size(); ++i)
        lives[i].position = first + std::int32_t(i);
    if (lives.empty() || known->steps == 0)
        return lives;
    for (auto add : {&Store::addTail, &Store::addResidents, &Store::addLeft})
        if (auto done = (this->*add)(run, layer, head, known->steps, lives); !done)
            return done.error();
    return lives;
}

// Entries in position-major blocks.
Result<void> Store::addLeft(int run, int layer, int head, int steps, std::vector<Life>& lives) {
    auto select =
        m_database->prepare("SELECT data, block FROM t_lives WHERE run = ? AND layer = ? AND "
                            "head = ? AND block >= ? AND block <= ?");
    if (!select)
        return select.error();
    const std::int32_t first = lives.front().position, last = lives.back().position;
    select->bind(1, qint64(run)).bind(2, qint64(layer)).bind(3, qint64(head));
    select->bind(4, qint64(first / layout::positionsPerBlock));
    select->bind(5, qint64(last / layout::positionsPerBlock));
    int code = SQLITE_DONE;
    while ((code = select->step()) == SQLITE_ROW) {
        ++m_decoded;
        auto entries = leftFromBytes(select->blob(0));
        if (!entries)
            return damaged(QString("the entries that left layer %1, head %2 of run %3, positions "
                                   "from %4 on")
                               .arg(layer)
                               .arg(head)
                               .arg(run)
                               .arg(select->integer(1) * layout::positionsPerBlock));
        for (const LeftEntry& entry : *entries)
            if (entry.position >= first && entry.position <= last && entry.evictedStep < steps)
                lives[size_t(entry.position - first)] = lifeOf(entry);
    }
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
}

// Entries that left since the layer's blocks were written last: at most a keyframe interval's.
Result<void> Store::addTail(int run, int layer, int head, int count, std::vector<Life>& lives) {
    int until = -1;
    {
        auto select =
            m_database->prepare("SELECT until FROM t_lives_until WHERE run = ? AND layer = ?");
        if (!select)
            return select.error();
        if (select->bind(1, qint64(run)).bind(2, qint64(layer)).step() == SQLITE_ROW)
            until = int(select->integer(0));
    }
    const std::int32_t first = lives.front().position, last = lives.back().position;
    for (int step = std::max(1, until + 1); step < count; ++step) {
        auto steps = transition(run, step, layer);
        if (!steps)
            return steps.error();
        const LayerSnapshot& before = *steps->before;
        const LayerRecord& r = steps->now->record;
        for (int j = 0; j < r.evicted; ++j) {
            const size_t victim = size_t(head) * size_t(r.evicted) + size_t(j);
            const std::int32_t position = r.victimPositions[victim];
            if (position < first || position > last)
                continue;
            const size_t i = size_t(head) * size_t(r.capacity) + size_t(r.victimSlots[victim]);
            Life& life = lives[size_t(position - first)];
            life = {position, r.victimSlots[victim], before.insertedStep[i], step, false,
                    Usage{},  r.victimRanks[victim]};
            const LayerRecord& b = before.record;
            life.hasUsage = (before.columns & column::usage) == column::usage;
            life.usage.tickInserted = std::uint32_t(position) + 1;
            if (life.hasUsage)
                life.usage = {std::uint32_t(position) + 1,
                              b.lastTick[i],
                              b.mass[i],
                              b.massSquared[i],
                              b.hits[i],
                              b.lastMass[i]};
        }
    }
    return {};
}

Result<void> Store::addResidents(int run, int layer, int head, int steps,
                                 std::vector<Life>& lives) {
    auto now = snapshot(run, steps - 1, layer);
    if (!now)
        return now.error();
    const LayerRecord& r = (*now)->record;
    const std::int32_t first = lives.front().position, last = lives.back().position;
    for (int slot = 0; slot < r.capacity; ++slot) {
        const size_t i = size_t(head) * size_t(r.capacity) + size_t(slot);
        const std::int32_t position = r.position[i];
        if (position < first || position > last)
            continue;
        Life& life = lives[size_t(position - first)];
        life = {position, slot, (*now)->insertedStep[i], -1, false, Usage{}, r.rank[i]};
        life.usage.tickInserted = std::uint32_t(position) + 1;
    }
    return {};
}

} // namespace attendre
