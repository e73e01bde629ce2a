#include "model/engine/checkpoints.h"

namespace attendre {

void Checkpoints::offer(const Pipeline& pipeline) {
    const int steps = pipeline.stepsDone();
    const qint64 bytes = pipeline.stateBytes();
    while (m_bytes + bytes > m_budget && m_kept.size() > 1)
        thin();
    if (steps % m_distance != 0 || m_bytes + bytes > m_budget)
        return;
    auto fork = pipeline.fork();
    if (!fork)
        return;
    m_kept[steps] = fork.take();
    m_bytes += bytes;
}

void Checkpoints::thin() {
    m_distance *= 2;
    std::erase_if(m_kept, [&](const auto& kept) {
        if (kept.first % m_distance == 0)
            return false;
        m_bytes -= kept.second->stateBytes();
        return true;
    });
}

const Pipeline* Checkpoints::nearest(int steps, int tokens) const {
    for (auto kept = m_kept.rbegin(); kept != m_kept.rend(); ++kept)
        if (kept->first <= steps && kept->second->tokensRead() <= tokens)
            return kept->second.get();
    return nullptr;
}

} // namespace attendre
