#include "model/analysis/series.h"

#include <algorithm>
#include <cmath>

namespace attendre {

std::vector<float> runningMean(const std::vector<float>& values, int window) {
    std::vector<float> means(values.size(), std::numeric_limits<float>::quiet_NaN());
    double sum = 0;
    int counted = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isnan(values[i])) {
            sum += double(values[i]);
            ++counted;
        }
        if (i >= std::size_t(std::max(1, window))) {
            const float leaving = values[i - std::size_t(std::max(1, window))];
            if (!std::isnan(leaving)) {
                sum -= double(leaving);
                --counted;
            }
        }
        if (counted > 0)
            means[i] = float(sum / counted);
    }
    return means;
}

std::vector<Extent> extentsOf(const std::vector<float>& values, int first, int last, int count) {
    first = std::max(first, 0);
    last = std::min(last, int(values.size()) - 1);
    const qint64 n = qint64(last) - first + 1;
    if (n <= 0 || count <= 0)
        return {};
    std::vector<Extent> extents(std::size_t(std::min<qint64>(n, count)));
    const qint64 buckets = qint64(extents.size());
    for (qint64 i = 0; i < buckets; ++i) {
        Extent& extent = extents[std::size_t(i)];
        double sum = 0;
        for (qint64 k = first + i * n / buckets; k < first + (i + 1) * n / buckets; ++k) {
            const float value = values[std::size_t(k)];
            if (std::isnan(value))
                continue;
            extent.minimum = extent.count ? std::min(extent.minimum, value) : value;
            extent.maximum = extent.count ? std::max(extent.maximum, value) : value;
            sum += double(value);
            ++extent.count;
        }
        if (extent.count)
            extent.mean = float(sum / extent.count);
    }
    return extents;
}

Extent unite(const std::vector<Extent>& extents) {
    Extent all;
    double sum = 0;
    for (const Extent& extent : extents) {
        if (extent.count == 0)
            continue;
        all.minimum = all.count ? std::min(all.minimum, extent.minimum) : extent.minimum;
        all.maximum = all.count ? std::max(all.maximum, extent.maximum) : extent.maximum;
        all.count += extent.count;
        sum += double(extent.mean) * extent.count;
    }
    if (all.count)
        all.mean = float(sum / all.count);
    return all;
}

std::vector<double> niceTicks(double low, double high, int wanted, bool whole) {
    if (!std::isfinite(low) || !std::isfinite(high) || wanted < 1 || high < low)
        return {};
    if (high == low)
        return {low};
    const double rough = (high - low) / wanted;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough * 0.999) {
            step = factor * power;
            break;
        }
    if (whole)
        step = std::max(1.0, step);
    std::vector<double> ticks;
    const double slack = step * 1e-9;
    for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k)
        ticks.push_back(k * step);
    return ticks;
}

} // namespace attendre
