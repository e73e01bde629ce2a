// attendre record: runs the pipeline on a document and writes a trace.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/recording.h"
#include "model/engine/stop_signals.h"
#include "model/trace/recording_process.h"

#include <QFileInfo>

#include <cstdio>

#include <unistd.h>

namespace attendre {

namespace {

struct RecordOptions {
    std::string model, document, trace, label;
    bool append = false, overwrite = false;
    PipelineOptions pipeline;
};

// What speaks against the trace's place is said before the model is loaded.
Result<void> checkPlace(const RecordOptions& options) {
    if (options.append && options.overwrite)
        return Error{"--append and --overwrite exclude each other: choose one.", 2};
    if (options.trace.empty())
        return Error{"The option -o has an empty value: name the file of the trace.", 2};
    return checkTracePlace(fromArgument(options.trace), options.append, options.overwrite);
}

Error interrupted(const Recording& recording, const QString& trace) {
    return {QString("Interrupted: %1 of %2 are recorded in %3, which is closed and complete as far "
                    "as it goes.")
                .arg(recording.recorded())
                .arg(counted(recording.stepsTotal(), "step"), trace)};
}

Error withWhatIsKept(const Error& error, const Recording& recording, const QString& trace) {
    return {QString("%1 What was recorded before, %2, is in %3.")
                .arg(error.sentence, counted(recording.recorded(), "step"), trace),
            error.exitCode};
}

Result<void> run(Recording& recording, const QString& trace, ProgressLine& progress,
                 const Cancel& cancel) {
    while (!recording.complete()) {
        if (cancel.requested()) {
            if (auto finished = recording.finish("Interrupted by the person who ran it.");
                !finished)
                return finished;
            return interrupted(recording, trace);
        }
        auto step = recording.step();
        if (!step) {
            (void)recording.finish(step.error().sentence);
            return withWhatIsKept(step.error(), recording, trace);
        }
        progress.show("recording, step", recording.stepsDone(), recording.stepsTotal());
    }
    auto finished = recording.finish();
    if (!finished)
        return withWhatIsKept(finished.error(), recording, trace);
    return {};
}

Result<std::unique_ptr<Recording>> begin(const RecordOptions& options, const Stage& stage,
                                         const Cancel& cancel, std::unique_ptr<OpenModel>& model) {
    RecordingRequest request;
    request.model = fromArgument(options.model);
    request.document = fromArgument(options.document);
    request.trace = fromArgument(options.trace);
    request.label = fromArgument(options.label);
    request.append = options.append;
    request.overwrite = options.overwrite;
    auto configuration = options.pipeline.configuration();
    if (!configuration)
        return configuration.error();
    request.configuration = configuration.take();
    if (auto place = checkPlace(options); !place)
        return place.error();
    auto opened = OpenModel::open(request.model);
    if (!opened)
        return opened.error();
    model = opened.take();
    auto document =
        tokenizeDocument(request.document, model->tokenizer(), model->path(), stage, cancel);
    if (!document)
        return document.error();
    return Recording::start(request, *model, *document, stage, cancel);
}

int record(const RecordOptions& options) {
    const QString trace = fromArgument(options.trace);
    StopSignals stopSignals;
    std::unique_ptr<OpenModel> model;
    Result<void> ran;
    qint64 tokens = 0;
    int steps = 0, number = 0;
    {
        ProgressLine progress;
        auto recording = begin(options, progress.stage(), stopSignals.cancel(), model);
        if (!recording)
            return report(recording.error());
        for (const QString& notice : (*recording)->info().configuration.notices)
            remark(notice);
        tokens = (*recording)->info().tokens;
        number = (*recording)->info().run;
        ran = run(**recording, trace, progress, stopSignals.cancel());
        steps = (*recording)->recorded();
    }
    if (!ran)
        return report(ran.error());
    if (::isatty(STDERR_FILENO))
        std::fprintf(stderr, "%s\n",
                     qUtf8Printable(QString("%1: run %2, %3, %4, %5")
                                        .arg(trace)
                                        .arg(number)
                                        .arg(counted(steps, "step"), counted(tokens, "token"),
                                             bytesInWords(QFileInfo(trace).size()))));
    return 0;
}

} // namespace

void addRecord(CLI::App& program, Action& action) {
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command = program.add_subcommand(
        "record", "Runs the pipeline on a document and writes a trace. Ctrl-C finishes the step at "
                  "hand and closes the trace properly.");
    command->add_option("model", options->model, "A .gguf file or a model's folder.")
        ->type_name("MODEL")
        ->required();
    command->add_option("document", options->document, "A text file in UTF-8.")
        ->type_name("DOCUMENT")
        ->required();
    command->add_option("-o,--output", options->trace, "The trace to write.")
        ->type_name("TRACE")
        ->required();
    command->add_flag("--append", options->append,
                      "Adds a run to the trace, if it exists already, under a lock.");
    command->add_flag("--overwrite", options->overwrite, "Replaces the trace if it exists.");
    command->add_option("--label", options->label, "A name for the run.")->type_name("TEXT");
    options->pipeline.addTo(*command);
    command->callback([options, &action] { action = [options] { return record(*options); }; });
}

} // namespace attendre
