#include "app/sweep_slurm.h"

#include <QCoreApplication>
#include <QDir>
#include <QProcess>
#include <QSaveFile>

namespace attendre {

namespace {

// What a cluster takes in one array unless it says otherwise (MaxArraySize 1001).
constexpr int largestArray = 1000;

// "0-5,9,12-199"
QString ranges(const std::vector<int>& numbers) {
    QStringList parts;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
            ++last;
        parts << (last > i ? QString("%1-%2").arg(numbers[i]).arg(numbers[last])
                           : QString::number(numbers[i]));
        i = last + 1;
    }
    return parts.join(',');
}

QString script(const SweepFolder& folder, const std::vector<int>& tasks, int offset,
               const SlurmRequest& request) {
    int threads = 1;
    for (const SweepCell& cell : folder.plan().cells)
        threads = std::max(threads, cell.configuration.threads);
    QStringList lines{
        "#!/bin/sh",
        "#SBATCH --job-name=attendre",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
        "#SBATCH --array=" + ranges(tasks),
        "#SBATCH --output=" + folder.path() + "/slurm/%A_%a.log",
        QString("#SBATCH --cpus-per-task=%1").arg(request.cpus > 0 ? request.cpus : threads)};
    if (!request.partition.isEmpty())
        lines << "#SBATCH --partition=" + request.partition;
    if (!request.time.isEmpty())
        lines << "#SBATCH --time=" + request.time;
    if (!request.memory.isEmpty())
        lines << "#SBATCH --mem=" + request.memory;
    if (request.gpus > 0)
        lines << QString("#SBATCH --gpus-per-task=%1").arg(request.gpus) << "#SBATCH --ntasks=1";
    for (const QString& option : request.more)
        lines << "#SBATCH " + option;
    lines << QString("exec %1 sweep -o %2 --cell $((SLURM_ARRAY_TASK_ID + %3))")
                 .arg(shellWord(QCoreApplication::applicationFilePath()), shellWord(folder.path()))
                 .arg(offset);
    return lines.join('\n') + '\n';
}

Result<QString> sbatch(const QString& path) {
    QProcess process;
    process.start("sbatch", {"--parsable", path});
    if (!process.waitForStarted())
        return Error{QString("sbatch cannot be started (%1): give --slurm on a machine that "
                             "submits to a SLURM cluster, or use --jobs.")
                         .arg(process.errorString())};
    process.waitForFinished(-1);
    if (process.exitCode() != 0) {
        QString why = QString::fromUtf8(process.readAllStandardError()).trimmed().section('\n', -1);
        why.remove("sbatch: ").remove("error: ");
        return Error{QString("sbatch refused %1 (%2): change what the sweep asks the cluster for.")
                         .arg(path, why)};
    }
    return QString::fromUtf8(process.readAllStandardOutput()).trimmed().section(';', 0, 0);
}

} // namespace

Result<QStringList> submitToSlurm(const SweepFolder& folder, const std::vector<int>& cells,
                                  const SlurmRequest& request) {
    QDir().mkpath(folder.path() + "/slurm");
    QStringList jobs;
    for (std::size_t i = 0; i < cells.size();) {
        const int offset = cells[i] / largestArray * largestArray;
        std::vector<int> tasks;
        for (; i < cells.size() && cells[i] < offset + largestArray; ++i)
            tasks.push_back(cells[i] - offset);
        const QString path = QString("%1/slurm/cells-%2.sh").arg(folder.path()).arg(offset);
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly) ||
            file.write(script(folder, tasks, offset, request).toUtf8()) < 0 || !file.commit())
            return Error{QString("%1 cannot be written (%2).").arg(path, file.errorString())};
        auto job = sbatch(path);
        if (!job)
            return job.error();
        jobs << *job;
    }
    return jobs;
}

} // namespace attendre
