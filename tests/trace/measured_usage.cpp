#include "tests/trace/measured_usage.h"

#include "model/trace/reader.h"

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

struct Moments {
    double n = 0, sum = 0, squares = 0;
    void add(double value) {
        ++n;
        sum += value;
        squares += value * value;
    }
    double mean() const { return n > 0 ? sum / n : 0; }
    double deviation() const {
        return n > 0 ? std::sqrt(std::max(0.0, squares / n - mean() * mean())) : 0;
    }
};

// One head followed through the steps.
struct HeadSums {
    Moments sinks;
    HeadState before;
};

template <std::size_t N> std::array<double, N> quantilesOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    std::array<double, N> quantiles{};
    for (std::size_t i = 0; i < N && !values.empty(); ++i)
        quantiles[i] = values[(values.size() - 1) * i / (N - 1)];
    return quantiles;
}

class Measuring {
  public:
    explicit Measuring(int chunk) : m_chunk(chunk) {}

    void add(const LayerStepInfo& step, HeadSums& head, const HeadState& now) {
        double sinks = 0, all = 0;
        for (std::size_t i = 0; i < now.position.size(); ++i) {
            const double mass = double(now.lastMass[i]);
            all += now.position[i] == noPosition ? 0 : mass;
            if (now.position[i] >= 0 && now.position[i] < 4) {
                sinks += mass;
                m_first += now.position[i] == 0 ? mass : 0;
            } else if (now.position[i] != noPosition && mass > 0) {
                addEntry(step, head.before, now, i);
            }
        }
        m_sinks += sinks;
        head.sinks.add(sinks / all);
    }

    MeasuredUsage result() const {
        MeasuredUsage usage;
        for (int a = 0; a < MeasuredUsage::ages; ++a) {
            usage.mean[std::size_t(a)] = m_ages[std::size_t(a)].mean();
            usage.deviation[std::size_t(a)] = m_ages[std::size_t(a)].deviation();
        }
        for (int b = 0; b < MeasuredUsage::hitBins; ++b)
            usage.hits[std::size_t(b)] = m_hits[std::size_t(b)].mean();
        usage.onFirst = m_first / m_sinks;
        usage.squares = m_squares.mean();
        usage.persistence = correlation();
        return usage;
    }

  private:
    struct Pair {
        int ageBefore, age;
        double before, now;
    };

    void addEntry(const LayerStepInfo& step, const HeadState& before, const HeadState& now,
                  std::size_t i) {
        const bool kept = i < before.position.size() && before.position[i] == now.position[i];
        const double queries = step.answered;
        const double relative = double(now.lastMass[i]) * step.occupancy / queries;
        const int chunks = (step.firstPosition - now.position[i] + m_chunk - 1) / m_chunk;
        const int age = MeasuredUsage::ageOf(std::max(0, chunks));
        m_ages[std::size_t(age)].add(std::log(relative));
        const double hits = double(now.hits[i]) - (kept ? double(before.hits[i]) : 0.0);
        const int bin = int(std::floor(std::log2(relative) - MeasuredUsage::firstHitBin));
        m_hits[std::size_t(std::clamp(bin, 0, MeasuredUsage::hitBins - 1))].add(hits / queries);
        const double squares =
            double(now.massSquared[i]) - (kept ? double(before.massSquared[i]) : 0.0);
        const double mass = double(now.lastMass[i]);
        if (relative > 0.1)
            m_squares.add(squares * queries / (mass * mass));
        if (kept && before.lastMass[i] > 0)
            m_pairs.push_back({MeasuredUsage::ageOf(std::max(0, chunks - 1)), age,
                               std::log(double(before.lastMass[i]) * step.occupancy / queries),
                               std::log(relative)});
    }

    double correlation() const {
        double xy = 0, xx = 0, yy = 0;
        for (const Pair& pair : m_pairs) {
            const double x = pair.before - m_ages[std::size_t(pair.ageBefore)].mean();
            const double y = pair.now - m_ages[std::size_t(pair.age)].mean();
            xy += x * y, xx += x * x, yy += y * y;
        }
        return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
    }

    int m_chunk;
    double m_sinks = 0, m_first = 0;
    std::array<Moments, MeasuredUsage::ages> m_ages;
    std::array<Moments, MeasuredUsage::hitBins> m_hits;
    Moments m_squares;
    std::vector<Pair> m_pairs;
};

Result<std::vector<double>> nllOf(Reader& reader, const RunInfo& run) {
    auto tokens = reader.tokens(run.run, 0, std::int32_t(run.tokens));
    if (!tokens)
        return tokens.error();
    std::vector<double> nll;
    for (const TokenInfo& token : *tokens)
        if (!std::isnan(token.nll))
            nll.push_back(double(token.nll));
    return nll;
}

} // namespace

Result<MeasuredUsage> measureUsage(const QString& trace, int number) {
    auto opened = Reader::open(trace);
    if (!opened)
        return opened.error();
    Reader& reader = **opened;
    const auto run = reader.run(number);
    if (!run)
        return run.error();
    const auto steps = reader.stepCount(number);
    if (!steps)
        return steps.error();
    Measuring measuring(run->configuration.asked.chunk);
    std::vector<double> sinkShares;
    for (int layer = 0; layer < run->shape.layers; ++layer) {
        std::vector<HeadSums> heads(std::size_t(run->shape.heads));
        for (int step = 0; step < *steps; ++step) {
            const auto numbers = reader.layerSteps(number, step);
            auto state = reader.layerState(number, step, layer);
            if (!numbers || !state)
                return numbers ? state.error() : numbers.error();
            const LayerStepInfo& info = (*numbers)[std::size_t(layer)];
            for (std::size_t head = 0; head < heads.size(); ++head) {
                if (!state->heads[head].columns())
                    return Error{QString("%1 is at summary detail: record it with --detail full.")
                                     .arg(trace)};
                if (info.evicted > 0 && info.answered > 0)
                    measuring.add(info, heads[head], state->heads[head]);
                heads[head].before = std::move(state->heads[head]);
            }
        }
        for (const HeadSums& head : heads)
            if (head.sinks.n > 0)
                sinkShares.push_back(head.sinks.mean());
    }
    if (sinkShares.empty())
        return Error{QString("Run %1 of %2 evicted nothing: record one with a smaller --memory.")
                         .arg(number)
                         .arg(trace)};
    auto nll = nllOf(reader, *run);
    auto times = reader.steps(number, 0, *steps);
    if (!nll || !times)
        return nll ? times.error() : nll.error();
    MeasuredUsage usage = measuring.result();
    usage.sinkShare = quantilesOf<MeasuredUsage::quantiles>(sinkShares);
    usage.nll = quantilesOf<MeasuredUsage::nllQuantiles>(nll.take());
    double milliseconds = 0, arrived = 0;
    for (const StepInfo& step : *times)
        milliseconds += step.milliseconds, arrived += step.arrived;
    usage.milliseconds = milliseconds / arrived;
    return usage;
}

MeasuredUsage smolUsage() {
    MeasuredUsage usage;
    usage.sinkShare = {0.0005558, 0.007679, 0.04119, 0.06612, 0.3942,
                       0.4886,    0.5477,   0.6253,  0.9362};
    usage.onFirst = 0.9946;
    usage.mean = {-0.2903, -1.898, -2.885, -2.794, -1.949, -0.5483};
    usage.deviation = {1.416, 1.606, 1.624, 1.714, 1.652, 2.105};
    usage.persistence = 0.6433;
    usage.hits = {0,      0,      0,      0.0003101, 0.001813, 0.006443, 0.01898, 0.05358,
                  0.1348, 0.2739, 0.3697, 0.6368,    0.9229,   0.981,    0.9987,  1};
    usage.squares = 8.14;
    usage.nll = {2.098e-05, 0.01053, 0.04155, 0.08961, 0.1645, 0.2601, 0.3758, 0.5088, 0.7263,
                 1.055,     1.389,   1.806,   2.346,   3.083,  3.978,  5.513,  15.12};
    usage.milliseconds = 2.123;
    return usage;
}

} // namespace attendre
