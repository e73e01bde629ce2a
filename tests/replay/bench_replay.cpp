// bench_replay TRACE [LAYER HEAD [M]]: how long the replay of one layer and head takes, as JSON.
// The trace is one that `attendre record MODEL DOCUMENT --memory full --archive all` wrote.
#include "model/replay/head_replay.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cstdio>

using namespace attendre;

namespace {

constexpr int repetitions = 5;

double milliseconds(const QElapsedTimer& timer) {
    return double(timer.nsecsElapsed()) * 1e-6;
}

Result<QJsonObject> measure(const QString& path, int layer, int head, int memory) {
    auto reader = Reader::open(path);
    if (!reader)
        return reader.error();
    auto recorded = replayableRun(**reader);
    if (!recorded)
        return recorded.error();
    Configuration configuration = recorded->configuration.asked;
    configuration.memory = {memory > 0 ? memory : std::max(1, int(recorded->tokens) / 4)};
    const auto plan = planReplay(**reader, *recorded, configuration);
    if (!plan)
        return plan.error();
    QElapsedTimer timer;
    timer.start();
    const auto frozen = FrozenHead::read(**reader, *recorded, layer,
                                         plan->configuration.granularity == "layer" ? -1 : head);
    if (!frozen)
        return frozen.error();
    const double reading = milliseconds(timer);
    std::vector<double> times;
    std::size_t steps = 1;
    double kept = 0;
    for (int i = 0; i < repetitions; ++i) {
        const auto replay = (*frozen)->replay(*plan, head, Cancel());
        if (!replay)
            return replay.error();
        times.push_back(replay->milliseconds);
        steps = std::max<std::size_t>(1, replay->kept.size());
        kept = replay->meanKept();
    }
    std::sort(times.begin(), times.end());
    const double median = times[times.size() / 2];
    return QJsonObject{{"policy", configuration.policy},
                       {"memory", configuration.memory.front()},
                       {"chunk", configuration.chunk},
                       {"tokens", recorded->tokens},
                       {"layer", layer},
                       {"head", head},
                       {"steps", qint64(steps)},
                       {"kept", kept},
                       {"read_milliseconds", reading},
                       {"replay_milliseconds", median},
                       {"milliseconds_per_step", median / double(steps)}};
}

} // namespace

int main(int argc, char** argv) {
    const auto number = [&](int i) { return argc > i ? QByteArray(argv[i]).toInt() : 0; };
    if (argc < 2) {
        std::fputs("bench_replay needs a trace.\n", stderr);
        return 2;
    }
    const auto measured = measure(QString::fromLocal8Bit(argv[1]), number(2), number(3), number(4));
    if (!measured) {
        std::fprintf(stderr, "bench_replay: %s\n", qUtf8Printable(measured.error().sentence));
        return measured.error().exitCode;
    }
    std::puts(QJsonDocument(*measured).toJson().constData());
    return 0;
}
