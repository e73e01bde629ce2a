// attendre trace losses: what one head of a run lost, told after the run from its archive.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/stop_signals.h"
#include "model/replay/head_losses.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace attendre {

namespace {

struct LossesOptions {
    std::string trace;
    int run = 0, layer = 0, head = 0;
    bool json = false;
};

bool isRecorded(const RunInfo& run) {
    return !run.configuration.replay && run.parent == 0;
}

// Why a run's losses cannot be told, where it is for want of an archive; empty otherwise. What
// forks a run or replays it is described by its configuration, archive included, but keeps none.
QString withoutArchive(const RunInfo& run) {
    const QString name = QString("Run %1").arg(run.run);
    const QString& kept = run.configuration.asked.archive;
    if (!isRecorded(run))
        return QString("%1 %2 and never keeps an archive of its own: name %3.")
            .arg(name, run.configuration.replay ? "is a replay" : "answers a question",
                 run.parent > 0 ? QString("the recorded run with --run %1").arg(run.parent)
                                : QString("the trace with the recorded run"));
    if (kept == "keys")
        return name + " keeps an archive of keys alone, and losses need the values and queries "
                      "too: record it again with --archive all.";
    return kept == "all" ? QString()
                         : name + " keeps no archive: record it again with --archive all.";
}

Result<RunInfo> chosenRun(Reader& reader, const LossesOptions& options) {
    if (options.run > 0)
        return reader.run(options.run);
    auto runs = reader.runs();
    if (!runs)
        return runs.error();
    const auto withArchive = std::find_if(runs->begin(), runs->end(), [](const RunInfo& run) {
        return withoutArchive(run).isEmpty();
    });
    if (withArchive != runs->end())
        return *withArchive;
    if (std::count_if(runs->begin(), runs->end(), isRecorded) == 1)
        return *std::find_if(runs->begin(), runs->end(), isRecorded); // its reason says more
    return Error{QString("The trace %1 has no run with an archive of keys, values and queries: "
                         "record one with --archive all.")
                     .arg(reader.path()),
                 2};
}

Result<RunInfo> runOf(Reader& reader, const LossesOptions& options) {
    auto found = chosenRun(reader, options);
    if (!found)
        return found.error();
    if (const QString why = withoutArchive(*found); !why.isEmpty())
        return Error{why, 2};
    if (options.layer >= found->shape.layers || options.head >= found->shape.heads)
        return Error{QString("Run %1 has %2 and %3: choose --layer and --head among them, the "
                             "first being 0.")
                         .arg(found->run)
                         .arg(counted(found->shape.layers, "layer"),
                              counted(found->shape.heads, "K/V head")),
                     2};
    return *found;
}

void printAsJson(const RunInfo& run, const LossesOptions& options, const HeadLosses& losses) {
    QJsonArray regrets, lookahead;
    for (const EvictionRegret& regret : losses.regrets)
        regrets << QJsonObject{{"position", regret.position},
                               {"evicted_step", regret.evictedStep},
                               {"mass", regret.mass},
                               {"output_change", regret.outputChange}};
    for (const float loss : losses.lookahead)
        lookahead << (std::isnan(loss) ? QJsonValue() : QJsonValue(double(loss)));
    printJson({{"run", run.run},
               {"layer", options.layer},
               {"head", options.head},
               {"regrets", regrets},
               {"lookahead", lookahead}});
}

void printAsText(const HeadLosses& losses) {
    double sum = 0;
    int count = 0;
    for (const float loss : losses.lookahead)
        if (!std::isnan(loss)) {
            sum += double(loss);
            ++count;
        }
    print(QString("lookahead loss, mean over the steps that answered: %1")
              .arg(count > 0 ? sum / count : 0.0, 0, 'g', 6));
    print("position,evicted_step,mass,output_change");
    for (const EvictionRegret& regret : losses.regrets)
        print(QString("%1,%2,%3,%4")
                  .arg(regret.position)
                  .arg(regret.evictedStep)
                  .arg(regret.mass, 0, 'g', 9)
                  .arg(regret.outputChange, 0, 'g', 9));
    remark("Each regret is that of one eviction alone, had its entry stayed; they do not add up.");
}

int losses(const LossesOptions& options) {
    auto reader = Reader::open(fromArgument(options.trace));
    if (!reader)
        return report(reader.error());
    const auto run = runOf(**reader, options);
    if (!run)
        return report(run.error());
    StopSignals stopSignals;
    Result<HeadLosses> found = HeadLosses();
    {
        ProgressLine line;
        found = lossesOf(
            **reader, *run, options.layer, options.head,
            [&line](qint64 done, qint64 total) { line.show("reckoning, step", done, total); },
            stopSignals.cancel());
    }
    if (!found)
        return report(found.error());
    if (options.json)
        printAsJson(*run, options, *found);
    else
        printAsText(*found);
    return 0;
}

} // namespace

void addLosses(CLI::App& parent, Action& action) {
    auto options = std::make_shared<LossesOptions>();
    CLI::App* command = parent.add_subcommand(
        "losses",
        "What one head of a run with --archive all lost: the regret of each eviction (the "
        "attention that its entry would have received since, and the squared change of "
        "the outputs), and the lookahead loss.");
    command->add_option("trace", options->trace, "A trace that `attendre record` wrote.")
        ->type_name("TRACE")
        ->required();
    takesWhole(command->add_option("--run", options->run,
                                   "Which run; without it, the first with an archive."),
               1);
    for (auto [name, number, meaning] : {std::tuple{"--layer", &options->layer, "Which layer."},
                                         std::tuple{"--head", &options->head, "Which K/V head."}}) {
        CLI::Option* option = command->add_option(name, *number, meaning)->required();
        takesWhole(option, 0);
    }
    command->add_flag("--json", options->json, "Everything as one JSON object.");
    command->callback([options, &action] { action = [options] { return losses(*options); }; });
}

} // namespace attendre
