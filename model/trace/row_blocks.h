#pragma once

#include "model/trace/table_rows.h"

#include <map>
#include <memory>
#include <tuple>

namespace attendre {

// The rows of whole blocks of positions, as one connection has decoded them: so that many look-ups
// by position in one block decode it once. What is known of the runs stands beside them. All of it
// is forgotten as soon as the file has changed.
class RowBlocks {
  public:
    using Rows = std::shared_ptr<const std::vector<Row>>;
    using Runs = std::shared_ptr<const std::vector<RunInfo>>;

    // Forgets everything where the connection's file is not as it was at the last call.
    void follow(sqlite3* connection);
    // The runs, and the committed steps of one.
    Result<Runs> runs(Store& store);
    Result<int> stepCount(Store& store, int run);
    // All rows of a unit, in the order of their position. Only for tables that walk over Position.
    Result<Rows> rows(const TableDefinition& table, Store& store, const Unit& unit);

  private:
    using Key = std::tuple<const TableDefinition*, int, int, int, int>;

    unsigned m_version = 0;
    Runs m_runs;
    std::map<int, int> m_steps;
    std::map<Key, Rows> m_blocks;
    std::size_t m_kept = 0; // rows
};

} // namespace attendre
