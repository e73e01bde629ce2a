#include "tests/trace/scale_steps.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace attendre {

namespace {

constexpr std::size_t drawn = 65'536;
constexpr int likelyNext = 10;

} // namespace

ScaleSteps::ScaleSteps(const ScaleOptions& options, const MeasuredUsage& usage)
    : m_options(options), m_usage(usage), m_state(options.seed * 2 + 1) {
    std::mt19937 engine(static_cast<unsigned>(options.seed));
    std::normal_distribution<float> bell;
    for (std::size_t i = 0; i < drawn; ++i)
        m_normals.push_back(bell(engine));
    for (std::size_t age = 0; age < MeasuredUsage::ages; ++age) {
        Normals factors;
        const double varies = usage.deviation[age] * std::sqrt(1 - usage.persistence);
        for (const float z : m_normals)
            factors.push_back(float(std::exp(usage.mean[age] + varies * double(z))));
        m_variation.push_back(std::move(factors));
    }
    const std::size_t n = std::size_t(options.heads) * std::size_t(options.memory);
    for (int l = 0; l < options.layers; ++l) {
        Layer layer;
        LayerRecord& r = layer.record;
        r.layer = l;
        r.capacity = options.memory;
        r.position.assign(n, noPosition);
        r.lastTick.assign(n, 0);
        r.hits.assign(n, 0);
        r.rank.assign(n, 0);
        for (auto* column : {&r.mass, &r.massSquared, &r.lastMass, &layer.lasting})
            column->assign(n, 0);
        for (int head = 0; head < options.heads; ++head) {
            const double at = double(uniform()) * (MeasuredUsage::quantiles - 1);
            const auto below = std::size_t(at);
            const double share = usage.sinkShare[below];
            layer.sinkShare.push_back(share +
                                      (at - double(below)) * (usage.sinkShare[below + 1] - share));
        }
        m_layers.push_back(std::move(layer));
    }
}

// A linear congruential generator, its high half.
std::uint32_t ScaleSteps::random() {
    m_state = m_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return std::uint32_t(m_state >> 32);
}

// The slots of the lowest last ticks, ties to the older entry, sinks spared; ascending.
std::vector<int> ScaleSteps::victims(const LayerRecord& r, std::size_t first) {
    std::vector<std::pair<std::uint64_t, int>> order; // rank and position; slot
    for (int slot = 0; slot < r.capacity; ++slot) {
        const std::size_t i = first + std::size_t(slot);
        if (r.position[i] >= m_options.sinks)
            order.emplace_back(std::uint64_t(r.lastTick[i]) << 32 | std::uint32_t(r.position[i]),
                               slot);
    }
    std::nth_element(order.begin(), order.begin() + r.evicted, order.end());
    std::vector<int> leaving;
    for (int i = 0; i < r.evicted; ++i)
        leaving.push_back(order[std::size_t(i)].second);
    std::sort(leaving.begin(), leaving.end());
    return leaving;
}

// Victims go, arrivals take the places of LayerRecord's rule.
void ScaleSteps::insert(Layer& layer, int head) {
    LayerRecord& r = layer.record;
    const std::size_t first = std::size_t(head) * std::size_t(r.capacity);
    std::vector<int> places;
    for (int slot = 0; slot < r.capacity; ++slot)
        if (r.position[first + std::size_t(slot)] == noPosition)
            places.push_back(slot);
    r.evicted = std::max(0, r.arrived - int(places.size()));
    r.occupancy = std::min(r.capacity, r.capacity - int(places.size()) + r.arrived);
    if (r.evicted > 0) {
        const std::vector<int> leaving = victims(r, first);
        for (const int slot : leaving) {
            const std::size_t i = first + std::size_t(slot);
            r.victimSlots.push_back(slot);
            r.victimPositions.push_back(r.position[i]);
            r.victimRanks.push_back(r.rank[i]);
        }
        places.insert(places.end(), leaving.begin(), leaving.end());
    }
    const double lasts = m_usage.deviation[1] * std::sqrt(m_usage.persistence);
    for (int j = 0; j < r.arrived; ++j) {
        const std::size_t i = first + std::size_t(places[std::size_t(j)]);
        r.position[i] = r.firstPosition + j;
        r.lastTick[i] = std::uint32_t(r.position[i]) + 1;
        r.hits[i] = 0;
        r.mass[i] = r.massSquared[i] = 0;
        layer.lasting[i] = std::exp(float(lasts) * normal());
    }
}

// What the sinks leave of each query's one goes to the others, by what they last and vary.
void ScaleSteps::drawMasses(Layer& layer, int head) {
    LayerRecord& r = layer.record;
    const std::size_t first = std::size_t(head) * std::size_t(r.capacity);
    const std::size_t end = first + std::size_t(r.capacity);
    double others = 0;
    for (std::size_t i = first; i < end; ++i) {
        r.lastMass[i] = 0;
        if (r.position[i] < 4)
            continue;
        const int chunks =
            std::max(0, (r.firstPosition - r.position[i] + m_options.chunk - 1) / m_options.chunk);
        const auto age = std::size_t(MeasuredUsage::ageOf(chunks));
        r.lastMass[i] = layer.lasting[i] * m_variation[age][random() >> 16];
        others += double(r.lastMass[i]);
    }
    const double share = layer.sinkShare[std::size_t(head)];
    const double scale = (1 - share) * r.answered / others;
    for (std::size_t i = first; i < end; ++i) {
        if (r.position[i] >= 4)
            r.lastMass[i] *= float(scale);
        else if (r.position[i] != noPosition)
            r.lastMass[i] =
                float(share * r.answered *
                      (r.position[i] == 0 ? m_usage.onFirst : (1 - m_usage.onFirst) / 3));
    }
}

// Hits of one entry, out of its mass; the newest of them gives the tick.
void ScaleSteps::count(LayerRecord& r, std::size_t i) {
    const float queries = float(r.answered);
    const float relative = r.lastMass[i] * float(r.occupancy) / queries;
    const float bin = std::log2(relative) - float(MeasuredUsage::firstHitBin);
    const auto at = std::size_t(std::clamp(int(bin), 0, MeasuredUsage::hitBins - 1));
    const int seen = std::min(r.answered, r.firstPosition + r.answered - r.position[i]);
    const int hits = std::min(seen, int(float(m_usage.hits[at]) * queries + uniform()));
    r.massSquared[i] +=
        std::min(r.lastMass[i], float(m_usage.squares) * r.lastMass[i] * r.lastMass[i] / queries);
    r.mass[i] += r.lastMass[i];
    if (hits == 0)
        return;
    r.hits[i] += std::uint32_t(hits);
    const float newest = std::pow(uniform(), 1.0F / float(hits));
    r.lastTick[i] =
        std::uint32_t(r.tick) - std::uint32_t(std::min(seen - 1, int((1 - newest) * float(seen))));
}

void ScaleSteps::attend(Layer& layer, int head) {
    drawMasses(layer, head);
    LayerRecord& r = layer.record;
    const std::size_t first = std::size_t(head) * std::size_t(r.capacity);
    for (std::size_t i = first; i < first + std::size_t(r.capacity); ++i) {
        if (r.position[i] == noPosition)
            continue;
        count(r, i);
        r.rank[i] = double(r.lastTick[i]);
    }
}

void ScaleSteps::addNll(StepRecord& step) {
    step.firstNll = std::max(1, step.firstPosition);
    for (int p = step.firstNll; p < step.firstPosition + step.arrived; ++p) {
        const float at = uniform() * (MeasuredUsage::nllQuantiles - 1);
        const auto below = std::size_t(at);
        const float from = float(m_usage.nll[below]), to = float(m_usage.nll[below + 1]);
        step.nll.push_back(from + (at - float(below)) * (to - from));
    }
    for (int i = 0; i < likelyNext; ++i)
        step.next.push_back({10 + std::int32_t(random() % 500), -0.5F - float(i) * 0.6F});
}

std::optional<StepRecord> ScaleSteps::next() {
    if (m_step >= count())
        return std::nullopt;
    StepRecord step;
    step.step = m_step;
    step.firstPosition = m_step * m_options.chunk;
    step.arrived = std::min(m_options.chunk, m_options.tokens - step.firstPosition);
    step.milliseconds = m_usage.milliseconds * step.arrived * (0.9 + 0.2 * double(uniform()));
    for (Layer& layer : m_layers) {
        LayerRecord& r = layer.record;
        r.firstPosition = r.firstAnswered = step.firstPosition;
        r.arrived = r.answered = step.arrived;
        r.tick += step.arrived;
        r.victimSlots.clear();
        r.victimPositions.clear();
        r.victimRanks.clear();
        for (int head = 0; head < m_options.heads; ++head) {
            insert(layer, head);
            attend(layer, head);
        }
        step.layers.push_back(r);
    }
    addNll(step);
    ++m_step;
    return step;
}

} // namespace attendre
