#include "model/evaluation/statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <random>

namespace attendre {

namespace {

constexpr int resamples = 10'000;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The same numbers on every machine: std::uniform_int_distribution is not.
std::size_t draw(std::mt19937_64& random, std::size_t count) {
    return std::size_t((static_cast<unsigned __int128>(random()) * count) >> 64);
}

Estimate interval(double value, std::vector<double> drawn) {
    std::erase_if(drawn, [](double one) { return std::isnan(one); });
    if (drawn.empty())
        return {value, nan, nan};
    std::sort(drawn.begin(), drawn.end());
    const auto at = [&](double share) {
        const double place = share * double(drawn.size() - 1);
        const auto below = std::size_t(place);
        const double part = place - double(below);
        return below + 1 < drawn.size() ? drawn[below] * (1 - part) + drawn[below + 1] * part
                                        : drawn.back();
    };
    return {value, at(0.025), at(0.975)};
}

struct Cluster {
    double sum = 0, count = 0;
};

double auc(const std::vector<double>& scores, const std::vector<bool>& right,
           const std::vector<std::size_t>& which) {
    std::vector<std::size_t> order = which;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    double wrongBelow = 0, pairs = 0, rights = 0;
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i;
        double wrongHere = 0, rightHere = 0;
        for (; end < order.size() && scores[order[end]] == scores[order[i]]; ++end)
            (right[order[end]] ? rightHere : wrongHere) += 1;
        pairs += rightHere * (wrongBelow + wrongHere / 2);
        wrongBelow += wrongHere;
        rights += rightHere;
        i = end;
    }
    return rights > 0 && wrongBelow > 0 ? pairs / (rights * wrongBelow) : nan;
}

} // namespace

Estimate bootstrapMean(const std::vector<double>& values, const std::vector<int>& cluster,
                       std::uint64_t seed) {
    if (values.empty())
        return {nan, nan, nan};
    std::map<int, Cluster> found;
    for (std::size_t i = 0; i < values.size(); ++i) {
        Cluster& one = found[cluster.empty() ? int(i) : cluster[i]];
        one.sum += values[i];
        one.count += 1;
    }
    std::vector<Cluster> clusters;
    for (const auto& [key, one] : found)
        clusters.push_back(one);
    if (clusters.size() < 2) // nothing is known of how much another document would change
        return {std::accumulate(values.begin(), values.end(), 0.0) / double(values.size()), nan,
                nan};
    std::mt19937_64 random(seed);
    std::vector<double> drawn;
    for (int i = 0; i < resamples; ++i) {
        Cluster all;
        for (std::size_t j = 0; j < clusters.size(); ++j) {
            const Cluster& one = clusters[draw(random, clusters.size())];
            all.sum += one.sum;
            all.count += one.count;
        }
        drawn.push_back(all.sum / all.count);
    }
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
    return interval(mean, std::move(drawn));
}

Estimate bootstrapDifference(const std::vector<double>& a, const std::vector<double>& b,
                             const std::vector<int>& cluster, std::uint64_t seed) {
    std::vector<double> difference(a.size());
    std::transform(a.begin(), a.end(), b.begin(), difference.begin(), std::minus<>());
    return bootstrapMean(difference, cluster, seed);
}

Estimate bootstrapAuc(const std::vector<double>& scores, const std::vector<bool>& right,
                      std::uint64_t seed) {
    std::vector<std::size_t> which(scores.size());
    std::iota(which.begin(), which.end(), std::size_t(0));
    const double value = auc(scores, right, which);
    if (std::isnan(value))
        return {nan, nan, nan};
    std::mt19937_64 random(seed);
    std::vector<double> drawn;
    for (int i = 0; i < resamples / 10; ++i) {
        for (std::size_t& one : which)
            one = draw(random, scores.size());
        drawn.push_back(auc(scores, right, which));
    }
    return interval(value, std::move(drawn));
}

QJsonValue toJson(double value) {
    return std::isnan(value) ? QJsonValue() : QJsonValue(value);
}

double numberFromJson(const QJsonValue& json) {
    return json.toDouble(nan);
}

QJsonObject toJson(const Estimate& e) {
    return {{"value", toJson(e.value)}, {"low", toJson(e.low)}, {"high", toJson(e.high)}};
}

QString csvText(const QString& text) {
    return text.contains(',') || text.contains('"') || text.contains('\n')
               ? '"' + QString(text).replace('"', "\"\"") + '"'
               : text;
}

QString csvNumber(double value) {
    return std::isnan(value) ? QString() : QString::number(value, 'g', 10);
}

} // namespace attendre
