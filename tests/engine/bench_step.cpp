#include "model/engine/engine.h"
#include "model/trace/recorder.h"
#include "tests/engine/default_model.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSemaphore>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

using namespace attendre;

// The time of a step of the default model once the memory is full: C = 64, M = 512, f32, the usage
// columns and the top entries of every query included, all rows of logits. Not a test.
//
//   bench_step [--threads 2] [--steps 30] [--policy lra] [--memory 512] [--chunk 64] [--plain]
//              [--record summary|full]
//
// prints the median as JSON. With --follow each line on standard input makes one step and prints
// its milliseconds, so that another program's steps can be timed in turn. --plain asks for no
// usage. --record writes each step to a trace, and a step's time then ends when it is committed.
namespace {

struct Options {
    int threads = 2, steps = 30, memory = 512, chunk = 64;
    QString policy = QStringLiteral("lra"), record;
    bool follow = false, plain = false;
};

Options readOptions(const QStringList& words) {
    Options o;
    for (int i = 1; i < words.size(); ++i) {
        const auto next = [&] { return i + 1 < words.size() ? words[++i] : QString(); };
        if (words[i] == "--threads")
            o.threads = next().toInt();
        else if (words[i] == "--steps")
            o.steps = next().toInt();
        else if (words[i] == "--memory")
            o.memory = next().toInt();
        else if (words[i] == "--chunk")
            o.chunk = next().toInt();
        else if (words[i] == "--policy")
            o.policy = next();
        else if (words[i] == "--record")
            o.record = next();
        else if (words[i] == "--follow")
            o.follow = true;
        else if (words[i] == "--plain")
            o.plain = true;
    }
    return o;
}

// Token ids: the golden run's, over and over; what they say does not change the time.
std::vector<std::int32_t> input(std::size_t tokens) {
    QFile file(QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/smollm2-genesis.json"));
    if (!file.open(QIODevice::ReadOnly))
        return std::vector<std::int32_t>(tokens, 1);
    const QJsonArray ids = QJsonDocument::fromJson(file.readAll()).object()["ids"].toArray();
    std::vector<std::int32_t> all;
    while (all.size() < tokens)
        all.push_back(ids[int(all.size()) % ids.size()].toInt());
    return all;
}

int fail(const QString& sentence) {
    std::fprintf(stderr, "%s\n", qPrintable(sentence));
    return 1;
}

// The steps, and the trace that they go to where one is asked for.
class Steps {
  public:
    explicit Steps(Pipeline& pipeline) : m_pipeline(pipeline) {}

    Result<void> recordTo(const QString& path, const Network& network, const QString& detail,
                          const std::vector<std::int32_t>& ids) {
        RunInfo run;
        run.shape = network.description().shape;
        run.configuration = m_pipeline.configuration();
        run.configuration.asked.detail = detail;
        run.tokens = qint64(ids.size());
        std::vector<TokenInfo> tokens(ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i) {
            tokens[i].position = tokens[i].documentPosition = std::int32_t(i);
            tokens[i].id = ids[i];
        }
        auto recorder = Recorder::open(path, run, std::move(tokens));
        if (!recorder)
            return recorder.error();
        m_recorder = recorder.take();
        m_recorder->onCommitted([this](int) { m_committed.release(); });
        m_recorder->onFailed([this](const Error&) { m_committed.release(); });
        return {};
    }

    // Milliseconds of one step until it is computed, and committed where it is recorded.
    Result<double> timed() {
        QElapsedTimer timer;
        timer.start();
        auto record = m_pipeline.step();
        if (!record)
            return record.error();
        if (m_recorder) {
            if (auto added = m_recorder->add(record.take()); !added)
                return added.error();
            m_committed.acquire();
        }
        return double(timer.nsecsElapsed()) * 1e-6;
    }
    bool finished() const { return m_pipeline.finished(); }

  private:
    Pipeline& m_pipeline;
    QSemaphore m_committed;
    std::unique_ptr<Recorder> m_recorder;
};

int follow(Steps& steps) {
    std::printf("ready\n");
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line) && !steps.finished();) {
        const auto milliseconds = steps.timed();
        if (!milliseconds)
            return fail(milliseconds.error().sentence);
        std::printf("%.4f\n", *milliseconds);
        std::fflush(stdout);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    const Options o = readOptions(application.arguments());
    auto network = loadDefaultModel(QStringLiteral("f32"), o.threads);
    if (!network)
        return fail(network.error().sentence);
    Configuration configuration;
    configuration.memory = {o.memory};
    configuration.chunk = o.chunk;
    configuration.policy = o.policy;
    const int warm = o.memory / o.chunk + 4; // until the memory is full, and evicts
    const int steps = o.follow ? 4000 : o.steps;
    StepWants wants;
    wants.usage = wants.attention = !o.plain;
    wants.next = o.plain ? 0 : 10;
    const auto ids = input(std::size_t(warm + steps) * o.chunk);
    auto pipeline = (*network)->start(configuration, ids, wants);
    if (!pipeline)
        return fail(pipeline.error().sentence);
    const QTemporaryDir folder;
    Steps all(**pipeline);
    if (!o.record.isEmpty())
        if (auto open = all.recordTo(folder.filePath("bench.trace"), **network, o.record, ids);
            !open)
            return fail(open.error().sentence);
    for (int i = 0; i < warm; ++i)
        if (const auto step = all.timed(); !step)
            return fail(step.error().sentence);
    if (o.follow)
        return follow(all);
    std::vector<double> times;
    for (int i = 0; i < steps; ++i) {
        const auto step = all.timed();
        if (!step)
            return fail(step.error().sentence);
        times.push_back(*step);
    }
    std::sort(times.begin(), times.end());
    const QJsonObject result{{"median_ms", times[times.size() / 2]},
                             {"fastest_ms", times.front()},
                             {"slowest_ms", times.back()},
                             {"steps", steps},
                             {"threads", o.threads},
                             {"memory", o.memory},
                             {"chunk", o.chunk},
                             {"policy", o.policy},
                             {"record", o.record}};
    std::printf("%s\n", QJsonDocument(result).toJson(QJsonDocument::Compact).constData());
    return 0;
}
