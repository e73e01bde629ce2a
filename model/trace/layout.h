#pragma once

#include "model/trace/archive.h"
#include "model/trace/database.h"
#include "model/trace/values.h"

#include <QByteArray>

#include <optional>

namespace attendre {

// Where everything lies in a trace file: docs/trace-format.md is this header in words.
namespace layout {

constexpr int applicationId = 0x41545452; // "ATTR", in SQLite's header
constexpr int formatVersion = 1;          // SQLite's user_version
constexpr int pageSize = 8192;
constexpr int tokensPerBlock = 4096;    // t_tokens
constexpr int positionsPerBlock = 4096; // t_lives
constexpr int stepsPerBlock = 64;       // t_series: the items of one row, on every level
constexpr int seriesLevels = 3;         // values, extents of 64, extents of 4,096

// Row numbers: a seek is one look-up.
constexpr qint64 stepKey(int run, qint64 step) {
    return (qint64(run) << 40) | step;
}
constexpr qint64 layerKey(int run, qint64 step, int layer) {
    return (qint64(run) << 44) | (step << 12) | layer;
}
constexpr qint64 blockKey(int run, qint64 block) {
    return (qint64(run) << 40) | block;
}
constexpr qint64 seriesKey(int run, int level, int channel, qint64 block) {
    return (((qint64(run) * seriesLevels + level) << 19 | channel) << 22) | block;
}
constexpr int mostLayers = 4096;

extern const char* const schema;

} // namespace layout

// A count of committed steps that stands in the file itself, never in the WAL: SQLite writes its
// page once, before recording, and each commit overwrites eight bytes of it in place. A copy that
// was made without the WAL then holds fewer steps than it counts, and says so.
class StepCount {
  public:
    // Inserts the run's row; to be called outside WAL mode.
    static Result<void> create(Database& database, int run, const QByteArray& mark);
    // Finds the row in the file by its mark. The connection must have been opened after create().
    static Result<StepCount> find(Database& database, const QByteArray& mark);
    void write(qint64 steps);
    // What is counted; nothing where the run has no row.
    static Result<std::optional<qint64>> read(Database& database, int run);

  private:
    sqlite3_file* m_file = nullptr;
    qint64 m_offset = 0;
};

// What SQLite's header says, read through the connection's own file: another descriptor on it would
// drop this process's locks when it closes.
struct FileHeader {
    bool database = false; // a file of SQLite's; false for an empty one
    bool wal = false;      // it is in WAL mode
    int applicationId = 0;
    qint64 statedBytes = 0, bytes = 0; // as the header says (0: unknown), and as they are
};
FileHeader fileHeader(Database& database);

// Refuses what is no trace of this program, and newer versions.
Result<void> checkFormat(Database& database);

// Notes that every block of the run is a frame with a checksum, and whether that has been noted:
// traces that were recorded before there were checksums have no such table.
Result<void> markChecked(Database& database, int run);
Result<bool> isChecked(Database& database, int run);

// Makes the archive's tables where they are not there yet and notes the run among those that have
// one; and what was noted: nothing of a run without an archive.
Result<void> insertArchive(Database& database, int run, const ArchivedAttention& attention);
Result<std::optional<ArchivedAttention>> archiveOf(Database& database, int run);

// A run's row.
Result<void> insertRun(Database& database, const RunInfo& run);
// Columns in the order of runColumns. Errors: JSON that is none, options that nothing wrote.
Result<RunInfo> runFromRow(const Statement& row);
extern const char* const runColumns;

} // namespace attendre
