// attendre score: the negative log-likelihood of every document token.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/run_input.h"
#include "model/engine/stop_signals.h"

#include <QJsonArray>

#include <cmath>

namespace attendre {

namespace {

struct ScoreOptions {
    std::string model, document;
    bool json = false;
    PipelineOptions pipeline;
};

struct Scores {
    std::vector<float> nll; // [T - 1]: of the token after each but the last
    double seconds = 0;
    ResolvedConfiguration resolved;
    QString device;
    int threads = 0;

    double mean() const {
        double sum = 0;
        for (float value : nll)
            sum += value;
        return nll.empty() ? 0 : sum / double(nll.size());
    }
};

Error interrupted(int done, int total) {
    return {QString("Interrupted after %1 of %2 steps: nothing is scored, start again.")
                .arg(done)
                .arg(total)};
}

Result<void> run(Pipeline& pipeline, ProgressLine& progress, const Cancel& cancel, Scores& scores) {
    while (!pipeline.finished()) {
        if (cancel.requested())
            return interrupted(pipeline.stepsDone(), pipeline.stepsTotal());
        auto record = pipeline.step();
        if (!record)
            return record.error();
        scores.nll.insert(scores.nll.end(), record->nll.begin(), record->nll.end());
        progress.show("scoring, step", pipeline.stepsDone(), pipeline.stepsTotal());
    }
    return {};
}

Result<Scores> computeScores(OpenModel& model, const Configuration& configuration,
                             const std::vector<std::int32_t>& ids, ProgressLine& progress) {
    StopSignals stopSignals;
    auto network = model.network(configuration, progress.stage(), stopSignals.cancel());
    if (!network)
        return network.error();
    Scores scores;
    StepWants wants;
    wants.usage = false;
    auto done = guarded("scoring", [&]() -> Result<void> {
        QElapsedTimer timer;
        timer.start();
        auto pipeline = (*network)->start(configuration, ids, wants);
        if (!pipeline)
            return pipeline.error();
        scores.resolved = (*pipeline)->configuration();
        auto ran = run(**pipeline, progress, stopSignals.cancel(), scores);
        scores.seconds = timer.nsecsElapsed() * 1e-9;
        return ran;
    });
    if (!done)
        return done.error();
    scores.device = (*network)->device();
    scores.threads = (*network)->threads();
    return scores;
}

// The options with everything filled in that they leave to the model, the policy or the machine.
QJsonObject filledIn(const Scores& scores) {
    Configuration configuration = attendre::filledIn(scores.resolved);
    configuration.device = scores.device;
    configuration.threads = scores.threads;
    return toJson(configuration, true);
}

void printScores(const ScoreOptions& options, const std::vector<std::int32_t>& ids,
                 const Scores& scores) {
    if (!options.json) {
        print(QString("mean nll %1 nats over %2 (perplexity %3), %4 s")
                  .arg(scores.mean(), 0, 'f', 4)
                  .arg(counted(qint64(scores.nll.size()), "token"))
                  .arg(std::exp(scores.mean()), 0, 'f', 3)
                  .arg(scores.seconds, 0, 'f', 2));
        return;
    }
    QJsonArray idList, nll;
    for (std::int32_t id : ids)
        idList << id;
    for (float value : scores.nll)
        nll << double(value);
    printJson({{"ids", idList},
               {"nll", nll},
               {"mean_nll", scores.mean()},
               {"seconds", scores.seconds},
               {"config", filledIn(scores)}});
}

int score(const ScoreOptions& options) {
    ProgressLine progress;
    auto configuration = options.pipeline.configuration();
    if (!configuration)
        return report(configuration.error());
    configuration->archive.clear(); // nothing is recorded
    configuration->archiveLimit = Configuration().archiveLimit;
    auto model = OpenModel::open(fromArgument(options.model));
    if (!model)
        return report(model.error());
    const QString mode = configuration->mode.isEmpty() ? (*model)->description().shape.defaultMode
                                                       : configuration->mode;
    if ((*model)->description().encoderDecoder.decoderLayers > 0)
        return report({QString("%1 is an encoder-decoder, which cannot be scored, since it reads a "
                               "token before it would predict it: name a decoder, or use attendre "
                               "ask or attendre record.")
                           .arg((*model)->path()),
                       2});
    if (mode != "causal")
        return report({QString("score is not defined in the mode %1, where a token is read before "
                               "it would be predicted: choose --mode causal.")
                           .arg(mode),
                       2});
    auto document = tokenizeDocument(fromArgument(options.document), (*model)->tokenizer(),
                                     (*model)->path(), progress.stage(), Cancel());
    if (!document)
        return report(document.error());
    auto input = assembleInput(*document, (*model)->tokenizer(), *configuration);
    if (!input)
        return report(input.error());
    if (input->ids.size() < 2)
        return report({QString("%1 gives one token, so there is nothing to score (a token is "
                               "predicted from those before it): choose a longer document, more "
                               "--tokens or --bos yes.")
                           .arg(fromArgument(options.document))});
    if (auto fits = checkLearnedPositions(*input, (*model)->description()); !fits)
        return report(fits.error());
    auto resolved = resolveFor((*model)->description(), *configuration, qint64(input->ids.size()));
    if (!resolved)
        return report(resolved.error());
    for (const QString& notice : resolved->notices)
        remark(notice);
    auto scores = computeScores(**model, *configuration, input->ids, progress);
    if (!scores)
        return report(scores.error());
    printScores(options, input->ids, *scores);
    return 0;
}

} // namespace

void addScore(CLI::App& program, Action& action) {
    auto options = std::make_shared<ScoreOptions>();
    CLI::App* command = program.add_subcommand(
        "score", "Computes the negative log-likelihood of every token of a document, given those "
                 "before it as far as the memory still holds them (mode causal).");
    command->add_option("model", options->model, "A .gguf file or a model's folder.")
        ->type_name("MODEL")
        ->required();
    command->add_option("document", options->document, "A text file in UTF-8.")
        ->type_name("DOCUMENT")
        ->required();
    command->add_flag("--json", options->json,
                      "One JSON object: {\"ids\":[T],\"nll\":[T-1],\"mean_nll\":x,\"seconds\":x,"
                      "\"config\":{…}}, in nats; nll[i] is that of token i+1.");
    options->pipeline.addTo(*command, {"archive", "archive-limit", "detail", "template"});
    command->callback([options, &action] { action = [options] { return score(*options); }; });
}

} // namespace attendre
