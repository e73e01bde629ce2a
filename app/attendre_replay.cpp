// attendre replay: another memory over a recorded run's frozen queries and keys, without the model.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/stop_signals.h"
#include "model/replay/run_replay.h"
#include "model/trace/recording_process.h"

#include <cmath>
#include <cstdio>

#include <unistd.h>

namespace attendre {

namespace {

struct ReplayOptions {
    std::string trace, output, label;
    int run = 0;
    bool append = false, overwrite = false;
    PipelineOptions pipeline;
};

// The exact command that makes the replay again.
QString replayCommand(const ReplayOptions& options, const ReplayPlan& plan) {
    QStringList words{"attendre", "replay", shellWord(fromArgument(options.trace)), "--run",
                      QString::number(plan.recorded.run)};
    for (const QString& word : replayWords(plan.configuration.asked))
        words << shellWord(word);
    if (!options.label.empty())
        words << "--label" << shellWord(fromArgument(options.label));
    if (!options.output.empty())
        words << "-o" << shellWord(fromArgument(options.output));
    if (options.append)
        words << "--append";
    return words.join(' ');
}

Result<ReplayTarget> targetOf(const ReplayOptions& options) {
    if (options.append && options.overwrite)
        return Error{"--append and --overwrite exclude each other: choose one.", 2};
    if (options.output.empty() && !options.append)
        return Error{"Where the replay is to be written is not said: add it to the trace as one "
                     "more run with --append, or write another trace with -o FILE.",
                     2};
    ReplayTarget target;
    target.trace = fromArgument(options.output.empty() ? options.trace : options.output);
    target.append = options.append;
    target.overwrite = options.overwrite;
    target.label = fromArgument(options.label);
    target.build = "attendre " ATTENDRE_VERSION ", replay";
    if (auto place = checkTracePlace(target.trace, target.append, target.overwrite); !place)
        return place.error();
    return target;
}

Result<ReplayPlan> plan(const ReplayOptions& options, Reader& reader) {
    auto recorded = options.run > 0 ? reader.run(options.run) : replayableRun(reader);
    if (!recorded)
        return recorded.error();
    for (const QString& option : notOfReplays())
        if (options.pipeline.isTyped(option))
            return Error{
                QString("A replay has no --%1, since its queries and keys are the recorded "
                        "run's: leave it out, or record a run.")
                    .arg(option),
                2};
    auto configuration = options.pipeline.configuration(recorded->configuration.asked);
    if (!configuration)
        return configuration.error();
    return planReplay(reader, *recorded, *configuration);
}

// The mean share of the recorded run's attention that the memory's residents still get.
double meanKept(Reader& reader, int run) {
    auto steps = reader.stepCount(run);
    if (!steps || *steps == 0)
        return std::nan("");
    auto all = reader.extents(run, Series::SeenCoverage, -1, -1, 0, *steps - 1, 1);
    return all && all->front().count > 0 ? double(all->front().mean) : std::nan("");
}

int replay(const ReplayOptions& options) {
    auto reader = Reader::open(fromArgument(options.trace));
    if (!reader)
        return report(reader.error());
    auto target = targetOf(options);
    if (!target)
        return report(target.error());
    auto planned = plan(options, **reader);
    if (!planned)
        return report(planned.error());
    for (const QString& notice : planned->configuration.notices)
        remark(notice);
    target->command = replayCommand(options, *planned);
    StopSignals stopSignals;
    Result<int> run = 0;
    {
        ProgressLine line;
        const Progress progress = [&line](qint64 done, qint64 total) {
            line.show("replaying, step", done, total);
        };
        run = replayRun(**reader, *planned, *target, progress, stopSignals.cancel());
    }
    if (!run)
        return report(run.error());
    auto written = Reader::open(target->trace);
    if (!written)
        return report(written.error());
    print(QString("%1: run %2, a replay of run %3: %4% of its attention kept")
              .arg(target->trace)
              .arg(*run)
              .arg(planned->recorded.run)
              .arg(100 * meanKept(**written, *run), 0, 'f', 1));
    return 0;
}

} // namespace

void addReplay(CLI::App& program, Action& action) {
    auto options = std::make_shared<ReplayOptions>();
    CLI::App* command = program.add_subcommand(
        "replay", "Runs another policy, size or protection on the frozen queries and keys of a run "
                  "that was recorded with --memory full --archive all, without the model. Options "
                  "that are not given are the recorded run's.");
    command->add_option("trace", options->trace, "The trace with the recorded run.")
        ->type_name("TRACE")
        ->required();
    takesWhole(command->add_option("--run", options->run,
                                   "The run to replay; without it, the latest that can be "
                                   "replayed."),
               1);
    command->add_flag("--append", options->append,
                      "Adds the replay as a run: to TRACE, or to FILE with -o.");
    command->add_option("-o,--output", options->output, "Another trace to write the replay to.")
        ->type_name("FILE");
    command->add_flag("--overwrite", options->overwrite, "Replaces FILE if it exists.");
    command->add_option("--label", options->label, "A name for the run.")->type_name("TEXT");
    options->pipeline.addTo(*command, notOfReplays());
    command->callback([options, &action] { action = [options] { return replay(*options); }; });
}

} // namespace attendre
