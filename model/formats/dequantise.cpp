#include "model/formats/model_files.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace attendre {

namespace {

constexpr qint64 blockElements = 32; // of the quantised types that are read

template <class T> T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

// IEEE half precision without branches, so that loops over it are vectorised. Normal numbers,
// infinities and NaN go through a scaled exponent, subnormal ones through a magic bias.
float fromHalf(std::uint16_t half) {
    const std::uint32_t word = static_cast<std::uint32_t>(half) << 16;
    const std::uint32_t sign = word & 0x80000000u, twice = word + word;
    const float normal = std::bit_cast<float>((twice >> 4) + (0xE0u << 23)) * 0x1.0p-112f;
    const float subnormal = std::bit_cast<float>((twice >> 17) | (126u << 23)) - 0.5f;
    const std::uint32_t magnitude = twice < (1u << 27) ? std::bit_cast<std::uint32_t>(subnormal)
                                                       : std::bit_cast<std::uint32_t>(normal);
    return std::bit_cast<float>(sign | magnitude);
}

float fromBrain(std::uint16_t brain) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(brain) << 16);
}

void readBlocks4(const std::byte* in, float* out, qint64 blocks, bool withMinimum) {
    const std::size_t header = withMinimum ? 4 : 2;
    for (qint64 block = 0; block < blocks; ++block) {
        const float scale = fromHalf(load<std::uint16_t>(in));
        // Q4_0 is (q - 8) d, with the product rounded as the reference rounds it; Q4_1 is q d + m.
        const float minimum = withMinimum ? fromHalf(load<std::uint16_t>(in + 2)) : 0.0f;
        const float shift = withMinimum ? 0.0f : 8.0f;
        std::uint8_t packed[blockElements / 2];
        std::memcpy(packed, in + header, sizeof packed);
        for (int i = 0; i < 16; ++i)
            out[i] = (static_cast<float>(packed[i] & 15) - shift) * scale + minimum;
        for (int i = 0; i < 16; ++i)
            out[16 + i] = (static_cast<float>(packed[i] >> 4) - shift) * scale + minimum;
        in += header + sizeof packed;
        out += blockElements;
    }
}

void readBlocks8(const std::byte* in, float* out, qint64 blocks) {
    for (qint64 block = 0; block < blocks; ++block) {
        const float scale = fromHalf(load<std::uint16_t>(in));
        std::int8_t values[blockElements];
        std::memcpy(values, in + 2, sizeof values);
        for (int i = 0; i < blockElements; ++i)
            out[i] = static_cast<float>(values[i]) * scale;
        in += 2 + blockElements;
        out += blockElements;
    }
}

// elements is a multiple of the type's block.
void readRun(TensorType type, const std::byte* in, float* out, qint64 elements) {
    switch (type) {
    case TensorType::F32:
        std::memcpy(out, in, static_cast<std::size_t>(elements) * sizeof(float));
        return;
    case TensorType::F64:
        for (qint64 i = 0; i < elements; ++i)
            out[i] = static_cast<float>(load<double>(in + i * 8));
        return;
    case TensorType::F16:
        for (qint64 i = 0; i < elements; ++i)
            out[i] = fromHalf(load<std::uint16_t>(in + i * 2));
        return;
    case TensorType::BF16:
        for (qint64 i = 0; i < elements; ++i)
            out[i] = fromBrain(load<std::uint16_t>(in + i * 2));
        return;
    case TensorType::Q4_0:
    case TensorType::Q4_1:
        return readBlocks4(in, out, elements / blockElements, type == TensorType::Q4_1);
    case TensorType::Q8_0:
        return readBlocks8(in, out, elements / blockElements);
    }
}

qint64 elementsOf(const Tensor& tensor) {
    qint64 elements = 1;
    for (const qint64 size : tensor.shape)
        elements *= size;
    return elements;
}

// The stored row of a row: within each head the file pairs row i of the first half with row i of
// the second half, one after the other.
qint64 storedRow(const Tensor& tensor, qint64 row) {
    if (tensor.interleavedHeads <= 0)
        return row;
    const qint64 perHead = tensor.shape[0] / tensor.interleavedHeads, half = perHead / 2;
    const qint64 head = row / perHead, inHead = row % perHead;
    return head * perHead + inHead % half * 2 + inHead / half;
}

// A vector's elements are its rows, and they do not begin on a block each.
void readVectorRows(const Tensor& tensor, float* out, qint64 firstRow, qint64 rowCount) {
    std::vector<float> whole(static_cast<std::size_t>(elementsOf(tensor)));
    readRun(tensor.type, tensor.data, whole.data(), static_cast<qint64>(whole.size()));
    for (qint64 i = 0; i < rowCount; ++i)
        out[i] = whole[static_cast<std::size_t>(storedRow(tensor, firstRow + i))];
}

} // namespace

QString tensorTypeName(TensorType type) {
    switch (type) {
    case TensorType::F32:
        return QStringLiteral("F32");
    case TensorType::F16:
        return QStringLiteral("F16");
    case TensorType::BF16:
        return QStringLiteral("BF16");
    case TensorType::F64:
        return QStringLiteral("F64");
    case TensorType::Q4_0:
        return QStringLiteral("Q4_0");
    case TensorType::Q4_1:
        return QStringLiteral("Q4_1");
    case TensorType::Q8_0:
        return QStringLiteral("Q8_0");
    }
    return {};
}

Result<void> readTensor(const Tensor& tensor, float* out, qint64 firstRow, qint64 rowCount) {
    const qint64 rows = tensor.shape.empty() ? 1 : tensor.shape[0];
    if (firstRow < 0 || rowCount < 0 || rowCount > rows || firstRow > rows - rowCount)
        return Error{
            QStringLiteral("The tensor %1 has %2 rows, and rows %3 to %4 were asked for; ask "
                           "for rows that it has.")
                .arg(tensor.name)
                .arg(rows)
                .arg(firstRow)
                .arg(firstRow + rowCount - 1)};
    if (rowCount == 0)
        return {};
    if (tensor.shape.size() < 2) {
        readVectorRows(tensor, out, firstRow, rowCount);
        return {};
    }
    const qint64 rowElements = elementsOf(tensor) / rows, rowBytes = tensor.bytes / rows;
    if (tensor.interleavedHeads <= 0) {
        readRun(tensor.type, tensor.data + firstRow * rowBytes, out, rowCount * rowElements);
        return {};
    }
    for (qint64 i = 0; i < rowCount; ++i)
        readRun(tensor.type, tensor.data + storedRow(tensor, firstRow + i) * rowBytes,
                out + i * rowElements, rowElements);
    return {};
}

Result<void> readTensor(const Tensor& tensor, float* out) {
    return readTensor(tensor, out, 0, tensor.shape.empty() ? 1 : tensor.shape[0]);
}

} // namespace attendre
