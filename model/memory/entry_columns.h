#pragma once

#include "model/trace/step_record.h"
#include "model/trace/values.h"

#include <cstdint>
#include <span>
#include <vector>

namespace attendre {

// What is remembered of the entries of one layer beside their keys and values: G heads, M slots,
// all vectors [G][M]. Slots fill in ascending order and are never free again, so the residents are
// those of the first `occupancy` slots of each head. The tick at which an entry was inserted is its
// position + 1: keys reach every layer in the order of positions, without a gap.
struct EntryColumns {
    EntryColumns() = default;
    EntryColumns(int heads, int capacity);

    int heads = 0, capacity = 0; // G, M
    int occupancy = 0;
    std::vector<std::int32_t> position;
    std::vector<std::uint32_t> lastTick;
    std::vector<double> mass, massSquared;
    std::vector<double> hits; // whole numbers unless a half-life is set
    std::vector<float> lastMass;
    std::vector<float> lastWeight;          // of the last query that was answered
    std::vector<double> keyNorm, valueNorm; // Euclidean; empty unless keepNorms() was called

    void keepNorms();
    bool keepsNorms() const { return !keyNorm.empty(); }
    // A new entry in slot of head, its columns as they stand before any query saw it.
    void insert(int head, int slot, std::int32_t position);
    // More slots for each head; the entries keep theirs.
    void grow(int capacity);
};

// What was counted of one entry.
struct EntryUsage {
    std::uint32_t lastTick = 0;
    double mass = 0, massSquared = 0, hits = 0;
    float lastMass = 0, lastWeight = 0;
};
EntryUsage usageOf(const EntryColumns& columns, int head, int slot);
void setUsage(EntryColumns& columns, int head, int slot, const EntryUsage& usage);

// One head's residents as a policy sees them.
struct HeadColumns {
    int layer = 0, head = 0;
    std::span<const std::int32_t> position; // [occupancy], as all of them
    std::span<const std::uint32_t> lastTick;
    std::span<const double> mass, massSquared, hits;
    std::span<const float> lastMass, lastWeight;
    std::span<const double> keyNorm, valueNorm; // empty where they are not kept
};
HeadColumns headColumns(const EntryColumns& columns, int layer, int head);

inline std::int64_t tickInserted(std::int32_t position) {
    return std::int64_t(position) + 1;
}

// The columns as a step's record keeps them, each entry with its rank: [heads][n], n the occupancy.
void recordColumns(const EntryColumns& columns, const std::vector<double>& rank,
                   LayerRecord& record);

// What one retrieval of m queries adds, [G][n] for the n residents of each head.
struct UsageDelta {
    UsageDelta() = default;
    UsageDelta(int heads, int entries);

    int entries = 0; // n
    std::vector<float> mass, massSquared;
    std::vector<std::uint32_t> hits;
    std::vector<std::int32_t> lastQuery; // the last query that hit, 1 to m; 0: none did
    std::vector<float> lastWeight;       // query m's, the mean over its group
};

// Adds a retrieval: the j-th of the answered queries has tick - answered + j. The last attended
// tick only grows: a query that sees what came after it may have an earlier tick than the entry's
// insertion. decay multiplies the sums and hits first: 1, or 2^(-arrivals/h) with a half-life h.
void addUsage(EntryColumns& columns, const UsageDelta& delta, std::int64_t tick, int answered,
              double decay);

} // namespace attendre
