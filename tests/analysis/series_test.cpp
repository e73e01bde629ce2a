#include "model/analysis/attention_shares.h"
#include "model/analysis/histogram.h"
#include "model/analysis/series.h"

#include <QRandomGenerator>
#include <QTest>

#include <cmath>

using namespace attendre;

namespace {
const float noValue = std::numeric_limits<float>::quiet_NaN();
}

class SeriesTest : public QObject {
    Q_OBJECT
  private slots:
    void runningMeanByHand() {
        const auto means = runningMean({1, 3, noValue, 5, noValue, noValue}, 2);
        QCOMPARE(means[0], 1.f);
        QCOMPARE(means[1], 2.f);
        QCOMPARE(means[2], 3.f);
        QCOMPARE(means[3], 5.f);
        QCOMPARE(means[4], 5.f);
        QVERIFY(std::isnan(means[5]));
        QVERIFY(runningMean({}, 3).empty());
    }

    void runningMeanAgainstThePlainOne() {
        QRandomGenerator random(3);
        std::vector<float> values;
        for (int i = 0; i < 300; ++i)
            values.push_back(random.bounded(9) == 0 ? noValue : float(random.bounded(10.0)));
        for (const int window : {1, 2, 7, 64, 500}) {
            const auto means = runningMean(values, window);
            for (int i = 0; i < int(values.size()); ++i) {
                double sum = 0;
                int n = 0;
                for (int k = std::max(0, i - window + 1); k <= i; ++k)
                    if (!std::isnan(values[std::size_t(k)])) {
                        sum += double(values[std::size_t(k)]);
                        ++n;
                    }
                if (n == 0)
                    QVERIFY(std::isnan(means[std::size_t(i)]));
                else
                    QVERIFY(std::abs(double(means[std::size_t(i)]) - sum / n) < 1e-4);
            }
        }
    }

    void extentsHoldEveryValue() {
        QRandomGenerator random(5);
        for (int round = 0; round < 100; ++round) {
            std::vector<float> values;
            const int n = 1 + int(random.bounded(200));
            for (int i = 0; i < n; ++i)
                values.push_back(random.bounded(12) == 0 ? noValue : float(random.bounded(5.0)));
            const int first = int(random.bounded(n)), last = first + int(random.bounded(n));
            const auto extents = extentsOf(values, first, last, 1 + int(random.bounded(50)));
            Extent slow;
            double sum = 0;
            for (int i = first; i <= std::min(last, n - 1); ++i) {
                const float v = values[std::size_t(i)];
                if (std::isnan(v))
                    continue;
                slow.minimum = slow.count ? std::min(slow.minimum, v) : v;
                slow.maximum = slow.count ? std::max(slow.maximum, v) : v;
                sum += double(v);
                ++slow.count;
            }
            const Extent all = unite(extents);
            QCOMPARE(all.count, slow.count);
            QCOMPARE(all.minimum, slow.minimum);
            QCOMPARE(all.maximum, slow.maximum);
            if (slow.count)
                QVERIFY(std::abs(double(all.mean) - sum / slow.count) < 1e-4);
        }
    }

    void bucketsAreEven() {
        std::vector<float> values;
        for (int i = 0; i < 10; ++i)
            values.push_back(float(i));
        const auto extents = extentsOf(values, 0, 9, 4);
        QCOMPARE(extents.size(), std::size_t(4));
        QCOMPARE(extents[0].count, 2);
        QCOMPARE(extents[1].count, 3);
        QCOMPARE(extents[1].minimum, 2.f);
        QCOMPARE(extents[3].maximum, 9.f);
        QVERIFY(extentsOf(values, 4, 3, 4).empty());
        QCOMPARE(extentsOf(values, 2, 4, 100).size(), std::size_t(3));
    }

    void ticksAreRound() {
        QCOMPARE(niceTicks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
        QCOMPARE(niceTicks(0, 3, 30, true), (std::vector<double>{0, 1, 2, 3}));
        QCOMPARE(niceTicks(7, 7, 3), (std::vector<double>{7}));
        QVERIFY(niceTicks(0, double(noValue), 3).empty());
        for (const double high : {0.03, 1.7, 812.0, 50035.0}) {
            const auto ticks = niceTicks(0, high, 6);
            QVERIFY(ticks.size() >= 3 && ticks.size() <= 8);
            QVERIFY(ticks.front() >= 0 && ticks.back() <= high * (1 + 1e-9));
        }
    }

    void histogramByHand() {
        const Histogram h = histogram({3, 4, 4, 12, 9}, 5);
        // Aligned to 2 the values 3 to 12 need six bins: the next width is 5.
        QCOMPARE(h.width, 5);
        QCOMPARE(h.first, 0);
        QCOMPARE(h.counts, (std::vector<std::int64_t>{3, 1, 1}));
        QCOMPARE(h.total, 5);
        QVERIFY(histogram({}, 5).counts.empty());
        QCOMPARE(histogram({8, 8}, 5).counts, (std::vector<std::int64_t>{2}));
    }

    void histogramCountsEveryValueOnce() {
        QRandomGenerator random(9);
        for (int round = 0; round < 100; ++round) {
            std::vector<std::int64_t> values;
            const int spread = 1 + int(random.bounded(5000));
            for (int i = 0; i < 200; ++i)
                values.push_back(std::int64_t(random.bounded(spread)) - spread / 3);
            const int bins = 1 + int(random.bounded(30));
            const Histogram h = histogram(values, bins);
            QVERIFY(int(h.counts.size()) <= bins);
            std::int64_t sum = 0;
            for (std::size_t bin = 0; bin < h.counts.size(); ++bin) {
                const auto slow = std::count_if(values.begin(), values.end(), [&](std::int64_t v) {
                    return v >= h.begin(bin) && v < h.begin(bin) + h.width;
                });
                QCOMPARE(h.counts[bin], std::int64_t(slow));
                sum += h.counts[bin];
            }
            QCOMPARE(sum, h.total);
            QCOMPARE(sum, std::int64_t(200));
        }
    }

    void quantiles() {
        QCOMPARE(quantile({5, 1, 9}, 0.5), 5);
        QCOMPARE(quantile({5, 1, 9}, 0), 1);
        QCOMPARE(quantile({5, 1, 9}, 1), 9);
        QCOMPARE(quantile({}, 0.5), 0);
    }

    void sharesOfAQuery() {
        QueryAttention query;
        query.top = {{0, 0.5f}, {130, 0.2f}, {70, 0.1f}, {20, 0.05f}, {noPosition, 0}};
        query.rest = 0.15f;
        const AttentionShares shares = sharesOf(query, {4, 128, 64});
        QVERIFY(qAbs(shares.sink - 0.5) < 1e-6);
        QVERIFY(qAbs(shares.chunk - 0.2) < 1e-6);
        QVERIFY(qAbs(shares.recent - 0.1) < 1e-6);
        QVERIFY(qAbs(shares.kept - 0.05) < 1e-6);
        QVERIFY(qAbs(shares.beyond - 0.15) < 1e-6);
    }

    void sharesOfAStep() {
        HeadStepInfo step;
        step.sinkShare = 0.6f;
        step.recentShare = 0.1f;
        step.chunkShare = 0.2f;
        QVERIFY(qAbs(sharesOf(step).kept - 0.1) < 1e-6);
    }

    // As older recorders wrote the first steps: the sinks stand in the other classes as well.
    void sharesNeverExceedTheWhole() {
        HeadStepInfo first;
        first.sinkShare = 0.72f;
        first.chunkShare = 1;
        const AttentionShares whole = sharesOf(first);
        QVERIFY(qAbs(whole.sink - 0.72) < 1e-6);
        QVERIFY(qAbs(whole.chunk - 0.28) < 1e-6);
        QVERIFY(qAbs(whole.recent + whole.kept) < 1e-6);
        HeadStepInfo second;
        second.sinkShare = 0.6f;
        second.chunkShare = 0.3f;
        second.recentShare = 0.7f;
        const AttentionShares next = sharesOf(second);
        QVERIFY(qAbs(next.recent - 0.1) < 1e-6);
        QVERIFY(qAbs(next.sink + next.chunk + next.recent + next.kept - 1) < 1e-6);
    }

    void meanOfHeadsKeepsTheMass() {
        QRandomGenerator random(21);
        std::vector<std::vector<QueryAttention>> heads(3);
        for (auto& head : heads)
            for (int q = 0; q < 4; ++q) {
                QueryAttention query;
                query.queryPosition = 64 + q;
                float left = 1;
                for (int k = 0; k < 8; ++k) {
                    const float weight = left * 0.3f;
                    query.top.push_back({std::int32_t(random.bounded(12)) * 8 + k, weight});
                    left -= weight;
                }
                query.rest = left;
                head.push_back(query);
            }
        const auto mean = meanOverHeads(heads);
        QCOMPARE(mean.size(), std::size_t(4));
        for (std::size_t q = 0; q < 4; ++q) {
            double sum = double(mean[q].rest);
            for (std::size_t k = 0; k < mean[q].top.size(); ++k) {
                sum += double(mean[q].top[k].weight);
                QVERIFY(k == 0 || mean[q].top[k - 1].weight >= mean[q].top[k].weight);
            }
            QVERIFY(qAbs(sum - 1) < 1e-5);
            QCOMPARE(mean[q].queryPosition, 64 + int(q));
        }
        const auto mass = massByEntry(mean);
        for (const auto& [position, value] : mass) {
            double slow = 0;
            for (const auto& head : heads)
                for (const auto& query : head)
                    for (const auto& entry : query.top)
                        if (entry.position == position)
                            slow += double(entry.weight) / 3;
            QVERIFY(qAbs(value - slow) < 1e-5);
        }
    }
};

QTEST_GUILESS_MAIN(SeriesTest)
#include "series_test.moc"
