#include "tests/widgets/recorded_traces.h"

#include "widgets/attention_view.h"
#include "widgets/entry_history_view.h"
#include "widgets/why_evicted_view.h"

#include <QImage>
#include <QScrollBar>
#include <QToolButton>

#include <set>

using namespace attendre;

// The views of one entry and one query: Attention, Entry history, Why evicted?
class EntryViewsTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { QVERIFY(m_traces.recordAll()); }
    void init() { m_traces.begin(); }
    void cleanup() { m_traces.end(); }

    void attentionRowsAndKeys();
    void attentionWithoutRows();
    void historyStepsThroughEvents();
    void historyAsksForAnEntry();
    void whyNamesTheRecordedVictims();
    void whyClickAndKeys();
    void whyOfAResident();
    void whyFindsRoom();
    void whyAsksInWords();

  private:
    RecordedTraces m_traces;
};

void EntryViewsTest::attentionRowsAndKeys() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<AttentionView>({600, 400});
    view->grab();
    QCOMPARE(view->content()->queries.size(), std::size_t(8));
    QTest::mouseClick(view, Qt::LeftButton, {}, view->rowRect(83).center().toPoint());
    m_traces.settle();
    QCOMPARE(m_traces.point().now().query, 83);
    QTest::keyClick(view, Qt::Key_Down);
    QCOMPARE(m_traces.point().now().query, 84);
    m_traces.settle();
    // Right walks through what it reads, the heaviest first.
    QTest::keyClick(view, Qt::Key_Right);
    QCOMPARE(m_traces.point().now().entry, view->content()->queries[4].top[0].position);
    QVERIFY(view->summary().contains("84"));
    const QImage before = view->grab().toImage();
    QTest::keyClick(view, Qt::Key_S);
    QVERIFY(view->sinksHidden());
    QVERIFY(view->grab().toImage() != before);
    view->setWhose(Whose::LayerMean);
    m_traces.settle();
    QCOMPARE(view->content()->whose, Whose::LayerMean);
    for (const auto across : {AttentionView::Across::Residents, AttentionView::Across::Slots}) {
        const QImage here = view->grab().toImage();
        view->setAcross(across);
        QVERIFY(view->grab().toImage() != here);
    }
    QTest::keyClick(view, Qt::Key_Escape);
    QCOMPARE(m_traces.point().now().query, noPosition);
    // The parts of the step add up to all of it.
    const AttentionShares& s = view->content()->shares;
    QVERIFY(qAbs(s.sink + s.recent + s.kept + s.chunk - 1) < 1e-4);
}

void EntryViewsTest::attentionWithoutRows() {
    m_traces.open("summary.trace");
    auto* view = m_traces.show<AttentionView>();
    QVERIFY(view->content()->queries.empty());
    QVERIFY(!view->isBlank());
    QVERIFY(view->content()->massStep >= 0 && view->content()->massStep <= 10);
    QVERIFY(!view->content()->mass.empty());
    QVERIFY(!view->grab().isNull());
    // It says whose masses these are, that they are not the current step's, and the remedy.
    const int step = view->content()->massStep;
    const QString said = view->massSentence();
    QVERIFY2(said.contains(QString("step %1's keyframe").arg(step)), qPrintable(said));
    QVERIFY2(step == 10 || said.contains("not of step 10"), qPrintable(said));
    QVERIFY2(said.contains("--detail full"), qPrintable(said));
    // The entries with a mass are those of that step; one that came later is not pointed at.
    for (const auto& [position, mass] : view->content()->mass)
        QVERIFY(position < view->content()->massEnd);
    const QImage unpointed = view->grab().toImage();
    m_traces.to({1, 10, Phase::Record, 1, 2, view->content()->massEnd, noPosition});
    QVERIFY(view->grab().toImage() == unpointed);
    m_traces.to({1, 10, Phase::Record, 1, 2, view->content()->mass.begin()->first, noPosition});
    QVERIFY(view->grab().toImage() != unpointed);
    // In a keyframe's own step nothing is older than it seems.
    m_traces.to({1, 0, Phase::Record, 1, 2, noPosition, noPosition});
    QCOMPARE(view->content()->massStep, 0);
    QVERIFY(!view->massSentence().contains("not of step"));
}

void EntryViewsTest::historyStepsThroughEvents() {
    m_traces.open("full.trace");
    const auto gone = m_traces.evicted(10, 1, 2);
    QVERIFY(!gone.empty());
    const Eviction& eviction = gone.front();
    m_traces.to({1, 10, Phase::Record, 1, 2, eviction.position, noPosition});
    auto* view = m_traces.show<EntryHistoryView>();
    const EntryHistory& history = *view->content();
    QCOMPARE(history.life.evictedStep, 10);
    QCOMPARE(history.replacedBy, eviction.replacedBy);
    QVERIFY(history.events.front().kind == EntryEvent::Kind::Inserted);
    QVERIFY(history.events.back().kind == EntryEvent::Kind::Evicted);
    QCOMPARE(history.heads.size(), std::size_t(3));
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_traces.point().now().step, history.life.insertedStep);
    // A button and a key do the same; in the end it is evicted.
    const auto buttons = view->headerWidget()->findChildren<QToolButton*>();
    QCOMPARE(buttons.size(), 2);
    buttons[1]->click();
    QVERIFY(m_traces.point().now().step > history.life.insertedStep);
    for (int i = 0; i < 40; ++i)
        QTest::keyClick(view, Qt::Key_Period);
    QCOMPARE(m_traces.point().now().step, 10);
    QTest::keyClick(view, Qt::Key_Comma);
    QVERIFY(m_traces.point().now().step < 10);
    QTest::keyClick(view, Qt::Key_Up);
    QCOMPARE(m_traces.point().now().head, 1);
    m_traces.settle();
    QCOMPARE(view->content()->asked.head, 1);
}

void EntryViewsTest::historyAsksForAnEntry() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<EntryHistoryView>();
    QVERIFY(view->isBlank());
    QVERIFY(view->emptySentence().startsWith("Select"));
    m_traces.to({1, 10, Phase::Record, 1, 2, 40, noPosition});
    QVERIFY(!view->isBlank());
    m_traces.to({1, 10, Phase::Record, 1, 2, 0, noPosition}); // a sink stays
    QCOMPARE(view->content()->life.evictedStep, -1);
    QVERIFY(view->summary().contains("resident"));
}

// The ranking that follows from the state before is the one that was recorded, everywhere.
void EntryViewsTest::whyNamesTheRecordedVictims() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<WhyEvictedView>();
    for (const int step : {4, 9, 19})
        for (int layer = 0; layer < 4; ++layer)
            for (int head = 0; head < 3; ++head) {
                m_traces.to({1, step, Phase::Record, layer, head, noPosition, noPosition});
                const EvictionReason& reason = *view->content();
                QVERIFY(reason.agrees);
                std::set<std::int32_t> recorded, explained;
                for (const Eviction& eviction : m_traces.evicted(step, layer, head))
                    recorded.insert(eviction.position);
                for (const Candidate& candidate : reason.ranking.candidates)
                    if (candidate.victim)
                        explained.insert(candidate.position);
                QVERIFY(!recorded.empty());
                QVERIFY(recorded == explained);
            }
    m_traces.to(
        {1, 10, Phase::Record, 1, 2, m_traces.evicted(10, 1, 2).front().position, noPosition});
    QVERIFY(view->summary().contains("was evicted at step 10"));
    QVERIFY(!view->content()->columns.empty());
    // Back to the attention that decided: a query that did read the survivor.
    int walked = 0;
    for (int head = 0; head < 3; ++head) {
        m_traces.to({1, 12, Phase::Record, 1, head, noPosition, noPosition});
        const EvictionReason reason = *view->content();
        if (reason.deciding == noPosition)
            continue;
        ++walked;
        QTest::keyClick(view, Qt::Key_Return);
        m_traces.settle();
        QCOMPARE(m_traces.point().now().query, reason.deciding);
        QCOMPARE(m_traces.point().now().entry, reason.right);
        QCOMPARE(m_traces.point().now().step, reason.deciding / 8);
    }
    QVERIFY(walked > 0);
    m_traces.to({1, 0, Phase::Record, 1, 2, noPosition, noPosition});
    QVERIFY(view->isBlank());
}

void EntryViewsTest::whyClickAndKeys() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<WhyEvictedView>({600, 400});
    view->grab();
    const EvictionRanking ranking = view->content()->ranking;
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_traces.point().now().entry, ranking.candidates.front().position);
    m_traces.settle();
    QTest::keyClick(view, Qt::Key_Right);
    QCOMPARE(m_traces.point().now().entry, ranking.candidates[1].position);
    m_traces.settle();
    view->grab();
    // A click among the bars chooses one of the candidates.
    QTest::mouseClick(view, Qt::LeftButton, {}, view->rankingRect().center().toPoint());
    QVERIFY(m_traces.point().now().entry != ranking.candidates[1].position);
    QVERIFY(ranking.placeOf(m_traces.point().now().entry) >= 0);
}

void EntryViewsTest::whyOfAResident() {
    m_traces.open("full.trace");
    m_traces.to({1, 10, Phase::Record, 1, 2, 85, noPosition}); // of this step's own chunk
    auto* view = m_traces.show<WhyEvictedView>();
    QVERIFY(view->content()->toCome);
    QCOMPARE(view->content()->step, 11);
    QVERIFY(view->summary().startsWith("If the next chunk came now"));
    m_traces.to({1, 10, Phase::Record, 1, 2, 1, noPosition});
    QVERIFY(view->summary().contains("protected"));
    m_traces.to({1, 10, Phase::Record, 1, 2, 140, noPosition});
    QVERIFY(view->isBlank());
    QVERIFY(view->emptySentence().contains("has not arrived"));
    // After the last step: what a further chunk would do.
    m_traces.to({1, 19, Phase::Record, 1, 2, 155, noPosition});
    QVERIFY(view->content()->toCome);
    QCOMPARE(view->content()->ranking.victims, 8);
}

// The sentence and the two beside the cut are always there; the ranking is as high as it needs to
// be and scrolled to where there is no room.
void EntryViewsTest::whyFindsRoom() {
    m_traces.open("full.trace");
    m_traces.to(
        {1, 10, Phase::Record, 1, 2, m_traces.evicted(10, 1, 2).front().position, noPosition});
    auto* view = m_traces.show<WhyEvictedView>({600, 500});
    QVERIFY(view->scrollBar()->isHidden());
    QVERIFY(QRectF(view->rect()).contains(view->rankingRect()));
    // As in a window of 1100 × 700.
    view->resize(270, 190);
    QVERIFY(view->scrollBar()->isVisible());
    QVERIFY(view->pairRect().height() > 60);
    QVERIFY(QRectF(view->rect()).contains(view->pairRect()));
    QVERIFY(view->rankingRect().height() >= 78);
    const double below = view->rankingRect().bottom();
    QVERIFY(below > view->height());
    const QImage first = view->grab().toImage();
    QTest::keyClick(view, Qt::Key_PageDown);
    QTest::keyClick(view, Qt::Key_PageDown);
    QVERIFY(view->rankingRect().bottom() <= view->height());
    QVERIFY(view->grab().toImage() != first);
    // What is clicked there is what is seen there, and the view stays where it was scrolled to.
    QTest::mouseClick(view, Qt::LeftButton, {}, view->rankingRect().center().toPoint());
    m_traces.settle();
    QVERIFY(view->content()->ranking.placeOf(m_traces.point().now().entry) > 0);
    QVERIFY(view->scrollBar()->value() > 0);
}

// No column by its raw name, no number without its noun.
void EntryViewsTest::whyAsksInWords() {
    m_traces.open("full.trace");
    m_traces.to({2, 10, Phase::Record, 1, 2, noPosition, noPosition}); // fifo
    auto* view = m_traces.show<WhyEvictedView>({600, 400});
    QVERIFY(!view->content()->columns.empty());
    for (const EvictionReason::Column& column : view->content()->columns)
        QVERIFY2(!column.title.contains('_'), qPrintable(column.title));
    // What came first goes first: no rank would have saved it.
    QVERIFY(view->waysOut().contains("M ≥ "));
    QVERIFY2(!view->waysOut().contains(" more"), qPrintable(view->waysOut()));
    QVERIFY(view->summary().contains("candidates went."));
    m_traces.to({2, 10, Phase::Record, 1, 2, 85, noPosition});
    QVERIFY2(view->summary().contains("would stay: its tick inserted is 86"),
             qPrintable(view->summary()));
}

QTEST_MAIN(EntryViewsTest)
#include "entry_views_test.moc"
