#include "model/network/torch_headers.h"

#include "model/memory/query_memory.h"

#include <algorithm>

namespace attendre {

Queries QueryMemory::insert(const Queries& arrivals) {
    if (m_capacity == 0)
        return arrivals;
    if (waiting() == 0) {
        m_waiting = {arrivals.query.clone(), arrivals.hidden.clone(), arrivals.firstPosition};
    } else {
        m_waiting.query = at::cat({m_waiting.query, arrivals.query});
        m_waiting.hidden = at::cat({m_waiting.hidden, arrivals.hidden});
    }
    return takeOldest(std::max<std::int64_t>(0, m_waiting.count() - m_capacity));
}

Queries QueryMemory::flush(std::int64_t count) {
    return takeOldest(std::min<std::int64_t>(count, m_waiting.count()));
}

Queries QueryMemory::takeOldest(std::int64_t count) {
    if (count == 0)
        return {};
    const std::int64_t left = m_waiting.count() - count;
    const Queries oldest{m_waiting.query.narrow(0, 0, count), m_waiting.hidden.narrow(0, 0, count),
                         m_waiting.firstPosition};
    if (left == 0)
        m_waiting = {};
    else
        m_waiting = {m_waiting.query.narrow(0, count, left).clone(),
                     m_waiting.hidden.narrow(0, count, left).clone(),
                     m_waiting.firstPosition + std::int32_t(count)};
    return oldest;
}

} // namespace attendre
