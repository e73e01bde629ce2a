#include "model/trace/row_blocks.h"

namespace attendre {

namespace {
constexpr std::size_t mostRows = 200'000; // about a hundred megabytes
} // namespace

void RowBlocks::follow(sqlite3* connection) {
    unsigned version = 0;
    const int code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_DATA_VERSION, &version);
    if (code == SQLITE_OK && version == m_version)
        return;
    m_version = version;
    m_runs.reset();
    m_steps.clear();
    m_blocks.clear();
    m_kept = 0;
}

Result<RowBlocks::Runs> RowBlocks::runs(Store& store) {
    if (!m_runs) {
        auto runs = store.runs();
        if (!runs)
            return runs.error();
        m_runs = std::make_shared<const std::vector<RunInfo>>(runs.take());
    }
    return m_runs;
}

Result<int> RowBlocks::stepCount(Store& store, int run) {
    if (const auto known = m_steps.find(run); known != m_steps.end())
        return known->second;
    auto steps = store.stepCount(run);
    if (steps)
        m_steps[run] = *steps;
    return steps;
}

Result<RowBlocks::Rows> RowBlocks::rows(const TableDefinition& table, Store& store,
                                        const Unit& unit) {
    const Key key{&table, unit.run.run, unit.layer, unit.head, unit.block};
    if (const auto known = m_blocks.find(key); known != m_blocks.end())
        return known->second;
    std::vector<Row> rows;
    if (auto filled = table.fill(store, unit, Ranges{}, rows); !filled)
        return filled.error();
    if (m_kept + rows.size() > mostRows) {
        m_blocks.clear();
        m_kept = 0;
    }
    m_kept += rows.size();
    return m_blocks[key] = std::make_shared<const std::vector<Row>>(std::move(rows));
}

} // namespace attendre
