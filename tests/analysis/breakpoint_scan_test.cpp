#include "model/analysis/breakpoint_scan.h"
#include "tests/widgets/made_trace.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

using namespace attendre;

namespace {

// step, layer, head, position: what a hit is, for comparing.
using Spot = std::tuple<int, int, int, int>;

std::vector<Spot> spots(const std::vector<BreakpointHit>& hits, int breakpoint) {
    std::vector<Spot> found;
    for (const BreakpointHit& hit : hits)
        if (hit.breakpoint == breakpoint)
            found.push_back({hit.step, hit.layer, hit.head, hit.position});
    std::sort(found.begin(), found.end());
    return found;
}

// The steps as the engine would hand them over, which the trace was made from: what the scan finds
// in the file is compared with what stands there.
struct Made {
    MadeOptions options;
    std::vector<StepRecord> steps;
};

Made madeWith(const MadeOptions& options) {
    Made made{options, {}};
    MadeSteps all(options);
    while (auto step = all.next())
        made.steps.push_back(std::move(*step));
    return made;
}

// Evictions that one of the tests' conditions holds for, looked at one by one.
template <class Holds> std::vector<Spot> evictionsWhere(const Made& made, Holds holds) {
    std::vector<Spot> found;
    for (const StepRecord& step : made.steps)
        for (const LayerRecord& layer : step.layers)
            for (int i = 0; i < made.options.heads * layer.evicted; ++i) {
                const int head = i / layer.evicted;
                const int position = layer.victimPositions[std::size_t(i)];
                if (holds(step, layer, head, i))
                    found.push_back({step.step, layer.layer, head, position});
            }
    std::sort(found.begin(), found.end());
    return found;
}

// The margin by definition: the least rank among the unprotected that stayed, less the greatest
// among those that went, as they stood at the end of the step before.
double slowMargin(const Made& made, int step, int layer, int head) {
    if (step == 0)
        return std::nan("");
    const LayerRecord& before = made.steps[std::size_t(step - 1)].layers[std::size_t(layer)];
    const LayerRecord& now = made.steps[std::size_t(step)].layers[std::size_t(layer)];
    const int m = before.capacity;
    std::set<int> gone;
    for (int i = 0; i < now.evicted; ++i)
        gone.insert(now.victimSlots[std::size_t(head * now.evicted + i)]);
    double went = -INFINITY, stayed = INFINITY;
    for (int slot = 0; slot < m; ++slot) {
        const auto at = std::size_t(head * m + slot);
        const int position = before.position[at];
        if (position == noPosition || position < made.options.sinks ||
            position >= now.firstPosition - made.options.recent)
            continue;
        if (gone.count(slot))
            went = std::max(went, before.rank[at]);
        else
            stayed = std::min(stayed, before.rank[at]);
    }
    return gone.empty() || std::isinf(stayed) ? std::nan("") : stayed - went;
}

} // namespace

class BreakpointScanTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    struct Opened {
        Made made;
        std::unique_ptr<Reader> reader;
        RunInfo run;
        int steps = 0;
    };
    Opened open(const MadeOptions& options) {
        const QString path = m_folder.filePath("made.trace");
        Opened opened{madeWith(options), {}, {}, 0};
        if (auto recorded = recordMade(path, options); !recorded)
            qFatal("%s", qPrintable(recorded.error().sentence));
        opened.reader = Reader::open(path).take();
        opened.run = opened.reader->run(1).take();
        opened.steps = opened.reader->stepCount(1).take();
        return opened;
    }
    static BreakpointHits search(Opened& opened, const std::vector<Breakpoint>& breakpoints) {
        auto scan = BreakpointScan::compile(opened.run, breakpoints);
        if (!scan)
            qFatal("%s", qPrintable(scan.error().sentence));
        auto hits = scan->all(*opened.reader, 0, opened.steps - 1, {}, {});
        if (!hits)
            qFatal("%s", qPrintable(hits.error().sentence));
        // One step at a time, as an engine asks, it finds the same.
        std::vector<BreakpointHit> each;
        for (int step = 0; step < opened.steps; ++step)
            for (const BreakpointHit& hit : scan->at(*opened.reader, step).take())
                each.push_back(hit);
        if (!(each == hits->hits))
            qFatal("step by step, other hits are found");
        return hits.take();
    }
    static Breakpoint when(const QString& condition, int layer = -1, int head = -1) {
        return {noPosition, noPosition, layer, head, condition, true};
    }

  private slots:
    void agreesWithTheRecords_data() {
        QTest::addColumn<QString>("policy");
        QTest::addColumn<int>("waiting");
        QTest::addColumn<unsigned>("seed");
        for (const char* policy : {"fifo", "lra", "lfa", "h2o"})
            for (const int waiting : {0, 6})
                for (const unsigned seed : {1u, 7u})
                    QTest::addRow("%s N=%d seed %u", policy, waiting, seed)
                        << QString(policy) << waiting << seed;
    }
    void agreesWithTheRecords() {
        QFETCH(QString, policy);
        QFETCH(int, waiting);
        QFETCH(unsigned, seed);
        MadeOptions options;
        options.policy = policy;
        options.queryMemory = waiting;
        options.seed = seed;
        options.tokens = 90 + int(seed);
        Opened opened = open(options);
        const Breakpoint token{20, 20, -1, -1, {}, true};
        const Breakpoint span{10, 25, 1, 1, {}, true};
        const Breakpoint spanWith{0, 60, -1, -1, "hits > 0", true};
        const BreakpointHits found =
            search(opened, {token, span, spanWith, when("margin < 2 && evicted > 0"),
                            when("position == 30 || age > 20"), when("step == 5"),
                            when("evicted > 0", 2), when("mass > 0.5 && margin > 0", 0, 1)});
        const Made& made = opened.made;
        QCOMPARE(spots(found.hits, 0), evictionsWhere(made, [](auto&, auto& layer, int, int i) {
                     return layer.victimPositions[std::size_t(i)] == 20;
                 }));
        QCOMPARE(spots(found.hits, 1),
                 evictionsWhere(made, [](auto&, auto& layer, int head, int i) {
                     const int p = layer.victimPositions[std::size_t(i)];
                     return layer.layer == 1 && head == 1 && p >= 10 && p <= 25;
                 }));
        const auto valueBefore = [&](const StepRecord& step, const LayerRecord& layer, int i,
                                     auto column) {
            const LayerRecord& before =
                made.steps[std::size_t(step.step - 1)].layers[std::size_t(layer.layer)];
            const int head = i / layer.evicted;
            return double(
                (before.*
                 column)[std::size_t(head * before.capacity + layer.victimSlots[std::size_t(i)])]);
        };
        QCOMPARE(spots(found.hits, 2),
                 evictionsWhere(made, [&](auto& step, auto& layer, int, int i) {
                     return layer.victimPositions[std::size_t(i)] <= 60 &&
                            valueBefore(step, layer, i, &LayerRecord::hits) > 0;
                 }));
        std::vector<Spot> narrow;
        for (const StepRecord& step : made.steps)
            for (const LayerRecord& layer : step.layers)
                for (int head = 0; head < options.heads; ++head)
                    if (layer.evicted > 0 && slowMargin(made, step.step, layer.layer, head) < 2)
                        narrow.push_back({step.step, layer.layer, head, noPosition});
        QCOMPARE(spots(found.hits, 3), narrow);
        QCOMPARE(spots(found.hits, 4), evictionsWhere(made, [](auto&, auto& layer, int, int i) {
                     const int p = layer.victimPositions[std::size_t(i)];
                     return p == 30 || layer.tick - (p + 1) > 20;
                 }));
        QCOMPARE(spots(found.hits, 5), (std::vector<Spot>{{5, -1, -1, noPosition}}));
        std::vector<Spot> evicting;
        for (const StepRecord& step : made.steps)
            if (step.layers[2].evicted > 0)
                evicting.push_back({step.step, 2, -1, noPosition});
        QCOMPARE(spots(found.hits, 6), evicting);
        QCOMPARE(spots(found.hits, 7),
                 evictionsWhere(made, [&](auto& step, auto& layer, int head, int i) {
                     return layer.layer == 0 && head == 1 &&
                            valueBefore(step, layer, i, &LayerRecord::mass) > 0.5 &&
                            slowMargin(made, step.step, 0, 1) > 0;
                 }));
    }

    void whatTheTraceLacksDecidesNothing() {
        MadeOptions options;
        options.policy = "random"; // its ranks are drawn anew: no margin is in the trace
        Opened opened = open(options);
        const auto found =
            search(opened, {when("margin != 5"), when("coverage < 2"), when("nll < 99")});
        QVERIFY(spots(found.hits, 0).empty());
        QVERIFY(spots(found.hits, 1).empty());
        QVERIFY(!spots(found.hits, 2).empty());
    }

    void valuesAreThoseThatWereRead() {
        Opened opened = open({});
        auto scan =
            BreakpointScan::compile(opened.run, {when("evicted > 0 && step >= 6", 1)}).take();
        const auto hits = scan.all(*opened.reader, 0, opened.steps - 1, {}, {}).take().hits;
        QVERIFY(!hits.empty());
        QVERIFY(scan.reads(0) == (std::vector{ConditionValue::Step, ConditionValue::Evicted}));
        for (const BreakpointHit& hit : hits) {
            const LayerRecord& layer = opened.made.steps[std::size_t(hit.step)].layers[1];
            QVERIFY(hit.values == (std::vector<double>{double(hit.step), double(layer.evicted)}));
        }
    }

    void disabledOnesRest() {
        Opened opened = open({});
        Breakpoint off = when("evicted > 0");
        off.enabled = false;
        const auto found = search(opened, {off, when("evicted > 0")});
        QVERIFY(spots(found.hits, 0).empty());
        QVERIFY(!spots(found.hits, 1).empty());
    }

    void regretComesFromWhoeverReckonsIt() {
        Opened opened = open({});
        int asked = 0;
        auto scan = BreakpointScan::compile(
                        opened.run, {when("regret > 0.5", 1, 0)},
                        [&](int layer, int head) -> Result<std::map<std::int32_t, double>> {
                            ++asked;
                            if (layer != 1 || head != 0)
                                return Error{"another head"};
                            return std::map<std::int32_t, double>{{12, 0.75}, {14, 0.25}};
                        })
                        .take();
        const auto hits = scan.all(*opened.reader, 0, opened.steps - 1, {}, {}).take().hits;
        QCOMPARE(asked, 1);
        const auto gone = evictionsWhere(opened.made, [](auto&, auto& layer, int head, int i) {
            return layer.layer == 1 && head == 0 && layer.victimPositions[std::size_t(i)] == 12;
        });
        QCOMPARE(int(gone.size()), 1);
        QCOMPARE(spots(hits, 0), gone);
        const auto refused = BreakpointScan::compile(opened.run, {when("regret > 0.5")});
        QVERIFY(!refused && refused.error().sentence.contains("finished run"));
    }

    void cancelled() {
        Opened opened = open({});
        auto scan = BreakpointScan::compile(opened.run, {when("evicted > 0")}).take();
        Cancel cancel;
        qint64 reached = 0;
        const auto hits = scan.all(
            *opened.reader, 0, opened.steps - 1,
            [&](qint64 done, qint64) {
                reached = done;
                if (done == 3)
                    cancel.request();
            },
            cancel);
        QVERIFY(!hits);
        QCOMPARE(reached, 3);
    }

    void refusals_data() {
        QTest::addColumn<Breakpoint>("breakpoint");
        QTest::addColumn<QString>("said");
        QTest::addRow("nothing") << Breakpoint() << "neither a span";
        QTest::addRow("layer") << when("step > 1", 3) << "no layer 3, the run has 0 to 2";
        QTest::addRow("head") << when("step > 1", 0, 2) << "no K/V head 2, the run has 0 to 1";
        QTest::addRow("span") << Breakpoint{9, 4, -1, -1, {}, true} << "9-4 is no span";
        QTest::addRow("name") << when("margn < 1") << "did you mean margin?";
        QTest::addRow("assigns") << when("step = 4") << "column 6";
    }
    void refusals() {
        QFETCH(Breakpoint, breakpoint);
        QFETCH(QString, said);
        MadeOptions options;
        const auto scan = BreakpointScan::compile(madeRun(options), {breakpoint});
        QVERIFY(!scan);
        QVERIFY2(scan.error().sentence.contains(said), qPrintable(scan.error().sentence));
    }
};

QTEST_GUILESS_MAIN(BreakpointScanTest)
#include "breakpoint_scan_test.moc"
