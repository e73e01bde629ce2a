#include "tests/engine/random_case.h"

#include "model/trace/intervention.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace attendre::slow {

QString Case::text() const {
    return QString("network: %1\ninput: %2 tokens, seed %3\noptions: %4")
        .arg(network.text())
        .arg(tokens)
        .arg(inputSeed)
        .arg(commandLine(configuration).join(' '));
}

std::vector<int> Case::ids() const {
    Random random(inputSeed);
    std::vector<int> result;
    for (int i = 0; i < tokens; ++i)
        result.push_back(random.between(0, network.vocabulary - 1));
    return result;
}

int defaultSinks() {
    return 4;
}

int defaultRecent(const QString& policy, int memory, int chunk) {
    if (policy == "lfa")
        return chunk;
    return policy == "h2o" ? (memory - chunk) / 2 : 0;
}

namespace {

int memoryOf(const Case& tried, int layer) {
    const std::vector<int>& memory = tried.configuration.memory;
    const int asked = memory.empty() ? 0 : memory[memory.size() == 1 ? 0 : layer];
    return asked == 0 ? tried.tokens : asked;
}

int smallestMemory(const Case& tried) {
    int smallest = memoryOf(tried, 0);
    for (int l = 1; l < tried.network.layers; ++l)
        smallest = std::min(smallest, memoryOf(tried, l));
    return smallest;
}

int sinksOf(const Case& tried) {
    return tried.configuration.pure ? 0 : tried.configuration.sinks.value_or(defaultSinks());
}

int recentOf(const Case& tried) {
    const Configuration& c = tried.configuration;
    if (c.pure)
        return 0;
    return c.recent.value_or(std::max(0, defaultRecent(c.policy, smallestMemory(tried), c.chunk)));
}

} // namespace

// Of the encoder-output memory.
namespace {

QString outputPolicyOf(const Configuration& c) {
    if (!c.outputPolicy.isEmpty())
        return c.outputPolicy;
    return c.policy == "custom" ? QString("lra") : c.policy;
}

int outputRecentOf(const Configuration& c) {
    if (c.pure)
        return 0;
    return c.recent.value_or(
        std::max(0, defaultRecent(outputPolicyOf(c), c.outputMemory.value_or(0), c.chunk)));
}

bool outputsFit(const Case& tried) {
    const Configuration& c = tried.configuration;
    std::vector<bool> kept(tried.tokens, false);
    for (const auto& [first, last] : c.pins)
        for (int p = std::max(first, sinksOf(tried)); p <= std::min(last, tried.tokens - 1); ++p)
            kept[p] = true;
    const int pins = int(std::count(kept.begin(), kept.end(), true));
    return sinksOf(tried) + pins + outputRecentOf(c) + c.chunk <= *c.outputMemory;
}

} // namespace

namespace {

// Kept by hand, in the worst case all at once, beside what is protected anyway.
bool changesFit(const Case& tried) {
    const Configuration& c = tried.configuration;
    const auto changes = interventionsFrom(c.change);
    if (!changes || !contradiction(*changes).isEmpty())
        return false;
    int pins = 0;
    for (const auto& [first, last] : c.pins)
        pins += last - first + 1;
    std::vector<int> kept(tried.network.layers, 0);
    for (const Intervention& change : *changes) {
        if (change.lastPosition >= tried.tokens || change.layer >= tried.network.layers ||
            change.head >= tried.network.heads || change.firstStep * c.chunk >= tried.tokens ||
            (change.head >= 0 && options(tried).layerGranularity))
            return false;
        for (int l = 0; l < tried.network.layers && change.keep; ++l)
            if (change.layer < 0 || change.layer == l)
                kept[l] += change.lastPosition - change.firstPosition + 1;
    }
    for (int l = 0; l < tried.network.layers; ++l)
        if (kept[l] > 0 && memoryOf(tried, l) < tried.tokens &&
            sinksOf(tried) + pins + kept[l] + recentOf(tried) + c.chunk > memoryOf(tried, l))
            return false;
    return true;
}

// Up to three changes, of entries that came, near the steps in which they may go.
QString randomChanges(Random& random, const Case& tried) {
    std::vector<Intervention> changes;
    const int steps = (tried.tokens + tried.configuration.chunk - 1) / tried.configuration.chunk;
    for (int i = random.between(1, 3); i > 0; --i) {
        Intervention change;
        change.keep = random.chance(0.5);
        change.firstPosition = random.between(0, tried.tokens - 1);
        change.lastPosition =
            std::min(tried.tokens - 1, change.firstPosition + random.between(0, 2));
        change.firstStep = random.between(0, steps - 1);
        change.lastStep = random.chance(0.5)   ? Intervention::toTheEnd
                          : random.chance(0.5) ? change.firstStep + random.between(0, 3)
                                               : change.firstStep;
        if (random.chance(0.6))
            change.layer = random.between(0, tried.network.layers - 1);
        if (change.layer >= 0 && random.chance(0.6))
            change.head = random.between(0, tried.network.heads - 1);
        changes.push_back(change);
    }
    return interventionText(changes);
}

} // namespace

// A pinned sink counts once.
bool valid(const Case& tried) {
    const Configuration& c = tried.configuration;
    if (c.chunk < 1 || tried.tokens < 1)
        return false;
    const bool waits = std::any_of(c.queryMemory.begin(), c.queryMemory.end(),
                                   [](int capacity) { return capacity != 0; });
    if (waits && c.mode != "prefix" && !tried.network.encoderDecoder)
        return false;
    if (tried.network.encoderDecoder ? !c.mode.isEmpty() || c.positions == "relative"
                                     : c.outputMemory || !c.outputPolicy.isEmpty())
        return false;
    if (c.outputMemory &&
        (*c.outputMemory < 1 || (*c.outputMemory < tried.tokens && !outputsFit(tried))))
        return false;
    if (c.pure && (c.sinks.value_or(0) > 0 || c.recent.value_or(0) > 0))
        return false;
    std::vector<bool> pinned(tried.tokens, false);
    for (const auto& [first, last] : c.pins) {
        if (first < 0 || last < first || first >= tried.tokens)
            return false;
        for (int p = std::max(first, sinksOf(tried)); p <= std::min(last, tried.tokens - 1); ++p)
            pinned[p] = true;
    }
    const int pins = int(std::count(pinned.begin(), pinned.end(), true));
    for (int l = 0; l < tried.network.layers; ++l) {
        const int memory = memoryOf(tried, l);
        if (memory < tried.tokens && sinksOf(tried) + pins + recentOf(tried) + c.chunk > memory)
            return false;
    }
    return changesFit(tried);
}

namespace {

double length(const Row& row) {
    double sum = 0;
    for (double x : row)
        sum += x * x;
    return std::sqrt(sum);
}

// Expressions, and what they mean, written out by hand.
struct Written {
    const char* text;
    double (*rank)(const Slot& s, int layer, int head, std::int64_t tick);
};

const std::vector<Written>& expressions() {
    using Tick = std::int64_t;
    static const std::vector<Written> all{
        {"mass / age",
         [](const Slot& s, int, int, Tick t) { return s.mass / (t - s.tickInserted); }},
        {"hits - recency / 8",
         [](const Slot& s, int, int, Tick t) { return s.hits - (t - s.lastTick) / 8.0; }},
        {"sqrt(mass_sq) + last_mass * 2",
         [](const Slot& s, int, int, Tick) { return std::sqrt(s.massSquared) + s.lastMass * 2; }},
        {"recency > 6 ? -position : hits",
         [](const Slot& s, int, int, Tick t) {
             return t - s.lastTick > 6 ? -double(s.position) : s.hits;
         }},
        {"key_norm * mass", [](const Slot& s, int, int, Tick) { return length(s.key) * s.mass; }},
        {"value_norm / (1 + hits)",
         [](const Slot& s, int, int, Tick) { return length(s.value) / (1 + s.hits); }},
        {"ln(hits)", [](const Slot& s, int, int, Tick) { return std::log(s.hits); }},
        {"(hits - 2) / (hits - 2)",
         [](const Slot& s, int, int, Tick) { return s.hits == 2 ? double(NAN) : 1; }},
        {"min(mass, 1 / age, key_norm) + layer * head + tick",
         [](const Slot& s, int layer, int head, Tick t) {
             const double age = 1.0 / (t - s.tickInserted);
             return std::min({s.mass, age, length(s.key)}) + layer * head + double(t);
         }},
    };
    return all;
}

Case attempt(Random& random) {
    Case result;
    result.network = randomNetwork(random);
    result.tokens = random.chance(0.2) ? random.between(2, 20) : random.between(20, 64);
    result.inputSeed = random.next() % 1000000;
    Configuration& c = result.configuration;
    static const char* const policies[] = {"fifo", "lra", "lfa", "random", "h2o", "tova", "custom"};
    static const char* const groups[] = {"mean", "max", "sum"};
    c.policy = policies[random.between(0, 6)];
    if (c.policy == "custom")
        c.expression = expressions()[size_t(random.between(0, int(expressions().size()) - 1))].text;
    if (c.policy == "lfa") {
        c.lfaCount = random.chance(0.5) ? "mass" : "hits";
        c.lfaPerAge = random.chance(0.5);
    }
    c.chunk = random.chance(0.2) ? 1 : random.between(1, 16);
    const auto memory = [&] { return c.chunk + random.between(0, 24); };
    c.memory = {memory()};
    if (random.chance(0.2)) {
        c.memory.clear();
        for (int l = 0; l < result.network.layers; ++l)
            c.memory.push_back(memory());
    } else if (random.chance(0.1)) {
        c.memory = {};
    }
    if (random.chance(0.8))
        c.sinks = random.between(0, 5);
    if (random.chance(0.8))
        c.recent = random.chance(0.4) ? 0 : random.between(0, 12);
    if (random.chance(0.3)) {
        const int first = random.between(0, result.tokens - 1);
        c.pins.push_back({first, first + random.between(0, 4)});
        if (random.chance(0.3))
            c.pins.push_back({random.between(0, result.tokens - 1), result.tokens - 1});
    }
    c.pure = random.chance(0.1);
    if (c.pure && random.chance(0.8)) {
        c.sinks.reset();
        c.recent.reset();
    }
    if (result.network.encoderDecoder) {
        c.outputMemory = random.chance(0.2) ? std::nullopt : std::optional(memory());
        if (random.chance(0.6))
            c.outputPolicy = policies[random.between(0, 5)];
    }
    if (result.network.encoderDecoder || random.chance(0.5)) {
        c.mode = result.network.encoderDecoder ? "" : "prefix";
        const auto waiting = [&] { return random.chance(0.3) ? 0 : random.between(1, 40); };
        c.queryMemory.assign(random.chance(0.3) ? result.network.layers : 1, 0);
        std::generate(c.queryMemory.begin(), c.queryMemory.end(), waiting);
    }
    if (random.chance(0.3)) {
        c.topK = random.between(1, 12);
        c.hit = random.chance(0.5) ? "top-k" : "threshold";
    }
    c.halfLife = random.chance(0.2) ? random.between(1, 40) : 0;
    c.group = random.chance(0.6) ? "mean" : groups[random.between(0, 2)];
    c.granularity = random.chance(0.25) ? "layer" : random.chance(0.5) ? "head" : "";
    c.positions = random.chance(0.4) && !result.network.encoderDecoder ? "relative" : "absolute";
    c.seed = random.between(0, 1000);
    c.detail = "full";
    c.dtype = "f64";
    c.threads = 1;
    if (random.chance(0.3))
        c.change = randomChanges(random, result);
    return result;
}

} // namespace

Case anyCase(std::uint64_t seed) {
    Random random(seed * 104729 + 2);
    return attempt(random);
}

Case randomCase(std::uint64_t seed) {
    Random random(seed * 7919 + 1);
    Case result = attempt(random);
    // Most configurations should evict; a few that never do stay in.
    while (!valid(result) || (smallestMemory(result) >= result.tokens && !random.chance(0.1)))
        result = attempt(random);
    return result;
}

// The policy random's own definition of its rank: SplitMix64's output function applied to the seed,
// then in turn to what came out xor layer, head, tick and position; its upper 53 bits as a
// fraction.
static double lot(quint64 seed, int layer, int head, std::int64_t tick, int position) {
    std::uint64_t state = Random(seed).next();
    for (std::uint64_t part :
         {std::uint64_t(layer), std::uint64_t(head), std::uint64_t(tick), std::uint64_t(position)})
        state = Random(state ^ part).next();
    return std::ldexp(double(state >> 11), -53);
}

Options options(const Case& tried) {
    const Configuration& c = tried.configuration;
    Options result;
    for (int l = 0; l < tried.network.layers; ++l)
        result.memory.push_back(memoryOf(tried, l));
    result.causal = c.mode != "prefix" && !tried.network.encoderDecoder;
    if (tried.network.encoderDecoder) {
        result.outputMemory = c.outputMemory.value_or(tried.tokens);
        result.outputPolicy = outputPolicyOf(c);
        result.outputSinks = sinksOf(tried);
        result.outputRecent = outputRecentOf(c);
    }
    result.topK = c.topK;
    result.hitTopK = c.hit == "top-k";
    result.waiting = c.queryMemory;
    if (result.waiting.size() == 1)
        result.waiting.assign(tried.network.layers, c.queryMemory.front());
    result.chunk = c.chunk;
    result.policy = c.policy;
    result.sinks = sinksOf(tried);
    result.recent = recentOf(tried);
    result.pins = c.pins;
    if (const auto changes = interventionsFrom(c.change); changes && !changes->empty())
        result.changed = [changes = *changes](int step, int layer, int head, int position) {
            for (const Intervention& i : changes)
                if (position >= i.firstPosition && position <= i.lastPosition &&
                    step >= i.firstStep && step <= i.lastStep &&
                    (i.layer < 0 || i.layer == layer) && (i.head < 0 || i.head == head))
                    return i.keep ? 1 : -1;
            return 0;
        };
    result.relativePositions = c.positions == "relative";
    result.halfLife = c.halfLife;
    result.group = c.group;
    result.layerGranularity =
        c.granularity == "layer" || (c.granularity.isEmpty() && c.policy == "tova");
    result.lfaMass = c.lfaCount == "mass";
    result.lfaPerAge = c.lfaPerAge;
    for (const Written& written : expressions())
        if (c.expression == written.text)
            result.custom = written.rank;
    result.random = [seed = c.seed](int layer, int head, std::int64_t tick, int position) {
        return lot(seed, layer, head, tick, position);
    };
    return result;
}

std::vector<Case> simpler(const Case& tried) {
    using Change = std::function<void(Case&)>;
    const std::vector<Change> changes{
        [](Case& c) { c.tokens /= 2; },
        [](Case& c) { c.tokens -= 1; },
        [](Case& c) {
            c.network.layers = 1;
            if (c.configuration.memory.size() > 1)
                c.configuration.memory.resize(1);
            c.configuration.queryMemory.resize(1);
        },
        [](Case& c) { c.configuration.queryMemory = {0}; },
        [](Case& c) {
            for (int& n : c.configuration.queryMemory)
                n /= 2;
        },
        [](Case& c) {
            if (c.configuration.queryMemory == std::vector<int>{0})
                c.configuration.mode.clear();
        },
        [](Case& c) { c.configuration.outputMemory.reset(); },
        [](Case& c) { c.configuration.outputPolicy.clear(); },
        [](Case& c) { c.network.heads = 1; },
        [](Case& c) { c.network.group = 1; },
        [](Case& c) { c.network.headDimension = 4; },
        [](Case& c) { c.network.hiddenPerHead = 4, c.network.feedForward = 8; },
        [](Case& c) { c.network.sharpness = 1; },
        [](Case& c) { c.network.bias = false; },
        [](Case& c) { c.network.tied = true; },
        [](Case& c) { c.network.scaling = {}; },
        [](Case& c) { c.network.theta = 10000; },
        [](Case& c) { c.network.oldSpelling = false; },
        [](Case& c) { c.configuration.pins.clear(); },
        [](Case& c) { c.configuration.change.clear(); },
        [](Case& c) { c.configuration.sinks = 0; },
        [](Case& c) { c.configuration.recent = 0; },
        [](Case& c) { c.configuration.pure = false; },
        [](Case& c) { c.configuration.halfLife = 0; },
        [](Case& c) { c.configuration.hit = "threshold"; },
        [](Case& c) { c.configuration.topK = c.configuration.hit == "top-k" ? 1 : 0; },
        [](Case& c) { c.configuration.group = "mean"; },
        [](Case& c) { c.configuration.granularity = "head"; },
        [](Case& c) { c.configuration.positions = "absolute"; },
        [](Case& c) { c.configuration.lfaCount = "hits"; },
        [](Case& c) { c.configuration.lfaPerAge = false; },
        [](Case& c) {
            c.configuration.policy = "fifo";
            c.configuration.expression.clear();
            c.configuration.lfaCount = "hits";
            c.configuration.lfaPerAge = false;
        },
        [](Case& c) { c.configuration.chunk = 1; },
        [](Case& c) { c.configuration.chunk -= 1; },
        [](Case& c) {
            if (c.configuration.memory.size() > 1)
                c.configuration.memory.resize(1);
        },
        [](Case& c) {
            for (int& m : c.configuration.memory)
                m = std::max(1, m - 1);
        },
    };
    std::vector<Case> result;
    const QString before = tried.text();
    for (const Change& change : changes) {
        Case candidate = tried;
        change(candidate);
        if (valid(candidate) && candidate.text() != before)
            result.push_back(std::move(candidate));
    }
    return result;
}

} // namespace attendre::slow
