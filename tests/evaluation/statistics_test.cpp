#include "model/evaluation/statistics.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace attendre;

class StatisticsTest : public QObject {
    Q_OBJECT
  private slots:
    // Of 400 samples with a known mean about 95 in 100 intervals hold it.
    void intervalsHoldTheMean() {
        std::mt19937_64 random(3);
        std::normal_distribution<double> normal(2, 1);
        int held = 0, samples = 200;
        for (int i = 0; i < samples; ++i) {
            std::vector<double> values(40);
            for (double& value : values)
                value = normal(random);
            const Estimate e = bootstrapMean(values, {}, std::uint64_t(i));
            held += e.low <= 2 && 2 <= e.high;
            QVERIFY(e.low <= e.value && e.value <= e.high);
        }
        QVERIFY2(held > 0.88 * samples && held < 0.99 * samples, qPrintable(QString::number(held)));
    }

    // Ten copies of each value say no more than one: drawn as clusters they widen nothing.
    void clustersAreDrawnWhole() {
        std::vector<double> values, copies;
        std::vector<int> cluster;
        std::mt19937_64 random(5);
        for (int i = 0; i < 30; ++i) {
            values.push_back(double(random() % 100));
            for (int copy = 0; copy < 10; ++copy) {
                copies.push_back(values.back());
                cluster.push_back(i);
            }
        }
        const Estimate one = bootstrapMean(values), whole = bootstrapMean(copies, cluster),
                       loose = bootstrapMean(copies);
        QVERIFY(std::abs(one.value - whole.value) < 1e-9);
        QVERIFY(std::abs((one.high - one.low) - (whole.high - whole.low)) < 1e-9);
        QVERIFY(loose.high - loose.low < 0.5 * (whole.high - whole.low));
    }

    // What two share cancels out.
    void differencesArePaired() {
        std::vector<double> a, b;
        std::mt19937_64 random(7);
        for (int i = 0; i < 50; ++i) {
            b.push_back(double(random() % 1000));
            a.push_back(b.back() + 1 + 0.01 * double(random() % 10));
        }
        const Estimate e = bootstrapDifference(a, b);
        QVERIFY(e.low > 1 && e.high < 1.1);
        QVERIFY(bootstrapMean(a).high - bootstrapMean(a).low > 50);
    }

    void areaUnderTheCurve() {
        std::mt19937_64 random(9);
        std::vector<double> scores;
        std::vector<bool> right;
        for (int i = 0; i < 400; ++i) {
            scores.push_back(double(random() % 8)); // with ties
            right.push_back(random() % 2);
        }
        double above = 0, pairs = 0;
        for (std::size_t i = 0; i < scores.size(); ++i)
            for (std::size_t j = 0; j < scores.size(); ++j)
                if (right[i] && !right[j]) {
                    above += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                    ++pairs;
                }
        const Estimate e = bootstrapAuc(scores, right);
        QVERIFY(std::abs(e.value - above / pairs) < 1e-12);
        QVERIFY(e.low < 0.5 && e.high > 0.5); // chance
        QCOMPARE(bootstrapAuc({1, 2, 3}, {false, false, true}).value, 1.0);
        QVERIFY(std::isnan(bootstrapAuc({1, 2}, {true, true}).value));
        QVERIFY(std::isnan(bootstrapMean({}).value));
    }
};

QTEST_GUILESS_MAIN(StatisticsTest)
#include "statistics_test.moc"
