#include "model/network/torch_headers.h"

#include "model/network/rotary_table.h"
#include "model/network/row_kernels.h"

namespace attendre {

namespace {

at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
    const std::int64_t half = x.size(-1) / 2;
    const at::Tensor a = x.narrow(-1, 0, half), b = x.narrow(-1, half, half);
    return at::cat({a * cosine - b * sine, b * cosine + a * sine}, -1).to(x.scalar_type());
}

} // namespace

RotaryTable RotaryTable::make(int headDimension, double theta, const RopeScaling& scaling,
                              std::int64_t count, const at::TensorOptions& options) {
    const std::vector<double> frequencies = rotaryFrequencies(headDimension, theta, scaling);
    const auto type = options.dtype() == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor frequency =
        at::tensor(frequencies, at::TensorOptions().dtype(at::kDouble)).unsqueeze(0);
    const at::Tensor angle =
        at::arange(count, at::TensorOptions().dtype(at::kDouble)).unsqueeze(1) * frequency;
    return {at::cos(angle).to(options.device(), type), at::sin(angle).to(options.device(), type)};
}

namespace {

// The CPU in float32: read once, written once, in the order that retrieval reads.
at::Tensor rotateRowsFloat(const at::Tensor& x, const RotaryTable& table, std::int64_t first) {
    const std::int64_t n = x.size(0), heads = x.size(1), half = x.size(2) / 2;
    at::Tensor out = at::empty({heads, n, x.size(2)}, x.options());
    const float* from = x.const_data_ptr<float>();
    const float* cosine = table.cosine.const_data_ptr<float>() + first * half;
    const float* sine = table.sine.const_data_ptr<float>() + first * half;
    float* to = out.mutable_data_ptr<float>();
    const std::int64_t rowStride = x.stride(0), headStride = x.stride(1);
    at::parallel_for(0, heads * n, 128, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t head = i / n, row = i % n;
            rotateRow(from + row * rowStride + head * headStride, cosine + row * half,
                      sine + row * half, half, to + i * 2 * half);
        }
    });
    return out;
}

} // namespace

at::Tensor rotateRows(const at::Tensor& x, const RotaryTable& table, std::int64_t first) {
    if (x.device().is_cpu() && x.scalar_type() == at::kFloat && x.stride(2) == 1)
        return rotateRowsFloat(x, table, first);
    const std::int64_t n = x.size(0);
    return rotated(x.transpose(0, 1), table.cosine.narrow(0, first, n).unsqueeze(0),
                   table.sine.narrow(0, first, n).unsqueeze(0))
        .contiguous();
}

at::Tensor rotateIndexed(const at::Tensor& x, const RotaryTable& table, const at::Tensor& index) {
    const std::int64_t heads = x.size(0), n = x.size(1), half = x.size(2) / 2;
    const at::Tensor flat = index.reshape(-1);
    return rotated(x, table.cosine.index_select(0, flat).view({heads, n, half}),
                   table.sine.index_select(0, flat).view({heads, n, half}));
}

} // namespace attendre
