#include "tests/widgets/made_trace.h"
#include "tests/widgets/recorded_traces.h"

#include "widgets/one_step_view.h"
#include "widgets/one_step_words.h"

#include <set>

using namespace attendre;

// The walk through one step, over runs with and without waiting queries: M = 24, C = 8, N = 12 in
// three layers; and M = 32, C = 8 in causal mode, at full and at summary detail.
class OneStepTest : public QObject {
    Q_OBJECT
    RecordedTraces m_traces;

    static Point at(int step, Phase phase, int layer = 0) {
        return {1, step, phase, layer, 1, noPosition, noPosition};
    }
    OneStepView* show(const QString& trace, const Point& point, QSize size = {620, 480}) {
        m_traces.open(trace);
        m_traces.to(point);
        auto* view = m_traces.show<OneStepView>(size);
        view->finishMovement();
        return view;
    }
    QString sentence(OneStepView* view, Phase phase) {
        const RunInfo run = *m_traces.source().run(1);
        return phaseSentence(*view->content(), run, phase,
                             view->content()->shownQuery(m_traces.point().now()));
    }
    static int colours(const QImage& image, const QRectF& part) {
        std::set<QRgb> found;
        const QRect area = part.toRect().intersected(image.rect());
        for (int y = area.top(); y < area.bottom(); ++y)
            for (int x = area.left(); x < area.right(); ++x)
                found.insert(image.pixel(x, y));
        return int(found.size());
    }

  private slots:
    void initTestCase() {
        QVERIFY(m_traces.recordAll());
        MadeOptions made;
        made.layers = 3;
        made.heads = 2;
        made.memory = 24;
        made.chunk = 8;
        made.tokens = 80;
        made.queryMemory = 12;
        QVERIFY(recordMade(m_traces.filePath("waiting.trace"), made).ok());
    }
    void init() { m_traces.begin(); }
    void cleanup() { m_traces.end(); }

    // What it tells of a step is what was recorded of it.
    void theStepIsAsRecorded() {
        auto* view = show("full.trace", at(10, Phase::Record, 1));
        const OneStep& step = *view->content();
        auto reader = Reader::open(m_traces.source().path()).take();
        const auto before = reader->layerState(1, 9, 1).take().heads[1];
        const auto after = reader->layerState(1, 10, 1).take().heads[1];
        QCOMPARE(step.before.position, before.position);
        QCOMPARE(step.after.position, after.position);
        const auto evictions = m_traces.evicted(10, 1, 1);
        QCOMPARE(step.ranking.victims, int(evictions.size()));
        QCOMPARE(step.changes.size(), std::size_t(8));
        for (const OneStep::Change& change : step.changes) {
            const auto found =
                std::find_if(evictions.begin(), evictions.end(),
                             [&](const Eviction& e) { return e.slot == change.slot; });
            QVERIFY(found != evictions.end());
            QCOMPARE(change.out, found->position);
            QCOMPARE(change.in, found->replacedBy);
        }
        double mass = 0;
        int hit = 0;
        for (std::size_t slot = 0; slot < after.position.size(); ++slot) {
            mass += double(after.lastMass[slot]);
            const bool stays = before.position[slot] == after.position[slot];
            hit += after.hits[slot] > (stays ? before.hits[slot] : 0);
        }
        QVERIFY(std::abs(step.mass - mass) < 1e-6 * mass);
        QVERIFY(std::abs(step.mass - 8) < 1e-3); // eight queries, a mass of one each
        QCOMPARE(step.hit, hit);
        for (std::size_t i = 1; i < step.gains.size(); ++i)
            QVERIFY(step.gains[i - 1].lastMass >= step.gains[i].lastMass);
    }
    void sentencesHaveTheNumbers() {
        auto* view = show("full.trace", at(10, Phase::Record, 1));
        const OneStep& step = *view->content();
        const auto number = [](double value) { return QString::number(value); };
        QString text = sentence(view, Phase::Rank);
        QVERIFY2(
            text.startsWith("LRA ranks the 30 unprotected entries by last attended tick, from "),
            qPrintable(text));
        QVERIFY2(text.endsWith("protected and not ranked: 2 sinks."), qPrintable(text));
        text = sentence(view, Phase::Evict);
        QVERIFY2(text.startsWith("8 keys arrive, 0 slots are free, so 8 of 30 unprotected entries "
                                 "leave: those with the lowest last attended tick, up to " +
                                 number(step.ranking.lastVictim()->rank)),
                 qPrintable(text));
        text = sentence(view, Phase::Insert);
        QVERIFY2(
            text.startsWith("The arrivals, positions 80 to 87, take the 8 slots that were left"),
            qPrintable(text));
        QVERIFY(sentence(view, Phase::Wait).contains("(N = 0): the 8 queries do not wait"));
        text = sentence(view, Phase::Retrieve);
        QVERIFY2(text.startsWith("8 queries attend over the 32 entries"), qPrintable(text));
        QVERIFY2(text.contains("(80) reads most from"), qPrintable(text));
        text = sentence(view, Phase::Record);
        QVERIFY2(text.startsWith("The 8 answered queries spread a mass of 8 over 32 entries; " +
                                 number(step.hit) + " of these were hit."),
                 qPrintable(text));
        QCOMPARE(view->csv().count('\n'), 33);
    }
    void theFirstStepFillsFreeSlots() {
        auto* view = show("full.trace", at(0, Phase::Rank, 1));
        QCOMPARE(sentence(view, Phase::Rank),
                 QString("The memory is empty: there is nobody to rank."));
        QCOMPARE(sentence(view, Phase::Evict),
                 QString("8 keys arrive and 32 slots are free: nobody has to leave."));
        QVERIFY(sentence(view, Phase::Insert).endsWith("take 8 free slots, in ascending order."));
    }
    void queriesEnterAndLeave() {
        auto* view = show("waiting.trace", at(5, Phase::Wait));
        QCOMPARE(
            sentence(view, Phase::Wait),
            QString("8 queries join the 12 that wait in the Q memory, which has 12 places; the "
                    "oldest 8, positions 28 to 35, come out, and 12 go on waiting."));
        QVERIFY(sentence(view, Phase::Retrieve).contains("(28) reads most from"));
        // In the flush nothing arrives.
        m_traces.to(at(10, Phase::Evict));
        QCOMPARE(sentence(view, Phase::Evict),
                 QString("The input has ended and who waits is flushed: no key arrives in this "
                         "layer, so nobody has to leave."));
        QVERIFY(view->content()->changes.empty());
        // Nobody has come to layer 2 in the first step.
        m_traces.to(at(0, Phase::Retrieve, 2));
        QVERIFY(sentence(view, Phase::Retrieve).startsWith("No query came out"));
    }
    void summaryDetailSaysWhatIsMissing() {
        auto* view = show("summary.trace", at(10, Phase::Retrieve, 1));
        QVERIFY(sentence(view, Phase::Retrieve).contains("recorded at summary detail"));
        QVERIFY(sentence(view, Phase::Record).contains("keyframes only"));
        // What decides is exact all the same.
        QVERIFY(sentence(view, Phase::Evict).contains("8 of 30"));
        QVERIFY(!view->isBlank());
    }
    // The phase is the point's: both ways.
    void walksThePoint() {
        auto* view = show("full.trace", at(10, Phase::Rank, 1));
        QTest::keyClick(view, Qt::Key_Right);
        QCOMPARE(m_traces.point().now().phase, Phase::Evict);
        QTest::keyClick(view, Qt::Key_Left);
        QTest::keyClick(view, Qt::Key_Left);
        QCOMPARE(m_traces.point().now().phase, Phase::Record);
        QCOMPARE(m_traces.point().now().step, 9);
        m_traces.settle();
        QCOMPARE(view->content()->asked.step, 9);
        const auto insert = view->picture().phaseRect(Phase::Insert).center().toPoint();
        QTest::mouseClick(view, Qt::LeftButton, {}, insert);
        QCOMPARE(m_traces.point().now().phase, Phase::Insert);
        const OneStepPicture picture = view->picture();
        const auto slot = picture.slotRect(5).center();
        QCOMPARE(picture.slotAt(slot), 5);
        QTest::mouseClick(view, Qt::LeftButton, {}, slot.toPoint());
        QCOMPARE(m_traces.point().now().entry, view->content()->after.position[5]);
        const int shown = view->content()->shownQuery(m_traces.point().now());
        QTest::keyClick(view, Qt::Key_Down);
        QCOMPARE(m_traces.point().now().query,
                 view->content()->attention[std::size_t(shown + 1)].queryPosition);
    }
    // By itself through the phases and on to the next step, until the last one.
    void plays() {
        auto* view = show("full.trace", at(18, Phase::Retrieve, 1));
        view->setPace(1);
        QCOMPARE(view->pace(), 1.0);
        view->setPlaying(true);
        QTRY_COMPARE_WITH_TIMEOUT(m_traces.point().now().phase, Phase::Record, 3000);
        QTRY_COMPARE_WITH_TIMEOUT(m_traces.point().now().step, 19, 3000);
        QCOMPARE(m_traces.point().now().phase, Phase::Rank);
        QVERIFY(view->playing());
        m_traces.to(at(19, Phase::Record, 1));
        QTRY_VERIFY_WITH_TIMEOUT(!view->playing(), 3000);
        QCOMPARE(m_traces.point().now().step, 19);
    }
    // Every phase draws its slots and, where there is room, whom it is about.
    void everyPhaseIsDrawn() {
        for (const char* trace : {"full.trace", "waiting.trace"})
            for (const QSize size : {QSize(620, 480), QSize(360, 200), QSize(1200, 700)})
                for (const bool large : {false, true})
                    for (int phase = 0; phase < phaseCount; ++phase) {
                        auto* view = show(QLatin1String(trace), at(8, Phase(phase)), size);
                        view->setLarge(large);
                        const QImage image = view->grab().toImage();
                        const OneStepPicture picture = view->picture();
                        QVERIFY(colours(image, picture.slotRect(3).adjusted(-2, -2, 40, 2)) > 1);
                        QVERIFY(QRectF(view->rect()).contains(picture.slotRect(23)));
                        if (!picture.laneRect().isEmpty() && picture.laneRect().height() > 60)
                            QVERIFY2(colours(image, picture.laneRect()) > 3,
                                     qPrintable(phaseName(Phase(phase))));
                        m_traces.end();
                        m_traces.begin();
                    }
    }
    // Halfway between two phases something is under way; at the end it is where it belongs.
    void movesBetweenPhases() {
        auto* view = show("full.trace", at(10, Phase::Evict, 1));
        const RunInfo run = *m_traces.source().run(1);
        const auto draw = [&](Phase phase, double progress) {
            QImage image(view->size(), QImage::Format_RGB32);
            image.fill(Qt::white);
            QPainter painter(&image);
            OneStepPicture::Moment moment;
            moment.phase = phase;
            moment.progress = progress;
            moment.query = 0;
            OneStepPicture(*view->content(), run, m_traces.theme(), QRectF(image.rect()), moment)
                .paint(painter);
            return image;
        };
        for (int phase = 0; phase < phaseCount; ++phase) {
            QVERIFY2(draw(Phase(phase), 0.4) != draw(Phase(phase), 1),
                     qPrintable(phaseName(Phase(phase))));
            QCOMPARE(draw(Phase(phase), 1), draw(Phase(phase), 1));
        }
    }
};

QTEST_MAIN(OneStepTest)
#include "one_step_test.moc"
