#pragma once

#include "model/engine/open_model.h"
#include "model/engine/run_input.h"
#include "model/evaluation/sweep_folder.h"

namespace attendre {

// Computes cells of a sweep, one after the other; what follows each other on one document is
// tokenized once. Belongs to one thread.
class SweepCells {
  public:
    // Errors: the model cannot be opened, or is not the one that the sweep began with.
    static Result<std::unique_ptr<SweepCells>> open(SweepFolder folder, const Stage& stage,
                                                    const Cancel& cancel);

    // Computes what the folder lacks of a cell and adds it; a cell that is there, or that another
    // process ends meanwhile, is left as it is. Errors: what the cell refuses or fails at, which is
    // kept in the folder; cancelled, which is not.
    Result<void> run(int cell, const Stage& stage, const Cancel& cancel);

  private:
    explicit SweepCells(SweepFolder folder) : m_folder(std::move(folder)) {}
    Result<CellResult> compute(const SweepCell& cell, const Stage& stage, const Cancel& cancel);
    Result<void> measure(const SweepCell& cell, const Stage& stage, const Cancel& cancel,
                         CellResult& result);
    Result<void> answer(const SweepCell& cell, const Stage& stage, const Cancel& cancel,
                        CellResult& result);

    SweepFolder m_folder;
    std::unique_ptr<OpenModel> m_model;
    std::optional<TokenizedDocument> m_document;
};

} // namespace attendre
