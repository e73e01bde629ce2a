#pragma once

#include "model/trace/cancel.h"
#include "model/trace/reader.h"
#include "model/trace/result.h"

#include <QString>

namespace attendre {

// A hash over what a trace says, run by run, as "sha256:…": inputs by their hashes, configuration,
// tokens, every step's slots, columns, victims and attention. Left out are times, labels, paths,
// commands and the file's layout, so that two recordings of the same inputs with the same seed,
// build, device and thread count have the same digest.
Result<QString> traceDigest(Reader& reader, const Progress& progress, const Cancel& cancel);

// The same for one run.
Result<QString> runDigest(Reader& reader, int run, const Progress& progress, const Cancel& cancel);

} // namespace attendre
