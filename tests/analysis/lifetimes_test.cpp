#include "model/analysis/lifetime_choice.h"
#include "model/analysis/lifetime_grid.h"
#include "model/analysis/lifetimes.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <map>

using namespace attendre;

// What is read, reduced and counted of entries' stays, against walks over every entry and step.
class LifetimesTest : public QObject {
    Q_OBJECT
  private slots:
    void readsWhatEveryStepHolds_data();
    void readsWhatEveryStepHolds();
    void growsWithTheRun_data();
    void growsWithTheRun();
    void runsThatAskBeginWithEntries();
    void cancelledReadingIsSaid();
    void gridHoldsEveryPair();
    void gridStopsWhenCancelled();
    void binsHoldEveryValue();
    void brushesIntersect();

  private:
    static MadeOptions someOptions(QRandomGenerator& random, const QString& policy, int waiting);
    void walk(Reader& reader, const Lifetimes& lives);
    static Lifetimes randomLives(QRandomGenerator& random);
    static LifeSelection randomSelection(QRandomGenerator& random);
    static LifeWindow randomWindow(QRandomGenerator& random, const LifeSelection& selection);
    static LifeCell slowCell(const LifeSelection& selection, LifeColumn column,
                             const LifeWindow& window);

    QTemporaryDir m_folder;
};

MadeOptions LifetimesTest::someOptions(QRandomGenerator& random, const QString& policy,
                                       int waiting) {
    MadeOptions made;
    made.layers = 1 + int(random.bounded(3));
    made.heads = 1 + int(random.bounded(3));
    made.chunk = 1 + int(random.bounded(7));
    made.memory = made.chunk * 2 + int(random.bounded(12));
    made.tokens = 40 + int(random.bounded(80));
    made.sinks = int(random.bounded(3));
    made.queryMemory = waiting;
    made.policy = policy;
    made.seed = random.generate();
    return made;
}

// The memory as each step left it.
void LifetimesTest::walk(Reader& reader, const Lifetimes& lives) {
    std::map<std::int32_t, int> heldBefore;
    HeadState before;
    for (int step = 0; step < lives.steps; ++step) {
        const HeadState state =
            reader.layerState(1, step, lives.layer).take().heads[std::size_t(lives.head)];
        std::map<std::int32_t, int> held;
        for (std::size_t slot = 0; slot < state.position.size(); ++slot)
            if (state.position[slot] != noPosition) {
                held[state.position[slot]] = int(slot);
                const auto i = std::size_t(state.position[slot]);
                QVERIFY(i < lives.size());
                QCOMPARE(lives.inserted[i], state.insertedStep[slot]);
                QCOMPARE(lives.slot[i], int(slot));
            }
        for (std::size_t i = 0; i < lives.size(); ++i)
            QCOMPARE(lives.residentAt(i, step), held.contains(std::int32_t(i)));
        for (const auto& [position, slot] : heldBefore) {
            if (held.contains(position))
                continue;
            const auto i = std::size_t(position);
            QCOMPARE(lives.evicted[i], step);
            QCOMPARE(lifeValue(lives, LifeColumn::Age, i), double(step - lives.inserted[i]));
            QCOMPARE(lifeValue(lives, LifeColumn::Inserted, i), double(lives.inserted[i]));
            QCOMPARE(lives.rank[i], before.rank[std::size_t(slot)]);
            if (before.columns()) {
                QCOMPARE(lives.usage[i], std::uint8_t(1));
                QCOMPARE(lives.hits[i], before.hits[std::size_t(slot)]);
                QCOMPARE(lives.mass[i], before.mass[std::size_t(slot)]);
            }
        }
        heldBefore = std::move(held);
        before = state;
    }
}

void LifetimesTest::readsWhatEveryStepHolds_data() {
    QTest::addColumn<QString>("policy");
    QTest::addColumn<int>("waiting");
    QTest::newRow("lra") << "lra" << 0;
    QTest::newRow("fifo") << "fifo" << 0;
    QTest::newRow("h2o") << "h2o" << 0;
    QTest::newRow("waiting") << "lra" << 6;
}

void LifetimesTest::readsWhatEveryStepHolds() {
    QFETCH(QString, policy);
    QFETCH(int, waiting);
    QRandomGenerator random(quint32(11 + waiting));
    for (int round = 0; round < 4; ++round) {
        const MadeOptions made = someOptions(random, policy, waiting);
        const QString path =
            m_folder.filePath(QStringLiteral("%1-%2-%3.trace").arg(policy).arg(waiting).arg(round));
        auto recorder =
            Recorder::open(path, madeRun(made), madeTokens(made, "In the beginning. "), {});
        QVERIFY(recorder.ok());
        MadeSteps steps(made);
        while (auto step = steps.next())
            QVERIFY((*recorder)->add(std::move(*step)).ok());
        QVERIFY((*recorder)->finish().ok());
        const auto reader = Reader::open(path).take();
        const RunInfo run = reader->run(1).take();
        for (int layer = 0; layer < made.layers; ++layer)
            for (int head = 0; head < made.heads; ++head) {
                const auto lives = readLifetimes(*reader, run, layer, head, {});
                QVERIFY2(lives.ok(), lives ? "" : qPrintable(lives.error().sentence));
                QCOMPARE(lives->size(), std::size_t(made.tokens));
                QVERIFY(lives->firstArrived);
                walk(*reader, *lives);
            }
        QVERIFY(!readLifetimes(*reader, run, made.layers + 3, 0, {}));
        QVERIFY(!readLifetimes(*reader, run, 0, made.heads, {}));
    }
}

void LifetimesTest::growsWithTheRun_data() {
    QTest::addColumn<bool>("full");
    QTest::newRow("full") << true;
    QTest::newRow("summary") << false;
}

// What is read of a part of a run and extended is what is read of all of it.
void LifetimesTest::growsWithTheRun() {
    QFETCH(bool, full);
    QRandomGenerator random(5);
    MadeOptions made = someOptions(random, "lra", 0);
    made.tokens = 150;
    made.full = full;
    const QString path = m_folder.filePath(QStringLiteral("growing-%1.trace").arg(full));
    auto recorder = Recorder::open(path, madeRun(made), madeTokens(made, "In the beginning. "), {});
    QVERIFY(recorder.ok());
    std::vector<Lifetimes> parts;
    MadeSteps steps(made);
    const auto reader = Reader::open(path).take();
    for (int count = 0; auto step = steps.next(); ++count) {
        if (count % 9 == 4) {
            QTRY_COMPARE(reader->stepCount(1).take(), count);
            parts.push_back(readLifetimes(*reader, reader->run(1).take(), 0, 0, {}).take());
            QCOMPARE(parts.back().steps, count);
        }
        QVERIFY((*recorder)->add(std::move(*step)).ok());
    }
    QVERIFY((*recorder)->finish().ok());
    QVERIFY(parts.size() > 2);
    const Lifetimes whole = readLifetimes(*reader, reader->run(1).take(), 0, 0, {}).take();
    for (const Lifetimes& part : parts) {
        const Lifetimes grown = extendedLifetimes(*reader, part, {}).take();
        QCOMPARE(grown.steps, whole.steps);
        QCOMPARE(grown.inserted, whole.inserted);
        QCOMPARE(grown.evicted, whole.evicted);
        QCOMPARE(grown.slot, whole.slot);
        for (std::size_t i = 0; i < whole.size(); ++i) {
            QVERIFY(!full || whole.evicted[i] < 0 || grown.usage[i]);
            if (whole.evicted[i] >= 0)
                QCOMPARE(grown.rank[i], whole.rank[i]);
            if (!grown.usage[i])
                continue;
            QCOMPARE(grown.hits[i], whole.hits[i]);
            QCOMPARE(grown.mass[i], whole.mass[i]);
        }
    }
}

// A run that asks begins with what the run before it held: no chunk brought that.
void LifetimesTest::runsThatAskBeginWithEntries() {
    QRandomGenerator random(41);
    const MadeOptions made = someOptions(random, "lra", 0);
    const QString path = m_folder.filePath("asks.trace");
    auto recorder = Recorder::open(path, madeRun(made), madeTokens(made, "In the beginning. "), {});
    QVERIFY(recorder.ok());
    MadeSteps steps(made);
    (void)steps.next();
    for (int count = 0; auto step = steps.next(); ++count) {
        if (count == 0) {
            step->arrived = 0;
            for (LayerRecord& layer : step->layers) {
                layer.arrived = layer.answered = layer.evicted = 0;
                layer.firstPosition = std::int32_t(layer.tick);
                layer.victimSlots.clear();
                layer.victimPositions.clear();
                layer.victimRanks.clear();
                layer.attention = {};
            }
        }
        step->step = count;
        QVERIFY((*recorder)->add(std::move(*step)).ok());
    }
    QVERIFY((*recorder)->finish().ok());
    const auto reader = Reader::open(path).take();
    const Lifetimes lives = readLifetimes(*reader, reader->run(1).take(), 0, 0, {}).take();
    QVERIFY(!lives.firstArrived);
    QCOMPARE(lives.inserted[0], 0);
    walk(*reader, lives);
}

void LifetimesTest::cancelledReadingIsSaid() {
    QRandomGenerator random(9);
    const MadeOptions made = someOptions(random, "lra", 0);
    const QString path = m_folder.filePath("cancelled.trace");
    auto recorder = Recorder::open(path, madeRun(made), madeTokens(made, "In the beginning. "), {});
    MadeSteps steps(made);
    while (auto step = steps.next())
        QVERIFY((*recorder)->add(std::move(*step)).ok());
    QVERIFY((*recorder)->finish().ok());
    const auto reader = Reader::open(path).take();
    Cancel cancel;
    cancel.request();
    const auto lives = readLifetimes(*reader, reader->run(1).take(), 0, 0, cancel);
    QVERIFY(!lives.ok());
    QVERIFY(lives.error().sentence.contains("cancelled.trace"));
}

Lifetimes LifetimesTest::randomLives(QRandomGenerator& random) {
    Lifetimes lives;
    lives.steps = 1 + int(random.bounded(60));
    const std::size_t size = 1 + random.bounded(200u);
    for (std::size_t i = 0; i < size; ++i) {
        const bool came = random.bounded(8) != 0;
        const int inserted = came ? int(random.bounded(lives.steps)) : -1;
        const bool left = came && inserted + 1 < lives.steps && random.bounded(3) != 0;
        lives.inserted.push_back(inserted);
        lives.evicted.push_back(
            left ? inserted + 1 + int(random.bounded(lives.steps - inserted - 1)) : -1);
        lives.slot.push_back(came ? int(random.bounded(50)) : -1);
        lives.rank.push_back(random.bounded(10) == 0 ? std::numeric_limits<double>::infinity()
                                                     : random.bounded(100.0));
        lives.hits.push_back(random.bounded(40u));
        lives.mass.push_back(float(random.bounded(5.0)));
        lives.usage.push_back(random.bounded(5) != 0 ? 1 : 0);
    }
    return lives;
}

LifeSelection LifetimesTest::randomSelection(QRandomGenerator& random) {
    LifeSelection selection;
    const int heads = 1 + int(random.bounded(3));
    const bool choosing = random.bounded(2) == 0;
    for (int head = 0; head < heads; ++head) {
        selection.heads.push_back(std::make_shared<const Lifetimes>(randomLives(random)));
        if (!choosing)
            continue;
        selection.chosen.emplace_back(selection.heads.back()->size());
        for (std::uint8_t& one : selection.chosen.back())
            one = std::uint8_t(random.bounded(2));
    }
    return selection;
}

LifeWindow LifetimesTest::randomWindow(QRandomGenerator& random, const LifeSelection& selection) {
    const auto size = std::int32_t(selection.heads.front()->size());
    const auto first = std::int32_t(random.bounded(size));
    const int firstStep = int(random.bounded(selection.heads.front()->steps));
    return {first, first + 1 + std::int32_t(random.bounded(size)), firstStep,
            firstStep + 1 + int(random.bounded(selection.heads.front()->steps))};
}

// Every pair of an entry and a step, one by one.
LifeCell LifetimesTest::slowCell(const LifeSelection& selection, LifeColumn column,
                                 const LifeWindow& window) {
    LifeCell cell;
    double sum = 0;
    for (std::size_t head = 0; head < selection.heads.size(); ++head)
        for (std::int32_t p = window.firstPosition; p < window.endPosition; ++p)
            for (int step = window.firstStep; step < window.endStep; ++step) {
                const Lifetimes& lives = *selection.heads[head];
                const auto i = std::size_t(p);
                if (i >= lives.size() || lives.inserted[i] < 0 || step < lives.inserted[i] ||
                    step >= (lives.evicted[i] < 0 ? lives.steps : lives.evicted[i]))
                    continue;
                ++cell.resident;
                if (!selection.chosen.empty() && !selection.chosen[head][i])
                    continue;
                ++cell.chosen;
                cell.stays += lives.evicted[i] < 0 ? 1 : 0;
                const double value = lifeValue(lives, column, i);
                if (!std::isfinite(value))
                    continue;
                cell.greatest =
                    cell.known == 0 ? float(value) : std::max(cell.greatest, float(value));
                ++cell.known;
                sum += value;
            }
    cell.mean = cell.known > 0 ? float(sum / cell.known) : 0;
    return cell;
}

void LifetimesTest::gridHoldsEveryPair() {
    QRandomGenerator random(17);
    for (int round = 0; round < 300; ++round) {
        const LifeSelection selection = randomSelection(random);
        const LifeWindow window = randomWindow(random, selection);
        const auto column = LifeColumn(random.bounded(lifeColumnCount));
        const int columns = 1 + int(random.bounded(90)), rows = 1 + int(random.bounded(70));
        const auto grid = reduceLifetimes(selection, column, window, columns, rows, {});
        QVERIFY(grid.has_value());
        QCOMPARE(grid->columns, std::min(columns, window.positions()));
        QCOMPARE(grid->rows, std::min(rows, window.steps()));
        std::int64_t room = 0;
        for (int row = 0; row < grid->rows; ++row)
            for (int k = 0; k < grid->columns; ++k) {
                const LifeCell& cell = grid->at(k, row);
                const LifeCell slow = slowCell(selection, column, grid->windowOf(k, row));
                QCOMPARE(cell.resident, slow.resident);
                QCOMPARE(cell.chosen, slow.chosen);
                QCOMPARE(cell.stays, slow.stays);
                QCOMPARE(cell.known, slow.known);
                QCOMPARE(cell.greatest, slow.greatest);
                QVERIFY(std::abs(cell.mean - slow.mean) <= 1e-4f * std::max(1.f, slow.mean));
                QVERIFY(cell.resident <= grid->room(k, row));
                room += grid->room(k, row);
            }
        QCOMPARE(room, std::int64_t(window.positions()) * window.steps() *
                           std::int64_t(selection.heads.size()));
    }
}

void LifetimesTest::gridStopsWhenCancelled() {
    QRandomGenerator random(2);
    const LifeSelection selection = randomSelection(random);
    Cancel cancel;
    QVERIFY(reduceLifetimes(selection, LifeColumn::Age, {0, 9, 0, 9}, 4, 4, cancel).has_value());
    cancel.request();
    QVERIFY(!reduceLifetimes(selection, LifeColumn::Age, {0, 9, 0, 9}, 4, 4, cancel).has_value());
    QVERIFY(reduceLifetimes(selection, LifeColumn::Age, {5, 5, 0, 9}, 4, 4, {})->cells.empty());
}

void LifetimesTest::binsHoldEveryValue() {
    QRandomGenerator random(23);
    for (int round = 0; round < 400; ++round) {
        const int most = 1 + int(random.bounded(40));
        const std::int64_t low = random.bounded(50), high = low + random.bounded(round * 20 + 1);
        const double end = random.bounded(2000.0) + 1e-6;
        for (const ValueBins& bins : {evenBins(low, high, most), wideningBins(low, high, most),
                                      logarithmicBins(end, std::max(2, most))}) {
            QVERIFY(bins.count() >= 1);
            QVERIFY(bins.count() <= std::max(2, most));
            for (int i = 0; i < bins.count(); ++i)
                QVERIFY(bins.edges[std::size_t(i)] < bins.edges[std::size_t(i) + 1]);
            QCOMPARE(bins.of(std::nan("")), -1);
            QCOMPARE(bins.of(bins.edges.back()), -1);
        }
        const ValueBins even = evenBins(low, high, most), wide = wideningBins(low, high, most),
                        real = logarithmicBins(end, std::max(2, most));
        for (int i = 0; i < 40; ++i) {
            const auto whole = double(low + random.bounded(int(high - low + 1)));
            const double value = i == 0 ? end : i == 1 ? 0 : random.bounded(end);
            for (const auto& [bins, at] :
                 {std::pair(&even, whole), std::pair(&wide, whole), std::pair(&real, value)}) {
                int slow = -1;
                for (int k = 0; k < bins->count(); ++k)
                    if (at >= bins->edges[std::size_t(k)] && at < bins->edges[std::size_t(k) + 1])
                        slow = k;
                QVERIFY(slow >= 0);
                QCOMPARE(bins->of(at), slow);
            }
        }
        if (high - low + 1 <= most)
            QCOMPARE(wide.count(), int(high - low + 1)); // a bin each where they all fit
    }
    QCOMPARE(logarithmicBins(0, 8).of(0), 0);
    QCOMPARE(ValueBins().of(1), -1);
}

void LifetimesTest::brushesIntersect() {
    QRandomGenerator random(31);
    for (int round = 0; round < 120; ++round) {
        const LifeSelection some = randomSelection(random);
        const LifeWindow window = randomWindow(random, some);
        const BinnedLives lives = binLives(some.heads);
        LifeBrush brush;
        for (std::size_t c = 0; c < binnedColumns.size(); ++c)
            if (const int n = lives.columns[c].bins.count(); n > 0 && random.bounded(3) == 0) {
                const int first = int(random.bounded(n));
                brush.bins[c] = {first, first + int(random.bounded(n - first))};
            }
        if (random.bounded(3) == 0)
            brush.positions = {std::int32_t(random.bounded(60)),
                               std::int32_t(60 + random.bounded(90))};
        const LifeSelection selection = select(lives, brush);
        QCOMPARE(selection.chosen.empty(), brush.empty());
        const LifeCounts counts = countLives(lives, selection, window);

        // The same from the values themselves.
        std::int64_t entries = 0, chosenOnes = 0, stay = 0;
        std::array<std::map<int, std::pair<std::int64_t, std::int64_t>>, 4> slow;
        for (std::size_t head = 0; head < some.heads.size(); ++head)
            for (std::size_t i = 0; i < some.heads[head]->size(); ++i) {
                const Lifetimes& one = *some.heads[head];
                bool chosen = !brush.positions || (std::int32_t(i) >= brush.positions->first &&
                                                   std::int32_t(i) <= brush.positions->second);
                for (std::size_t c = 0; c < binnedColumns.size() && chosen; ++c)
                    if (brush.bins[c]) {
                        const auto& edges = lives.columns[c].bins.edges;
                        const double value = lifeValue(one, binnedColumns[c], i);
                        chosen = value >= edges[std::size_t(brush.bins[c]->first)] &&
                                 value < edges[std::size_t(brush.bins[c]->last) + 1];
                    }
                QCOMPARE(selection.isChosen(head, i), chosen);
                bool seen = false;
                for (int step = window.firstStep; step < window.endStep && !seen; ++step)
                    seen = std::int32_t(i) >= window.firstPosition &&
                           std::int32_t(i) < window.endPosition && one.residentAt(i, step);
                if (!seen)
                    continue;
                ++entries;
                chosenOnes += chosen;
                stay += chosen && one.stays(i);
                for (std::size_t c = 0; c < binnedColumns.size(); ++c) {
                    const double value = lifeValue(one, binnedColumns[c], i);
                    if (std::isnan(value))
                        continue;
                    auto& [all, brushed] = slow[c][lives.columns[c].bins.of(value)];
                    ++all;
                    brushed += chosen;
                }
            }
        QCOMPARE(counts.entries, entries);
        QCOMPARE(counts.chosen, chosenOnes);
        QCOMPARE(counts.stay, stay);
        for (std::size_t c = 0; c < binnedColumns.size(); ++c)
            for (int bin = 0; bin < lives.columns[c].bins.count(); ++bin) {
                QCOMPARE(counts.columns[c].all[std::size_t(bin)], slow[c][bin].first);
                QCOMPARE(counts.columns[c].chosen[std::size_t(bin)], slow[c][bin].second);
            }
    }
}

QTEST_MAIN(LifetimesTest)
#include "lifetimes_test.moc"
