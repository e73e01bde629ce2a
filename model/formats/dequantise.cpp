#include "model/formats/quantised_blocks.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace attendre {

namespace {

template <class T> T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

float fromBrain(std::uint16_t brain) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(brain) << 16);
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
            out[i] = floatFromHalf(load<std::uint16_t>(in + i * 2));
        return;
    case TensorType::BF16:
        for (qint64 i = 0; i < elements; ++i)
            out[i] = fromBrain(load<std::uint16_t>(in + i * 2));
        return;
    default:
        return readBlocks(type, in, out, elements);
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
    case TensorType::Q5_0:
        return QStringLiteral("Q5_0");
    case TensorType::Q5_1:
        return QStringLiteral("Q5_1");
    case TensorType::Q8_0:
        return QStringLiteral("Q8_0");
    case TensorType::Q4_K:
        return QStringLiteral("Q4_K");
    case TensorType::Q5_K:
        return QStringLiteral("Q5_K");
    case TensorType::Q6_K:
        return QStringLiteral("Q6_K");
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
