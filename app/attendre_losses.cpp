// attendre trace losses: what one head of a run lost, told after the run from its archive.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/stop_signals.h"
#include "model/replay/head_losses.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

struct LossesOptions {
    std::string trace;
    int run = 0, layer = 0, head = 0;
    bool json = false;
};

Result<RunInfo> runOf(Reader& reader, const LossesOptions& options) {
    auto runs = reader.runs();
    if (!runs)
        return runs.error();
    const auto has = [&](const RunInfo& run) {
        return options.run > 0 ? run.run == options.run : run.configuration.asked.archive == "all";
    };
    const auto found = std::find_if(runs->begin(), runs->end(), has);
    if (found == runs->end())
        return Error{options.run > 0
                         ? QString("The trace %1 has no run %2: see attendre info.")
                               .arg(reader.path())
                               .arg(options.run)
                         : QString("The trace %1 has no run with an archive: record one with "
                                   "--archive all.")
                               .arg(reader.path()),
                     2};
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
    command->add_option("--run", options->run, "Which run; without it, the first with an archive.")
        ->type_name("NUMBER")
        ->check(CLI::PositiveNumber);
    command->add_option("--layer", options->layer, "Which layer.")
        ->type_name("NUMBER")
        ->check(CLI::NonNegativeNumber)
        ->required();
    command->add_option("--head", options->head, "Which K/V head.")
        ->type_name("NUMBER")
        ->check(CLI::NonNegativeNumber)
        ->required();
    command->add_flag("--json", options->json, "Everything as one JSON object.");
    command->callback([options, &action] { action = [options] { return losses(*options); }; });
}

} // namespace attendre
