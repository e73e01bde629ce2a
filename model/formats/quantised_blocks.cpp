#include "model/formats/quantised_blocks.h"

#include <cstring>

namespace attendre {

namespace {

constexpr int smallBlock = 32, largeBlock = 256; // elements

float halfAt(const std::byte* at) {
    std::uint16_t half;
    std::memcpy(&half, at, sizeof half);
    return floatFromHalf(half);
}

std::uint8_t byteAt(const std::byte* at) {
    return static_cast<std::uint8_t>(*at);
}

// Q4_0 is (q - 8) d, Q4_1 q d + m; Q5_0 and Q5_1 likewise, with the fifth bits in a word of their
// own. The low nibbles are the elements 0 to 15.
struct SmallLayout {
    int bits;
    bool withMinimum;
};

template <SmallLayout layout> void readSmall(const std::byte* in, float* out) {
    constexpr std::size_t header = layout.withMinimum ? 4 : 2;
    constexpr std::size_t high = layout.bits == 5 ? 4 : 0;
    const float scale = halfAt(in);
    const float minimum = layout.withMinimum ? halfAt(in + 2) : 0.0f;
    const float shift = layout.withMinimum ? 0.0f : layout.bits == 5 ? 16.0f : 8.0f;
    std::uint32_t fifth = 0;
    std::uint8_t packed[smallBlock / 2];
    std::memcpy(&fifth, in + header, high);
    std::memcpy(packed, in + header + high, sizeof packed);
    for (int i = 0; i < 16; ++i) {
        const int q = (packed[i] & 15) | static_cast<int>(fifth >> i & 1) << 4;
        out[i] = (static_cast<float>(q) - shift) * scale + minimum;
    }
    for (int i = 0; i < 16; ++i) {
        const int q = packed[i] >> 4 | static_cast<int>(fifth >> (i + 16) & 1) << 4;
        out[16 + i] = (static_cast<float>(q) - shift) * scale + minimum;
    }
}

void readQ8_0(const std::byte* in, float* out) {
    const float scale = halfAt(in);
    std::int8_t values[smallBlock];
    std::memcpy(values, in + 2, sizeof values);
    for (int i = 0; i < smallBlock; ++i)
        out[i] = static_cast<float>(values[i]) * scale;
}

struct ScaleAndMinimum {
    int scale, minimum;
};

// The six-bit scale and minimum of the j-th 32 elements of Q4_K and Q5_K, from 12 packed bytes: the
// first four of each fill the low six bits of eight bytes, the others what is left.
ScaleAndMinimum scaleAndMinimum(const std::byte* packed, int j) {
    const auto byte = [&](int i) { return static_cast<int>(byteAt(packed + i)); };
    if (j < 4)
        return {byte(j) & 63, byte(j + 4) & 63};
    return {(byte(j + 4) & 15) | byte(j - 4) >> 6 << 4, byte(j + 4) >> 4 | byte(j) >> 6 << 4};
}

// d scales[12] [fifth bits[32]] nibbles[128]: d sc q - dmin m. 64 elements share 32 bytes of
// nibbles, and each of the eight 32 elements one bit of every byte of fifth bits.
template <int bits> void readQ45K(const std::byte* in, float* out) {
    const float scale = halfAt(in), minimum = halfAt(in + 2);
    const std::byte* scales = in + 4;
    const std::byte* fifth = in + 16;
    const std::byte* nibbles = bits == 5 ? fifth + 32 : fifth;
    for (int j = 0; j < largeBlock / 32; ++j) {
        const auto [sc, m] = scaleAndMinimum(scales, j);
        const float factor = scale * static_cast<float>(sc);
        const float less = minimum * static_cast<float>(m);
        for (int i = 0; i < 32; ++i) {
            const int low = byteAt(nibbles + j / 2 * 32 + i) >> (j % 2 * 4) & 15;
            const int high = bits == 5 ? byteAt(fifth + i) >> j & 1 : 0;
            out[j * 32 + i] = factor * static_cast<float>(low | high << 4) - less;
        }
    }
}

// low nibbles[128] high pairs[64] scales[16] d: d sc (q - 32). In each half of the block, 32
// elements at a time take the low and then the high nibbles of 64 bytes, and two bits of 32.
void readQ6K(const std::byte* in, float* out) {
    const float scale = halfAt(in + 208);
    for (int half = 0; half < 2; ++half) {
        const std::byte* low = in + half * 64;
        const std::byte* high = in + 128 + half * 32;
        const std::byte* scales = in + 192 + half * 8;
        for (int quarter = 0; quarter < 4; ++quarter) {
            for (int i = 0; i < 32; ++i) {
                const int nibble = byteAt(low + quarter % 2 * 32 + i) >> (quarter / 2 * 4) & 15;
                const int pair = byteAt(high + i) >> (quarter * 2) & 3;
                const auto sc = static_cast<std::int8_t>(byteAt(scales + quarter * 2 + i / 16));
                *out++ =
                    scale * static_cast<float>(sc) * static_cast<float>((nibble | pair << 4) - 32);
            }
        }
    }
}

template <auto read, int elementsPerBlock, std::size_t bytesPerBlock>
void each(const std::byte* in, float* out, qint64 elements) {
    for (qint64 done = 0; done < elements; done += elementsPerBlock) {
        read(in, out + done);
        in += bytesPerBlock;
    }
}

} // namespace

void readBlocks(TensorType type, const std::byte* in, float* out, qint64 elements) {
    switch (type) {
    case TensorType::Q4_0:
        return each<readSmall<SmallLayout{4, false}>, smallBlock, 18>(in, out, elements);
    case TensorType::Q4_1:
        return each<readSmall<SmallLayout{4, true}>, smallBlock, 20>(in, out, elements);
    case TensorType::Q5_0:
        return each<readSmall<SmallLayout{5, false}>, smallBlock, 22>(in, out, elements);
    case TensorType::Q5_1:
        return each<readSmall<SmallLayout{5, true}>, smallBlock, 24>(in, out, elements);
    case TensorType::Q8_0:
        return each<readQ8_0, smallBlock, 34>(in, out, elements);
    case TensorType::Q4_K:
        return each<readQ45K<4>, largeBlock, 144>(in, out, elements);
    case TensorType::Q5_K:
        return each<readQ45K<5>, largeBlock, 176>(in, out, elements);
    case TensorType::Q6_K:
        return each<readQ6K, largeBlock, 210>(in, out, elements);
    case TensorType::F32:
    case TensorType::F16:
    case TensorType::BF16:
    case TensorType::F64:
        return;
    }
}

} // namespace attendre
