#include "model/network/torch_headers.h"

#include "model/memory/key_value_memory.h"

#include <algorithm>
#include <cstring>

namespace attendre {

KeyValueMemory::KeyValueMemory(int heads, int capacity, int headDimension,
                               const at::TensorOptions& options)
    : m_keys(at::empty({heads, capacity, headDimension}, options)),
      m_values(at::empty({heads, capacity, headDimension}, options)), m_columns(heads, capacity) {}

KeyValueMemory KeyValueMemory::clone() const {
    KeyValueMemory copy = *this;
    copy.m_keys = m_keys.clone();
    copy.m_values = m_values.clone();
    return copy;
}

void KeyValueMemory::grow(int capacity) {
    for (at::Tensor* memory : {&m_keys, &m_values}) {
        at::Tensor wide =
            at::empty({memory->size(0), capacity, memory->size(2)}, memory->options());
        wide.narrow(1, 0, memory->size(1)).copy_(*memory);
        *memory = std::move(wide);
    }
    m_columns.grow(capacity);
}

int KeyValueMemory::victimsFor(int arrivals) const {
    return std::max(0, arrivals - (m_columns.capacity - m_columns.occupancy));
}

void KeyValueMemory::insert(const at::Tensor& key, const at::Tensor& value,
                            std::int32_t firstPosition,
                            const std::vector<std::vector<std::int32_t>>& victims) {
    const int arrivals = int(key.size(1));
    const int toFree = std::min(arrivals, m_columns.capacity - m_columns.occupancy);
    std::vector<std::int64_t> at; // [G][n], the row of [G M, D] that each arrival takes
    at.reserve(std::size_t(m_columns.heads) * arrivals);
    for (int head = 0; head < m_columns.heads; ++head)
        for (int i = 0; i < arrivals; ++i) {
            const int slot = i < toFree ? m_columns.occupancy + i : victims[head][i - toFree];
            m_columns.insert(head, slot, firstPosition + i);
            at.push_back(std::int64_t(head) * m_columns.capacity + slot);
        }
    m_columns.occupancy += toFree;
    m_tick += arrivals;
    store(m_keys, key, at);
    store(m_values, value, at);
    if (m_columns.keepsNorms()) {
        keepNorms(m_columns.keyNorm, key, at);
        keepNorms(m_columns.valueNorm, value, at);
    }
}

void KeyValueMemory::keepNorms(std::vector<double>& norms, const at::Tensor& rows,
                               const std::vector<std::int64_t>& at) {
    const at::Tensor lengths = rows.to(at::kDouble).norm(2, -1).to(at::kCPU).contiguous();
    for (std::size_t i = 0; i < at.size(); ++i)
        norms[std::size_t(at[i])] = lengths.const_data_ptr<double>()[i];
}

void KeyValueMemory::store(at::Tensor& memory, const at::Tensor& rows,
                           const std::vector<std::int64_t>& at) {
    const std::int64_t heads = rows.size(0), n = rows.size(1), width = rows.size(2);
    if (!memory.device().is_cpu() || rows.stride(2) != 1) {
        const at::Tensor index = at::tensor(at, at::kLong).to(memory.device());
        memory.view({-1, width}).index_copy_(0, index, rows.reshape({heads * n, width}));
        return;
    }
    const std::size_t element = memory.element_size(), bytes = std::size_t(width) * element;
    const auto* from = static_cast<const std::byte*>(rows.const_data_ptr());
    auto* to = static_cast<std::byte*>(memory.mutable_data_ptr());
    for (std::int64_t head = 0; head < heads; ++head)
        for (std::int64_t i = 0; i < n; ++i)
            std::memcpy(to + std::size_t(at[head * n + i]) * bytes,
                        from + std::size_t(head * rows.stride(0) + i * rows.stride(1)) * element,
                        bytes);
}

} // namespace attendre
