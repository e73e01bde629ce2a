#include "model/replay/head_losses.h"
#include "tests/replay/recorded_case.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>

using namespace attendre;

namespace {

// One head's losses again, in plain loops over double.
struct SlowLosses {
    std::map<int, EvictionRegret> regrets;
    std::vector<double> lookahead;

    SlowLosses(const RecordedCase& recorded, int layer, int head) {
        const slow::Frozen& f = recorded.layers[size_t(layer)];
        MadeSteps steps(recorded.made);
        std::vector<std::pair<int, int>> gone; // position and step
        while (auto step = steps.next()) {
            const LayerRecord& r = step->layers[size_t(layer)];
            for (int i = 0; i < r.evicted; ++i)
                gone.emplace_back(r.victimPositions[size_t(head * r.evicted + i)], step->step);
            const std::vector<int> here = RecordedCase::residents(r, head);
            for (int j = 0; j < r.answered; ++j)
                for (int member = 0; member < 3; ++member)
                    addQuery(f, r.firstAnswered + j, head * 3 + member, head, here, gone);
            lookahead.push_back(r.answered > 0 ? later(f, r, head) : std::nan(""));
        }
        for (const auto& [position, step] : gone) {
            regrets[position].position = position;
            regrets[position].evictedStep = step;
        }
    }

    void addQuery(const slow::Frozen& f, int query, int queryHead, int head,
                  const std::vector<int>& here, const std::vector<std::pair<int, int>>& gone) {
        const auto value = [&](int key, int d) {
            return f.value[size_t((key * f.heads + head) * 8 + d)];
        };
        for (const auto& [position, step] : gone) {
            if (f.causal && position > query)
                continue;
            double sum = 0, output[8] = {};
            for (const int key : here) {
                if (f.causal && key > query)
                    continue;
                const double weight = std::exp(f.score(query, key, queryHead, query, key));
                sum += weight;
                for (int d = 0; d < 8; ++d)
                    output[d] += weight * value(key, d);
            }
            const double own = std::exp(f.score(query, position, queryHead, query, position));
            regrets[position].mass += own / (sum + own) / 3;
            for (int d = 0; d < 8; ++d) {
                const double with = (output[d] + own * value(position, d)) / (sum + own);
                regrets[position].outputChange +=
                    (with - output[d] / sum) * (with - output[d] / sum);
            }
        }
    }

    static double later(const slow::Frozen& f, const LayerRecord& r, int head) {
        if (f.causal)
            return 0;
        const int k = std::min(r.answered, 8);
        double mean = 0;
        for (int i = 1; i <= k; ++i)
            for (int member = 0; member < 3; ++member) {
                const int query = r.firstAnswered + i * r.answered / k - 1;
                double all = 0, to = 0;
                for (int key = 0; key < f.tokens; ++key) {
                    const double w = std::exp(f.score(query, key, head * 3 + member, query, key));
                    all += w;
                    to += key >= r.tick ? w : 0;
                }
                mean += to / all / (3 * k);
            }
        return mean;
    }
};

bool near(double got, double expected) {
    return std::isnan(expected) ? std::isnan(got)
                                : std::abs(got - expected) <= 1e-4 * (1e-6 + std::abs(expected));
}

} // namespace

class HeadLossesTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

  private slots:
    void slowLoopsAgree() {
        int compared = 0, waited = 0;
        for (unsigned seed = 0; seed < 12; ++seed) {
            RecordedCase recorded(seed);
            recorded.made.memory = recorded.made.chunk + 6;
            const QString path = m_folder.filePath("losses.trace");
            QCOMPARE(recorded.record(path), QString());
            auto reader = Reader::open(path);
            const RunInfo run = *(*reader)->run(1);
            for (int head = 0; head < recorded.made.heads; ++head) {
                const auto got = lossesOf(**reader, run, 1, head, {}, {});
                QVERIFY2(got.ok(), got ? "" : qPrintable(got.error().sentence));
                const SlowLosses want(recorded, 1, head);
                QCOMPARE(got->regrets.size(), want.regrets.size());
                for (const EvictionRegret& regret : got->regrets) {
                    const EvictionRegret& expected = want.regrets.at(regret.position);
                    QCOMPARE(regret.evictedStep, expected.evictedStep);
                    QVERIFY(near(regret.mass, expected.mass));
                    QVERIFY(near(regret.outputChange, expected.outputChange));
                    ++compared;
                }
                QCOMPARE(got->lookahead.size(), want.lookahead.size());
                for (size_t step = 0; step < got->lookahead.size(); ++step) {
                    QVERIFY(near(double(got->lookahead[step]), want.lookahead[step]));
                    waited += got->lookahead[step] > 0.1f;
                }
            }
        }
        QVERIFY(compared > 200);
        QVERIFY(waited > 20);
    }

    void refusals() {
        RecordedCase recorded(1);
        recorded.made.memory = recorded.made.chunk + 6;
        const QString path = m_folder.filePath("refused.trace");
        QCOMPARE(recorded.record(path), QString());
        auto reader = Reader::open(path);
        RunInfo run = *(*reader)->run(1);
        const auto says = [&](const char* words) {
            const auto losses = lossesOf(**reader, run, 0, 0, {}, {});
            return !losses && losses.error().sentence.contains(words);
        };
        run.configuration.asked.positions = "relative";
        QVERIFY(says("relative"));
        run.configuration.asked.positions = "absolute";
        run.configuration.asked.archive = "keys";
        QVERIFY(says("--archive all"));
    }
};

QTEST_GUILESS_MAIN(HeadLossesTest)
#include "head_losses_test.moc"
