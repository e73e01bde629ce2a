#include "model/evaluation/summary.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace attendre {

namespace {

using ById = std::map<QString, const Answered*>;

WayResult resultOf(const QString& reading, const ById& mine, const ById& memory, int leftOut) {
    WayResult result;
    result.reading = reading;
    result.leftOut = leftOut;
    Clusters clusters;
    std::vector<double> exact, score, ours, theirs, survival;
    std::vector<bool> right;
    std::vector<int> cluster, pairCluster;
    for (const auto& [id, answered] : mine) {
        exact.push_back(answered->exact);
        score.push_back(answered->score);
        cluster.push_back(clusters.of(answered->document));
        result.seconds += answered->seconds;
        if (!std::isnan(answered->survival)) {
            survival.push_back(answered->survival);
            right.push_back(answered->score >= 0.5);
        }
        if (const auto other = memory.find(id); other != memory.end()) {
            ours.push_back(other->second->score);
            theirs.push_back(answered->score);
            pairCluster.push_back(cluster.back());
        }
    }
    result.answered = int(mine.size());
    result.paired = int(ours.size());
    if (!mine.empty())
        result.seconds /= double(mine.size());
    if (!survival.empty())
        result.survival =
            std::accumulate(survival.begin(), survival.end(), 0.0) / double(survival.size());
    result.survivalAuc = bootstrapAuc(survival, right);
    result.exact = bootstrapMean(exact, cluster);
    result.score = bootstrapMean(score, cluster);
    result.advantage = bootstrapDifference(ours, theirs, pairCluster);
    return result;
}

std::vector<WayResult> resultsOf(const std::vector<Answered>& results,
                                 const std::set<QString>* only) {
    std::vector<QString> order;
    std::map<QString, ById> ways;
    std::map<QString, int> leftOut;
    for (const Answered& answered : results) {
        if (std::find(order.begin(), order.end(), answered.reading) == order.end())
            order.push_back(answered.reading);
        if (only && !only->contains(answered.id))
            continue;
        if (answered.leftOut.isEmpty())
            ways[answered.reading][answered.id] = &answered;
        else
            ++leftOut[answered.reading];
    }
    std::vector<WayResult> all;
    for (const QString& reading : order)
        all.push_back(resultOf(reading, ways[reading], ways["memory"], leftOut[reading]));
    return all;
}

QJsonArray arrayOf(const std::vector<WayResult>& ways) {
    QJsonArray array;
    for (const WayResult& way : ways)
        array << QJsonObject{{"reading", way.reading},
                             {"answered", way.answered},
                             {"left_out", way.leftOut},
                             {"exact", toJson(way.exact)},
                             {"score", toJson(way.score)},
                             {"seconds", way.seconds},
                             {"paired", way.paired},
                             {"advantage", toJson(way.advantage)},
                             {"survival", toJson(way.survival)},
                             {"survival_auc", toJson(way.survivalAuc)}};
    return array;
}

} // namespace

Summary summaryOf(const std::vector<Answered>& results) {
    Summary summary;
    summary.ways = resultsOf(results, nullptr);
    std::set<QString> wrong;
    for (const Answered& answered : results)
        if (answered.reading == "closed-book" && answered.leftOut.isEmpty() && answered.score == 0)
            wrong.insert(answered.id);
    if (!wrong.empty())
        summary.wrongClosedBook = resultsOf(results, &wrong);
    std::map<QString, std::set<QString>> parts;
    std::vector<QString> order;
    for (const Answered& answered : results)
        if (!answered.part.isEmpty()) {
            if (!parts.contains(answered.part))
                order.push_back(answered.part);
            parts[answered.part].insert(answered.id);
        }
    for (const QString& part : order)
        summary.parts.emplace_back(part, resultsOf(results, &parts[part]));
    return summary;
}

QStringList worstOf(const std::vector<Answered>& results, int most) {
    std::map<QString, double> others;
    for (const Answered& answered : results)
        if (answered.reading != "memory" && answered.leftOut.isEmpty())
            others[answered.id] = std::max(others[answered.id], answered.score);
    std::vector<const Answered*> all;
    for (const Answered& answered : results)
        if (answered.reading == "memory" && answered.leftOut.isEmpty())
            all.push_back(&answered);
    std::stable_sort(all.begin(), all.end(), [&](const Answered* a, const Answered* b) {
        return a->score != b->score ? a->score < b->score : others[a->id] > others[b->id];
    });
    QStringList ids;
    for (const Answered* answered : all)
        if (ids.size() < most)
            ids << answered->id;
    return ids;
}

QJsonObject toJson(const Summary& summary) {
    QJsonObject json{{"ways", arrayOf(summary.ways)},
                     {"wrong_closed_book", arrayOf(summary.wrongClosedBook)}};
    if (summary.parts.empty())
        return json;
    QJsonArray parts;
    for (const auto& [part, ways] : summary.parts)
        parts << QJsonObject{{"part", part}, {"ways", arrayOf(ways)}};
    json["parts"] = parts;
    return json;
}

} // namespace attendre
