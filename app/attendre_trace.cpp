// attendre trace: what can be done with a trace without a model.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/analysis/trace_check.h"
#include "model/analysis/trace_digest.h"
#include "model/analysis/trace_export.h"
#include "model/engine/stop_signals.h"
#include "model/trace/recording_process.h"
#include "model/trace/tables.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QSaveFile>

namespace attendre {

namespace {

struct TraceOptions {
    std::string trace;
    bool json = false;
};

// recording: whether a recorder held the trace when the command began.
bool isLive(const RunInfo& run, bool recording) {
    return recording && run.ended.isEmpty();
}

QString unfinishedState(const RunInfo& run, bool recording) {
    return isLive(run, recording) ? "is still being recorded" : "was not finished";
}

int stepsOf(const RunInfo& run, Reader& reader) {
    auto count = reader.stepCount(run.run);
    return count ? *count : 0;
}

QJsonArray unfinishedToJson(const TraceCheck& checked, bool recording, Reader& reader) {
    QJsonArray list;
    for (const RunInfo& run : checked.unfinished)
        list << QJsonObject{{"run", run.run},
                            {"steps", stepsOf(run, reader)},
                            {"recording", isLive(run, recording)}};
    return list;
}

// "; run 2 is still being recorded, 12 steps checked"
QString unfinishedInWords(const TraceCheck& checked, bool recording, Reader& reader) {
    QString words;
    for (const RunInfo& run : checked.unfinished)
        words += QString("; run %1 %2, %3 checked")
                     .arg(run.run)
                     .arg(unfinishedState(run, recording), counted(stepsOf(run, reader), "step"));
    return words;
}

int check(const TraceOptions& options) {
    ProgressLine progress;
    StopSignals stopSignals;
    const QString trace = fromArgument(options.trace);
    const bool recording = recordingProcess(trace).has_value();
    auto reader = Reader::open(trace);
    if (!reader)
        return report(reader.error());
    auto checked =
        checkTrace(**reader, progressOf(progress.stage(), "checking, step"), stopSignals.cancel());
    if (!checked)
        return report(checked.error());
    const bool holds = checked->violations.isEmpty();
    if (options.json)
        printJson({{"ok", holds},
                   {"violations", QJsonArray::fromStringList(checked->violations)},
                   {"runs", checked->runs},
                   {"steps", checked->steps},
                   {"entries", checked->entries},
                   {"evictions", checked->evictions},
                   {"unfinished", unfinishedToJson(*checked, recording, **reader)}});
    else
        for (const QString& violation : checked->violations)
            print(violation);
    if (!holds)
        return report(
            {QString("%1 breaks the invariants in %2%3: it is damaged or was written by a faulty "
                     "program, record it again.")
                 .arg(trace, counted(checked->violations.size(), "place"),
                      checked->violations.size() == TraceCheck::mostViolations ? " or more" : "")});
    if (!options.json)
        print(QString("%1 holds: %2, %3, %4, %5%6")
                  .arg(trace, counted(checked->runs, "run"), counted(checked->steps, "step"),
                       counted(checked->entries, "entry", "entries"),
                       counted(checked->evictions, "eviction"),
                       unfinishedInWords(*checked, recording, **reader)));
    return 0;
}

int digest(const TraceOptions& options) {
    ProgressLine progress;
    StopSignals stopSignals;
    const QString trace = fromArgument(options.trace);
    const bool recording = recordingProcess(trace).has_value();
    auto reader = Reader::open(trace);
    if (!reader)
        return report(reader.error());
    auto frozen = (*reader)->freeze();
    auto runs = frozen ? (*reader)->runs() : frozen.error();
    if (!runs)
        return report(runs.error());
    QJsonArray list;
    const Progress steps = progressOf(progress.stage(), "digesting, step");
    for (const RunInfo& run : *runs) {
        auto digested = runDigest(**reader, run.run, steps, stopSignals.cancel());
        if (!digested)
            return report(digested.error());
        list << QJsonObject{{"run", run.run}, {"digest", *digested}, {"finished", run.finished}};
        if (!run.finished)
            remark(QString("run %1 of %2 %3: the digest is that of its first %4.")
                       .arg(run.run)
                       .arg(trace, unfinishedState(run, recording),
                            counted(stepsOf(run, **reader), "step")));
        if (!options.json && runs->size() > 1)
            print(QString("%1  run %2").arg(*digested).arg(run.run));
    }
    auto whole = runs->size() == 1 ? Result<QString>(list.first().toObject()["digest"].toString())
                                   : traceDigest(**reader, steps, stopSignals.cancel());
    if (!whole)
        return report(whole.error());
    if (options.json)
        printJson({{"digest", *whole}, {"runs", list}});
    else
        print(QString("%1  %2").arg(*whole, trace));
    return 0;
}

struct ExportOptions {
    std::string trace, table, format = "csv", where, output;
};

Result<qint64> exportTo(QIODevice& out, const ExportOptions& options, ProgressLine& progress,
                        const Cancel& cancel) {
    const ExportRequest request{fromArgument(options.table), fromArgument(options.format),
                                fromArgument(options.where)};
    return exportTable(fromArgument(options.trace), request, out,
                       progressOf(progress.stage(), "exporting, rows"), cancel);
}

// Attention is only there at full detail: an empty table is not a finding.
void remarkDetail(const ExportOptions& options) {
    auto reader = options.table == "attention" ? Reader::open(fromArgument(options.trace))
                                               : Result<std::unique_ptr<Reader>>(Error{});
    auto runs = reader ? (*reader)->runs() : Result<std::vector<RunInfo>>(Error{});
    if (!runs)
        return;
    for (const RunInfo& run : *runs)
        if (run.configuration.asked.detail != "full")
            remark(QString("run %1 of %2 was recorded at %3 detail, which keeps no attention: "
                           "record with --detail full.")
                       .arg(run.run)
                       .arg(fromArgument(options.trace), run.configuration.asked.detail));
}

// A device or a pipe: written into, never replaced.
int exportInto(const QString& name, const ExportOptions& options, ProgressLine& progress,
               const Cancel& cancel) {
    QFile out(name);
    if (!out.open(QIODevice::WriteOnly))
        return report({QString("%1 cannot be written (%2): name another file with -o.")
                           .arg(name, out.errorString())});
    auto rows = exportTo(out, options, progress, cancel);
    if (!rows)
        return report(rows.error());
    if (!out.flush())
        return report({QString("%1 cannot be written (%2): name another file with -o.")
                           .arg(name, out.errorString())});
    return 0;
}

int writeExport(const ExportOptions& options) {
    ProgressLine progress;
    StopSignals stopSignals;
    if (options.output.empty()) {
        QFile out;
        if (options.format == "npz")
            return report({"The format npz is written to a file: name one with -o.", 2});
        if (!out.open(stdout, QIODevice::WriteOnly))
            return report(
                {QString("Standard output cannot be written (%1).").arg(out.errorString())});
        auto rows = exportTo(out, options, progress, stopSignals.cancel());
        return rows ? 0 : report(rows.error());
    }
    const QString name = fromArgument(options.output);
    const QFileInfo file(name);
    if (file.exists() &&
        file.canonicalFilePath() == QFileInfo(fromArgument(options.trace)).canonicalFilePath())
        return report(
            {QString("%1 is the trace that is exported: name another file with -o.").arg(name), 2});
    if (file.exists() && !file.isFile() && !file.isDir())
        return exportInto(name, options, progress, stopSignals.cancel());
    // The file appears when it is complete.
    QSaveFile out(name);
    if (!out.open(QIODevice::WriteOnly))
        return report({QString("%1 cannot be written (%2): name another file with -o.")
                           .arg(out.fileName(), out.errorString())});
    auto rows = exportTo(out, options, progress, stopSignals.cancel());
    if (!rows)
        return report(rows.error());
    if (!out.flush() || !out.commit())
        return report({QString("%1 cannot be written (%2): free some space or name another file "
                               "with -o.")
                           .arg(out.fileName(), out.errorString())});
    return 0;
}

int exportRows(const ExportOptions& options) {
    const int exitCode = writeExport(options);
    if (exitCode == 0)
        remarkDetail(options);
    return exitCode;
}

// Reader refuses newer formats, and there has been no older one than this program's.
int migrate(const TraceOptions& options) {
    auto reader = Reader::open(fromArgument(options.trace));
    if (!reader)
        return report(reader.error());
    print(QString("%1 is of format %2, the one that this program writes: nothing is to be migrated")
              .arg(fromArgument(options.trace))
              .arg((*reader)->formatVersion()));
    return 0;
}

CLI::App* addOne(CLI::App& parent, const char* name, const char* description,
                 const std::shared_ptr<TraceOptions>& options) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->add_option("trace", options->trace, "A trace that `attendre record` wrote.")
        ->type_name("TRACE")
        ->required();
    return command;
}

void addCheck(CLI::App& parent, Action& action) {
    auto options = std::make_shared<TraceOptions>();
    CLI::App* command = addOne(
        parent, "check",
        "Checks the pipeline's invariants on a file: every entry resident or evicted exactly "
        "once and where the rules put it, every query answered once, masses that add up, no "
        "victim that was protected or ranked above a survivor.",
        options);
    command->add_flag("--json", options->json, "The findings as one JSON object.");
    command->callback([options, &action] { action = [options] { return check(*options); }; });
}

void addDigest(CLI::App& parent, Action& action) {
    auto options = std::make_shared<TraceOptions>();
    CLI::App* command = addOne(
        parent, "digest",
        "Prints a hash over what the trace says, without times and labels: equal for the same "
        "inputs, seed, build, device and thread count.",
        options);
    command->add_flag("--json", options->json, "The digests of all runs as one JSON object.");
    command->callback([options, &action] { action = [options] { return digest(*options); }; });
}

void addExport(CLI::App& parent, Action& action) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = parent.add_subcommand(
        "export", "Writes a table of a trace: " + tableNames().join(", ").toStdString() + ".");
    command->add_option("trace", options->trace, "A trace that `attendre record` wrote.")
        ->type_name("TRACE")
        ->required();
    command->add_option("--table", options->table, "Which table.")->type_name("NAME")->required();
    command
        ->add_option("--format", options->format,
                     "csv (RFC 4180, a line of names first), jsonl (an object a line) or npz "
                     "(NumPy, an array a column).")
        ->type_name("csv|jsonl|npz");
    command
        ->add_option("--where", options->where,
                     "A condition in SQL on the table's columns; run, step, layer, head and "
                     "position keep the rest from being decoded.")
        ->type_name("SQL");
    command
        ->add_option("-o,--output", options->output,
                     "The file to write; without it, standard output.")
        ->type_name("FILE");
    command->callback([options, &action] { action = [options] { return exportRows(*options); }; });
}

void addMigrate(CLI::App& parent, Action& action) {
    auto options = std::make_shared<TraceOptions>();
    CLI::App* command =
        addOne(parent, "migrate",
               "Says whether a trace is of an older format and would have to be brought to a new "
               "one. There has been one format so far, so no file is written.",
               options);
    command->callback([options, &action] { action = [options] { return migrate(*options); }; });
}

} // namespace

void addTrace(CLI::App& program, Action& action) {
    CLI::App* command = program.add_subcommand(
        "trace",
        "Checks, exports, queries or digests a trace, tells what a run lost, or where two part.");
    command->require_subcommand(1);
    addCheck(*command, action);
    addExport(*command, action);
    addQuery(*command, action);
    addDigest(*command, action);
    addMigrate(*command, action);
    addLosses(*command, action);
    addCompare(*command, action);
}

} // namespace attendre
