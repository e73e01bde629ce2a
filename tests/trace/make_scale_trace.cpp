// Writes a trace of the length that the window is measured at: make_scale_trace OUT TEXT
// [--tokens 1000000 --layers 30 --heads 3 --memory 4096 --chunk 512 --seed 1]. Nothing is
// computed by a network: masses, hits and nll are drawn from what was measured on a real run, the
// policy is LRA with 4 sinks, the recorder is the real one at summary detail.
// make_scale_trace --measure TRACE [--run R] prints what it would draw from.

#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"
#include "tests/trace/measured_usage.h"
#include "tests/trace/scale_steps.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>

#include <cstdio>

using namespace attendre;

namespace {

template <std::size_t N> void print(const char* name, const std::array<double, N>& values) {
    std::printf("    usage.%s = {", name);
    for (std::size_t i = 0; i < N; ++i)
        std::printf("%s%.4g", i ? ", " : "", values[i]);
    std::printf("};\n");
}

void print(const char* name, double value) {
    std::printf("    usage.%s = %.4g;\n", name, value);
}

int measure(const QString& trace, int run) {
    const auto usage = measureUsage(trace, run);
    if (!usage) {
        std::fprintf(stderr, "%s\n", qPrintable(usage.error().sentence));
        return 1;
    }
    print("sinkShare", usage->sinkShare);
    print("onFirst", usage->onFirst);
    print("mean", usage->mean);
    print("deviation", usage->deviation);
    print("persistence", usage->persistence);
    print("hits", usage->hits);
    print("squares", usage->squares);
    print("nll", usage->nll);
    print("milliseconds", usage->milliseconds);
    return 0;
}

RunInfo described(const ScaleOptions& options) {
    MadeOptions made;
    made.layers = options.layers;
    made.heads = options.heads;
    made.memory = options.memory;
    made.chunk = options.chunk;
    made.tokens = options.tokens;
    made.sinks = options.sinks;
    made.full = false;
    RunInfo run = madeRun(made);
    run.label = "drawn";
    run.command = QCoreApplication::arguments().join(' ');
    return run;
}

Result<void> record(const QString& path, const ScaleOptions& options, const QByteArray& text) {
    MadeOptions made;
    made.tokens = options.tokens;
    RecorderOptions how;
    how.overwrite = true;
    auto recorder = Recorder::open(path, described(options), madeTokens(made, text), how);
    if (!recorder)
        return recorder.error();
    ScaleSteps steps(options, smolUsage());
    while (auto step = steps.next())
        if (auto added = (*recorder)->add(std::move(*step)); !added)
            return added;
    return (*recorder)->finish();
}

int make(const QString& path, const QString& document, const ScaleOptions& options) {
    QFile file(document);
    if (!file.open(QIODevice::ReadOnly)) {
        std::fprintf(stderr, "%s cannot be read: name a text.\n", qPrintable(document));
        return 1;
    }
    QElapsedTimer timer;
    timer.start();
    if (auto done = record(path, options, file.readAll()); !done) {
        std::fprintf(stderr, "%s\n", qPrintable(done.error().sentence));
        return 1;
    }
    std::printf("%lld bytes in %.0f s\n", static_cast<long long>(QFileInfo(path).size()),
                double(timer.elapsed()) * 1e-3);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addPositionalArgument("OUT", "the trace that is written");
    parser.addPositionalArgument("TEXT", "the document; repeated where it is too short");
    for (const char* name :
         {"tokens", "layers", "heads", "memory", "chunk", "seed", "measure", "run"})
        parser.addOption({QLatin1String(name), QLatin1String(name), QLatin1String(name)});
    parser.process(application);
    const auto number = [&](const char* name, int otherwise) {
        return parser.isSet(name) ? parser.value(name).toInt() : otherwise;
    };
    if (parser.isSet("measure"))
        return measure(parser.value("measure"), number("run", 1));
    const QStringList files = parser.positionalArguments();
    if (files.size() != 2)
        parser.showHelp(2);
    ScaleOptions options;
    options.tokens = number("tokens", options.tokens);
    options.layers = number("layers", options.layers);
    options.heads = number("heads", options.heads);
    options.memory = number("memory", options.memory);
    options.chunk = number("chunk", options.chunk);
    options.seed = std::uint64_t(number("seed", 1));
    if (options.memory < options.chunk + options.sinks || options.chunk < 1 || options.tokens < 1 ||
        options.layers < 1 || options.heads < 1) {
        std::fprintf(stderr,
                     "The memory of %d entries holds no chunk of %d beside %d sinks: give "
                     "sizes above 0 and a larger --memory.\n",
                     options.memory, options.chunk, options.sinks);
        return 2;
    }
    return make(files[0], files[1], options);
}
