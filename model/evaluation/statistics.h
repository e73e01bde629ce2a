#pragma once

#include <QJsonObject>
#include <QString>

#include <cstdint>
#include <map>
#include <vector>

namespace attendre {

// An estimate with its 95% interval.
struct Estimate {
    double value = 0, low = 0, high = 0;
};

// The mean of values, with the percentile interval of 10,000 bootstrap resamples. cluster: which
// values belong together (questions on one document): whole clusters are drawn; empty: each value
// is its own. Deterministic in the seed. NaN where there are no values; no interval where there is
// one cluster.
Estimate bootstrapMean(const std::vector<double>& values, const std::vector<int>& cluster = {},
                       std::uint64_t seed = 1);
// The mean of a[i] - b[i], resampled in pairs.
Estimate bootstrapDifference(const std::vector<double>& a, const std::vector<double>& b,
                             const std::vector<int>& cluster = {}, std::uint64_t seed = 1);
// How well scores tell right from wrong: the share of pairs (a right one, a wrong one) in which the
// right one has the higher score, ties half. 0.5 is chance. NaN where one kind is missing.
Estimate bootstrapAuc(const std::vector<double>& scores, const std::vector<bool>& right,
                      std::uint64_t seed = 1);

// Documents by number, for the cluster of each question: those on one document stand and fall
// together.
class Clusters {
  public:
    int of(const QString& document) {
        return m_number.try_emplace(document, int(m_number.size())).first->second;
    }

  private:
    std::map<QString, int> m_number;
};

// null for NaN, and back.
QJsonValue toJson(double value);
double numberFromJson(const QJsonValue& json);
QJsonObject toJson(const Estimate& estimate);
// Cells of a table for spreadsheets: quoted where it must be; empty for NaN.
QString csvText(const QString& text);
QString csvNumber(double value);

} // namespace attendre
