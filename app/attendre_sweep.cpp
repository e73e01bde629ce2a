// attendre sweep: a grid of configurations over documents or questions, on this machine or a
// cluster.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "app/sweep_jobs.h"
#include "app/sweep_slurm.h"
#include "model/engine/stop_signals.h"
#include "model/evaluation/sweep_rows.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <cmath>
#include <cstdio>

namespace attendre {

namespace {

struct SweepOptions {
    std::string plan, folder, cell, partition, time, memory;
    std::vector<std::string> more;
    int jobs = 1, gpus = 0, cpus = 0;
    bool slurm = false, collect = false, list = false, worker = false, json = false;
};

Result<SweepFolder> folderOf(const SweepOptions& options) {
    const QString folder = fromArgument(options.folder);
    if (options.plan.empty())
        return SweepFolder::open(folder);
    auto plan = readSweepPlan(fromArgument(options.plan));
    if (!plan)
        return plan.error();
    auto model = OpenModel::open(plan->model);
    if (!model)
        return model.error();
    StopSignals stopSignals;
    ProgressLine progress;
    auto hash = (*model)->hash(progress.stage(), stopSignals.cancel());
    if (!hash)
        return hash.error();
    auto found = SweepFolder::of(folder, plan.take(), *hash);
    // To look is not to change.
    if (found && !options.list && !options.collect)
        if (auto saved = found->save(); !saved)
            return saved.error();
    return found;
}

QString cellText(const SweepCell& cell) {
    return QString("%1 · %2").arg(cell.subject, labelOf(cell.way, cell.axes));
}

int list(const SweepFolder& folder) {
    for (const SweepCell& cell : folder.plan().cells) {
        const QString failure = folder.failure(cell.number);
        const QString state = folder.has(cell.number) ? QString("done")
                              : failure.isEmpty()     ? QString("missing")
                                                      : QString("failed: ") + failure;
        print(QString("%1 %2 · %3").arg(cell.number, 5).arg(cellText(cell), state));
    }
    return 0;
}

void printDocuments(const std::vector<SweepRow>& rows, int from) {
    print(QString("\nmean nll in nats a token, from position %1 on; differences in pairs by "
                  "document, below 0 is better")
              .arg(from));
    const bool coverage = std::any_of(
        rows.begin(), rows.end(), [](const SweepRow& row) { return !std::isnan(row.coverage); });
    print(QString("  %1 %2 %3 %4 %5 %6 %7 %8")
              .arg("", -34)
              .arg("documents", 9)
              .arg("nll", 22)
              .arg("less fifo's", 26)
              .arg("less full's", 24)
              .arg("kl", 7)
              .arg("seconds", 8)
              .arg(coverage ? " coverage, output error" : ""));
    for (const SweepRow& row : rows)
        if (row.kind == SweepCell::Kind::Document)
            print(
                QString("  %1 %2 %3 %4 %5 %6 %7 %8")
                    .arg(rowLabel(row), -34)
                    .arg(row.count, 9)
                    .arg(estimateText(std::isnan(row.nll.value) ? row.nllPastP : row.nll, 1, 3), 22)
                    .arg(estimateText(row.againstFifo, 1, 4), 26)
                    .arg(estimateText(row.againstFull, 1, 3), 24)
                    .arg(estimateText({row.kl.value, NAN, NAN}, 1, 3), 7)
                    .arg(row.seconds, 8, 'f', 1)
                    .arg(std::isnan(row.coverage) ? QString()
                                                  : QString("   %1, %2")
                                                        .arg(row.coverage, 0, 'f', 4)
                                                        .arg(row.outputError, 0, 'f', 3)));
}

void printQuestions(const std::vector<SweepRow>& rows, const QString& set) {
    print(
        QString("\n%1: shares in per cent; hard: the questions that are wrong without the document")
            .arg(set));
    print(QString("  %1 %2 %3 %4 %5 %6 %7")
              .arg("", -34)
              .arg("asked", 6)
              .arg("left out", 8)
              .arg("exact", 22)
              .arg("score", 22)
              .arg("less fifo's", 24)
              .arg("hard", 22));
    for (const SweepRow& row : rows)
        if (row.kind == SweepCell::Kind::Questions && row.subject == set)
            print(QString("  %1 %2 %3 %4 %5 %6 %7")
                      .arg(rowLabel(row), -34)
                      .arg(row.count, 6)
                      .arg(row.leftOut, 8)
                      .arg(estimateText(row.exact, 100, 1), 22)
                      .arg(estimateText(row.score, 100, 1), 22)
                      .arg(estimateText(row.againstFifo, 100, 1), 24)
                      .arg(estimateText(row.hardScore, 100, 1), 22));
}

bool hasKind(const std::vector<SweepRow>& rows, SweepCell::Kind kind) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](const SweepRow& row) { return row.kind == kind; });
}

// Every cell's result in one file, and the table in another.
Result<void> writeCollected(const SweepFolder& folder, const std::vector<SweepRow>& rows) {
    auto results = folder.results();
    if (!results)
        return results.error();
    QByteArray lines;
    for (const CellResult& result : *results)
        lines += QJsonDocument(toJson(result)).toJson(QJsonDocument::Compact) + '\n';
    for (const auto& [name, bytes] : {std::pair<QString, QByteArray>{"/results.jsonl", lines},
                                      {"/results.csv", toCsv(rows, folder.plan().axes)}}) {
        QSaveFile file(folder.path() + name);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
            return Error{
                QString("%1 cannot be written (%2).").arg(file.fileName(), file.errorString())};
    }
    return {};
}

// What of the sets and documents there are no numbers of, once for each reason.
void tellLeftOut(const SweepFolder& folder) {
    const auto results = folder.results();
    QStringList told;
    for (const CellResult& result : *results) {
        QString line;
        if (result.setLeftOut > 0)
            line = QString("%1 of %2 cannot be asked, the first: %3")
                       .arg(counted(result.setLeftOut, "question"), result.subject,
                            result.setLeftOutFirst);
        else if (!result.leftOut.isEmpty())
            line = QString("%1, %2: %3").arg(result.subject, result.way, result.leftOut);
        if (!line.isEmpty() && !told.contains(line))
            told << line;
    }
    for (const QString& line : told)
        print((line == told.first() ? "\n" : "") + line);
}

int collect(const SweepFolder& folder, bool json) {
    auto rows = sweepRows(folder);
    if (!rows)
        return report(rows.error());
    if (auto written = writeCollected(folder, *rows); !written)
        return report(written.error());
    const std::vector<int> missing = folder.missing();
    if (json) {
        QJsonArray all;
        for (const SweepRow& row : *rows)
            all << toJson(row);
        printJson({{"rows", all},
                   {"cells", qint64(folder.plan().cells.size())},
                   {"missing", qint64(missing.size())}});
        return 0;
    }
    if (hasKind(*rows, SweepCell::Kind::Document))
        printDocuments(*rows, folder.plan().from);
    QStringList sets;
    for (const SweepRow& row : *rows)
        if (row.kind == SweepCell::Kind::Questions && !sets.contains(row.subject))
            sets << row.subject;
    for (const QString& set : sets)
        printQuestions(*rows, set);
    tellLeftOut(folder);
    print(QString("\n%1 of %2 there; %3/results.csv is the table.")
              .arg(folder.plan().cells.size() - missing.size())
              .arg(counted(qint64(folder.plan().cells.size()), "cell"), folder.path()));
    for (const int cell : missing)
        if (const QString failure = folder.failure(cell); !failure.isEmpty())
            print(QString("cell %1 (%2) failed: %3")
                      .arg(cell)
                      .arg(cellText(folder.plan().cells[std::size_t(cell)]), failure));
    return 0;
}

// One line for each cell as it ends.
class Teller {
  public:
    Teller(const SweepFolder& folder, std::size_t cells) : m_folder(folder), m_cells(cells) {
        m_timer.start();
    }
    void tell(int cell, const QString& failure) {
        ++m_done;
        QString line = QString("%1% %2")
                           .arg(100 * m_done / m_cells, 3)
                           .arg(cellText(m_folder.plan().cells[std::size_t(cell)]));
        if (!failure.isEmpty())
            line += " · failed: " + failure;
        else if (const auto result = m_folder.result(cell); result)
            line += whatCame(*result);
        line += timeLeft(double(m_timer.elapsed()) * 1e-3, double(m_done) / double(m_cells));
        print(line);
        std::fflush(stdout); // whoever reads a log sees it as it goes
    }

  private:
    QString whatCame(const CellResult& result) const {
        if (!result.leftOut.isEmpty())
            return " · left out: " + result.leftOut;
        if (result.kind == SweepCell::Kind::Questions)
            return QString(" · %1 s").arg(result.seconds, 0, 'f', 1);
        return QString(" · nll %1")
            .arg(blockMean(result.nll, m_folder.plan().from).value, 0, 'f', 4);
    }

    const SweepFolder& m_folder;
    std::size_t m_cells, m_done = 0;
    QElapsedTimer m_timer;
};

int submit(const SweepFolder& folder, const SweepOptions& options) {
    const std::vector<int> missing = folder.missing();
    if (missing.empty()) {
        print("Every cell is there: nothing was submitted.");
        return 0;
    }
    SlurmRequest request;
    request.partition = fromArgument(options.partition);
    request.time = fromArgument(options.time);
    request.memory = fromArgument(options.memory);
    request.gpus = options.gpus;
    request.cpus = options.cpus;
    for (const std::string& one : options.more)
        request.more << fromArgument(one);
    auto jobs = submitToSlurm(folder, missing, request);
    if (!jobs)
        return report(jobs.error());
    print(QString("Submitted %1 as job %2. When they have ended: attendre sweep -o %3 --collect")
              .arg(counted(qint64(missing.size()), "cell"), jobs->join(" and "),
                   shellWord(folder.path())));
    return 0;
}

int runHere(const SweepFolder& folder, const SweepOptions& options) {
    const std::vector<int> missing = folder.missing();
    Teller teller(folder, missing.size());
    auto failed =
        runCellsInProcesses(folder, missing, options.jobs, [&](int cell, const QString& failure) {
            if (!options.json)
                teller.tell(cell, failure);
        });
    if (!failed)
        return report(failed.error());
    const int code = collect(folder, options.json);
    if (*failed > 0)
        return report({QString("%1 of the sweep failed; attendre sweep -o %2 --list says why, and "
                               "the sweep started again tries them again.")
                           .arg(counted(*failed, "cell"), folder.path())});
    return code;
}

// By its number or its key.
Result<int> cellOf(const SweepFolder& folder, const QString& typed) {
    const int count = int(folder.plan().cells.size());
    bool isNumber = false;
    const int number = typed.toInt(&isNumber);
    for (int cell = 0; cell < count; ++cell)
        if (folder.key(cell) == typed || (isNumber && number == cell && typed.size() < 8))
            return cell;
    return Error{
        QString("The sweep in %1 has no cell %2: its cells are 0 to %3, or have the keys in "
                "sweep.json.")
            .arg(folder.path(), typed)
            .arg(count - 1),
        2};
}

int sweep(const SweepOptions& options) {
    auto folder = folderOf(options);
    if (!folder)
        return report(folder.error());
    if (options.worker)
        return workOnCells(*folder);
    if (options.list)
        return list(*folder);
    if (options.collect)
        return collect(*folder, options.json);
    if (options.slurm)
        return submit(*folder, options);
    if (options.cell.empty())
        return runHere(*folder, options);
    auto cell = cellOf(*folder, fromArgument(options.cell));
    if (!cell)
        return report(cell.error());
    ProgressLine progress;
    if (auto done = runCellHere(*folder, *cell, progress); !done)
        return report(done.error());
    return 0;
}

void addSlurmOptions(CLI::App& command, SweepOptions& options) {
    const std::string group = "A SLURM cluster";
    command
        .add_flag("--slurm", options.slurm,
                  "Submits what is missing as a job array, one task a cell, that can be requeued; "
                  "--collect makes the tables when it has ended.")
        ->group(group);
    command.add_option("--partition", options.partition, "The partition.")
        ->type_name("NAME")
        ->group(group);
    command.add_option("--time", options.time, "The limit of a cell's time, as sbatch takes it.")
        ->type_name("TIME")
        ->group(group);
    command.add_option("--mem", options.memory, "The memory of a cell, as sbatch takes it.")
        ->type_name("SIZE")
        ->group(group);
    takesWhole(command.add_option("--gpus", options.gpus, "GPUs of a cell. By default 0."), 0);
    takesWhole(command.add_option("--cpus", options.cpus,
                                  "Cores of a cell. By default the threads of a cell."),
               1);
    command.get_option("--gpus")->group(group);
    command.get_option("--cpus")->group(group);
    command
        .add_option("--sbatch", options.more,
                    "Another option of sbatch, as in --sbatch=--account=NAME; may be repeated.")
        ->type_name("OPTION")
        ->group(group);
}

} // namespace

void addSweep(CLI::App& program, Action& action) {
    auto options = std::make_shared<SweepOptions>();
    CLI::App* command = program.add_subcommand(
        "sweep", "Measures a grid of policies and sizes over documents or questions, on this "
                 "machine or as a job array of a SLURM cluster. Interrupted, it goes on with the "
                 "cells that are missing.");
    command
        ->add_option("plan", options->plan,
                     "The grid, a file of JSON (docs/evaluation.md). Left out: as the folder has "
                     "it.")
        ->type_name("FILE");
    command->add_option("-o,--output", options->folder, "The folder of the results.")
        ->type_name("FOLDER")
        ->required();
    takesWhole(command->add_option("--jobs", options->jobs,
                                   "So many cells beside each other. By default 1."),
               1);
    command
        ->add_option("--cell", options->cell,
                     "Only this cell, in this process; a number that --list shows, or a key.")
        ->type_name("CELL");
    command->add_flag("--list", options->list, "Shows the cells, and which are done.");
    command->add_flag("--collect", options->collect,
                      "Only makes the tables of the cells that are done.");
    command->add_flag("--worker", options->worker)->group("");
    command->add_flag("--json", options->json, "The table as one JSON object.");
    addSlurmOptions(*command, *options);
    command->callback([options, &action] { action = [options] { return sweep(*options); }; });
}

} // namespace attendre
