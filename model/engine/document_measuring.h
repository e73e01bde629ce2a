#pragma once

#include "model/engine/open_model.h"
#include "model/engine/run_input.h"
#include "model/evaluation/cell_result.h"

namespace attendre {

// What is measured of a document's reading beside the negative log-likelihood.
struct Measuring {
    // The file of full attention's last outputs for the same input: written where it does not
    // exist, which reads the document once more. Empty: no KL is measured.
    QString fullOutputs;
    bool coverage = false; // coverage and output error, by an archive on disk
    QString scratch;       // the folder for it
};

// Reads a document in the mode causal and fills in what CellResult says of it. Errors: what the
// configuration, the model or the device refuses; cancelled.
Result<void> measureDocument(OpenModel& model, const TokenizedDocument& document,
                             const Configuration& configuration, const Measuring& measuring,
                             const Stage& stage, const Cancel& cancel, CellResult& result);

} // namespace attendre
