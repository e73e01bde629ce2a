#pragma once

#include "model/trace/result.h"

#include <QLockFile>
#include <QString>

#include <memory>
#include <optional>

namespace attendre {

// The process that is recording into a trace at this moment.
struct RecordingProcess {
    qint64 id = 0;
    QString host; // empty: this machine
};
// Nothing where no recorder holds the trace, or where the one that held it is gone.
std::optional<RecordingProcess> recordingProcess(const QString& trace);

// Takes the lock under which a run is recorded, held until it goes out of scope. Errors: another
// process holds it, the lock's file cannot be written.
Result<std::unique_ptr<QLockFile>> lockTrace(const QString& trace);

// Whether a trace can be written here: tried with a page in a file of its own beside it. Errors,
// each with its own sentence: no name, no such folder, a folder of that name, a name too long, not
// writable, a read-only file system, a full disk, another run being recorded; and a file that
// exists where neither append nor overwrite was asked for.
Result<void> checkTracePlace(const QString& trace, bool append, bool overwrite);

} // namespace attendre
