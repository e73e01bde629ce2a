#include "app/sweep_slurm.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QProcess>
#include <QSaveFile>

#include <algorithm>

namespace attendre {

namespace {

// What a cluster takes in one array unless it says otherwise (MaxArraySize 1001).
constexpr std::size_t largestArray = 1000;

// The k-th task computes the cell whose key stands in the k-th line of keys: a plan that changes
// meanwhile numbers its cells anew, their keys stay.
QString script(const SweepFolder& folder, std::size_t tasks, const QString& keys,
               const SlurmRequest& request) {
    int threads = 1;
    for (const SweepCell& cell : folder.plan().cells)
        threads = std::max(threads, cell.configuration.threads);
    QStringList lines{
        "#!/bin/sh",
        "#SBATCH --job-name=attendre",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
        QString("#SBATCH --array=1-%1").arg(tasks),
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
    lines << QString("exec %1 sweep -o %2 --cell \"$(sed -n \"${SLURM_ARRAY_TASK_ID}p\" %3)\"")
                 .arg(shellWord(QCoreApplication::applicationFilePath()), shellWord(folder.path()),
                      shellWord(keys));
    return lines.join('\n') + '\n';
}

Result<void> write(const QString& path, const QString& text) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text.toUtf8()) < 0 || !file.commit())
        return Error{QString("%1 cannot be written (%2).").arg(path, file.errorString())};
    return {};
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
        return Error{
            QString("sbatch refused %1 (%2): mend what it names, or use --jobs.").arg(path, why)};
    }
    return QString::fromUtf8(process.readAllStandardOutput()).trimmed().section(';', 0, 0);
}

} // namespace

Result<QStringList> submitToSlurm(const SweepFolder& folder, const std::vector<int>& cells,
                                  const SlurmRequest& request) {
    QDir().mkpath(folder.path() + "/slurm");
    QStringList jobs;
    for (std::size_t from = 0; from < cells.size(); from += largestArray) {
        const std::size_t tasks = std::min(largestArray, cells.size() - from);
        QString keys;
        for (std::size_t i = from; i < from + tasks; ++i)
            keys += folder.key(cells[i]) + '\n';
        const QString hash = QString::fromLatin1(
            QCryptographicHash::hash(keys.toUtf8(), QCryptographicHash::Sha256).toHex().left(12));
        const QString path = QString("%1/slurm/cells-%2").arg(folder.path(), hash);
        if (auto written = write(path + ".txt", keys); !written)
            return written.error();
        if (auto written = write(path + ".sh", script(folder, tasks, path + ".txt", request));
            !written)
            return written.error();
        auto job = sbatch(path + ".sh");
        if (!job)
            return job.error();
        jobs << *job;
    }
    return jobs;
}

} // namespace attendre
