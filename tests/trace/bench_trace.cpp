// Measures the recorder and the reader on a made memory of SmolLM2's size and prints JSON:
// bench_trace [tokens [folder]]; bench_trace --read TRACE measures the reader on a trace that an
// engine recorded. CPU times are of the whole recorder, its thread included, for a
// step of 64 tokens through 30 layers of 3 K/V heads with 512 slots each.

#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <random>

using namespace attendre;

namespace {

MadeOptions smolSized(int tokens, bool full) {
    MadeOptions options;
    options.layers = 30;
    options.heads = 3;
    options.memory = 512;
    options.chunk = 64;
    options.tokens = tokens;
    options.sinks = 4;
    options.full = full;
    return options;
}

double processMilliseconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) * 1e-6;
}

QJsonObject spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const size_t n = values.size();
    return {{"median", values[n / 2]}, {"p99", values[n * 99 / 100]}, {"most", values[n - 1]}};
}

// Steps are made beforehand, a part at a time, so that only the recorder's work is timed.
QJsonObject record(const QString& path, const MadeOptions& options) {
    constexpr int part = 32;
    auto recorder =
        Recorder::open(path, madeRun(options), madeTokens(options, "In the beginning. "));
    if (!recorder)
        qFatal("%s", qPrintable(recorder.error().sentence));
    MadeSteps steps(options);
    double cpu = 0, wall = 0;
    std::atomic<int> committed = -1;
    (*recorder)->onCommitted([&](int step) { committed = step; });
    int count = 0;
    for (bool more = true; more;) {
        std::vector<StepRecord> made;
        while (int(made.size()) < part && more)
            if (auto step = steps.next())
                made.push_back(std::move(*step));
            else
                more = false;
        QElapsedTimer timer;
        timer.start();
        const double before = processMilliseconds();
        count += int(made.size());
        for (StepRecord& step : made)
            (void)(*recorder)->add(std::move(step));
        while (committed < count - 1) {
            const timespec pause{0, 1'000'000};
            nanosleep(&pause, nullptr);
        }
        cpu += processMilliseconds() - before;
        wall += double(timer.nsecsElapsed()) * 1e-6;
    }
    const double before = processMilliseconds();
    if (auto finished = (*recorder)->finish(); !finished)
        qFatal("%s", qPrintable(finished.error().sentence));
    return {{"steps", count},
            {"cpu_ms_per_step", cpu / count},
            {"wall_ms_per_step", wall / count},
            {"finish_cpu_ms", processMilliseconds() - before},
            {"bytes", QFileInfo(path).size()},
            {"bytes_per_token", double(QFileInfo(path).size()) / options.tokens}};
}

template <class Ask> QJsonObject timed(int times, Ask ask) {
    std::mt19937 random(7);
    std::vector<double> milliseconds;
    for (int i = 0; i < times; ++i) {
        QElapsedTimer timer;
        timer.start();
        if (!ask(random))
            qFatal("a question to the trace failed");
        milliseconds.push_back(double(timer.nsecsElapsed()) * 1e-6);
    }
    return spread(milliseconds);
}

QJsonObject read(const QString& path) {
    auto opened = Reader::open(path);
    if (!opened)
        qFatal("%s", qPrintable(opened.error().sentence));
    Reader& r = **opened;
    const int steps = r.stepCount(1).take();
    const RunInfo run = r.runs().take().front();
    const int layers = run.shape.layers, heads = run.shape.heads, tokens = int(run.tokens);
    auto layer = [&](auto& random) { return int(random() % unsigned(layers)); };
    auto step = [&](auto& random) { return int(random() % unsigned(steps)); };
    return {
        {"open_ms", timed(20, [&](auto&) { return Reader::open(path).ok(); })},
        {"seek_ms", timed(2000,
                          [&](auto& random) {
                              const int l = layer(random);
                              return r.layerState(1, step(random), l).ok();
                          })},
        {"evictions_ms", timed(500,
                               [&](auto& random) {
                                   const int l = layer(random);
                                   return r.evictions(1, step(random), l, 1).ok();
                               })},
        {"life_ms", timed(500,
                          [&](auto& random) {
                              const int l = layer(random);
                              return r.life(1, l, heads - 1, int(random() % unsigned(tokens))).ok();
                          })},
        {"lives_of_all_ms",
         timed(100, [&](auto& random) { return r.lives(1, layer(random), 0, 0, tokens).ok(); })},
        {"extents_ms", timed(100, [&](auto& random) {
             return r.extents(1, Series::HitRate, layer(random), 0, 0, steps - 1, 1000).ok();
         })}};
}

} // namespace

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    const QStringList words = application.arguments();
    if (words.value(1) == "--read") {
        std::printf("%s", QJsonDocument(read(words.value(2))).toJson().constData());
        return 0;
    }
    const int tokens = words.value(1, "8192").toInt();
    const QTemporaryDir temporary;
    const QString folder = words.value(2, temporary.path());
    QJsonObject out;
    for (const bool full : {true, false}) {
        const MadeOptions options = smolSized(tokens, full);
        const QString path = folder + (full ? "/full.trace" : "/summary.trace");
        QFile::remove(path);
        QJsonObject one = record(path, options);
        const QJsonObject reading = read(path);
        for (auto it = reading.begin(); it != reading.end(); ++it)
            one[it.key()] = it.value();
        out[full ? "full" : "summary"] = one;
    }
    std::printf("%s", QJsonDocument(out).toJson().constData());
    return 0;
}
