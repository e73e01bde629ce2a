// attendre trace: what can be done with a trace without a model.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/analysis/trace_check.h"
#include "model/analysis/trace_digest.h"
#include "model/engine/stop_signals.h"

#include <QJsonArray>

namespace attendre {

namespace {

struct TraceOptions {
    std::string trace;
    bool json = false;
};

int check(const TraceOptions& options) {
    ProgressLine progress;
    StopSignals stopSignals;
    auto reader = Reader::open(fromArgument(options.trace));
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
                   {"evictions", checked->evictions}});
    else
        for (const QString& violation : checked->violations)
            print(violation);
    if (!holds)
        return report(
            {QString("%1 breaks the invariants in %2 places%3: it is damaged or was "
                     "written by a faulty program, record it again.")
                 .arg(fromArgument(options.trace))
                 .arg(checked->violations.size())
                 .arg(checked->violations.size() == TraceCheck::mostViolations ? " or more" : "")});
    if (!options.json)
        print(QString("%1 holds: %2 runs, %3 steps, %4 entries, %5 evictions")
                  .arg(fromArgument(options.trace), grouped(checked->runs), grouped(checked->steps),
                       grouped(checked->entries), grouped(checked->evictions)));
    return 0;
}

int digest(const TraceOptions& options) {
    ProgressLine progress;
    StopSignals stopSignals;
    auto reader = Reader::open(fromArgument(options.trace));
    if (!reader)
        return report(reader.error());
    auto runs = (*reader)->runs();
    if (!runs)
        return report(runs.error());
    QJsonArray list;
    const Progress steps = progressOf(progress.stage(), "digesting, step");
    for (const RunInfo& run : *runs) {
        auto digested = runDigest(**reader, run.run, steps, stopSignals.cancel());
        if (!digested)
            return report(digested.error());
        list << QJsonObject{{"run", run.run}, {"digest", *digested}};
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
        print(QString("%1  %2").arg(*whole, fromArgument(options.trace)));
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

} // namespace

void addTrace(CLI::App& program, Action& action) {
    CLI::App* command =
        program.add_subcommand("trace", "Checks, exports, digests or migrates a trace.");
    command->require_subcommand(1);
    addCheck(*command, action);
    addDigest(*command, action);
}

} // namespace attendre
