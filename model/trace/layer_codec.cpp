#include "model/trace/layer_codec.h"

#include "model/trace/bytes.h"

#include <algorithm>
#include <bit>

namespace attendre {

namespace {

constexpr std::uint8_t codingVersion = 1;
constexpr std::uint8_t keyframeFlag = 1, victimRanksFlag = 2, attentionFlag = 4;
constexpr qsizetype largestLayer = qsizetype(1) << 30;

Error wrongRecord(int step, int layer, const QString& what) {
    return {QString("Step %1 of layer %2 cannot be recorded: %3.").arg(step).arg(layer).arg(what)};
}

Error damaged(int step) {
    return {QString("The state of step %1 is damaged; record the run again.").arg(step)};
}

size_t slotCount(const LayerRecord& r) {
    return r.position.size();
}

int headCount(const LayerRecord& r) {
    return r.capacity > 0 ? int(r.position.size() / size_t(r.capacity)) : 0;
}

std::uint32_t bits(float value) {
    return std::bit_cast<std::uint32_t>(value);
}

std::uint32_t tickInserted(std::int32_t position) {
    return std::uint32_t(position) + 1;
}

// The value that a source gives as the rank of slot i.
double rankOf(RankSource source, const LayerRecord& r, size_t i) {
    switch (source) {
    case RankSource::TickInserted:
        return tickInserted(r.position[i]);
    case RankSource::LastTick:
        return r.lastTick[i];
    case RankSource::Hits:
        return r.hits[i];
    case RankSource::Mass:
        return double(r.mass[i]);
    case RankSource::LastMass:
        return double(r.lastMass[i]);
    case RankSource::MassSquared:
        return double(r.massSquared[i]);
    case RankSource::Raw:
        break;
    }
    return r.rank[i];
}

std::uint8_t columnOf(RankSource source) {
    switch (source) {
    case RankSource::TickInserted:
        return 0;
    case RankSource::LastTick:
        return column::lastTick;
    case RankSource::Hits:
        return column::hits;
    case RankSource::Mass:
        return column::mass;
    case RankSource::LastMass:
        return column::lastMass;
    case RankSource::MassSquared:
        return column::massSquared;
    case RankSource::Raw:
        break;
    }
    return column::rank;
}

bool explains(RankSource source, const LayerRecord& r) {
    for (size_t i = 0; i < slotCount(r); ++i)
        if (r.position[i] != noPosition && rankOf(source, r, i) != r.rank[i])
            return false;
    return true;
}

RankSource rankSource(const LayerRecord& r, const QString& hint) {
    static const std::vector<std::pair<QString, RankSource>> sources = {
        {"tick_inserted", RankSource::TickInserted},
        {"last_tick", RankSource::LastTick},
        {"hits", RankSource::Hits},
        {"mass", RankSource::Mass},
        {"last_mass", RankSource::LastMass},
        {"mass_sq", RankSource::MassSquared}};
    for (const auto& [name, source] : sources)
        if (name == hint && explains(source, r))
            return source;
    for (const auto& [name, source] : sources)
        if (explains(source, r))
            return source;
    return RankSource::Raw;
}

// Predictions of a column from what the reader knows already. A slot is kept when its entry was
// there in the step before and that step's columns are at hand.
class Prediction {
  public:
    Prediction(const LayerRecord& now, const LayerSnapshot* before, std::uint8_t stored,
               bool keyframe)
        : m_now(now), m_before(keyframe ? nullptr : before), m_stored(stored),
          m_keyframe(keyframe) {}

    std::uint32_t lastTick(size_t i) const {
        return kept(i, column::lastTick) ? m_before->record.lastTick[i]
                                         : tickInserted(m_now.position[i]);
    }
    std::uint32_t hits(size_t i) const {
        return kept(i, column::hits) ? m_before->record.hits[i] : 0;
    }
    // Most engines add the step's mass to the sum in this very precision: then nothing is left.
    std::uint32_t mass(size_t i) const {
        const float step = (m_stored & column::lastMass) ? m_now.lastMass[i] : 0.0F;
        if (kept(i, column::mass))
            return bits(m_before->record.mass[i] + step);
        return m_keyframe ? 0 : bits(step);
    }
    std::uint32_t massSquared(size_t i) const {
        return kept(i, column::massSquared) ? bits(m_before->record.massSquared[i]) : 0;
    }
    std::uint64_t rank(size_t i) const {
        return kept(i, column::rank) ? std::bit_cast<std::uint64_t>(m_before->record.rank[i]) : 0;
    }

  private:
    bool kept(size_t i, std::uint8_t which) const {
        return m_before && (m_before->columns & which) &&
               m_before->record.position[i] == m_now.position[i];
    }
    const LayerRecord& m_now;
    const LayerSnapshot* m_before;
    std::uint8_t m_stored;
    bool m_keyframe;
};

void putColumns(ByteWriter& out, const LayerRecord& r, std::uint8_t stored, const Prediction& p) {
    const size_t n = slotCount(r);
    std::vector<std::uint32_t> rest(n);
    auto put = [&](std::uint8_t which, auto value) {
        if (!(stored & which))
            return;
        for (size_t i = 0; i < n; ++i)
            rest[i] = value(i);
        out.putPlanes(rest);
    };
    // The last step's mass first: the sum's prediction needs it.
    put(column::lastMass, [&](size_t i) { return bits(r.lastMass[i]); });
    put(column::lastTick, [&](size_t i) { return r.lastTick[i] - p.lastTick(i); });
    put(column::hits, [&](size_t i) { return r.hits[i] - p.hits(i); });
    put(column::mass, [&](size_t i) { return bits(r.mass[i]) ^ p.mass(i); });
    put(column::massSquared, [&](size_t i) { return bits(r.massSquared[i]) ^ p.massSquared(i); });
    if (stored & column::rank) {
        std::vector<std::uint64_t> wide(n);
        for (size_t i = 0; i < n; ++i)
            wide[i] = std::bit_cast<std::uint64_t>(r.rank[i]) ^ p.rank(i);
        out.putPlanes(wide);
    }
}

void getColumns(ByteReader& in, LayerRecord& r, std::uint8_t stored, const Prediction& p) {
    const size_t n = slotCount(r);
    std::vector<std::uint32_t> rest;
    auto get = [&](std::uint8_t which, auto& values, auto value) {
        if (!(stored & which) || !in.getPlanes(rest, n))
            return;
        values.resize(n);
        for (size_t i = 0; i < n; ++i)
            values[i] = value(i);
    };
    auto real = [](std::uint32_t pattern) { return std::bit_cast<float>(pattern); };
    get(column::lastMass, r.lastMass, [&](size_t i) { return real(rest[i]); });
    get(column::lastTick, r.lastTick, [&](size_t i) { return rest[i] + p.lastTick(i); });
    get(column::hits, r.hits, [&](size_t i) { return rest[i] + p.hits(i); });
    get(column::mass, r.mass, [&](size_t i) { return real(rest[i] ^ p.mass(i)); });
    get(column::massSquared, r.massSquared,
        [&](size_t i) { return real(rest[i] ^ p.massSquared(i)); });
    std::vector<std::uint64_t> wide;
    if ((stored & column::rank) && in.getPlanes(wide, n)) {
        r.rank.resize(n);
        for (size_t i = 0; i < n; ++i)
            r.rank[i] = std::bit_cast<double>(wide[i] ^ p.rank(i));
    }
}

void putNumbers(ByteWriter& out, const LayerRecord& r) {
    for (std::int32_t value : {r.layer, r.capacity, headCount(r), r.firstPosition, r.arrived,
                               r.firstAnswered, r.answered, r.waiting, r.occupancy, r.evicted})
        out.put(value);
    out.put(r.tick);
}

// Returns the number of heads, 0 when the numbers make no sense.
int getNumbers(ByteReader& in, LayerRecord& r) {
    std::int32_t heads = 0;
    for (std::int32_t* value :
         {&r.layer, &r.capacity, &heads, &r.firstPosition, &r.arrived, &r.firstAnswered,
          &r.answered, &r.waiting, &r.occupancy, &r.evicted})
        *value = in.get<std::int32_t>();
    r.tick = in.get<std::int64_t>();
    const bool sensible = heads > 0 && r.capacity > 0 && r.arrived >= 0 && r.answered >= 0 &&
                          r.evicted >= 0 && r.evicted <= r.capacity && r.evicted <= r.arrived &&
                          qint64(heads) * r.capacity <= largestLayer / 8 &&
                          qint64(heads) * r.answered <= largestLayer / 8;
    return sensible && !in.failed() ? heads : 0;
}

void putVictims(ByteWriter& out, const LayerRecord& r) {
    const int bytes = (r.capacity + 7) / 8;
    for (int head = 0; head < headCount(r); ++head) {
        QByteArray bitmap(bytes, 0);
        for (int j = 0; j < r.evicted; ++j) {
            const int slot = r.victimSlots[size_t(head) * r.evicted + j];
            bitmap[slot / 8] = char(bitmap[slot / 8] | (1 << (slot % 8)));
        }
        out.putRaw(bitmap.constData(), bytes);
    }
}

bool getVictims(ByteReader& in, LayerRecord& r, int heads) {
    const int bytes = (r.capacity + 7) / 8;
    for (int head = 0; head < heads; ++head) {
        const char* bitmap = in.getRaw(bytes);
        if (!bitmap)
            return false;
        int found = 0;
        for (int slot = 0; slot < r.capacity; ++slot)
            if (bitmap[slot / 8] & (1 << (slot % 8))) {
                r.victimSlots.push_back(slot);
                ++found;
            }
        if (found != r.evicted)
            return false;
    }
    return true;
}

void putAttention(ByteWriter& out, const TopAttention& attention) {
    out.putPlanes(attention.positions);
    out.putPlanes(attention.weights);
    out.putPlanes(attention.rest);
}

bool getAttention(ByteReader& in, TopAttention& attention, size_t queries) {
    return in.getPlanes(attention.positions, queries * TopAttention::kept) &&
           in.getPlanes(attention.weights, queries * TopAttention::kept) &&
           in.getPlanes(attention.rest, queries);
}

bool ranksFollow(const LayerRecord& now, const LayerSnapshot* before) {
    if (!before)
        return now.victimRanks.empty();
    for (int head = 0; head < headCount(now); ++head)
        for (int j = 0; j < now.evicted; ++j) {
            const size_t victim = size_t(head) * now.evicted + j;
            const size_t slot = size_t(head) * now.capacity + now.victimSlots[victim];
            if (std::bit_cast<std::uint64_t>(now.victimRanks[victim]) !=
                std::bit_cast<std::uint64_t>(before->record.rank[slot]))
                return false;
        }
    return true;
}

// What in a record does not fit together; empty when all does.
QString misfit(const LayerRecord& r, const LayerSnapshot* before) {
    const size_t n = slotCount(r);
    if (r.capacity < 1 || n == 0 || n % size_t(r.capacity) != 0)
        return QString("%1 slots are no multiple of the capacity %2").arg(n).arg(r.capacity);
    if (r.lastTick.size() != n || r.mass.size() != n || r.massSquared.size() != n ||
        r.hits.size() != n || r.lastMass.size() != n || r.rank.size() != n)
        return "its columns differ in length";
    if (before && (before->record.position.size() != n || before->record.capacity != r.capacity))
        return "its memory changed in size";
    const size_t victims = size_t(headCount(r)) * size_t(std::max(0, r.evicted));
    if (r.victimSlots.size() != victims || r.victimPositions.size() != victims ||
        r.victimRanks.size() != victims)
        return QString("it names %1 victims where there are %2")
            .arg(r.victimSlots.size())
            .arg(victims);
    const auto& a = r.attention;
    const size_t queries = size_t(headCount(r)) * size_t(std::max(0, r.answered));
    if (!a.rest.empty() &&
        (a.rest.size() != queries || a.positions.size() != queries * TopAttention::kept ||
         a.weights.size() != a.positions.size()))
        return "its attention's arrays differ in length";
    return {};
}

// Checks that the record's positions are those that follow from the step before. A run that began
// with another run's state has no step before its first, in which nothing arrives.
Result<void> checkPlaces(int step, const LayerRecord& now, const LayerSnapshot* before) {
    if (!before && now.arrived == 0)
        return {};
    std::vector<std::int32_t> positions =
        before ? before->record.position : std::vector<std::int32_t>(slotCount(now), noPosition);
    for (int head = 0; head < headCount(now); ++head)
        for (int j = 0; j < now.evicted; ++j) {
            const size_t victim = size_t(head) * now.evicted + j;
            const int slot = now.victimSlots[victim];
            if (slot < 0 || slot >= now.capacity ||
                positions[size_t(head) * now.capacity + slot] != now.victimPositions[victim])
                return wrongRecord(step, now.layer,
                                   QString("its victim in slot %1 did not hold position %2")
                                       .arg(slot)
                                       .arg(now.victimPositions[victim]));
        }
    if (auto placed = placeArrivals(now, positions); !placed)
        return wrongRecord(step, now.layer, placed.error().sentence);
    if (positions != now.position)
        return wrongRecord(step, now.layer,
                           "its arrivals are not in the free slots, then in the "
                           "victims' slots in ascending order");
    return {};
}

} // namespace

Result<void> placeArrivals(const LayerRecord& r, std::vector<std::int32_t>& positions) {
    const int heads = int(positions.size() / size_t(r.capacity));
    for (int head = 0; head < heads; ++head) {
        std::int32_t* place = positions.data() + size_t(head) * r.capacity;
        const std::int32_t end = r.firstPosition + r.arrived;
        std::int32_t next = r.firstPosition;
        for (int slot = 0; slot < r.capacity && next < end; ++slot)
            if (place[slot] == noPosition)
                place[slot] = next++;
        if (end - next != r.evicted)
            return Error{"the victims are not as many as the arrivals without a free slot"};
        for (int j = 0; j < r.evicted; ++j) {
            const int slot = r.victimSlots[size_t(head) * r.evicted + j];
            if (j > 0 && slot <= r.victimSlots[size_t(head) * r.evicted + j - 1])
                return Error{"the victims' slots are not in ascending order"};
            place[slot] = next++;
        }
    }
    return {};
}

Result<EncodedLayer> encodeLayer(int step, const LayerRecord& now, const LayerSnapshot* before,
                                 const LayerCoding& coding) {
    if (const QString wrong = misfit(now, before); !wrong.isEmpty())
        return wrongRecord(step, now.layer, wrong);
    if (auto places = checkPlaces(step, now, before); !places)
        return places.error();

    EncodedLayer out;
    const size_t n = slotCount(now);
    out.insertedStep = before ? before->insertedStep : std::vector<std::int32_t>(n, noPosition);
    for (size_t i = 0; i < n; ++i)
        if (now.position[i] != (before ? before->record.position[i] : noPosition))
            out.insertedStep[i] = step;

    const RankSource source = rankSource(now, coding.rankColumn);
    const bool all = coding.full || coding.keyframe;
    out.columns = std::uint8_t(columnOf(source) | (all ? column::usage : 0));
    const bool attention = coding.full && !now.attention.rest.empty();
    const bool ranks = now.evicted > 0 && !ranksFollow(now, before);

    ByteWriter body;
    body.reserve(qsizetype(n) * 40);
    putNumbers(body, now);
    body.put(out.columns);
    body.put(std::uint8_t(source));
    if (coding.keyframe) {
        body.putPlanes(now.position);
        body.putPlanes(out.insertedStep);
    }
    putVictims(body, now);
    if (ranks)
        body.putPlanes(now.victimRanks);
    putColumns(body, now, out.columns, Prediction(now, before, out.columns, coding.keyframe));
    if (attention)
        putAttention(body, now.attention);

    ByteWriter head;
    head.put(codingVersion);
    head.put(std::uint8_t((coding.keyframe ? keyframeFlag : 0) | (ranks ? victimRanksFlag : 0) |
                          (attention ? attentionFlag : 0)));
    out.bytes = head.bytes() + compressed(body.bytes());
    return out;
}

bool isKeyframe(const QByteArray& bytes) {
    return bytes.size() > 2 && (bytes[1] & keyframeFlag);
}

namespace {

// Positions and inserted steps: out of a keyframe, or the step before's with the arrivals placed.
bool getPlaces(ByteReader& in, LayerSnapshot& now, const LayerSnapshot* before, int heads) {
    LayerRecord& r = now.record;
    const size_t n = size_t(heads) * size_t(r.capacity);
    if (now.keyframe)
        return in.getPlanes(r.position, n) && in.getPlanes(now.insertedStep, n) &&
               getVictims(in, r, heads);
    r.position = before->record.position;
    now.insertedStep = before->insertedStep;
    if (r.position.size() != n || !getVictims(in, r, heads) || !placeArrivals(r, r.position))
        return false;
    for (size_t i = 0; i < n; ++i)
        if (r.position[i] != before->record.position[i])
            now.insertedStep[i] = now.step;
    return true;
}

void nameVictims(LayerRecord& r, const LayerSnapshot& before, bool ranksStored) {
    for (size_t victim = 0; victim < r.victimSlots.size(); ++victim) {
        const size_t slot =
            victim / size_t(r.evicted) * size_t(r.capacity) + size_t(r.victimSlots[victim]);
        r.victimPositions.push_back(before.record.position[slot]);
        if (!ranksStored)
            r.victimRanks.push_back(before.record.rank[slot]);
    }
}

} // namespace

Result<LayerSnapshot> decodeLayer(int step, const QByteArray& bytes, const LayerSnapshot* before) {
    LayerSnapshot now;
    now.step = step;
    now.keyframe = isKeyframe(bytes);
    if (bytes.size() < 3 || std::uint8_t(bytes[0]) != codingVersion || (!now.keyframe && !before))
        return damaged(step);
    const auto flags = std::uint8_t(bytes[1]);
    if (flags & ~(keyframeFlag | victimRanksFlag | attentionFlag))
        return damaged(step);
    auto content = decompressed(QByteArray::fromRawData(bytes.constData() + 2, bytes.size() - 2),
                                largestLayer);
    if (!content)
        return damaged(step);
    ByteReader in(*content);
    LayerRecord& r = now.record;
    const int heads = getNumbers(in, r);
    now.columns = in.get<std::uint8_t>();
    const auto source = RankSource(in.get<std::uint8_t>());
    if (heads == 0 || source > RankSource::MassSquared || !getPlaces(in, now, before, heads))
        return damaged(step);
    if ((flags & victimRanksFlag) && !in.getPlanes(r.victimRanks, r.victimSlots.size()))
        return damaged(step);
    const bool sameSize = before && before->record.position.size() == r.position.size();
    if (sameSize)
        nameVictims(r, *before, flags & victimRanksFlag);
    getColumns(in, r, now.columns, Prediction(r, before, now.columns, now.keyframe));
    if ((flags & attentionFlag) &&
        !getAttention(in, r.attention, size_t(heads) * size_t(r.answered)))
        return damaged(step);
    if (!in.complete() || (source != RankSource::TickInserted && !(now.columns & columnOf(source))))
        return damaged(step);
    if (source != RankSource::Raw) {
        r.rank.assign(r.position.size(), 0);
        for (size_t i = 0; i < r.position.size(); ++i)
            if (r.position[i] != noPosition)
                r.rank[i] = rankOf(source, r, i);
    }
    return now;
}

} // namespace attendre
