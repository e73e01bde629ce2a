#include "model/trace/frame_numbers.h"
#include "model/trace/trace_writer.h"

#include <algorithm>

namespace attendre {

Result<void> LifeWriter::add(const StepFrame& frame) {
    const size_t layers = frame.layers.size();
    m_open.resize(layers + (frame.output ? 1 : 0));
    for (size_t l = 0; l < m_open.size(); ++l) {
        const LayerFrame& layer = l < layers ? frame.layers[l] : *frame.output;
        m_open[l].resize(layer.heads.size());
        for (size_t i = 0; i < layer.left.size(); ++i)
            m_open[l][i / size_t(layer.info.evicted)].push_back(layer.left[i]);
    }
    for (int l = frame.info.step % m_interval; l < int(m_open.size()); l += m_interval)
        if (auto done = flush(l, frame.info.step); !done)
            return done;
    return {};
}

Result<void> LifeWriter::finish(int lastStep) {
    for (int l = 0; l < int(m_open.size()); ++l)
        if (auto done = flush(l, lastStep); !done)
            return done;
    return {};
}

Result<void> LifeWriter::flush(int layer, int step) {
    for (int head = 0; head < int(m_open[layer].size()); ++head) {
        auto& entries = m_open[layer][head];
        std::sort(entries.begin(), entries.end(),
                  [](const LeftEntry& a, const LeftEntry& b) { return a.position < b.position; });
        for (size_t from = 0; from < entries.size();) {
            const int block = entries[from].position / layout::positionsPerBlock;
            size_t to = from;
            while (to < entries.size() && entries[to].position / layout::positionsPerBlock == block)
                ++to;
            const std::vector<LeftEntry> part(entries.begin() + qsizetype(from),
                                              entries.begin() + qsizetype(to));
            if (auto done = insert(layer, head, block, step, part); !done)
                return done;
            from = to;
        }
        entries.clear();
    }
    auto until = m_database.prepare(
        "INSERT OR REPLACE INTO t_lives_until(run, layer, until) VALUES(?, ?, ?)");
    if (!until)
        return until.error();
    const int code =
        until->bind(1, qint64(m_run)).bind(2, qint64(layer)).bind(3, qint64(step)).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database.error(code));
}

Result<void> LifeWriter::insert(int layer, int head, int block, int step,
                                const std::vector<LeftEntry>& entries) {
    auto row = m_database.prepare("INSERT INTO t_lives(run, layer, head, block, sequence, data) "
                                  "VALUES(?, ?, ?, ?, ?, ?)");
    if (!row)
        return row.error();
    const QByteArray data = leftToBytes(entries);
    row->bind(1, qint64(m_run)).bind(2, qint64(layer)).bind(3, qint64(head));
    const int code = row->bind(4, qint64(block)).bind(5, qint64(step)).bind(6, data).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database.error(code));
}

} // namespace attendre
