#pragma once

#include "model/evaluation/cell_result.h"

#include <memory>

namespace attendre {

// "sha256:…" of a file's bytes. Errors: it cannot be read.
Result<QString> hashOfFile(const QString& path);

// Where a sweep's results lie:
//   sweep.json         the plan, with the key of each cell
//   cells/KEY.json     what came of a cell; written whole or not at all
//   cells/KEY.failed   why it could not be computed, one sentence
//   cells/KEY.jsonl    of questions: one line an answer, as attendre eval writes them
//   full/              full attention's last outputs, which kl compares with
//   locks/KEY          held by the process that computes it
//   log.jsonl          a line for each cell when it ended
// A key names model, subject and configuration by their contents, so a plan that was changed keeps
// every result that still belongs to it.
class SweepFolder {
  public:
    // A plan's results in a folder; nothing is written. Errors: a subject cannot be read.
    static Result<SweepFolder> of(const QString& folder, SweepPlan plan, const QString& modelHash);
    // Makes the folder where it is not there and writes the plan into it. Errors: it holds
    // something else than a sweep, it cannot be written.
    Result<void> save() const;
    // As it was prepared. Errors: no sweep there, or one that this version does not read.
    static Result<SweepFolder> open(const QString& folder);

    QString path() const { return m_path; }
    const SweepPlan& plan() const { return m_plan; }
    QString key(int cell) const { return m_keys[std::size_t(cell)]; }
    QString modelHash() const { return m_modelHash; }
    QString questionsFile(int cell) const { return file(cell, ".jsonl"); }
    QString fullOutputsFile(int cell) const;
    QString lockFile(int cell) const { return m_path + "/locks/" + key(cell); }

    bool has(int cell) const;
    std::vector<int> missing() const;
    // Errors: not there, damaged.
    Result<CellResult> result(int cell) const;
    // All that are there, in the order of the plan.
    Result<std::vector<CellResult>> results() const;
    // Why a cell failed when it was last tried; empty: it did not.
    QString failure(int cell) const;
    // Returns when it is on the disk; removes what failure() told before.
    Result<void> add(const CellResult& result) const;
    void fail(int cell, const QString& sentence) const;

  private:
    QString file(int cell, const QString& ending) const;

    QString m_path, m_modelHash;
    SweepPlan m_plan;
    std::vector<QString> m_keys, m_subjectHashes; // of each cell
};

} // namespace attendre
