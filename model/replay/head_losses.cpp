#include "model/replay/head_losses.h"

#include "model/replay/frozen_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

constexpr int sampled = 8; // as the engine samples a step's queries

Error refused(const RunInfo& run, const QString& why) {
    return {QString("What run %1 lost cannot be told: %2.").arg(run.run).arg(why), 2};
}

float dot(const float* a, const float* b, int width) {
    constexpr int lanes = 8;
    float sums[lanes] = {};
    int i = 0;
    for (; i + lanes <= width; i += lanes)
        for (int l = 0; l < lanes; ++l)
            sums[l] += a[i + l] * b[i + l];
    float sum = 0;
    for (const float lane : sums)
        sum += lane;
    for (; i < width; ++i)
        sum += a[i] * b[i];
    return sum;
}

// One head's queries, keys and values, turned to their positions.
class TurnedHead {
  public:
    TurnedHead(const FrozenStep& all, const RunInfo& run, const ArchivedAttention& attention,
               int head)
        : m_group(run.shape.queryHeads / run.shape.heads), m_width(run.shape.headDimension),
          m_head(head), m_tokens(int(run.tokens)), m_attention(attention),
          m_value(all.arrivals.value), m_logSumExp(all.logSumExp) {
        m_key.assign(all.arrivals.key, all.arrivals.key + std::ptrdiff_t(m_tokens) * m_width);
        m_query.assign(all.arrivals.query,
                       all.arrivals.query + std::ptrdiff_t(m_tokens) * m_group * m_width);
        for (int position = 0; position < m_tokens; ++position) {
            turn(m_key.data() + std::ptrdiff_t(position) * m_width, position);
            for (int member = 0; member < m_group; ++member)
                turn(m_query.data() + (std::ptrdiff_t(position) * m_group + member) * m_width,
                     position);
        }
    }
    int group() const { return m_group; }
    int width() const { return m_width; }
    const float* value(int position) const { return m_value + std::ptrdiff_t(position) * m_width; }
    double logSumExp(int query, int member) const {
        return double(m_logSumExp[query * m_group + member]);
    }
    double score(int query, int member, int key) const {
        double s = m_attention.scale *
                   double(dot(m_query.data() + (std::ptrdiff_t(query) * m_group + member) * m_width,
                              m_key.data() + std::ptrdiff_t(key) * m_width, m_width));
        if (!m_attention.bias.empty())
            s += double(m_attention.bias[std::size_t(m_head * m_group + member) *
                                             std::size_t(2 * m_attention.reach + 1) +
                                         std::size_t(key - query + m_attention.reach)]);
        return s;
    }

  private:
    void turn(float* row, int position) const {
        const std::size_t half = m_attention.frequencies.size();
        for (std::size_t i = 0; i < half; ++i) {
            const double angle = position * m_attention.frequencies[i];
            const float cosine = float(std::cos(angle)), sine = float(std::sin(angle));
            const float a = row[i], b = row[half + i];
            row[i] = a * cosine - b * sine;
            row[half + i] = b * cosine + a * sine;
        }
    }

    int m_group, m_width, m_head, m_tokens;
    const ArchivedAttention& m_attention;
    std::vector<float> m_key, m_query; // [T][D], [T][group][D]
    const float* m_value;              // [T][D]
    const float* m_logSumExp;          // [T][group]
};

// Adds what the keys that had left by a step would have got of one of its queries.
void addQuery(const TurnedHead& head, int query, int lastVisible, int step,
              const std::vector<Life>& lives, std::vector<EvictionRegret>& regrets) {
    const std::size_t width = std::size_t(head.width());
    std::vector<double> output(width);
    std::vector<std::pair<int, double>> gone; // position and score
    for (int member = 0; member < head.group(); ++member) {
        const double logSumExp = head.logSumExp(query, member);
        std::fill(output.begin(), output.end(), 0.0);
        gone.clear();
        for (int key = 0; key <= lastVisible; ++key) {
            const double score = head.score(query, member, key);
            const Life& life = lives[std::size_t(key)];
            if (life.evictedStep >= 0 && life.evictedStep <= step) {
                gone.emplace_back(key, score);
                continue;
            }
            const double weight = std::exp(score - logSumExp);
            for (std::size_t d = 0; d < width; ++d)
                output[d] += weight * double(head.value(key)[d]);
        }
        for (const auto& [key, score] : gone) {
            const double weight = 1 / (1 + std::exp(logSumExp - score));
            double distance = 0;
            for (std::size_t d = 0; d < width; ++d) {
                const double difference = double(head.value(key)[d]) - output[d];
                distance += difference * difference;
            }
            EvictionRegret& regret = regrets[std::size_t(key)];
            regret.mass += weight / head.group();
            regret.outputChange += weight * weight * distance;
        }
    }
}

// The share of one query's attention over all tokens on those from tick on.
double lookaheadOf(const TurnedHead& head, int query, int tick, int tokens) {
    double mean = 0;
    std::vector<double> scores(static_cast<std::size_t>(tokens));
    for (int member = 0; member < head.group(); ++member) {
        for (int key = 0; key < tokens; ++key)
            scores[std::size_t(key)] = head.score(query, member, key);
        const double largest = *std::max_element(scores.begin(), scores.end());
        double all = 0, later = 0;
        for (int key = 0; key < tokens; ++key) {
            const double weight = std::exp(scores[std::size_t(key)] - largest);
            all += weight;
            later += key >= tick ? weight : 0;
        }
        mean += later / all / head.group();
    }
    return mean;
}

} // namespace

Result<void> checkLosses(const RunInfo& run) {
    const Configuration& c = run.configuration.asked;
    if (c.archive != "all")
        return refused(run, "it has no archive of keys, values and queries, record it with "
                            "--archive all");
    if (!run.finished || !run.ended.isEmpty())
        return refused(run, "it did not reach the input's end, record it again");
    if (c.positions == "relative")
        return refused(run, "under relative positions an entry that stays would move all others, "
                            "record it with --positions absolute");
    if (c.topK > 0)
        return refused(run, "it attended to its top k entries only, record it without --top-k");
    return {};
}

Result<HeadLosses> lossesOf(Reader& reader, const RunInfo& run, int layer, int head,
                            const Progress& progress, const Cancel& cancel) {
    if (auto may = checkLosses(run); !may)
        return may.error();
    const int tokens = int(run.tokens);
    auto attention = reader.archivedAttention(run.run);
    auto lives = reader.lives(run.run, layer, head, 0, tokens);
    auto steps = reader.stepCount(run.run);
    if (!attention || !lives || !steps)
        return !attention ? attention.error() : !lives ? lives.error() : steps.error();
    FrozenLayer frozen(reader, run, layer, head);
    const auto all = frozen.take({0, tokens, 0, tokens, 0});
    if (!all)
        return all.error();
    const TurnedHead turned(*all, run, *attention, head);
    const bool causal = run.configuration.mode == "causal";
    HeadLosses losses;
    std::vector<EvictionRegret> regrets(static_cast<std::size_t>(tokens));
    for (int step = 0; step < *steps; ++step) {
        if (cancel.requested())
            return Error{"The reckoning of losses was interrupted: start it again."};
        const auto infos = reader.layerSteps(run.run, step);
        if (!infos)
            return infos.error();
        const LayerStepInfo& info = (*infos)[std::size_t(layer)];
        const int m = info.answered, k = std::min(m, sampled);
        for (int j = 0; j < m; ++j) {
            const int query = info.firstAnswered + j;
            addQuery(turned, query, causal ? query : int(info.tick) - 1, step, *lives, regrets);
        }
        double later = 0;
        for (int i = 1; i <= k && !causal; ++i)
            later +=
                lookaheadOf(turned, info.firstAnswered + i * m / k - 1, int(info.tick), tokens);
        losses.lookahead.push_back(k > 0 ? float(later / k)
                                         : std::numeric_limits<float>::quiet_NaN());
        if (progress)
            progress(step + 1, *steps);
    }
    for (const Life& life : *lives)
        if (life.evictedStep >= 0) {
            EvictionRegret& regret = regrets[std::size_t(life.position)];
            regret.position = life.position;
            regret.evictedStep = life.evictedStep;
            losses.regrets.push_back(regret);
        }
    return losses;
}

} // namespace attendre
