// attendre ask: reads a document through the memories, then answers a question about it.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/asked_recording.h"
#include "model/engine/stop_signals.h"

namespace attendre {

namespace {

struct AskOptions {
    std::string model, document, question, trace;
    int mostAnswerTokens = 64;
    double temperature = 0;
    bool json = false, overwrite = false, append = false;
    PipelineOptions pipeline;
};

// As typed: a backslash and an n stand for a line's end, so that a shell's word can hold one.
AskRequest requested(const AskOptions& options, const Configuration& configuration) {
    AskRequest request;
    request.question = fromArgument(options.question);
    if (configuration.promptTemplate != "auto")
        request.promptTemplate = QString(configuration.promptTemplate).replace("\\n", "\n");
    request.mostAnswerTokens = options.mostAnswerTokens;
    request.temperature = options.temperature;
    request.seed = configuration.seed;
    return request;
}

Error interrupted(const QString& doing) {
    return {QString("Interrupted while %1: nothing was answered, start again.").arg(doing)};
}

Result<AnswerSoFar> askPipeline(Network& network, const Configuration& configuration,
                                const RunInput& input, const Question& question,
                                ProgressLine& progress, const Cancel& cancel) {
    StepWants wants;
    wants.usage = wants.nll = false;
    auto reading = network.start(configuration, input.ids, wants);
    if (!reading)
        return reading.error();
    while ((*reading)->tokensRead() < int(input.ids.size())) {
        if (cancel.requested())
            return interrupted("reading");
        if (auto step = (*reading)->step(); !step)
            return step.error();
        progress.show("reading, step", (*reading)->stepsDone(), (*reading)->stepsTotal());
    }
    auto asking = (*reading)->ask(question);
    if (!asking)
        return asking.error();
    while (!(*asking)->finished()) {
        if (cancel.requested())
            return interrupted("answering");
        if (auto step = (*asking)->step(); !step)
            return step.error();
        progress.show("answering, step", (*asking)->stepsDone(), (*asking)->stepsTotal());
    }
    return *(*asking)->answer();
}

Result<AnswerSoFar> answer(const AskOptions& options, const Configuration& configuration,
                           OpenModel& model, const TokenizedDocument& document,
                           ProgressLine& progress) {
    StopSignals stopSignals;
    const AskRequest asked = requested(options, configuration);
    auto prompt = makePrompt(asked, model.description(), model.tokenizer());
    if (!prompt)
        return prompt.error();
    auto input = assembleInput(document, model.tokenizer(), configuration, prompt->before);
    if (!input)
        return input.error();
    const qint64 asking = qint64(prompt->question.tokens.size()) + asked.mostAnswerTokens;
    if (auto fits = checkLearnedPositions(*input, model.description(), asking); !fits)
        return fits.error();
    auto resolved = resolveFor(model.description(), configuration,
                               qint64(input->ids.size()) + qint64(prompt->question.tokens.size()));
    if (!resolved)
        return resolved.error();
    for (const QString& notice : resolved->notices)
        remark(notice);
    if (!options.trace.empty()) {
        RecordingRequest request;
        request.model = fromArgument(options.model);
        request.document = fromArgument(options.document);
        request.trace = fromArgument(options.trace);
        request.configuration = configuration;
        request.append = options.append;
        request.overwrite = options.overwrite;
        return recordAsked(request, asked, *prompt, model, document, progress.stage(),
                           stopSignals.cancel());
    }
    auto network = model.network(configuration, progress.stage(), stopSignals.cancel());
    if (!network)
        return network.error();
    AnswerSoFar found;
    auto done = guarded("answering", [&]() -> Result<void> {
        auto answered = askPipeline(**network, configuration, *input, prompt->question, progress,
                                    stopSignals.cancel());
        if (!answered)
            return answered.error();
        found = answered.take();
        return {};
    });
    return done ? Result<AnswerSoFar>(std::move(found)) : done.error();
}

int ask(const AskOptions& options) {
    Result<AnswerSoFar> found = Error{QString()};
    std::unique_ptr<OpenModel> model;
    double seconds = 0;
    {
        ProgressLine progress;
        auto configuration = options.pipeline.configuration();
        if (!configuration)
            return report(configuration.error());
        if (options.append && options.overwrite)
            return report({"--append and --overwrite exclude each other: choose one.", 2});
        auto opened = OpenModel::open(fromArgument(options.model));
        if (!opened)
            return report(opened.error());
        model = opened.take();
        auto document = tokenizeDocument(fromArgument(options.document), model->tokenizer(),
                                         model->path(), progress.stage(), Cancel());
        if (!document)
            return report(document.error());
        QElapsedTimer timer;
        timer.start();
        found = answer(options, *configuration, *model, *document, progress);
        seconds = double(timer.nsecsElapsed()) * 1e-9;
    }
    if (!found)
        return report(found.error());
    QJsonObject json = answerToJson(*found, model->tokenizer());
    if (!options.json) {
        print(json["answer"].toString());
        return 0;
    }
    json["seconds"] = seconds;
    printJson(json);
    return 0;
}

} // namespace

void addAsk(CLI::App& program, Action& action) {
    auto options = std::make_shared<AskOptions>();
    CLI::App* command = program.add_subcommand(
        "ask", "Reads a document through the memories, then answers a question about it.");
    command->add_option("model", options->model, "A .gguf file or a model's folder.")
        ->type_name("MODEL")
        ->required();
    command->add_option("document", options->document, "A text file in UTF-8.")
        ->type_name("DOCUMENT")
        ->required();
    command->add_option("--question", options->question, "The question; it may be empty.")
        ->type_name("TEXT")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->required();
    takesWhole(command
                   ->add_option("--max-answer-tokens", options->mostAnswerTokens,
                                "The answer ends after so many tokens. By default 64.")
                   ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast),
               1);
    command
        ->add_option("--temperature", options->temperature,
                     "Above 0, tokens are drawn with --seed, the more freely the higher it is. "
                     "By default 0: the likeliest token each time.")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->type_name("X");
    command
        ->add_option("-o,--output", options->trace,
                     "Also records the reading, and the answer as a run of its own.")
        ->type_name("TRACE");
    command->add_flag("--append", options->append, "Adds both runs to a trace that exists.");
    command->add_flag("--overwrite", options->overwrite, "Replaces the trace if it exists.");
    command->add_flag("--json", options->json,
                      "One JSON object: {\"answer\":\"…\",\"ids\":[…],\"top\":[[[id,logprob],…5],"
                      "…],\"seconds\":x}, one list of five a token.");
    options->pipeline.addTo(*command);
    command->callback([options, &action] { action = [options] { return ask(*options); }; });
}

} // namespace attendre
