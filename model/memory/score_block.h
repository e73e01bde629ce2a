#pragma once

#include "model/memory/usage_pass.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace attendre {

// Keys of one block of scores and weights, in both passes over queries and keys.
constexpr int blockKeys = 64;
constexpr int blockQueries = 16; // queries whose scores exist at one time

// One block of a head's keys and what queries score with it.
struct ScoreBlock {
    std::vector<float> transposed; // [D][blockKeys]
    std::vector<float> scores;     // [blockQueries][group][blockKeys]
    alignas(64) std::int32_t position[blockKeys];

    void reserve(const UsagePass& p) {
        transposed.resize(std::size_t(p.dimension) * blockKeys);
        scores.resize(std::size_t(blockQueries) * p.group * blockKeys);
    }
};

// Lanes numbers of one SIMD register as a vector type of the compiler's.
template <int Lanes> struct Vector {
    using Type __attribute__((vector_size(Lanes * sizeof(float)))) = float;
};

// scores[row][k] = sum over d of query[row][d] * transposed[d][k], for Rows rows at once.
template <int Lanes, int Rows>
[[gnu::always_inline]] inline void scoreRows(const float* const* query, const float* transposed,
                                             int dimension, float* const* scores) {
    using V = typename Vector<Lanes>::Type;
    constexpr int columns = Lanes * 4 < blockKeys ? Lanes * 4 : blockKeys;
    for (int from = 0; from < blockKeys; from += columns) {
        V sum[Rows][columns / Lanes] = {};
        for (int d = 0; d < dimension; ++d) {
            const float* keys = transposed + std::size_t(d) * blockKeys + from;
            V k[columns / Lanes];
            std::memcpy(k, keys, sizeof(k));
            for (int r = 0; r < Rows; ++r)
                for (int c = 0; c < columns / Lanes; ++c)
                    sum[r][c] += query[r][d] * k[c];
        }
        for (int r = 0; r < Rows; ++r)
            std::memcpy(scores[r] + from, sum[r], sizeof(sum[r]));
    }
}

[[gnu::always_inline]] inline void loadBlock(const UsagePass& p, int head, int firstKey, int keys,
                                             ScoreBlock& s) {
    const float* key = p.key + head * p.keyHeadStride + std::ptrdiff_t(firstKey) * p.dimension;
    if (keys < blockKeys)
        std::fill(s.transposed.begin(), s.transposed.end(), 0.0f);
    for (int k = 0; k < keys; ++k)
        for (int d = 0; d < p.dimension; ++d)
            s.transposed[std::size_t(d) * blockKeys + k] = key[std::ptrdiff_t(k) * p.dimension + d];
    const std::int32_t* position = p.position + head * p.positionHeadStride + firstKey;
    for (int k = 0; k < blockKeys; ++k)
        s.position[k] = k < keys ? position[k] : INT32_MAX;
}

template <int Lanes, int Rows>
[[gnu::always_inline]] inline void scoreQueries(const UsagePass& p, int head, int firstQuery,
                                                int count, ScoreBlock& s) {
    const int rows = count * p.group;
    const auto queryRow = [&](int row) {
        return p.query + (std::size_t(head * p.group + row % p.group) * p.queries + firstQuery +
                          row / p.group) *
                             p.dimension;
    };
    for (int row = 0; row < rows; row += Rows) {
        const float* query[Rows];
        float* scores[Rows];
        for (int r = 0; r < Rows; ++r) { // the last rows are done again where Rows does not divide
            const int at = std::min(row + r, rows - 1);
            query[r] = queryRow(at);
            scores[r] = s.scores.data() + std::size_t(at) * blockKeys;
        }
        scoreRows<Lanes, Rows>(query, s.transposed.data(), p.dimension, scores);
    }
}

} // namespace attendre
