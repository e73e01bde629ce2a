#include "model/memory/eviction.h"
#include "tests/memory/recorded_weights.h"

#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

namespace {

using Slots = std::vector<std::int32_t>;
using Ids = std::vector<std::int32_t>;

// Twelve queries over twelve keys; each gives all its weight to one key, so that masses can be
// counted off: query q reads key reads[q].
const int reads[12] = {0, 0, 1, 0, 2, 2, 0, 5, 1, 1, 5, 8};

Weights dozen() {
    Weights weights;
    for (int q = 0; q < 12; ++q) {
        weights.emplace_back(std::size_t(q) + 1, 0.0);
        weights.back()[std::size_t(reads[q])] = 1;
    }
    return weights;
}

const Ids dozenIds = {7, 3, 9, 9, 1, 4, 4, 2, 8, 6, 5, 0};

} // namespace

// The policy future against traces that are written here.
class FutureTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init() { QVERIFY(m_folder.isValid()); }

    // C = 4. After tick 4 come queries 4 to 11: key 0 gets 1, 1 gets 2, 2 gets 2, 3 gets 0, 5 gets
    // 2, 8 gets 1, all others 0. After tick 8 come 8 to 11: key 1 gets 2, 5 gets 1, 8 gets 1.
    void victimsOfADozen() {
        const QString trace = m_folder.filePath("dozen.trace");
        QCOMPARE(recordWeights(trace, dozen(), runOf(dozen(), 4), dozenIds), QString());
        QCOMPARE(victims(trace, 4, 4, 2), (Slots{0, 3}));
        QCOMPARE(victims(trace, 8, 8, 3), (Slots{0, 2, 3}));
        QCOMPARE(victims(trace, 8, 8, 6), (Slots{0, 2, 3, 4, 6, 7}));
        QCOMPARE(victims(trace, 8, 8, 7), (Slots{0, 2, 3, 4, 5, 6, 7}));
        // Between two recorded steps what the earlier one left is still to come, key 0 and 2
        // included, which queries 4 to 6 read.
        QCOMPARE(ranks(trace, 7, 7), (std::vector<double>{1, 2, 2, 0, 0, 2, 0}));
        QCOMPARE(ranks(trace, 12, 12), std::vector<double>(12, 0));
        QCOMPARE(ranks(trace, 3, 3), (std::vector<double>{4, 3, 2}));
    }

    void theNewestRunThatFits() {
        const QString trace = m_folder.filePath("several.trace");
        RunInfo other = runOf(dozen(), 4);
        QCOMPARE(recordWeights(trace, dozen(), other, dozenIds), QString());
        QCOMPARE(recordWeights(trace, dozen(), runOf(dozen(), 3), dozenIds, true), QString());
        other.modelHash = "sha256:11";
        QCOMPARE(recordWeights(trace, dozen(), other, dozenIds, true), QString());
        const auto ranking = prepared(trace, dozenIds);
        QVERIFY2(ranking.ok(), ranking ? "" : qPrintable(ranking.error().sentence));
        QVERIFY2(ranking->notices.join(' ').contains("run 2 of " + trace),
                 qPrintable(ranking->notices.join(' ')));
    }

    void refusals_data() {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("said");
        QTest::newRow("missing") << "missing"
                                 << "missing.trace";
        QTest::newRow("another input") << "ids"
                                       << "differs at position 3";
        QTest::newRow("another length") << "tokens"
                                        << "of 12 tokens, not 11";
        QTest::newRow("another model") << "model"
                                       << "another model, made.gguf";
        QTest::newRow("M < T") << "memory"
                               << "M = 11, less than T = 12";
        QTest::newRow("summary") << "detail"
                                 << "--detail summary";
        QTest::newRow("unfinished") << "ended"
                                    << "did not reach its end";
        QTest::newRow("half-life") << "half-life"
                                   << "--half-life 8";
        QTest::newRow("mode") << "mode"
                              << "--mode";
        QTest::newRow("waiting") << "waiting"
                                 << "--query-memory";
        QTest::newRow("top k") << "top-k"
                               << "--top-k is 4, not 0";
    }

    void refusals() {
        QFETCH(QString, what);
        QFETCH(QString, said);
        const QString trace = m_folder.filePath(what + ".trace");
        RunInfo run = runOf(dozen(), 4);
        Ids ids = dozenIds;
        if (what == "ids")
            ids[3] = 8;
        if (what == "tokens")
            ids.pop_back();
        if (what == "model")
            run.modelHash = "sha256:11";
        if (what == "memory")
            run.configuration.memory = {11};
        if (what == "detail")
            run.configuration.asked.detail = "summary";
        if (what == "half-life")
            run.configuration.asked.halfLife = 8;
        if (what == "mode")
            run.configuration.mode = "prefix";
        if (what == "waiting")
            run.configuration.queryMemory = {3};
        if (what == "top-k")
            run.configuration.asked.topK = 4;
        const QString ended = what == "ended" ? QString("The run was given up.") : QString();
        if (what != "missing")
            QCOMPARE(recordWeights(trace, dozen(), run, dozenIds, false, ended), QString());
        const auto ranking = prepared(trace, ids);
        QVERIFY(!ranking.ok());
        QVERIFY2(ranking.error().sentence.contains(said), qPrintable(ranking.error().sentence));
        QVERIFY2(ranking.error().sentence.contains(trace), qPrintable(ranking.error().sentence));
    }

  private:
    static Result<Ranking> prepared(const QString& trace, const Ids& ids) {
        const PolicyInput input = futureInput(trace, ids);
        return findPolicy(input.configuration.asked)->prepare(input);
    }

    // Of the first `residents` positions, each in the slot of its number.
    static std::vector<double> ranks(const QString& trace, std::int64_t tick, int residents) {
        EntryColumns columns(1, residents);
        for (int slot = 0; slot < residents; ++slot)
            columns.insert(0, slot, slot);
        columns.occupancy = residents;
        return rankResidents(columns, 0, prepared(trace, dozenIds)->rank, {tick, 0}, false);
    }

    static Slots victims(const QString& trace, std::int64_t tick, int residents, int count) {
        Slots positions(static_cast<std::size_t>(residents));
        for (int slot = 0; slot < residents; ++slot)
            positions[std::size_t(slot)] = slot;
        return chooseVictims(positions, ranks(trace, tick, residents), count, {}, residents);
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(FutureTest)
#include "future_test.moc"
