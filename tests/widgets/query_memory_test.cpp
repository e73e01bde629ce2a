#include "tests/widgets/made_trace.h"
#include "tests/widgets/recorded_traces.h"

#include "widgets/document_memory.h"
#include "widgets/document_tip.h"
#include "widgets/query_memory_view.h"
#include "widgets/timeline_view.h"

#include <set>

using namespace attendre;

// The Q memory view over a run of which the queries wait: M = 24, C = 8, N = 12 in each of three
// layers, 80 tokens; and over one in causal mode.
class QueryMemoryTest : public QObject {
    Q_OBJECT
    RecordedTraces m_traces;
    static constexpr int N = 12, C = 8;

    QueryMemoryView* show(const Point& point, QSize size = {900, 100}) {
        m_traces.open("waiting.trace");
        m_traces.to(point);
        auto* view = m_traces.show<QueryMemoryView>(size);
        m_traces.settle();
        return view;
    }
    static Point at(int step, Phase phase, int layer = 0) {
        return {1, step, phase, layer, 1, noPosition, noPosition};
    }
    static std::vector<std::int32_t> positions(const QueryMemoryContent& content) {
        std::vector<std::int32_t> all;
        for (const WaitingQuery& query : content.queries)
            all.push_back(query.position);
        return all;
    }

  private slots:
    void initTestCase() {
        QVERIFY(m_traces.recordAll());
        MadeOptions made;
        made.layers = 3;
        made.heads = 2;
        made.memory = 24;
        made.chunk = C;
        made.tokens = 80;
        made.queryMemory = N;
        QVERIFY(recordMade(m_traces.filePath("waiting.trace"), made).ok());
    }
    void init() { m_traces.begin(); }
    void cleanup() { m_traces.end(); }

    // One instant each: until the insertion the 12 of the step before; at wait the 8 arrivals too;
    // from the retrieval on the oldest 8 are answered.
    void aPhaseIsOneInstant() {
        const int step = 5; // 40 were read before it: 28 to 39 wait in layer 0
        for (const Phase phase : {Phase::Rank, Phase::Evict, Phase::Insert}) {
            const auto* content = show(at(step, phase))->content();
            QCOMPARE(content->queries.size(), std::size_t(N));
            QCOMPARE(content->queries.front().position, 28);
            QCOMPARE(content->leaving() + content->arrivals(), 0);
            m_traces.end();
            m_traces.begin();
        }
        for (const Phase phase : {Phase::Wait, Phase::Retrieve, Phase::Record}) {
            const auto* content = show(at(step, phase))->content();
            QCOMPARE(content->queries.size(), std::size_t(N + C));
            QCOMPARE(content->queries.front().position, 28);
            QCOMPARE(content->queries.back().position, 47);
            QCOMPARE(content->leaving(), C);
            QCOMPARE(content->arrivals(), C);
            QCOMPARE(content->waiting(), N);
            m_traces.end();
            m_traces.begin();
        }
    }
    // The counts behind and ahead, and whether the own key is there, against the memory itself.
    void whatItWouldSee() {
        auto reader = Reader::open(m_traces.filePath("waiting.trace")).take();
        int gone = 0, ahead = 0;
        for (const Phase phase : {Phase::Evict, Phase::Insert, Phase::Record})
            for (const int layer : {0, 1, 2}) {
                const Point point = at(8, phase, layer);
                const auto content = readQueryMemory(*reader, reader->run(1).take(), point).take();
                const int step = phase == Phase::Evict ? 7 : 8;
                const auto state = reader->layerState(1, step, layer).take().heads[1];
                std::set<std::int32_t> residents(state.position.begin(), state.position.end());
                residents.erase(noPosition);
                QCOMPARE(content.residents, int(residents.size()));
                QVERIFY(!content.queries.empty());
                for (const WaitingQuery& query : content.queries) {
                    const auto first = residents.upper_bound(query.position);
                    QCOMPARE(query.ahead, int(std::distance(first, residents.end())));
                    const int own = int(residents.count(query.position));
                    QCOMPARE(query.behind + own + query.ahead, content.residents);
                    QCOMPARE(query.keyGone < 0, residents.count(query.position) == 1);
                    // Layer l hears of a position when N below it have come after it.
                    const int came = reader->life(1, layer, 1, query.position).take().insertedStep;
                    QCOMPARE(query.since, came);
                    QCOMPARE(came, (query.position + layer * N) / C);
                    gone += query.keyGone >= 0;
                    ahead += query.ahead;
                }
            }
        QVERIFY(gone > 0);
        QVERIFY(ahead > 0);
    }
    void theHeaderAndTheSentence() {
        auto* view = show(at(5, Phase::Record, 1));
        // 48 are read, 36 have come to layer 1, the first 24 of them are answered.
        QCOMPARE(view->detail(), QString("N = 12 · 12 wait"));
        QCOMPARE(view->subtitle(), QString("layer 1 answers positions 16–23 while 48 are read"));
        const QString text = view->sentence(16);
        QVERIFY2(text.contains("is answered in step 5"), qPrintable(text));
        QVERIFY2(view->sentence(30).contains("waits since step 5, tick 31"),
                 qPrintable(view->sentence(30)));
        QVERIFY(view->summary().contains("outlived"));
        QCOMPARE(view->csv().count('\n'), 1 + N + C);
    }
    void clickAndKeys() {
        auto* view = show(at(5, Phase::Record));
        QTest::mouseClick(view, Qt::LeftButton, {}, view->queryRect(40).center().toPoint());
        QCOMPARE(m_traces.point().now().entry, 40);
        QCOMPARE(view->bracketed(), 40);
        QTest::keyClick(view, Qt::Key_Right);
        QCOMPARE(m_traces.point().now().entry, 41);
        QTest::keyClick(view, Qt::Key_Left);
        QTest::keyClick(view, Qt::Key_Left);
        QCOMPARE(m_traces.point().now().entry, 39);
        QTest::keyClick(view, Qt::Key_End);
        QTest::keyClick(view, Qt::Key_Right);
        QCOMPARE(m_traces.point().now().entry, 47);
        QTest::keyClick(view, Qt::Key_Home);
        QCOMPARE(m_traces.point().now().entry, 28);
        // Another's entry is not in this queue: the oldest is told of.
        m_traces.point().move({1, 5, Phase::Record, 0, 1, 3, noPosition});
        m_traces.settle();
        QCOMPARE(view->bracketed(), 28);
    }
    // Nothing arrives, the oldest C leave, in the lowest layer first; then nobody waits.
    void theFlushDrainsFromTheBottom() {
        const auto* view = show(at(10, Phase::Record));
        QCOMPARE(view->content()->arrivals(), 0);
        QCOMPARE(view->content()->leaving(), C);
        QCOMPARE(view->content()->waiting(), N - C);
        m_traces.to(at(12, Phase::Record));
        QVERIFY(view->isBlank());
        QCOMPARE(view->emptySentence(),
                 QString("No query waits in layer 0: all 80 that came were answered."));
        m_traces.to(at(0, Phase::Record, 2));
        QVERIFY(view->emptySentence().startsWith("No query has come to layer 2 yet"));
    }
    // Boxes, bars, a strip: something of every query at any width.
    void manyBecomeAStrip() {
        auto* view = show(at(5, Phase::Record));
        QCOMPARE(view->level(), QueryMemoryView::Level::Boxes);
        view->resize(180, 76);
        QCOMPARE(view->level(), QueryMemoryView::Level::Bars);
        view->resize(48, 76);
        QCOMPARE(view->level(), QueryMemoryView::Level::Strip);
        for (const auto kind : {Theme::Kind::Light, Theme::Kind::Dark})
            for (const QSize size : {QSize(900, 100), QSize(180, 76), QSize(48, 40)}) {
                m_traces.theme().setKind(kind);
                view->resize(size);
                const QImage image = view->grab().toImage();
                std::set<QRgb> colours;
                for (int y = 0; y < image.height(); ++y)
                    for (int x = 0; x < image.width(); ++x)
                        colours.insert(image.pixel(x, y));
                QVERIFY(colours.size() > 6);
            }
    }
    // The document's second channel: whose query waits is a range, told apart from where its key
    // is.
    void theDocumentKnowsWhoWaits() {
        auto reader = Reader::open(m_traces.filePath("waiting.trace")).take();
        const RunInfo run = reader->run(1).take();
        const auto memory = [&](Phase phase, int layer) {
            return readDocumentMemory(*reader, run, at(5, phase, layer)).take();
        };
        const auto waiting = [](const DocumentMemory& memory) {
            std::vector<std::int32_t> all;
            for (std::int32_t position = 0; position < 80; ++position)
                if (memory.waits(position))
                    all.push_back(position);
            return all;
        };
        for (int layer = 0; layer < 3; ++layer) {
            const int read =
                48 - layer * N; // keys that have come to the layer by the end of step 5
            const auto left = waiting(memory(Phase::Insert, layer));
            QCOMPARE(left.size(), std::size_t(N));
            QCOMPARE(left.front(), read - C - N);
            QCOMPARE(waiting(memory(Phase::Wait, layer)).size(), std::size_t(N + C));
            const auto stay = waiting(memory(Phase::Record, layer));
            QCOMPARE(stay.size(), std::size_t(N));
            QCOMPARE(stay.front(), read - N);
            QCOMPARE(stay.back(), read - 1);
        }
        // M = 24 and 20 wait or come: some wait though their key has left head 1, some with it.
        const DocumentMemory late = readDocumentMemory(*reader, run, at(9, Phase::Record)).take();
        int gone = 0, there = 0;
        for (const std::int32_t position : waiting(late))
            (late.stateOf(position, false) == TokenState::Evicted ? gone : there) += 1;
        QCOMPARE(gone + there, N);
        QVERIFY(there > 0);
    }
    void theTipTellsBothChannels() {
        auto reader = Reader::open(m_traces.filePath("waiting.trace")).take();
        const auto tip = [&](std::int32_t position, int step) {
            const Point point = at(step, Phase::Record);
            return factsText(readTokenFacts(*reader, point, position).take(), point);
        };
        // Position 40 comes in step 5 and is answered when 12 later ones have come: in step 6 (56
        // are read, 44 answered).
        QVERIFY2(tip(40, 5).contains("query waiting since step 5; key resident in 2 of 2 heads"),
                 qPrintable(tip(40, 5)));
        QVERIFY2(tip(40, 6).contains("query answered in step 6, came in step 5"),
                 qPrintable(tip(40, 6)));
        QVERIFY2(tip(60, 5).contains("layer 0 at step 5: to come"), qPrintable(tip(60, 5)));
    }
    void readHeadsStandInAStaircase() {
        auto reader = Reader::open(m_traces.filePath("waiting.trace")).take();
        const RunInfo run = reader->run(1).take();
        const auto heads = readHeads(run, reader->layerSteps(1, 7).take(), Phase::Record);
        QCOMPARE(heads.size(), std::size_t(3));
        for (int layer = 0; layer < 3; ++layer) { // 64 are read
            QCOMPARE(heads[std::size_t(layer)].answered, 64 - (layer + 1) * N);
            QCOMPARE(heads[std::size_t(layer)].waiting(), N);
        }
        QCOMPARE(readHeadWords(heads, 2), QString("layer 2 has answered up to position 27; 12 "
                                                  "queries wait; 24 behind layer 0"));
    }
    // What happens once to the layer, and which steps are no chunks.
    void theTimelineTellsEvents() {
        m_traces.open("waiting.trace");
        m_traces.to(at(5, Phase::Record, 1));
        auto* view = m_traces.show<TimelineView>({900, 220});
        const auto events = view->events();
        // Layer 1: keys come when layer 0 answers, once 12 wait there: step 1; M = 24 overflows.
        QCOMPARE(events.at(1), QString("keys come"));
        QCOMPARE(std::count_if(events.begin(), events.end(),
                               [](const auto& e) { return e.second.contains("evictions begin"); }),
                 1);
        QVERIFY(events.rbegin()->second.contains("all answered"));
        // Steps 10 on are the flush: tinted, nothing of it before.
        m_traces.to(at(9, Phase::Record, 1));
        QVERIFY(!view->summary().contains("flush"));
        m_traces.to(at(11, Phase::Record, 1));
        QVERIFY2(view->summary().startsWith("step 11, flush"), qPrintable(view->summary()));
    }
    void causalModeSaysWhy() {
        m_traces.open("full.trace");
        auto* view = m_traces.show<QueryMemoryView>({900, 100});
        QVERIFY(view->isBlank());
        QCOMPARE(view->emptySentence(),
                 QString("Causal mode: a query is answered in the step in which it comes "
                         "(N = 0)."));
    }
};

QTEST_MAIN(QueryMemoryTest)
#include "query_memory_test.moc"
