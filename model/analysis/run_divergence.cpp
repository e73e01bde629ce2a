#include "model/analysis/run_divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

constexpr std::int32_t positionsAtOnce = 4096; // as the trace's blocks

// From which meeting to which a run holds an entry, the end not included.
struct Stay {
    int from = 0, to = 0;
};

Stay stayOf(const Life& life, const std::vector<StepPair>& pairs, int StepPair::*step) {
    const auto firstAt = [&](int wanted) {
        return int(std::lower_bound(
                       pairs.begin(), pairs.end(), wanted,
                       [step](const StepPair& pair, int value) { return pair.*step < value; }) -
                   pairs.begin());
    };
    if (life.insertedStep < 0) // a run that asks begins without what was lost before
        return {};
    return {firstAt(life.insertedStep),
            life.evictedStep < 0 ? int(pairs.size()) : firstAt(life.evictedStep)};
}

// Adds one to a range of meetings; the sums are formed at the end.
void add(std::vector<std::int64_t>& steps, int from, int to) {
    if (from >= to)
        return;
    ++steps[std::size_t(from)];
    --steps[std::size_t(to)];
}

void sum(std::vector<std::int64_t>& steps) {
    for (std::size_t i = 1; i < steps.size(); ++i)
        steps[i] += steps[i - 1];
}

// One head: how many entries each run has alone, and how many they share, at every meeting.
class HeadComparison {
  public:
    explicit HeadComparison(const std::vector<StepPair>& pairs)
        : m_pairs(pairs), m_common(pairs.size() + 1), m_onlyA(pairs.size() + 1),
          m_onlyB(pairs.size() + 1) {}

    void add(const Life& a, const Life& b) {
        const Stay inA = stayOf(a, m_pairs, &StepPair::a), inB = stayOf(b, m_pairs, &StepPair::b);
        const int from = std::max(inA.from, inB.from), to = std::min(inA.to, inB.to);
        attendre::add(m_common, from, to);
        addAlone(m_onlyA, inA, from, to);
        addAlone(m_onlyB, inB, from, to);
    }
    // Adds what the head shares to its layer's sums, and tells where it parts.
    HeadDivergence finish(std::vector<std::int64_t>& common, std::vector<std::int64_t>& either) {
        HeadDivergence parting;
        sum(m_common);
        sum(m_onlyA);
        sum(m_onlyB);
        for (std::size_t i = 0; i < m_pairs.size(); ++i) {
            common[i] += m_common[i];
            either[i] += m_common[i] + m_onlyA[i] + m_onlyB[i];
            if (!parting.parted() && m_onlyA[i] + m_onlyB[i] > 0) {
                parting.stepA = m_pairs[i].a;
                parting.stepB = m_pairs[i].b;
                parting.onlyA = int(m_onlyA[i]);
                parting.onlyB = int(m_onlyB[i]);
            }
        }
        return parting;
    }

  private:
    // What of a stay lies outside the common part.
    static void addAlone(std::vector<std::int64_t>& steps, const Stay& stay, int from, int to) {
        if (from >= to)
            return attendre::add(steps, stay.from, stay.to);
        attendre::add(steps, stay.from, from);
        attendre::add(steps, to, stay.to);
    }

    const std::vector<StepPair>& m_pairs;
    std::vector<std::int64_t> m_common, m_onlyA, m_onlyB; // differences until finish()
};

Result<HeadDivergence> compareHead(const ComparedRuns& runs, const std::vector<StepPair>& pairs,
                                   int layer, int head, std::vector<std::int64_t>& common,
                                   std::vector<std::int64_t>& either, const Cancel& cancel) {
    HeadComparison comparison(pairs);
    const auto keys = pairs.empty() ? 0 : std::int32_t(pairs.back().keys);
    for (std::int32_t first = 0; first < keys; first += positionsAtOnce) {
        if (cancel.requested())
            return Error{QString("The comparison of %1 was interrupted: start it again.")
                             .arg(runs.a.reader->path())};
        const std::int32_t count = std::min(positionsAtOnce, keys - first);
        const auto a = runs.a.reader->lives(runs.a.run.run, layer, head, first, count);
        if (!a)
            return a.error();
        const auto b = runs.b.reader->lives(runs.b.run.run, layer, head, first, count);
        if (!b)
            return b.error();
        for (std::size_t i = 0; i < a->size(); ++i)
            comparison.add((*a)[i], (*b)[i]);
    }
    HeadDivergence parting = comparison.finish(common, either);
    parting.layer = layer;
    parting.head = head;
    return parting;
}

} // namespace

Result<RunDivergence> readDivergence(const ComparedRuns& runs, const Progress& progress,
                                     const Cancel& cancel) {
    RunDivergence divergence;
    auto alignment = StepAlignment::read(runs, cancel);
    if (!alignment)
        return alignment.error();
    divergence.alignment = alignment.take();
    const int layers = runs.a.run.shape.layers, heads = runs.a.run.shape.heads;
    for (int layer = 0; layer < layers; ++layer) {
        const auto& pairs = divergence.alignment.pairs(layer);
        std::vector<std::int64_t> common(pairs.size()), either(pairs.size());
        for (int head = 0; head < heads; ++head) {
            const auto parting = compareHead(runs, pairs, layer, head, common, either, cancel);
            if (!parting)
                return parting.error();
            divergence.heads.push_back(*parting);
        }
        std::vector<float> shared;
        for (std::size_t i = 0; i < pairs.size(); ++i)
            shared.push_back(either[i] > 0 ? float(double(common[i]) / double(either[i])) : 1);
        divergence.shared.push_back(std::move(shared));
        if (progress)
            progress(layer + 1, layers);
    }
    return divergence;
}

std::optional<HeadDivergence> RunDivergence::first(int until) const {
    const HeadDivergence* found = nullptr;
    for (const HeadDivergence& head : heads)
        if (head.parted() && (until < 0 || head.stepA <= until) &&
            (!found || head.stepA < found->stepA))
            found = &head;
    return found ? std::optional<HeadDivergence>(*found) : std::nullopt;
}

float RunDivergence::sharedAt(int layer, int stepA) const {
    const int pair = alignment.pairAt(layer, stepA);
    return pair < 0 ? std::numeric_limits<float>::quiet_NaN()
                    : shared[std::size_t(layer)][std::size_t(pair)];
}

double RunDivergence::meanShared() const {
    double sum = 0;
    std::size_t count = 0;
    for (const std::vector<float>& layer : shared) {
        for (const float share : layer)
            sum += double(share);
        count += layer.size();
    }
    return count ? sum / double(count) : 1;
}

} // namespace attendre
