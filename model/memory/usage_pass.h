#pragma once

#include "model/memory/entry_columns.h"
#include "model/trace/step_record.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attendre {

// What of a group's query heads is added up in the sums of a and a squared: hits and the top
// entries are always those of the mean.
enum class GroupSum { Mean, Max, Sum };

// An entry is hit by a query whose mean weight on it is an even share of the n visible ones or
// more: a n >= 1 - 1e-4.
constexpr float hitShare = 1.0f - 1e-4f;

// The second pass over one layer's retrieval, in float32 on the CPU and without Torch: the weights
// are made again from queries, keys and the first pass's logarithms of sums, one block of keys at a
// time, used, and dropped. m queries, n residents, G K/V heads of `group` query heads each.
struct UsagePass {
    int heads = 0, group = 1, dimension = 0; // G, H/G, D
    int queries = 0, entries = 0;            // m, n
    const float* query = nullptr;            // [H][m][D], as the scores were made from
    const float* key = nullptr;              // [G][n][D], heads keyHeadStride numbers apart
    std::ptrdiff_t keyHeadStride = 0;
    const float* logSumExp = nullptr;       // [H][m]
    const float* bias = nullptr;            // [H][m][n], added to the scaled scores; may be null
    const std::int32_t* position = nullptr; // [G][n], heads positionHeadStride numbers apart
    std::ptrdiff_t positionHeadStride = 0;
    std::int32_t firstQuery = 0; // position of query 0; the others follow it
    bool causal = true;          // else every resident is visible
    float scale = 1;
    GroupSum groupSum = GroupSum::Mean;
    bool top = false; // also the top attended entries
};

// Runs f(i) for i from 0 to count - 1, in any order and on any threads.
using ParallelFor = void (*)(std::int64_t count, void (*f)(void* context, std::int64_t i),
                             void* context);

// Fills delta (sized [G][n]) and, where pass.top is set, top. Each block of keys belongs to one
// task, which loops over the queries with the group inside: nothing is added from two threads, so
// the result is the same whatever runs where.
void runUsagePass(const UsagePass& pass, ParallelFor parallel, UsageDelta& delta,
                  TopAttention& top);

// How many residents each query sees, [G][m].
std::vector<std::int32_t> visibleEntries(const UsagePass& pass);

} // namespace attendre
