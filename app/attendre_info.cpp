// attendre info: what a model or a trace is.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/open_model.h"
#include "model/trace/reader.h"
#include "model/trace/recording_process.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

namespace attendre {

namespace {

struct InfoOptions {
    std::string path;
    bool json = false;
    PipelineOptions pipeline;
};

bool isTrace(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) && file.read(15) == "SQLite format 3";
}

QString spelled(const std::vector<int>& values) {
    QStringList words;
    const bool same = std::all_of(values.begin(), values.end(),
                                  [&](int value) { return value == values.front(); });
    for (int value : values)
        words << grouped(value);
    return same && !words.isEmpty() ? words.first() : words.join(", ") + " (by layer)";
}

// --- a model

void printModel(const ModelSummary& model) {
    const ModelDescription& d = model.description;
    const NetworkShape& s = d.shape;
    print(QString("%1: %2").arg(model.path, d.name));
    print(QString("  architecture      %1, %2, %3")
              .arg(d.family, s.defaultMode, s.positions + " positions"));
    const EncoderDecoder& pair = d.encoderDecoder;
    const bool decodes = pair.decoderLayers > 0;
    print(QString("  layers            %1%2")
              .arg(s.layers)
              .arg(decodes ? QString(" in the encoder, %1 in the decoder").arg(pair.decoderLayers)
                           : QString()));
    if (decodes)
        print(QString("  position bias     %1 buckets, one for all distances from %2")
                  .arg(pair.buckets)
                  .arg(pair.furthest));
    print(QString("  query heads       %1, K/V heads %2, head dimension %3")
              .arg(s.queryHeads)
              .arg(s.heads)
              .arg(s.headDimension));
    print(QString("  hidden            %1, feed-forward %2").arg(s.hidden).arg(s.feedForward));
    print(QString("  vocabulary        %1").arg(grouped(s.vocabulary)));
    print(QString("  trained length P  %1")
              .arg(s.trainedLength ? grouped(s.trainedLength) : "unknown"));
    print(QString("  parameters        %1, stored as %2, %3")
              .arg(grouped(d.parameters), d.storedType, bytesInWords(d.fileBytes)));
    print(QString("  tokenizer         %1, BOS %2%3")
              .arg(model.tokenizer, model.addsBos ? "added" : "not added",
                   decodes ? QString(", the input ends with token %1").arg(pair.endToken)
                           : QString()));
}

int modelInfo(const InfoOptions& options, const Configuration& configuration) {
    auto model = OpenModel::open(fromArgument(options.path));
    if (!model)
        return report(model.error());
    const ModelDescription& description = (*model)->description();
    const ModelSummary summary = (*model)->summary();
    qint64 tokens = configuration.tokens;
    if (tokens == 0)
        tokens = description.shape.trainedLength > 0 ? description.shape.trainedLength : 8192;
    auto resolved = resolveFor(description, configuration, tokens);
    if (!resolved)
        return report(resolved.error());
    const MemoryNeed need = memoryNeed(description, *resolved, configuration.dtype, tokens);
    if (options.json) {
        QJsonObject json = toJson(summary);
        json["kind"] = "model";
        json["ropeTheta"] = description.ropeTheta;
        json["normEpsilon"] = description.normEpsilon;
        json["tiedHead"] = description.tiedHead;
        if (const EncoderDecoder& pair = description.encoderDecoder; pair.decoderLayers > 0)
            json["encoderDecoder"] =
                QJsonObject{{"decoderLayers", pair.decoderLayers}, {"buckets", pair.buckets},
                            {"furthest", pair.furthest},           {"gated", pair.gated},
                            {"startToken", pair.startToken},       {"endToken", pair.endToken},
                            {"scaledHead", pair.scaledHead}};
        json["resolved"] = resolvedToJson(*resolved);
        json["memory"] = QJsonObject{{"tokens", tokens},
                                     {"chunk", configuration.chunk},
                                     {"dtype", configuration.dtype},
                                     {"weights", need.weights},
                                     {"keyValue", need.keyValue},
                                     {"working", need.working},
                                     {"total", need.total()}};
        json["archive"] = archiveBytes(*resolved, description.shape, tokens);
        printJson(json);
        return 0;
    }
    printModel(summary);
    print(QString("  memory needed     %1: weights %2, K/V memories %3, working %4")
              .arg(bytesInWords(need.total()), bytesInWords(need.weights),
                   bytesInWords(need.keyValue), bytesInWords(need.working)));
    print(QString("                    for M = %1 entries per head, C = %2 tokens a step, T = %3 "
                  "tokens, %4")
              .arg(spelled(resolved->memory))
              .arg(configuration.chunk)
              .arg(grouped(tokens), configuration.dtype));
    if (const qint64 bytes = archiveBytes(*resolved, description.shape, tokens); bytes > 0)
        print(QString("  archive           up to %1 in the trace").arg(bytesInWords(bytes)));
    return 0;
}

// --- a trace

QJsonObject runToJson(const RunInfo& run, int steps) {
    return {{"run", run.run},
            {"uuid", run.uuid},
            {"label", run.label},
            {"parent", run.parent ? QJsonValue(run.parent) : QJsonValue()},
            {"parentStep", run.parent ? QJsonValue(run.parentStep) : QJsonValue()},
            {"created", run.created.toString(Qt::ISODateWithMs)},
            {"model", run.model},
            {"modelHash", run.modelHash},
            {"document", run.document},
            {"documentHash", run.documentHash},
            {"device", run.device},
            {"dtype", run.dtype},
            {"threads", run.threads},
            {"build", run.build},
            {"tokens", run.tokens},
            {"steps", steps},
            {"shape", toJson(run.shape)},
            {"config", toJson(filledIn(run), true)},
            {"asked", toJson(run.configuration.asked, true)},
            {"resolved", resolvedToJson(run.configuration)},
            {"notices", QJsonArray::fromStringList(run.configuration.notices)},
            {"policy", toJson(run.policy)},
            {"command", run.command},
            {"finished", run.finished},
            {"ended", run.ended}};
}

QString stateOf(const RunInfo& run, const QString& trace) {
    if (run.finished)
        return "complete";
    if (!run.ended.isEmpty())
        return run.ended;
    const auto process = recordingProcess(trace);
    return process ? QString("still being recorded by the process %1").arg(process->id)
                   : QString("not finished: its recorder was killed or crashed");
}

// Where a run comes from that no document was read for.
QString originOf(const RunInfo& run) {
    const QString parent = QString("run %1").arg(run.parent);
    if (run.configuration.replay)
        return run.parent > 0 ? "a replay of " + parent
                              : QString("a replay of another trace's run");
    if (run.parentStep < 0)
        return "asked of " + parent + " before its first step";
    return QString("asked of %1 after its step %2").arg(parent).arg(run.parentStep);
}

// What the lines above it leave out, as far as it is not the default.
QStringList furtherOptions(const ResolvedConfiguration& r) {
    const Configuration& c = r.asked;
    const Configuration defaults;
    QStringList words;
    const auto add = [&](bool differs, const QString& text) {
        if (differs)
            words << text;
    };
    QStringList spans;
    for (const auto& [first, last] : c.pins)
        spans << QString("%1-%2").arg(first).arg(last);
    add(!c.expression.isEmpty(), "expression " + c.expression);
    add(!c.future.isEmpty(), "future " + c.future);
    add(!c.pins.empty(), "pins " + spans.join(", "));
    add(c.halfLife != defaults.halfLife, QString("half-life %1").arg(c.halfLife));
    add(c.group != defaults.group, "group " + c.group);
    add(c.hit != defaults.hit, "hit " + c.hit);
    add(!c.granularity.isEmpty(), "granularity " + r.granularity);
    add(c.topK != defaults.topK, QString("top k %1").arg(c.topK));
    add(c.lfaCount != defaults.lfaCount, "LFA counts " + c.lfaCount);
    add(c.lfaPerAge, "LFA per age");
    add(c.seed != defaults.seed, QString("seed %1").arg(c.seed));
    return words;
}

void printMemories(const RunInfo& run) {
    const ResolvedConfiguration& r = run.configuration;
    const bool waits = std::any_of(r.queryMemory.begin(), r.queryMemory.end(),
                                   [](int waiting) { return waiting > 0; });
    print(QString("  memory       M = %1 entries per head, C = %2 tokens a step, %3, mode %4")
              .arg(spelled(r.memory))
              .arg(r.asked.chunk)
              .arg(waits ? QString("N = %1 waiting queries").arg(spelled(r.queryMemory))
                         : QString("no query waits (N = 0)"),
                   r.mode));
    print(QString("  policy       %1, s = %2, r = %3, %4 positions")
              .arg(run.policy.title)
              .arg(r.sinks)
              .arg(r.recent)
              .arg(r.asked.positions));
    if (r.outputMemory > 0)
        print("  outputs      " +
              (r.asked.outputMemory ? QString("E = %1 encoder outputs, policy %2, s = %3, r = %4")
                                          .arg(grouped(r.outputMemory), r.outputPolicy)
                                          .arg(r.outputSinks)
                                          .arg(r.outputRecent)
                                    : QString("every encoder output is kept (E unlimited)")));
    if (const QStringList further = furtherOptions(r); !further.isEmpty())
        print("  options      " + further.join(", "));
}

void printRun(const RunInfo& run, int steps, const QString& trace) {
    const ResolvedConfiguration& r = run.configuration;
    print(QString("run %1%2").arg(run.run).arg(run.label.isEmpty() ? "" : ": " + run.label));
    print(QString("  recorded     %1, %2, %3")
              .arg(run.created.toString(Qt::ISODate), counted(steps, "step"), stateOf(run, trace)));
    if (r.replay || run.parent > 0)
        print("  origin       " + originOf(run));
    print(QString("  model        %1, %2, %3")
              .arg(run.model, counted(run.shape.layers, "layer"),
                   counted(run.shape.heads, "K/V head")));
    print(QString("  document     %1, %2").arg(run.document, counted(run.tokens, "token")));
    printMemories(run);
    if (!r.asked.archive.isEmpty() && run.parent == 0 && !r.replay)
        print("  archive      " +
              QString(r.asked.archive == "all" ? "keys, values and queries" : "keys"));
    print(
        QString("  computed     %1, %2, %3, %4; detail %5")
            .arg(run.device, run.dtype, counted(run.threads, "thread"), run.build, r.asked.detail));
    print(QString("  command      %1").arg(run.command));
}

int traceInfo(const InfoOptions& options) {
    auto reader = Reader::open(fromArgument(options.path));
    if (!reader)
        return report(reader.error());
    auto frozen = (*reader)->freeze();
    auto runs = frozen ? (*reader)->runs() : frozen.error();
    if (!runs)
        return report(runs.error());
    QJsonArray list;
    if (!options.json)
        print(QString("%1: a trace of format %2, %3, %4")
                  .arg(fromArgument(options.path))
                  .arg((*reader)->formatVersion())
                  .arg(bytesInWords((*reader)->fileSize()), counted(qint64(runs->size()), "run")));
    for (const RunInfo& run : *runs) {
        auto steps = (*reader)->stepCount(run.run);
        if (!steps)
            return report(steps.error());
        if (options.json)
            list << runToJson(run, *steps);
        else
            printRun(run, *steps, fromArgument(options.path));
    }
    if (options.json)
        printJson({{"kind", "trace"},
                   {"path", fromArgument(options.path)},
                   {"bytes", (*reader)->fileSize()},
                   {"format", (*reader)->formatVersion()},
                   {"runs", list}});
    return 0;
}

int info(const InfoOptions& options) {
    const QString path = fromArgument(options.path);
    if (!QFileInfo::exists(path))
        return report({QString("%1 does not exist: name a .gguf file, a model's folder or a trace.")
                           .arg(path)});
    if (isTrace(path)) {
        if (const QString typed = options.pipeline.firstTyped(); !typed.isEmpty())
            return report({QString("%1 is a trace, whose runs have their configurations already: "
                                   "leave %2 out.")
                               .arg(path, typed),
                           2});
        return traceInfo(options);
    }
    auto configuration = options.pipeline.configuration();
    if (!configuration)
        return report(configuration.error());
    return modelInfo(options, *configuration);
}

} // namespace

void addInfo(CLI::App& program, Action& action) {
    auto options = std::make_shared<InfoOptions>();
    CLI::App* command = program.add_subcommand(
        "info", "Shows a model's architecture, sizes, trained length, tokenizer and the memory "
                "that a configuration needs; or a trace's runs, their configurations, sizes and "
                "commands.");
    command->add_option("path", options->path, "A .gguf file, a model's folder or a trace.")
        ->type_name("MODEL|TRACE")
        ->required();
    command->add_flag("--json", options->json, "The same as one JSON object.");
    options->pipeline.addTo(*command);
    command->callback([options, &action] { action = [options] { return info(*options); }; });
}

} // namespace attendre
