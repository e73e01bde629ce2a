#include "tests/trace/made_steps.h"

#include <QMap>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace attendre {

namespace {

PolicyDescription madePolicy(const QString& name) {
    static const QMap<QString, QStringList> known = {
        {"fifo", {"FIFO, first in first out", "tick_inserted", "tick inserted"}},
        {"lra", {"LRA, least recently attended", "last_tick", "last attended tick"}},
        {"lfa", {"LFA, least frequently attended", "hits", "hits"}},
        {"h2o", {"H2O, least accumulated attention", "mass", "sum of weights"}},
        {"random", {"Random", "", "random number"}}};
    const QStringList words = known[name];
    PolicyDescription policy;
    policy.name = name;
    policy.title = words[0];
    policy.definition = "Evicts the entry with the lowest " + words[2] + ".";
    policy.rankColumn = words[1];
    policy.rankLabel = words[2];
    policy.columns = QStringList{"last_tick", "hits", "mass"};
    policy.evictSentence = "its " + words[2] + " was %1, the first survivor's %2";
    return policy;
}

} // namespace

RunInfo madeRun(const MadeOptions& options) {
    RunInfo run;
    run.label = "made " + options.policy;
    run.created = QDateTime(QDate(2026, 1, 2), QTime(3, 4, 5), Qt::UTC);
    run.model = "a made network";
    run.modelHash = "sha256:00";
    run.document = "genesis.txt";
    run.documentHash = "sha256:11";
    run.device = "cpu";
    run.dtype = "f32";
    run.build = "test";
    run.threads = 1;
    run.tokens = options.tokens;
    run.shape.layers = options.layers;
    run.shape.heads = options.heads;
    run.shape.queryHeads = options.heads * 3;
    run.shape.headDimension = 8;
    run.shape.trainedLength = 2048;
    run.configuration.asked.memory = {options.memory};
    run.configuration.asked.chunk = options.chunk;
    run.configuration.asked.policy = options.policy;
    run.configuration.asked.sinks = options.sinks;
    run.configuration.asked.recent = options.recent;
    run.configuration.asked.detail = options.full ? "full" : "summary";
    run.configuration.mode = options.queryMemory > 0 ? "prefix" : "causal";
    run.configuration.memory.assign(size_t(options.layers), options.memory);
    run.configuration.queryMemory.assign(size_t(options.layers), options.queryMemory);
    run.configuration.sinks = options.sinks;
    run.configuration.recent = options.recent;
    run.policy = madePolicy(options.policy);
    run.command = "attendre record made genesis.txt";
    return run;
}

std::vector<TokenInfo> madeTokens(const MadeOptions& options, const QByteArray& text) {
    std::vector<TokenInfo> tokens;
    QMap<QByteArray, std::int32_t> ids;
    auto isLetter = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80);
    };
    qsizetype at = 0;
    while (int(tokens.size()) < options.tokens && !text.isEmpty()) {
        qsizetype end = at + 1;
        if (isLetter(text[at]) || (text[at] == ' ' && end < text.size() && isLetter(text[end])))
            while (end < text.size() && isLetter(text[end]))
                ++end;
        const QByteArray word = text.mid(at, end - at);
        if (!ids.contains(word))
            ids[word] = std::int32_t(ids.size()) + 10;
        TokenInfo token;
        token.position = std::int32_t(tokens.size());
        token.documentPosition = token.position;
        token.id = ids[word];
        token.text = word;
        token.byteBegin = at;
        token.byteEnd = end;
        tokens.push_back(token);
        at = end < text.size() ? end : 0;
    }
    return tokens;
}

MadeSteps::MadeSteps(MadeOptions options)
    : m_options(std::move(options)), m_random(m_options.seed) {
    for (int l = 0; l < m_options.layers; ++l) {
        LayerRecord r;
        r.layer = l;
        r.capacity = m_options.memory;
        const size_t n = size_t(m_options.heads) * size_t(m_options.memory);
        r.position.assign(n, noPosition);
        r.lastTick.assign(n, 0);
        r.hits.assign(n, 0);
        r.mass.assign(n, 0);
        r.massSquared.assign(n, 0);
        r.lastMass.assign(n, 0);
        r.rank.assign(n, 0);
        m_layers.push_back(r);
    }
}

float MadeSteps::uniform() {
    return float(m_random() >> 8) * (1.0F / 16777216.0F);
}

double MadeSteps::rank(const LayerRecord& r, size_t slot) {
    if (m_options.policy == "fifo")
        return double(r.position[slot]) + 1;
    if (m_options.policy == "lra")
        return r.lastTick[slot];
    if (m_options.policy == "lfa")
        return r.hits[slot];
    if (m_options.policy == "h2o")
        return double(r.mass[slot]);
    return double(m_random()) / 4294967296.0;
}

// Chooses the victims and lets them go; the arrivals then take the places of LayerRecord's rule.
void MadeSteps::evict(LayerRecord& r, std::vector<std::int32_t>& before) {
    r.victimSlots.clear();
    r.victimPositions.clear();
    r.victimRanks.clear();
    for (int head = 0; head < m_options.heads; ++head) {
        const size_t first = size_t(head) * size_t(r.capacity);
        std::vector<int> free, candidates;
        for (int slot = 0; slot < r.capacity; ++slot) {
            const std::int32_t position = before[first + size_t(slot)];
            if (position == noPosition)
                free.push_back(slot);
            else if (position >= m_options.sinks && position < r.firstPosition - m_options.recent)
                candidates.push_back(slot);
        }
        r.evicted = std::max(0, r.arrived - int(free.size()));
        std::sort(candidates.begin(), candidates.end(), [&](int a, int b) {
            const size_t i = first + size_t(a), j = first + size_t(b);
            return std::pair(r.rank[i], before[i]) < std::pair(r.rank[j], before[j]);
        });
        std::vector<int> victims(candidates.begin(), candidates.begin() + r.evicted);
        std::sort(victims.begin(), victims.end());
        free.insert(free.end(), victims.begin(), victims.end());
        for (int slot : victims) {
            r.victimSlots.push_back(slot);
            r.victimPositions.push_back(before[first + size_t(slot)]);
            r.victimRanks.push_back(r.rank[first + size_t(slot)]);
        }
        for (int j = 0; j < r.arrived; ++j) {
            const size_t i = first + size_t(free[size_t(j)]);
            r.position[i] = r.firstPosition + j;
            r.lastTick[i] = std::uint32_t(r.position[i]) + 1;
            r.hits[i] = 0;
            r.mass[i] = r.massSquared[i] = 0;
        }
    }
}

void MadeSteps::attendOnce(LayerRecord& r, int head, int query) {
    const size_t first = size_t(head) * size_t(r.capacity);
    const std::int32_t position = r.firstAnswered + query;
    const std::uint32_t tick = std::uint32_t(r.tick - r.answered + query + 1);
    m_weights.assign(size_t(r.capacity), 0);
    float sum = 0;
    int visible = 0;
    for (int slot = 0; slot < r.capacity; ++slot) {
        const std::int32_t p = r.position[first + size_t(slot)];
        if (p == noPosition || (p > position && m_options.queryMemory == 0))
            continue;
        ++visible;
        const float u = uniform();
        // Peaked: the eighth power of a uniform number, more for sinks and neighbours.
        const float u2 = u * u, u4 = u2 * u2;
        m_weights[size_t(slot)] =
            u4 * u4 + (p < 2 ? 3.0F : 0.0F) + (position - p < 3 ? 0.5F : 0.0F) + 1e-6F;
        sum += m_weights[size_t(slot)];
    }
    for (int slot = 0; slot < r.capacity; ++slot) {
        float& a = m_weights[size_t(slot)];
        if (a == 0)
            continue;
        a /= sum;
        const size_t i = first + size_t(slot);
        r.lastMass[i] += a;
        r.massSquared[i] += a * a;
        if (double(a) * visible >= 1 - 1e-4) {
            ++r.hits[i];
            r.lastTick[i] = tick;
        }
    }
}

void MadeSteps::attend(LayerRecord& r, int head) {
    const size_t first = size_t(head) * size_t(r.capacity);
    std::fill_n(r.lastMass.begin() + qsizetype(first), r.capacity, 0.0F);
    std::vector<int> order(static_cast<size_t>(r.capacity));
    for (int query = 0; query < r.answered; ++query) {
        attendOnce(r, head, query);
        if (!m_options.full)
            continue;
        std::iota(order.begin(), order.end(), 0);
        const int kept = std::min(TopAttention::kept, r.capacity);
        std::partial_sort(order.begin(), order.begin() + kept, order.end(), [&](int a, int b) {
            return m_weights[size_t(a)] > m_weights[size_t(b)];
        });
        float rest = 1;
        for (int k = 0; k < TopAttention::kept; ++k) {
            const bool there = k < kept && m_weights[size_t(order[size_t(k)])] > 0;
            const float weight = there ? m_weights[size_t(order[size_t(k)])] : 0;
            r.attention.positions.push_back(there ? r.position[first + size_t(order[size_t(k)])]
                                                  : noPosition);
            r.attention.weights.push_back(weight);
            rest -= weight;
        }
        r.attention.rest.push_back(std::max(0.0F, rest));
    }
    for (int slot = 0; slot < r.capacity; ++slot)
        r.mass[first + size_t(slot)] += r.lastMass[first + size_t(slot)];
}

int MadeSteps::count() const {
    return stepCount(madeRun(m_options).configuration, m_options.tokens);
}

// How many queries come out of a layer in a step, the oldest first; a layer that is drained yields
// up to a chunk of what waits in it.
int MadeSteps::leaving(LayerRecord& r, bool drained) {
    const int there = r.waiting + r.arrived;
    r.answered =
        drained ? std::min(m_options.chunk, there) : std::max(0, there - m_options.queryMemory);
    r.waiting = there - r.answered;
    r.firstAnswered = std::int32_t(r.tick) - there;
    return r.answered;
}

std::optional<StepRecord> MadeSteps::next() {
    if (m_step >= count())
        return std::nullopt;
    StepRecord step;
    step.step = m_step;
    step.firstPosition = std::min(m_step * m_options.chunk, m_options.tokens);
    step.arrived = std::min(m_options.chunk, m_options.tokens - step.firstPosition);
    step.kind = step.arrived > 0 ? StepKind::Chunk : StepKind::Flush;
    step.milliseconds = 100 + double(uniform()) * 20;
    int coming = step.arrived;
    bool drain = step.arrived == 0;
    for (LayerRecord& r : m_layers) {
        r.firstPosition = std::int32_t(r.tick);
        r.arrived = coming;
        r.tick += coming;
        const bool drained = drain && r.waiting > 0;
        drain = drain && !drained;
        coming = leaving(r, drained);
        std::vector<std::int32_t> before = r.position;
        evict(r, before);
        r.occupancy = int(std::count_if(r.position.begin(), r.position.begin() + r.capacity,
                                        [](std::int32_t p) { return p != noPosition; }));
        r.attention = {};
        for (int head = 0; head < m_options.heads; ++head)
            attend(r, head);
        for (size_t i = 0; i < r.position.size(); ++i)
            r.rank[i] = r.position[i] == noPosition ? 0 : rank(r, i);
        step.layers.push_back(r);
    }
    step.firstNll = std::max(1, step.firstPosition);
    if (m_options.queryMemory > 0) // nothing is predicted in the mode prefix
        return ++m_step, step;
    for (int p = step.firstNll; p < step.firstPosition + step.arrived; ++p)
        step.nll.push_back(uniform() * 4);
    for (int i = 0; i < 10; ++i)
        step.next.push_back({10 + i * 3 + m_step % 5, -0.5F - float(i)});
    ++m_step;
    return step;
}

} // namespace attendre
