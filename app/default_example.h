#pragma once

#include "app/engine_process.h"

#include <optional>

namespace attendre {

// The model and the book that run.sh fetched and brought, where they are on this machine.
struct Example {
    QString model, document;
};
std::optional<Example> defaultExample();

// Where the window puts the traces of its runs.
QString traceFolder();
// A new file's name in that folder, told by the document and the time.
QString newTracePath(const QString& document);

// The run that the window starts when it is given a model and a document: the defaults, with the
// attention recorded, paused two steps after the first eviction.
EngineProcess::RunRequest firstRun(const QString& model, const QString& document);
// After how many steps such a run pauses, so that the first picture shows evictions.
int interestingSteps(const Configuration& configuration);

} // namespace attendre
