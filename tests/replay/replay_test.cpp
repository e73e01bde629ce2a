#include "model/replay/head_replay.h"
#include "model/replay/run_replay.h"
#include "tests/replay/recorded_case.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <random>

using namespace attendre;

namespace {

// What is to be different in the replay.
struct Change {
    Configuration configuration;
    slow::ReplayOptions options;

    Change(const RecordedCase& recorded, unsigned seed) {
        std::mt19937 random(seed + 1000);
        const auto between = [&](int low, int high) {
            return int(random() % unsigned(high - low + 1)) + low;
        };
        static const char* const policies[] = {"fifo", "lra", "lfa", "h2o", "tova"};
        static const char* const groups[] = {"mean", "max", "sum"};
        Configuration& c = configuration = recorded.info().configuration.asked;
        if (recorded.made.queryMemory == 0)
            c.chunk = between(1, 8);
        options.policy = policies[between(0, 4)];
        options.sinks = between(0, 3);
        options.recent = between(0, 1) * between(0, 5);
        options.memory = options.sinks + options.recent + c.chunk + between(1, 14);
        options.group = groups[between(0, 2)];
        options.perLayer = between(0, 2) == 0;
        options.relative =
            between(0, 2) == 0 && recorded.layers[0].bias.empty() && !recorded.frequencies.empty();
        options.halfLife = between(0, 3) == 0 ? between(2, 20) : 0;
        c.policy = QString::fromStdString(options.policy);
        c.memory = {options.memory};
        c.sinks = options.sinks;
        c.recent = options.recent;
        c.group = QString::fromStdString(options.group);
        c.granularity = options.perLayer ? "layer" : "head";
        c.positions = options.relative ? "relative" : "absolute";
        c.halfLife = options.halfLife;
        options.memory = std::min(options.memory, recorded.made.tokens);
        c.memory = {options.memory};
    }
    bool allowed(int tokens) const {
        return options.memory >= tokens ||
               options.sinks + options.recent + configuration.chunk <= options.memory;
    }
};

bool near(double got, double expected) {
    return std::abs(got - expected) <= 2e-4 * (1 + std::abs(expected));
}

} // namespace

class ReplayTest : public QObject {
    Q_OBJECT

  private slots:
    // Every policy and option that a replay has, against plain loops over double: victims, usage
    // and the share that is kept, in every step, layer and head.
    void slowLoopsAgree() {
        int undecided = 0, evicting = 0;
        const unsigned cases = 60;
        for (unsigned seed = 0; seed < cases; ++seed) {
            const RecordedCase recorded(seed);
            const Change change(recorded, seed);
            if (!change.allowed(recorded.made.tokens))
                continue;
            const QString path = m_folder.filePath("case.trace");
            QCOMPARE(recorded.record(path), QString());
            auto reader = Reader::open(path);
            QVERIFY(reader.ok());
            const auto plan = planReplay(**reader, *(*reader)->run(1), change.configuration);
            QVERIFY2(plan.ok(), plan ? "" : qPrintable(plan.error().sentence));
            const auto run =
                replayRun(**reader, *plan, {path, true, false, {}, "again", "test"}, {}, {});
            QVERIFY2(run.ok(), run ? "" : qPrintable(run.error().sentence));
            const QString difference = compare(**reader, *run, recorded, change, evicting);
            if (difference == "undecided")
                ++undecided;
            else
                QVERIFY2(difference.isEmpty(),
                         qPrintable(QString("seed %1: %2").arg(seed).arg(difference)));
        }
        QVERIFY(evicting > 500);
        QVERIFY(undecided * 5 < int(cases));
    }

    void theRunSaysWhatItIs() {
        const RecordedCase recorded(4);
        const QString path = m_folder.filePath("named.trace");
        QCOMPARE(recorded.record(path), QString());
        auto reader = Reader::open(path);
        Configuration c = recorded.info().configuration.asked;
        c.memory = {16};
        const auto plan = planReplay(**reader, *replayableRun(**reader), c);
        QVERIFY2(plan.ok(), plan ? "" : qPrintable(plan.error().sentence));
        QVERIFY(
            replayRun(**reader, *plan, {path, true, false, "mine", "cmd", "test"}, {}, {}).ok());
        const auto run = (*reader)->run(2);
        QVERIFY(run->configuration.replay && run->finished);
        QCOMPARE(run->parent, 1);
        QCOMPARE(run->label, QString("mine (replay of run 1)"));
        QCOMPARE(run->configuration.memory, (std::vector<int>{16, 16}));
        QVERIFY(run->configuration.asked.archive.isEmpty());
        QCOMPARE((*reader)->tokens(2, 0, 5)->size(), size_t(5));
        // A replay cannot be replayed, and the recorded run is still the one that is found.
        QVERIFY(!checkReplayable(*run));
        QCOMPARE(replayableRun(**reader)->run, 1);
        // In a file of its own it has no parent.
        const QString other = m_folder.filePath("other.trace");
        QVERIFY(replayRun(**reader, *plan, {other, false, true, {}, {}, {}}, {}, {}).ok());
        auto alone = Reader::open(other);
        QCOMPARE((*alone)->run(1)->parent, 0);
        QCOMPARE((*alone)->run(1)->label, QString("replay of run 1 of named.trace"));
    }

    // One head alone, from memory, is what the whole run's replay gives for it.
    void oneHeadAlone() {
        for (const char* policy : {"lra", "random", "tova"}) {
            RecordedCase recorded(7);
            QVERIFY(recorded.made.heads > 0);
            const QString path = m_folder.filePath("head.trace");
            QCOMPARE(recorded.record(path), QString());
            auto reader = Reader::open(path);
            Configuration c = recorded.info().configuration.asked;
            c.policy = policy;
            c.memory = {recorded.made.chunk + 8};
            c.sinks = 1;
            c.recent = 0;
            const auto plan = planReplay(**reader, *(*reader)->run(1), c);
            QVERIFY2(plan.ok(), plan ? "" : qPrintable(plan.error().sentence));
            const auto run = replayRun(**reader, *plan, {path, true, false, {}, {}, {}}, {}, {});
            QVERIFY(run.ok());
            const bool together = plan->configuration.granularity == "layer";
            for (int head = 0; head < recorded.made.heads; ++head) {
                const auto frozen =
                    FrozenHead::read(**reader, plan->recorded, 1, together ? -1 : head);
                QVERIFY(frozen.ok());
                const auto replay = (*frozen)->replay(*plan, head, {});
                QVERIFY(replay.ok());
                const auto lives = (*reader)->lives(*run, 1, head, 0, recorded.made.tokens);
                for (const Life& life : *lives) {
                    QCOMPARE(replay->insertedStep[size_t(life.position)], life.insertedStep);
                    QCOMPARE(replay->evictedStep[size_t(life.position)], life.evictedStep);
                }
                for (size_t step = 0; step < replay->kept.size(); ++step) {
                    const auto steps = (*reader)->headSteps(*run, int(step));
                    const float kept = (*steps)[size_t(recorded.made.heads + head)].seen.coverage;
                    QVERIFY(std::isnan(kept) ? std::isnan(replay->kept[step])
                                             : near(double(replay->kept[step]), double(kept)));
                }
            }
        }
    }

    void refusals() {
        const RecordedCase recorded(4);
        RunInfo run = recorded.info();
        run.finished = true;
        QVERIFY(checkReplayable(run).ok());
        const auto says = [](const RunInfo& asked, const char* words) {
            const auto answer = checkReplayable(asked);
            return !answer && answer.error().sentence.contains(words);
        };
        RunInfo other = run;
        other.configuration.asked.archive = "keys";
        QVERIFY(says(other, "--archive all"));
        other = run;
        other.configuration.memory[1] = int(run.tokens) - 1;
        QVERIFY(says(other, "evicted"));
        other = run;
        other.configuration.asked.topK = 3;
        QVERIFY(says(other, "--top-k"));
        other = run;
        other.finished = false;
        QVERIFY(says(other, "input's end"));
    }

    void optionsThatAreFrozen() {
        const RecordedCase recorded(3); // prefix
        QVERIFY(recorded.made.queryMemory > 0);
        const QString path = m_folder.filePath("frozen.trace");
        QCOMPARE(recorded.record(path), QString());
        auto reader = Reader::open(path);
        const Configuration same = recorded.info().configuration.asked;
        const auto refusal = [&](auto change) {
            Configuration c = same;
            change(c);
            const auto plan = planReplay(**reader, *(*reader)->run(1), c);
            return plan ? QString() : plan.error().sentence;
        };
        QCOMPARE(refusal([](Configuration&) {}), QString());
        QVERIFY(refusal([](Configuration& c) { ++c.chunk; }).contains("--chunk"));
        QVERIFY(refusal([](Configuration& c) { c.queryMemory = {99}; }).contains("--query-memory"));
        QVERIFY(refusal([](Configuration& c) { c.mode = "causal"; }).contains("--mode"));
        QVERIFY(refusal([](Configuration& c) { c.topK = 2; }).contains("--top-k"));
        QVERIFY(refusal([](Configuration& c) { c.policy = "none"; }).contains("none"));
    }

  private:
    // Empty, "undecided" where a decision was closer than rounding, or what differs first.
    static QString compare(Reader& reader, int run, const RecordedCase& recorded,
                           const Change& change, int& evicting) {
        const int steps = *reader.stepCount(run);
        for (int l = 0; l < recorded.made.layers; ++l) {
            slow::Replay slow(recorded.layers[size_t(l)], change.options);
            for (int step = 0; step < steps; ++step) {
                const LayerStepInfo info = (*reader.layerSteps(run, step))[size_t(l)];
                const slow::StepOutcome want = slow.step(info.arrived, info.answered);
                evicting += info.evicted;
                const QString what = differs(reader, run, step, l, want);
                if (what.isEmpty())
                    continue;
                return want.narrowest < 2e-5
                           ? QString("undecided")
                           : QString("step %1, layer %2: %3").arg(step).arg(l).arg(what);
            }
        }
        return {};
    }

    static QString differs(Reader& reader, int run, int step, int l,
                           const slow::StepOutcome& want) {
        const auto state = reader.layerState(run, step, l);
        const auto numbers = reader.headSteps(run, step);
        for (size_t head = 0; head < want.entries.size(); ++head) {
            std::vector<int> victims;
            const auto evictions = reader.evictions(run, step, l, int(head));
            for (const Eviction& eviction : *evictions)
                victims.push_back(eviction.position);
            if (victims != want.victims[head])
                return QString("victims of head %1").arg(head);
            const float kept = (*numbers)[size_t(l) * want.entries.size() + head].seen.coverage;
            if (std::isnan(want.kept[head]) != std::isnan(kept) ||
                (!std::isnan(kept) && !near(double(kept), want.kept[head])))
                return QString("head %1 keeps %2, not %3")
                    .arg(head)
                    .arg(double(kept))
                    .arg(want.kept[head]);
            const HeadState& got = state->heads[head];
            for (size_t slot = 0; slot < want.entries[head].size(); ++slot) {
                const slow::Entry& e = want.entries[head][slot];
                if (got.position[slot] != e.position)
                    return QString("head %1, slot %2").arg(head).arg(slot);
                if (e.position >= 0 && got.columns() &&
                    (std::int64_t(got.lastTick[slot]) != e.lastTick ||
                     !near(double(got.mass[slot]), e.mass) ||
                     !near(double(got.massSquared[slot]), e.massSquared) ||
                     !near(double(got.lastMass[slot]), e.lastMass) ||
                     std::abs(e.hits - double(got.hits[slot])) > 0.5 + 1e-6)) // kept whole
                    return QString("usage of head %1, position %2").arg(head).arg(e.position);
            }
        }
        return {};
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(ReplayTest)
#include "replay_test.moc"
