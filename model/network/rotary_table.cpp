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

RotaryTable::RotaryTable(const std::vector<double>& frequencies, std::int64_t reach,
                         const at::TensorOptions& options)
    : m_frequencies(at::tensor(frequencies, at::TensorOptions().dtype(at::kDouble)).unsqueeze(0)),
      m_options(options.dtype(options.dtype() == at::kDouble ? at::kDouble : at::kFloat)),
      m_kept(std::size_t(reach / blockLength + 2)) {}

const RotaryRows& RotaryTable::block(std::int64_t index) {
    const auto found = m_blocks.find(index);
    if (found != m_blocks.end())
        return found->second;
    const at::Tensor position = at::arange(index * blockLength, (index + 1) * blockLength,
                                           at::TensorOptions().dtype(at::kDouble));
    const at::Tensor angle = position.unsqueeze(1) * m_frequencies;
    const RotaryRows made{at::cos(angle).to(m_options), at::sin(angle).to(m_options)};
    if (m_blocks.size() >= m_kept)
        m_blocks.erase(m_blocks.begin());
    return m_blocks[index] = made;
}

RotaryRows RotaryTable::rows(std::int64_t first, std::int64_t n) {
    const std::int64_t from = first / blockLength, to = (first + n - 1) / blockLength;
    if (from == to) {
        const RotaryRows& one = block(from);
        return {one.cosine.narrow(0, first % blockLength, n),
                one.sine.narrow(0, first % blockLength, n)};
    }
    std::vector<at::Tensor> cosine, sine;
    for (std::int64_t i = from; i <= to; ++i) {
        const RotaryRows& one = block(i);
        cosine.push_back(one.cosine);
        sine.push_back(one.sine);
    }
    const std::int64_t skipped = first - from * blockLength;
    return {at::cat(cosine).narrow(0, skipped, n), at::cat(sine).narrow(0, skipped, n)};
}

namespace {

// The CPU in float32: read once, written once, in the order that retrieval reads.
at::Tensor rotateRowsFloat(const at::Tensor& x, const RotaryRows& rows) {
    const std::int64_t n = x.size(0), heads = x.size(1), half = x.size(2) / 2;
    at::Tensor out = at::empty({heads, n, x.size(2)}, x.options());
    const float* from = x.const_data_ptr<float>();
    const float* cosine = rows.cosine.const_data_ptr<float>();
    const float* sine = rows.sine.const_data_ptr<float>();
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

at::Tensor rotateRows(const at::Tensor& x, const RotaryRows& rows) {
    if (x.device().is_cpu() && x.scalar_type() == at::kFloat && x.stride(2) == 1)
        return rotateRowsFloat(x, rows);
    return rotated(x.transpose(0, 1), rows.cosine.unsqueeze(0), rows.sine.unsqueeze(0))
        .contiguous();
}

at::Tensor rotateIndexed(const at::Tensor& x, const RotaryRows& rows, const at::Tensor& index) {
    const std::int64_t heads = x.size(0), n = x.size(1), half = x.size(2) / 2;
    const at::Tensor flat = index.reshape(-1);
    return rotated(x, rows.cosine.index_select(0, flat).view({heads, n, half}),
                   rows.sine.index_select(0, flat).view({heads, n, half}));
}

} // namespace attendre
