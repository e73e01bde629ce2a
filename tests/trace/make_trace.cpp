// Writes a trace of a made memory over a real text, for everything that reads traces and needs no
// network: make_trace OUT TEXT [policy [full|summary [tokens [layers heads memory chunk]]]]
// A policy after a plus sign ("lra+fifo") adds a second run.

#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QCoreApplication>
#include <QFile>

#include <cstdio>

using namespace attendre;

static Result<void> record(const QString& path, const MadeOptions& options, const QByteArray& text,
                           bool append) {
    const auto tokens = madeTokens(options, text);
    RecorderOptions how;
    how.append = append;
    how.overwrite = !append;
    auto recorder = Recorder::open(path, madeRun(options), tokens, how);
    if (!recorder)
        return recorder.error();
    MadeSteps steps(options);
    while (auto step = steps.next())
        if (auto added = (*recorder)->add(std::move(*step)); !added)
            return added;
    return (*recorder)->finish();
}

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    const QStringList words = application.arguments();
    if (words.size() < 3) {
        std::fprintf(stderr,
                     "make_trace OUT TEXT [policy [full|summary [tokens [layers heads memory "
                     "chunk]]]]\n");
        return 2;
    }
    QFile file(words[2]);
    if (!file.open(QIODevice::ReadOnly)) {
        std::fprintf(stderr, "%s cannot be read.\n", qPrintable(words[2]));
        return 1;
    }
    const QByteArray text = file.readAll();
    MadeOptions options;
    options.layers = 4;
    options.heads = 3;
    options.memory = 64;
    options.chunk = 16;
    options.tokens = 1200;
    options.sinks = 4;
    options.full = words.value(4, "full") == "full";
    options.tokens = words.value(5, "1200").toInt();
    if (words.size() >= 10) {
        options.layers = words[6].toInt();
        options.heads = words[7].toInt();
        options.memory = words[8].toInt();
        options.chunk = words[9].toInt();
    }
    bool append = false;
    for (const QString& policy : words.value(3, "lra").split('+')) {
        options.policy = policy;
        if (auto done = record(words[1], options, text, append); !done) {
            std::fprintf(stderr, "%s\n", qPrintable(done.error().sentence));
            return 1;
        }
        append = true;
    }
    return 0;
}
