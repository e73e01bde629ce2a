#include "tests/engine/compare_steps.h"
#include "tests/engine/engine_run.h"
#include "tests/engine/random_case.h"
#include "tests/engine/slow_t5.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace attendre;
using namespace attendre::slow;

namespace {

// What both pipelines say of one case.
struct Outcome {
    std::optional<QString> difference;
    bool undecided = false; // a decision closer than rounding, after which both may go on apart
    int victims = 0;
};

// The engine computes in double here, but keeps masses in single precision.
constexpr double hitRounding = 1e-9, rankRounding = 2e-6;
int checkedCases = 0, undecidedCases = 0, evictingCases = 0;

Outcome compareSteps(const Case& tried, const Recorded& engine, const slow::Run& expected) {
    Outcome outcome;
    const Options asked = options(tried);
    for (size_t i = 0; i < expected.steps.size(); ++i) {
        outcome.victims += int(expected.steps[i].layers[0].heads[0].victims.size());
        outcome.difference = disagreement(engine.steps[i], expected.steps[i], asked, {});
        if (engine.steps[i].next.empty() != expected.steps[i].nextLogProbabilities.empty())
            outcome.difference = "only one of the two says what comes next";
        if (!outcome.difference)
            continue;
        outcome.undecided = expected.steps[i].narrowestHit < hitRounding ||
                            expected.steps[i].narrowestRank < rankRounding;
        outcome.difference = QString("step %1, ").arg(i) + *outcome.difference;
        return outcome;
    }
    if (!asked.causal) {
        const bool said = std::any_of(engine.steps.begin(), engine.steps.end(),
                                      [](const StepRecord& step) { return !step.nll.empty(); });
        if (said)
            outcome.difference = "the engine gives an nll where none is defined";
        return outcome;
    }
    const std::vector<float> nll = engine.nll(tried.tokens);
    for (size_t i = 0; i < expected.nll.size(); ++i) {
        if (nll.size() == expected.nll.size() &&
            std::abs(nll[i] - expected.nll[i]) <= 1e-6 * (1 + expected.nll[i]))
            continue;
        outcome.difference = QString("nll of token %1: the engine has %2, the slow pipeline %3")
                                 .arg(i + 1)
                                 .arg(nll.empty() ? NAN : nll[i])
                                 .arg(expected.nll[i]);
        return outcome;
    }
    return outcome;
}

Outcome run(Engine& engine, const Case& tried) {
    QTemporaryDir folder;
    writeModel(tried.network, folder.path());
    auto network = loadModel(engine, folder.path(), "f64");
    if (!network)
        return {network.error().sentence};
    const StepWants wants{.usage = true, .attention = true, .nll = true, .next = 3};
    auto recorded = record(**network, tried.configuration, tried.ids(), wants);
    if (!recorded)
        return {recorded.error().sentence};
    const auto own = networkOf(tried.network);
    const slow::Run expected = runPipeline(own, options(tried), tried.ids());
    if (recorded->steps.size() != expected.steps.size())
        return {QString("the engine took %1 steps, the slow pipeline %2")
                    .arg(recorded->steps.size())
                    .arg(expected.steps.size())};
    return compareSteps(tried, *recorded, expected);
}

// The plainest case that still disagrees.
Case shrunk(Engine& engine, Case failing) {
    for (int left = 200; left > 0;) {
        const std::vector<Case> candidates = simpler(failing);
        auto smaller = std::find_if(candidates.begin(), candidates.end(), [&](const Case& c) {
            const Outcome outcome = run(engine, c);
            return left-- > 0 && outcome.difference && !outcome.undecided;
        });
        if (smaller == candidates.end())
            break;
        failing = *smaller;
    }
    return failing;
}

} // namespace

// The engine in double precision against the slow pipeline: entry by entry, slot by slot and victim
// by victim.
class SlowPipelineTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        auto engine = loadEngine();
        QVERIFY2(engine.ok(), engine ? "" : qPrintable(engine.error().sentence));
        m_engine = engine.value();
    }

    void agrees_data() {
        QTest::addColumn<int>("seed");
        const int count = qEnvironmentVariableIsSet("ATTENDRE_CASES")
                              ? qEnvironmentVariableIntValue("ATTENDRE_CASES")
                              : 200;
        for (int seed = 0; seed < count; ++seed)
            QTest::addRow("case %d", seed) << seed;
    }

    void agrees() {
        QFETCH(int, seed);
        const Case tried = randomCase(std::uint64_t(seed));
        const Outcome outcome = run(*m_engine, tried);
        ++checkedCases;
        evictingCases += outcome.victims > 0;
        undecidedCases += outcome.undecided;
        if (!outcome.difference || outcome.undecided)
            return;
        const Case smallest = shrunk(*m_engine, tried);
        const QString found = run(*m_engine, smallest).difference.value_or(*outcome.difference);
        QFAIL(qPrintable(QString("%1\n%2\nfound first with: %3\n%4")
                             .arg(found, smallest.text(), *outcome.difference, tried.text())));
    }

    // The specification's refusal, s + pins + r + C > M, with its own defaults of s and r.
    void refusesTheSame() {
        int refused = 0;
        for (std::uint64_t seed = 0; seed < 2000; ++seed) {
            const Case tried = anyCase(seed);
            for (const PolicyDescription& policy : m_engine->policies()) {
                if (policy.name != tried.configuration.policy)
                    continue;
                PolicyDescription outputs;
                for (const PolicyDescription& other : m_engine->policies())
                    if (other.name == tried.configuration.outputPolicy)
                        outputs = other;
                const bool allowed = resolve(tried.configuration, description(tried.network).shape,
                                             policy, tried.tokens, outputs)
                                         .ok();
                QVERIFY2(allowed == valid(tried), qPrintable(tried.text()));
                refused += !allowed;
            }
        }
        QVERIFY(refused > 100 && refused < 1900);
    }

    void cleanupTestCase() {
        qInfo("%d cases, %d with evictions, %d undecided by rounding", checkedCases, evictingCases,
              undecidedCases);
        QVERIFY(evictingCases * 10 >= checkedCases * 6);
        QVERIFY(undecidedCases * 50 <= checkedCases);
    }

  private:
    Engine* m_engine = nullptr;
};

QTEST_GUILESS_MAIN(SlowPipelineTest)
#include "slow_pipeline_test.moc"
