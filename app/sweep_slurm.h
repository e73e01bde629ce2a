#pragma once

#include "model/evaluation/sweep_folder.h"

namespace attendre {

// What a SLURM cluster is asked for, for each cell.
struct SlurmRequest {
    QString partition, time, memory; // as sbatch takes them; empty: the cluster's own default
    int gpus = 0, cpus = 0;          // cpus 0: as many as the threads of a cell
    QStringList more;                // other options of sbatch, as it takes them
};

// Submits the cells as job arrays of tasks that can be requeued; FOLDER/slurm gets the scripts and
// what the tasks say. Returns the numbers of the jobs. Errors: sbatch is not there or refuses, in
// its own words.
Result<QStringList> submitToSlurm(const SweepFolder& folder, const std::vector<int>& cells,
                                  const SlurmRequest& request);

} // namespace attendre
