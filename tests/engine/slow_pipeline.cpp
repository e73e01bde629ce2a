#include "tests/engine/slow_pipeline.h"

#include "tests/engine/slow_outputs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <tuple>

namespace attendre::slow {

namespace {

struct Arrival {
    int position = 0;
    Row hidden, query, key, value; // query [H * D], key and value [G * D]
};

struct LayerMemory {
    std::int64_t tick = 0;                // keys that have arrived
    std::vector<std::vector<Slot>> heads; // [G][M]
    std::deque<Arrival> waiting;
};

// A hidden state on its way up, and its position.
struct Passing {
    int position = 0;
    Row hidden;
};

class Pipeline {
  public:
    Pipeline(const Network& network, const Options& options);
    // The tokens from first on enter layer 0; with a count of 0 a flush round.
    Step step(const std::vector<int>& ids, int first, int count, Row& nll);
    bool waits() const { return lowestWaiting() < int(m_layers.size()); }

  private:
    int lowestWaiting() const;
    std::vector<Passing> pass(int layer, const std::vector<Passing>& hidden, int drained,
                              LayerStep& record);
    bool visible(const Slot& slot, int position) const;
    void insert(int layer, const std::vector<Arrival>& arrivals, LayerStep& record);
    std::vector<int> chooseVictims(int layer, int head, int count);
    double rank(int layer, int head, int slot) const;
    double ownRank(const QString& policy, int layer, int head, const Slot& slot,
                   std::int64_t tick) const;
    void finishOutputs(const std::vector<Passing>& last, Step& record);
    bool isProtected(const Slot& slot, std::int64_t tick) const;
    void decay(int layer, int arrived);
    Row retrieve(int layer, const Arrival& query, std::int64_t tick, LayerStep& record);
    Row weights(const std::vector<Slot>& slots, int head, const Row& query, int position);
    std::vector<size_t> beyond(const std::vector<Slot>& slots, const Row& values);
    double index(const std::vector<Slot>& slots, int position) const;
    void use(std::vector<Slot>& slots, const std::vector<Row>& group, int position,
             std::int64_t tick, HeadStep& record);
    void finish(int layer, LayerStep& record) const;

    const Network& m_network;
    const Options& m_options;
    int m_step = 0;
    std::vector<LayerMemory> m_layers;
    std::optional<Outputs> m_outputs;
    double m_narrowestHit = 1, m_narrowestRank = 1;
};

Row part(const Row& all, int index, int size) {
    return Row(all.begin() + index * size, all.begin() + (index + 1) * size);
}

double dot(const Row& a, const Row& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

void add(Row& to, const Row& what) {
    for (size_t i = 0; i < to.size(); ++i)
        to[i] += what[i];
}

Pipeline::Pipeline(const Network& network, const Options& options)
    : m_network(network), m_options(options) {
    for (int l = 0; l < network.shape.layers; ++l) {
        LayerMemory memory;
        memory.heads.assign(network.shape.heads, std::vector<Slot>(options.memory[l]));
        m_layers.push_back(std::move(memory));
    }
    if (options.outputMemory > 0)
        m_outputs.emplace(options, network.shape.heads);
}

bool Pipeline::isProtected(const Slot& slot, std::int64_t tick) const {
    if (slot.position < m_options.sinks || slot.tickInserted > tick - m_options.recent)
        return true;
    return std::any_of(m_options.pins.begin(), m_options.pins.end(), [&](const auto& pin) {
        return slot.position >= pin.first && slot.position <= pin.second;
    });
}

double Pipeline::ownRank(const QString& policy, int layer, int head, const Slot& slot,
                         std::int64_t tick) const {
    if (policy == "fifo")
        return double(slot.tickInserted);
    if (policy == "lra")
        return double(slot.lastTick);
    if (policy == "lfa") {
        const double count = m_options.lfaMass ? slot.mass : slot.hits;
        const std::int64_t age = tick - slot.tickInserted;
        return m_options.lfaPerAge && age > 1 ? count / double(age) : count;
    }
    if (policy == "h2o")
        return slot.mass;
    if (policy == "tova")
        return slot.lastWeight;
    if (policy == "custom")
        return m_options.custom(slot, layer, head, tick);
    return m_options.random(layer, head, tick, slot.position);
}

double Pipeline::rank(int layer, int head, int slot) const {
    const auto& heads = m_layers[layer].heads;
    const std::int64_t tick = m_layers[layer].tick;
    double rank = 0;
    if (m_options.layerGranularity) {
        for (size_t g = 0; g < heads.size(); ++g)
            rank += ownRank(m_options.policy, layer, int(g), heads[g][slot], tick);
        rank /= double(heads.size());
    } else {
        rank = ownRank(m_options.policy, layer, head, heads[head][slot], tick);
    }
    return std::isnan(rank) ? -INFINITY : rank;
}

// The slots of the count lowest-ranked unprotected residents, ascending; equal ranks fall to the
// older insertion.
std::vector<int> Pipeline::chooseVictims(int layer, int head, int count) {
    const std::vector<Slot>& slots = m_layers[layer].heads[head];
    // What is dropped goes before all others.
    std::vector<std::pair<std::tuple<bool, double, std::int64_t>, int>> candidates;
    for (int s = 0; s < int(slots.size()); ++s) {
        if (slots[s].position < 0)
            continue;
        const int change =
            m_options.changed ? m_options.changed(m_step, layer, head, slots[s].position) : 0;
        if (change < 0 || (change == 0 && !isProtected(slots[s], m_layers[layer].tick)))
            candidates.push_back({{change == 0, rank(layer, head, s), slots[s].tickInserted}, s});
    }
    std::sort(candidates.begin(), candidates.end());
    if (int(candidates.size()) < count)
        qFatal("layer %d needs %d victims and has %d candidates", layer, count,
               int(candidates.size()));
    if (hasRealRanks(m_options) && count > 0 && count < int(candidates.size())) {
        const auto& in = candidates[count - 1].first;
        const auto& out = candidates[count].first;
        if (std::get<0>(in) == std::get<0>(out))
            m_narrowestRank =
                std::min(m_narrowestRank, std::abs(std::get<1>(out) - std::get<1>(in)) /
                                              std::max(std::abs(std::get<1>(out)), 1e-12));
    }
    std::vector<int> victims;
    for (int i = 0; i < count; ++i)
        victims.push_back(candidates[i].second);
    std::sort(victims.begin(), victims.end());
    return victims;
}

void Pipeline::insert(int layer, const std::vector<Arrival>& arrivals, LayerStep& record) {
    LayerMemory& memory = m_layers[layer];
    const int dimension = m_network.shape.headDimension;
    std::vector<std::vector<int>> places;
    // Every head decides before any head changes: at granularity layer they share their ranks.
    for (int g = 0; g < int(memory.heads.size()); ++g) {
        std::vector<int> free;
        for (int s = 0; s < int(memory.heads[g].size()); ++s)
            if (memory.heads[g][s].position < 0)
                free.push_back(s);
        const int missing = std::max(0, int(arrivals.size()) - int(free.size()));
        free.resize(arrivals.size() - missing);
        for (int victim : chooseVictims(layer, g, missing)) {
            record.heads[g].victims.push_back(
                {victim, memory.heads[g][victim].position, rank(layer, g, victim)});
            free.push_back(victim);
        }
        places.push_back(std::move(free));
    }
    for (int g = 0; g < int(memory.heads.size()); ++g) {
        for (size_t i = 0; i < arrivals.size(); ++i) {
            Slot slot;
            slot.position = arrivals[i].position;
            slot.tickInserted = slot.lastTick = memory.tick + std::int64_t(i) + 1;
            slot.key = part(arrivals[i].key, g, dimension);
            slot.value = part(arrivals[i].value, g, dimension);
            memory.heads[g][places[g][i]] = std::move(slot);
        }
    }
    memory.tick += std::int64_t(arrivals.size());
}

// What the sums lose to this step's arrivals, before its own usage is added.
void Pipeline::decay(int layer, int arrived) {
    const double factor = m_options.halfLife > 0 ? std::exp2(-arrived / m_options.halfLife) : 1;
    for (auto& head : m_layers[layer].heads) {
        for (Slot& slot : head) {
            slot.mass *= factor;
            slot.massSquared *= factor;
            slot.hits *= factor;
            slot.lastMass = 0;
        }
    }
}

bool Pipeline::visible(const Slot& slot, int position) const {
    return slot.position >= 0 && (!m_options.causal || slot.position <= position);
}

double Pipeline::index(const std::vector<Slot>& slots, int position) const {
    if (!m_options.relativePositions)
        return position;
    return double(std::count_if(slots.begin(), slots.end(), [&](const Slot& slot) {
        return slot.position >= 0 && slot.position < position;
    }));
}

// The slots that are not among the top k by value; equal values fall to the older entry. Notes how
// close the first of them came.
std::vector<size_t> Pipeline::beyond(const std::vector<Slot>& slots, const Row& values) {
    std::vector<size_t> order(slots.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return values[a] != values[b] ? values[a] > values[b]
                                      : slots[a].position < slots[b].position;
    });
    const size_t k = std::min(order.size(), size_t(m_options.topK));
    if (k < order.size() && std::isfinite(values[order[k]]))
        m_narrowestHit = std::min(m_narrowestHit, values[order[k - 1]] - values[order[k]]);
    order.erase(order.begin(), order.begin() + qsizetype(k));
    return order;
}

// Softmax weights of one query head over the slots; 0 where nothing is visible.
Row Pipeline::weights(const std::vector<Slot>& slots, int head, const Row& query, int position) {
    const int dimension = m_network.shape.headDimension;
    const Row q =
        rotated(part(query, head, dimension), m_network.frequencies, index(slots, position));
    Row result(slots.size(), -INFINITY);
    for (size_t s = 0; s < slots.size(); ++s) {
        if (!visible(slots[s], position))
            continue;
        const Row k = rotated(slots[s].key, m_network.frequencies, index(slots, slots[s].position));
        result[s] =
            dot(q, k) * (m_network.scale > 0 ? m_network.scale : 1 / std::sqrt(double(dimension)));
        if (m_network.bias)
            result[s] += m_network.bias(head, position, slots[s].position);
    }
    if (m_options.topK > 0)
        for (size_t s : beyond(slots, result))
            result[s] = -INFINITY;
    const double largest = *std::max_element(result.begin(), result.end());
    double sum = 0;
    for (double& value : result)
        sum += value = std::exp(value - largest);
    for (double& value : result)
        value /= sum;
    return result;
}

// Adds one query's weights over a group of query heads to the usage of its K/V head.
void Pipeline::use(std::vector<Slot>& slots, const std::vector<Row>& group, int position,
                   std::int64_t tick, HeadStep& record) {
    const auto seen = std::count_if(slots.begin(), slots.end(),
                                    [&](const Slot& slot) { return visible(slot, position); });
    Attention attention{position, {}};
    std::vector<size_t> missed;
    if (m_options.hitTopK) {
        Row means(slots.size(), 0);
        for (const Row& head : group)
            add(means, head);
        for (size_t s = 0; s < slots.size(); ++s)
            if (!visible(slots[s], position))
                means[s] = -INFINITY;
        missed = beyond(slots, means);
    }
    for (size_t s = 0; s < slots.size(); ++s) {
        if (!visible(slots[s], position))
            continue;
        double sum = 0, largest = 0;
        for (const Row& head : group) {
            sum += head[s];
            largest = std::max(largest, head[s]);
        }
        const double mean = sum / double(group.size());
        const double a = m_options.group == "max" ? largest : m_options.group == "sum" ? sum : mean;
        slots[s].mass += a;
        slots[s].massSquared += a * a;
        slots[s].lastMass += a;
        slots[s].lastWeight = mean;
        if (m_options.hitTopK) {
            if (std::count(missed.begin(), missed.end(), s) == 0) {
                slots[s].hits += 1;
                slots[s].lastTick = std::max(slots[s].lastTick, tick);
            }
            attention.weights.push_back({slots[s].position, mean});
            continue;
        }
        const double excess = mean * double(seen) - (1 - 1e-4);
        m_narrowestHit = std::min(m_narrowestHit, std::abs(excess));
        if (excess >= 0) {
            slots[s].hits += 1;
            slots[s].lastTick = std::max(slots[s].lastTick, tick);
        }
        attention.weights.push_back({slots[s].position, mean});
    }
    record.attention.push_back(std::move(attention));
}

// Steps 4 and 5 for one query; the heads' outputs, one after the other.
Row Pipeline::retrieve(int layer, const Arrival& query, std::int64_t tick, LayerStep& record) {
    const int dimension = m_network.shape.headDimension;
    const int groupSize = m_network.shape.queryHeads / m_network.shape.heads;
    Row result;
    for (int g = 0; g < m_network.shape.heads; ++g) {
        std::vector<Slot>& slots = m_layers[layer].heads[g];
        std::vector<Row> group;
        for (int h = g * groupSize; h < (g + 1) * groupSize; ++h) {
            group.push_back(weights(slots, h, query.query, query.position));
            Row output(dimension, 0);
            for (size_t s = 0; s < slots.size(); ++s)
                for (int d = 0; d < int(slots[s].value.size()); ++d)
                    output[d] += group.back()[s] * slots[s].value[d];
            result.insert(result.end(), output.begin(), output.end());
        }
        use(slots, group, query.position, tick, record.heads[g]);
    }
    return result;
}

void Pipeline::finish(int layer, LayerStep& record) const {
    record.tick = m_layers[layer].tick;
    for (int g = 0; g < m_network.shape.heads; ++g) {
        for (int s = 0; s < int(m_layers[layer].heads[g].size()); ++s) {
            Slot slot = m_layers[layer].heads[g][s];
            if (slot.position >= 0)
                slot.rank = rank(layer, g, s);
            slot.key.clear();
            slot.value.clear();
            record.heads[g].slots.push_back(std::move(slot));
        }
    }
}

int Pipeline::lowestWaiting() const {
    int layer = 0;
    while (layer < int(m_layers.size()) && m_layers[layer].waiting.empty())
        ++layer;
    return layer;
}

// One layer in one step: what arrives, and what comes out of its Q memory, answered. drained: how
// many come out whether it overflows or not.
std::vector<Passing> Pipeline::pass(int l, const std::vector<Passing>& hidden, int drained,
                                    LayerStep& record) {
    const Layer& layer = m_network.layers[l];
    LayerMemory& memory = m_layers[l];
    std::vector<Arrival> arrivals;
    for (const Passing& h : hidden) {
        const Row x = normalised(h.hidden, layer.attentionNorm, m_network.epsilon);
        arrivals.push_back({h.position, h.hidden, product(layer.query, x, layer.queryBias),
                            product(layer.key, x, layer.keyBias),
                            product(layer.value, x, layer.valueBias)});
    }
    record.firstPosition = int(memory.tick);
    record.arrived = int(arrivals.size());
    insert(l, arrivals, record);
    decay(l, int(arrivals.size()));
    memory.waiting.insert(memory.waiting.end(), arrivals.begin(), arrivals.end());
    const int out = std::max(drained, int(memory.waiting.size()) - m_options.waiting[l]);
    record.firstAnswered = int(memory.tick) - int(memory.waiting.size());
    record.answered = std::max(0, std::min(out, int(memory.waiting.size())));
    std::vector<Passing> results;
    for (int j = 1; j <= record.answered; ++j) {
        const Arrival query = memory.waiting.front();
        memory.waiting.pop_front();
        Row x = query.hidden;
        add(x, product(layer.output, retrieve(l, query, memory.tick - record.answered + j, record),
                       layer.outputBias));
        add(x, feedForward(layer, normalised(x, layer.mlpNorm, m_network.epsilon),
                           m_network.activation));
        results.push_back({query.position, std::move(x)});
    }
    record.waiting = int(memory.waiting.size());
    finish(l, record);
    return results;
}

// Outputs are counted behind the last layer, on a clock of their own.
void Pipeline::finishOutputs(const std::vector<Passing>& last, Step& record) {
    std::int64_t tick = m_outputs->tick();
    const auto rank = [&](int head, const Slot& slot) {
        return ownRank(m_options.outputPolicy, m_network.shape.layers, head, slot, tick);
    };
    const auto arrive = [&](std::int64_t now) { tick = now; };
    record.outputs = m_outputs->step(last.empty() ? 0 : last.front().position, int(last.size()),
                                     m_layers.back().heads, rank, arrive);
    m_narrowestRank = std::min(m_narrowestRank, record.outputs->narrowestRank);
}

Step Pipeline::step(const std::vector<int>& ids, int first, int count, Row& nll) {
    Step record;
    record.flush = count == 0;
    record.firstPosition = first;
    record.arrived = count;
    std::vector<Passing> hidden;
    for (int i = 0; i < count; ++i)
        hidden.push_back(
            {first + i, part(m_network.embedding, ids[first + i], m_network.shape.hidden)});
    const int lowest = lowestWaiting();
    for (int l = 0; l < m_network.shape.layers; ++l) {
        LayerStep layer;
        layer.heads.resize(m_network.shape.heads);
        hidden = pass(l, hidden, record.flush && l == lowest ? m_options.chunk : 0, layer);
        record.layers.push_back(std::move(layer));
    }
    if (m_outputs) {
        finishOutputs(hidden, record);
        hidden.clear();
    }
    for (const Passing& last : hidden) {
        const bool whole = last.position + 1 == int(ids.size());
        if (!m_options.causal && !whole)
            continue;
        record.nextLogProbabilities = logProbabilities(m_network, last.hidden);
        if (!whole)
            nll.push_back(-record.nextLogProbabilities[ids[last.position + 1]]);
    }
    record.narrowestHit = m_narrowestHit;
    record.narrowestRank = m_narrowestRank;
    ++m_step;
    return record;
}

} // namespace

bool hasRealRanks(const Options& options) {
    return options.policy == "h2o" || options.policy == "tova" || options.policy == "custom" ||
           (options.policy == "lfa" &&
            (options.halfLife > 0 || options.lfaMass || options.lfaPerAge));
}

Run runPipeline(const Network& network, const Options& options, const std::vector<int>& ids) {
    Pipeline pipeline(network, options);
    Run run;
    for (int first = 0; first < int(ids.size()); first += options.chunk) {
        const int count = std::min(options.chunk, int(ids.size()) - first);
        run.steps.push_back(pipeline.step(ids, first, count, run.nll));
    }
    while (pipeline.waits())
        run.steps.push_back(pipeline.step(ids, int(ids.size()), 0, run.nll));
    return run;
}

} // namespace attendre::slow
