#include "tests/widgets/recorded_traces.h"

#include "widgets/lifetimes_view.h"

#include <QApplication>
#include <QComboBox>
#include <QMouseEvent>
#include <QToolButton>
#include <QWheelEvent>

#include <cmath>
#include <set>

using namespace attendre;

// The Lifetimes view on small recorded traces, driven by mouse and keyboard; what it draws and says
// against the trace itself.
class LifetimesViewTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { QVERIFY(m_traces.recordAll()); }
    void init() {
        m_traces.begin();
        m_traces.open("full.trace");
    }
    void cleanup() { m_traces.end(); }

    void drawsEveryStay();
    void wholeRunShowsWhoIsThere();
    void wheelZoomsAtTheMouse();
    void dragPans();
    void keysMoveAndZoom();
    void clickChoosesEntryAndEnd();
    void keysChooseEntries();
    void headsFollowThePoint();
    void allHeadsShareTheColour();
    void rangeOfPositionsIsChosen();
    void histogramsBrush_data();
    void histogramsBrush();
    void brushesIntersectAndClear();
    void histogramKeys();
    void peaksShowTheGreatest();
    void headerChooses();
    void summaryTraceIsShownToo();
    void growsWithTheRun();
    void outputsAreAMemoryToo();
    void staysSharpWhileMoving();

  private:
    LifetimesView* show(QSize size = {900, 420}) {
        auto* view = m_traces.show<LifetimesView>(size);
        settle(view);
        return view;
    }
    void settle(LifetimesView* view) {
        m_traces.settle();
        QTRY_VERIFY(view->isSharp());
        m_traces.settle();
    }
    std::vector<Life> lives(int head = 2, int layer = 1, int run = 1) {
        auto reader = Reader::open(m_traces.source().path());
        return (*reader)->lives(run, layer, head, 0, 160).take();
    }
    static void wheel(QWidget* view, const QPointF& at, int turned,
                      Qt::KeyboardModifiers keys = Qt::NoModifier) {
        QWheelEvent event(at, view->mapToGlobal(at), {}, {0, turned}, Qt::NoButton, keys,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(view, &event);
    }
    static void drag(QWidget* view, const QPointF& from, const QPointF& to,
                     Qt::KeyboardModifiers keys = Qt::NoModifier) {
        QTest::mousePress(view, Qt::LeftButton, keys, from.toPoint());
        for (int i = 1; i <= 4; ++i) {
            const QPointF at = (from + (to - from) * i / 4).toPoint();
            QMouseEvent move(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton,
                             Qt::LeftButton, keys);
            QApplication::sendEvent(view, &move);
        }
        QTest::mouseRelease(view, Qt::LeftButton, keys, to.toPoint());
    }
    static QColor pixel(QWidget* view, const QPointF& at) {
        return view->grab().toImage().pixelColor(at.toPoint());
    }
    static bool near(const QColor& a, const QColor& b) {
        return std::abs(a.red() - b.red()) < 6 && std::abs(a.green() - b.green()) < 6 &&
               std::abs(a.blue() - b.blue()) < 6;
    }
    // Zooms until each entry is a bar, around a position.
    void zoomToBars(LifetimesView* view, std::int32_t position) {
        for (int i = 0; i < 30 && !view->drawsBars(); ++i)
            wheel(view, view->placeOf(position, 8), 120, Qt::ShiftModifier);
        QVERIFY(view->drawsBars());
        settle(view);
    }

    RecordedTraces m_traces;
};

// Every bar in sight has its colour in every step of its stay, and none beyond.
void LifetimesViewTest::drawsEveryStay() {
    LifetimesView* view = show({1400, 560});
    view->showHistograms(false);
    QTest::keyClick(view, Qt::Key_0);
    settle(view);
    QVERIFY(view->drawsBars()); // 160 positions have room for a bar each
    MagnitudeScale ages{true, false, 1};
    for (const Life& life : lives())
        if (life.evictedStep >= 0)
            ages.add(life.evictedStep - life.insertedStep);
    const QImage image = view->grab().toImage();
    int stays = 0, left = 0;
    for (const Life& life : lives()) {
        QVERIFY(life.insertedStep >= 0);
        const QColor colour =
            life.evictedStep < 0
                ? m_traces.theme().resident()
                : m_traces.theme().magnitude(ages.t(life.evictedStep - life.insertedStep));
        for (int step = 0; step < 20; ++step) {
            if (step == 10)
                continue; // the line of the current step
            const QColor drawn = image.pixelColor(view->placeOf(life.position, step).toPoint());
            const bool resident =
                step >= life.insertedStep && (life.evictedStep < 0 || step < life.evictedStep);
            if (!resident)
                QVERIFY(near(drawn, lifeGround(m_traces.theme())));
            else if (step == life.insertedStep)
                QVERIFY(drawn.blue() > drawn.red() + 60); // in the chunk
            else
                QVERIFY2(near(drawn, colour), qPrintable(drawn.name() + ' ' + colour.name()));
        }
        (life.evictedStep < 0 ? stays : left) += 1;
        if (life.evictedStep < 0)
            continue;
        const QPointF end = view->placeOf(life.position, life.evictedStep - 0.5) - QPointF(0, 1);
        QVERIFY(near(image.pixelColor(end.toPoint()), m_traces.theme().evicted()));
    }
    QCOMPARE(stays, 32);
    QCOMPARE(left, 128);
}

// Where entries share a pixel each of them still tints it.
void LifetimesViewTest::wholeRunShowsWhoIsThere() {
    LifetimesView* view = show({230, 240});
    QVERIFY(!view->drawsBars());
    const QImage image = view->grab().toImage();
    const QRectF plot = view->plotRect();
    const QColor ground = lifeGround(m_traces.theme());
    const auto all = lives();
    int tinted = 0, apart = 0;
    for (int step = 0; step < 20; ++step) {
        if (step == 10)
            continue; // the line of the current step
        const int y = int(view->placeOf(0, step).y());
        const auto drawnNear = [&](double middle) {
            for (int x = int(middle) - 1; x <= int(middle) + 1; ++x)
                if (plot.contains(x, y) && !near(image.pixelColor(x, y), ground))
                    return true;
            return false;
        };
        std::set<std::int32_t> there;
        for (const Life& life : all)
            if (step >= life.insertedStep && (life.evictedStep < 0 || step < life.evictedStep))
                there.insert(life.position);
        for (const std::int32_t p : there) {
            QVERIFY(drawnNear(view->placeOf(p, step).x()));
            apart += there.lower_bound(p - 3) == there.find(p) &&
                     there.upper_bound(p + 3) == std::next(there.find(p));
        }
        for (int x = int(plot.left()) + 2; x < int(plot.right()) - 1; ++x) {
            if (near(image.pixelColor(x, y), ground))
                continue;
            const double at = (x + 0.5 - plot.left()) / plot.width() * 160;
            QVERIFY(there.lower_bound(std::int32_t(at) - 2) !=
                    there.upper_bound(std::int32_t(at) + 2));
            ++tinted;
        }
    }
    QVERIFY(apart > 20); // entries whose pixel nobody else would have tinted
    QVERIFY(tinted > 200);
}

void LifetimesViewTest::wheelZoomsAtTheMouse() {
    LifetimesView* view = show();
    const auto under = [&](const QPointF& at) {
        const QRectF plot = view->plotRect();
        const auto &p = view->viewport().positions(), &s = view->viewport().steps();
        return QPointF(p.first + (at.x() - plot.left()) / plot.width() * p.length(),
                       s.first + (at.y() - plot.top()) / plot.height() * s.length());
    };
    const QPointF at = view->placeOf(60, 8);
    const QPointF before = under(at);
    wheel(view, at, 240);
    QCOMPARE(view->viewport().positions().length(), 160 * 0.64);
    QCOMPARE(view->viewport().steps().length(), 20 * 0.64);
    QVERIFY((under(at) - before).manhattanLength() < 0.5);
    // Steps alone with Ctrl or over their axis, positions alone with Shift or over theirs.
    wheel(view, at, 120, Qt::ControlModifier);
    QCOMPARE(view->viewport().positions().length(), 160 * 0.64);
    QVERIFY(view->viewport().steps().length() < 20 * 0.6);
    const double steps = view->viewport().steps().length();
    wheel(view, {at.x(), view->height() - 12.0}, 120);
    QVERIFY(view->viewport().positions().length() < 160 * 0.6);
    QCOMPARE(view->viewport().steps().length(), steps);
    wheel(view, at, -2400);
    QVERIFY(view->viewport().isWhole());
    settle(view);
    // No closer than a few entries.
    for (int i = 0; i < 40; ++i)
        wheel(view, view->placeOf(60, 8), 240);
    QCOMPARE(view->viewport().positions().length(), 4.0);
    QCOMPARE(view->viewport().steps().length(), 3.0);
    settle(view);
    QTest::mouseDClick(view, Qt::LeftButton, {}, view->plotRect().center().toPoint());
    QVERIFY(view->viewport().isWhole());
}

void LifetimesViewTest::dragPans() {
    LifetimesView* view = show();
    for (int i = 0; i < 4; ++i)
        wheel(view, view->placeOf(80, 10), 240);
    settle(view);
    const auto before = view->viewport();
    const QRectF plot = view->plotRect();
    drag(view, plot.center(), plot.center() + QPointF(60, -20));
    const auto& after = view->viewport();
    const double perPixel = before.positions().length() / plot.width();
    QVERIFY(std::abs(before.positions().first - after.positions().first - 60 * perPixel) <
            perPixel * 1.5);
    QVERIFY(after.steps().first > before.steps().first);
    QVERIFY(std::abs(after.positions().length() - before.positions().length()) < 1e-9);
    QCOMPARE(m_traces.point().now().entry, noPosition); // a drag chooses nothing
    // Not beyond the ends.
    for (int i = 0; i < 12; ++i)
        drag(view, plot.center(), plot.center() + QPointF(400, 100));
    QCOMPARE(view->viewport().positions().first, 0.0);
    QCOMPARE(view->viewport().steps().first, 0.0);
    settle(view);
}

void LifetimesViewTest::keysMoveAndZoom() {
    LifetimesView* view = show();
    QTest::keyClick(view, Qt::Key_Plus);
    QTest::keyClick(view, Qt::Key_Plus);
    QCOMPARE(view->viewport().positions().length(), 160 * 0.64);
    const double first = view->viewport().positions().first, step = view->viewport().steps().first;
    for (const auto& [forth, back] :
         {std::pair(Qt::Key_Right, Qt::Key_Left), std::pair(Qt::Key_D, Qt::Key_A)}) {
        QTest::keyClick(view, forth);
        QVERIFY(std::abs(view->viewport().positions().first - first - 16 * 0.64) < 1e-6);
        QTest::keyClick(view, back);
        QVERIFY(std::abs(view->viewport().positions().first - first) < 1e-6);
    }
    for (const auto& [forth, back] :
         {std::pair(Qt::Key_Down, Qt::Key_Up), std::pair(Qt::Key_S, Qt::Key_W)}) {
        QTest::keyClick(view, forth);
        QVERIFY(view->viewport().steps().first > step + 1);
        QTest::keyClick(view, back);
        QVERIFY(std::abs(view->viewport().steps().first - step) < 1e-6);
    }
    QTest::keyClick(view, Qt::Key_Minus);
    QVERIFY(std::abs(view->viewport().positions().length() - 160 * 0.8) < 1e-6);
    QTest::keyClick(view, Qt::Key_0);
    QVERIFY(view->viewport().isWhole());
    // F goes to the entry and the step.
    m_traces.to({1, 17, Phase::Record, 1, 2, 21, noPosition});
    QTest::keyClick(view, Qt::Key_F);
    settle(view);
    const auto &across = view->viewport().positions(), &down = view->viewport().steps();
    const Life life = lives()[21];
    QVERIFY(across.length() < 80 && across.first <= 21 && across.end >= 22);
    QVERIFY(down.first <= life.insertedStep && down.end >= 18);
}

void LifetimesViewTest::clickChoosesEntryAndEnd() {
    LifetimesView* view = show();
    zoomToBars(view, 60);
    const LifeWindow sight = view->viewport().window();
    int clicked = 0;
    for (const Life& life : lives()) {
        if (life.position <= sight.firstPosition + 1 || life.position >= sight.endPosition - 2 ||
            life.evictedStep < 0 || life.evictedStep - life.insertedStep < 2)
            continue;
        const Point before = m_traces.point().now();
        QTest::mouseClick(view, Qt::LeftButton, {},
                          view->placeOf(life.position, life.insertedStep).toPoint());
        QCOMPARE(m_traces.point().now().entry, life.position);
        QCOMPARE(m_traces.point().now().step, before.step);
        QTest::mouseClick(view, Qt::LeftButton, {},
                          view->placeOf(life.position, life.evictedStep - 0.5).toPoint());
        QCOMPARE(m_traces.point().now().entry, life.position);
        QCOMPARE(m_traces.point().now().step, life.evictedStep);
        if (++clicked == 3)
            break;
    }
    QCOMPARE(clicked, 3);
    settle(view);
    // What is under the mouse is said in a sentence.
    const Life life = lives()[std::size_t(m_traces.point().now().entry)];
    QSignalSpy hovered(view, &View::hovered);
    const QPointF at = view->placeOf(life.position, life.insertedStep);
    QMouseEvent move(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QApplication::sendEvent(view, &move);
    const QString sentence = hovered.last()[0].toString();
    for (const QString& part :
         {QStringLiteral("position %1:").arg(life.position),
          QStringLiteral("came at step %1, left at step %2")
              .arg(life.insertedStep)
              .arg(life.evictedStep),
          QStringLiteral("%1 hit").arg(life.usage.hits), QStringLiteral("slot %1").arg(life.slot)})
        QVERIFY2(sentence.contains(part), qPrintable(sentence));
    QVERIFY(sentence.startsWith(QStringLiteral("“"))); // the token itself
}

void LifetimesViewTest::keysChooseEntries() {
    LifetimesView* view = show();
    QTest::keyClick(view, Qt::Key_PageDown);
    QCOMPARE(m_traces.point().now().entry, 0);
    QTest::keyClick(view, Qt::Key_PageDown);
    QCOMPARE(m_traces.point().now().entry, 1);
    QTest::keyClick(view, Qt::Key_PageUp);
    QCOMPARE(m_traces.point().now().entry, 0);
    m_traces.to({1, 10, Phase::Record, 1, 2, 20, noPosition});
    const Life life = lives()[20];
    QVERIFY(life.evictedStep >= 0);
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(m_traces.point().now().step, life.evictedStep);
    // With a brush only chosen ones are gone to.
    BrushHistogram* ages = view->histograms()->histogram(LifeColumn::Age);
    QTest::mouseClick(ages, Qt::LeftButton, {}, ages->binRect(1).center().toPoint());
    settle(view);
    QTest::keyClick(view, Qt::Key_PageDown);
    const std::int32_t next = m_traces.point().now().entry;
    const auto held = [&](const Life& one) {
        return one.evictedStep >= 0 &&
               view->content()->lives->columns[0].bins.of(one.evictedStep - one.insertedStep) == 1;
    };
    QVERIFY(next > 20);
    QVERIFY(held(lives()[std::size_t(next)]));
    for (std::int32_t p = 21; p < next; ++p)
        QVERIFY(!held(lives()[std::size_t(p)]));
}

void LifetimesViewTest::headsFollowThePoint() {
    LifetimesView* view = show();
    for (const auto& [layer, head] : {std::pair(0, 0), std::pair(3, 1), std::pair(1, 2)}) {
        m_traces.to({1, 10, Phase::Record, layer, head, noPosition, noPosition});
        settle(view);
        const Lifetimes& shown = view->content()->head(0);
        QCOMPARE(shown.layer, layer);
        QCOMPARE(shown.head, head);
        const auto wanted = lives(head, layer);
        for (const Life& life : wanted) {
            QCOMPARE(shown.inserted[std::size_t(life.position)], life.insertedStep);
            QCOMPARE(shown.evicted[std::size_t(life.position)], life.evictedStep);
        }
        QVERIFY(
            view->subtitle().contains(QStringLiteral("layer %1, head %2").arg(layer).arg(head)));
    }
    m_traces.to({2, 10, Phase::Record, 1, 2, noPosition, noPosition});
    settle(view);
    QCOMPARE(view->content()->run, 2);
}

// The opacity is the share of heads that hold the position.
void LifetimesViewTest::allHeadsShareTheColour() {
    LifetimesView* view = show({700, 420});
    auto* whose = view->headerWidget()->findChildren<QComboBox*>().value(1);
    QCOMPARE(whose->count(), 2); // no encoder outputs in this run
    QTest::keyClick(whose, Qt::Key_Down);
    auto* column = view->headerWidget()->findChildren<QComboBox*>().value(0);
    QTest::keyClick(column, Qt::Key_Home);
    QCOMPARE(view->column(), LifeColumn::State);
    settle(view);
    QCOMPARE(view->content()->heads(), std::size_t(3));
    QVERIFY(!view->drawsBars());
    view->resize(160 * 2 + 200, 420);
    view->showHistograms(false);
    settle(view);
    const QImage image = view->grab().toImage();
    std::vector<std::vector<Life>> heads;
    for (int head = 0; head < 3; ++head)
        heads.push_back(lives(head));
    const QColor ground = lifeGround(m_traces.theme());
    std::set<int> shares;
    for (std::int32_t p = 4; p < 156; ++p)
        for (int step = 0; step < 20; ++step) {
            int there = 0;
            bool chunk = false;
            for (const auto& head : heads) {
                const Life& life = head[std::size_t(p)];
                there +=
                    step >= life.insertedStep && (life.evictedStep < 0 || step < life.evictedStep);
                chunk = chunk || step == life.insertedStep;
            }
            if (chunk || step == 10)
                continue;
            const QColor wanted = QColor::fromRgb(
                blended(ground.rgb(), m_traces.theme().resident().rgb(), lifeOpacity(there / 3.0)));
            QVERIFY(near(image.pixelColor(view->placeOf(p, step).toPoint()), wanted));
            shares.insert(there);
        }
    QCOMPARE(shares.size(), std::size_t(4));
}

void LifetimesViewTest::rangeOfPositionsIsChosen() {
    LifetimesView* view = show();
    drag(view, view->placeOf(30, 8), view->placeOf(70, 8), Qt::ShiftModifier);
    settle(view);
    const auto range = view->brush().positions;
    QVERIFY(range.has_value());
    QVERIFY(std::abs(range->first - 30) <= 1 && std::abs(range->second - 70) <= 1);
    QCOMPARE(view->counts().chosen, std::int64_t(range->second - range->first + 1));
    QCOMPARE(view->counts().entries, std::int64_t(160));
    QVERIFY(view->summary().contains(
        QStringLiteral("positions %1–%2").arg(range->first).arg(range->second)));
    QTest::keyClick(view, Qt::Key_F);
    settle(view);
    QCOMPARE(view->viewport().positions().first, double(range->first));
    QCOMPARE(view->viewport().positions().end, double(range->second + 1));
    QTest::keyClick(view, Qt::Key_Escape);
    QVERIFY(view->brush().empty());
    // Backwards is the same.
    QTest::keyClick(view, Qt::Key_0);
    drag(view, view->placeOf(70, 8), view->placeOf(30, 8), Qt::ShiftModifier);
    QVERIFY(view->brush().positions->first < view->brush().positions->second);
    QVERIFY(view->csv().count('\n') ==
            view->brush().positions->second - view->brush().positions->first + 2);
    settle(view);
}

void LifetimesViewTest::histogramsBrush_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < int(binnedColumns.size()); ++i)
        QTest::newRow(qPrintable(lifeColumnName(binnedColumns[std::size_t(i)]))) << i;
}

// Dragging over bins chooses the entries in them: counted, coloured, and the rest stays quiet.
void LifetimesViewTest::histogramsBrush() {
    QFETCH(int, index);
    LifetimesView* view = show({1300, 480});
    const LifeColumn column = binnedColumns[std::size_t(index)];
    BrushHistogram* histogram = view->histograms()->histogram(column);
    QVERIFY(!histogram->title().isEmpty());
    const ValueBins& bins = view->content()->lives->columns[std::size_t(index)].bins;
    QVERIFY(bins.count() >= 4);
    const auto& counted = view->counts().columns[std::size_t(index)].all;
    const int from = int(std::max_element(counted.begin(), counted.end()) - counted.begin());
    const int to = std::min(from + 1, bins.count() - 1);
    drag(histogram, histogram->binRect(from).center(), histogram->binRect(to).center());
    settle(view);
    QCOMPARE(*view->brush().bins[std::size_t(index)], (LifeBrush::Range{from, to}));
    const double low = bins.edges[std::size_t(from)], high = bins.edges[std::size_t(to) + 1];
    const auto holds = [&](const Life& life) {
        if (column == LifeColumn::Inserted)
            return life.insertedStep >= low && life.insertedStep < high;
        if (life.evictedStep < 0)
            return false;
        const double value = column == LifeColumn::Age    ? life.evictedStep - life.insertedStep
                             : column == LifeColumn::Hits ? double(life.usage.hits)
                                                          : double(life.usage.mass);
        return value >= low && value < high;
    };
    std::int64_t chosen = 0;
    const auto all = lives();
    for (const Life& life : all)
        chosen += holds(life);
    QVERIFY(chosen > 0 && chosen < 160);
    QCOMPARE(view->counts().chosen, chosen);
    QVERIFY(
        view->histograms()->sentence().startsWith(QStringLiteral("%1 of 160 entries").arg(chosen)));
    QVERIFY(view->summary().contains(
        QStringLiteral("%1 of 160 entries in view: %2").arg(chosen).arg(histogram->title())));
    // The picture: what is not chosen is grey.
    zoomToBars(view, 60);
    const QImage image = view->grab().toImage();
    const LifeWindow sight = view->viewport().window();
    for (std::int32_t p = sight.firstPosition + 1; p + 1 < sight.endPosition; ++p) {
        const Life& life = all[std::size_t(p)];
        const int step = life.insertedStep + 1;
        if (step == 10 || step >= (life.evictedStep < 0 ? 20 : life.evictedStep))
            continue;
        const QColor drawn = image.pixelColor(view->placeOf(p, step).toPoint());
        QCOMPARE(near(drawn, quietLife(m_traces.theme())), !holds(life));
    }
    // A double click lets go of this one.
    QTest::mouseDClick(histogram, Qt::LeftButton, {}, histogram->binRect(from).center().toPoint());
    QVERIFY(view->brush().empty());
    settle(view);
}

void LifetimesViewTest::brushesIntersectAndClear() {
    LifetimesView* view = show({1300, 480});
    BrushHistogram* ages = view->histograms()->histogram(LifeColumn::Age);
    BrushHistogram* steps = view->histograms()->histogram(LifeColumn::Inserted);
    drag(ages, ages->binRect(1).center(), ages->binRect(3).center());
    settle(view);
    const std::int64_t first = view->counts().chosen;
    drag(steps, steps->binRect(2).center(), steps->binRect(7).center());
    settle(view);
    const auto& edges = view->content()->lives->columns[0].bins.edges;
    std::int64_t both = 0;
    for (const Life& life : lives())
        both += life.evictedStep >= 0 && life.evictedStep - life.insertedStep >= edges[1] &&
                life.evictedStep - life.insertedStep < edges[4] && life.insertedStep >= 2 &&
                life.insertedStep <= 7;
    QCOMPARE(view->counts().chosen, both);
    QVERIFY(both < first && both > 0);
    // The counts of each histogram are of the same chosen entries.
    for (const LifeCounts::Column& column : view->counts().columns) {
        std::int64_t sum = 0;
        for (const std::int64_t n : column.chosen)
            sum += n;
        QCOMPARE(sum, both);
    }
    // Another head: the same values are chosen there.
    m_traces.to({1, 10, Phase::Record, 2, 0, noPosition, noPosition});
    settle(view);
    QVERIFY(view->brush().bins[0] && view->brush().bins[3]);
    QVERIFY(ages->brush().has_value());
    QCOMPARE(steps->words(*steps->brush()), QStringLiteral("2–7"));
    QTest::keyClick(steps, Qt::Key_Escape);
    QVERIFY(view->brush().empty());
    QVERIFY(!ages->brush().has_value());
    settle(view);
    QCOMPARE(view->counts().chosen, view->counts().entries);
}

void LifetimesViewTest::histogramKeys() {
    LifetimesView* view = show({1300, 480});
    BrushHistogram* steps = view->histograms()->histogram(LifeColumn::Inserted);
    steps->setFocus();
    QSignalSpy hovered(view, &View::hovered);
    QTest::keyClick(steps, Qt::Key_Right);
    QTest::keyClick(steps, Qt::Key_Right);
    QCOMPARE(steps->cursor(), 1);
    QVERIFY(view->brush().empty());
    QVERIFY(hovered.last()[0].toString().contains(QStringLiteral("inserted step 1 · 8 entries")));
    QTest::keyClick(steps, Qt::Key_Space);
    QCOMPARE(*view->brush().bins[3], (LifeBrush::Range{1, 1}));
    QTest::keyClick(steps, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(steps, Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(*view->brush().bins[3], (LifeBrush::Range{1, 3}));
    QCOMPARE(steps->accessibleDescription(), QStringLiteral("1–3 chosen"));
    settle(view);
    QCOMPARE(view->counts().chosen, std::int64_t(24));
    QTest::keyClick(steps, Qt::Key_Left);
    QTest::keyClick(steps, Qt::Key_Space);
    QCOMPARE(*view->brush().bins[3], (LifeBrush::Range{2, 2}));
    QTest::keyClick(steps, Qt::Key_Space);
    QVERIFY(view->brush().empty());
    QTest::keyClick(steps, Qt::Key_Left, Qt::ShiftModifier);
    QCOMPARE(*view->brush().bins[3], (LifeBrush::Range{1, 2}));
    // H puts the histograms away.
    QVERIFY(view->histograms()->isVisible());
    const double before = view->plotRect().width();
    QTest::keyClick(view, Qt::Key_H);
    QVERIFY(!view->histograms()->isVisible());
    QVERIFY(view->plotRect().width() > before);
    settle(view);
}

// One column of pixels holds several entries: their mean or the greatest.
void LifetimesViewTest::peaksShowTheGreatest() {
    LifetimesView* view = show({230, 240});
    const auto brightness = [&] {
        const QImage image = view->grab().toImage();
        const QRectF plot = view->plotRect();
        qint64 sum = 0;
        for (int y = int(plot.top()) + 1; y < int(plot.bottom()); ++y)
            for (int x = int(plot.left()) + 1; x < int(plot.right()); ++x)
                sum += qRed(image.pixel(x, y)) - qBlue(image.pixel(x, y)); // towards yellow
        return sum;
    };
    const qint64 mean = brightness();
    QTest::keyClick(view, Qt::Key_E);
    settle(view);
    QVERIFY(brightness() > mean);
    QTest::keyClick(view, Qt::Key_E);
    settle(view);
    QCOMPARE(brightness(), mean);
}

void LifetimesViewTest::headerChooses() {
    LifetimesView* view = show();
    auto* chooser = view->headerWidget()->findChildren<QComboBox*>().value(0);
    QCOMPARE(chooser->count(), lifeColumnCount);
    QCOMPARE(chooser->currentIndex(), int(LifeColumn::Age));
    QImage before;
    for (int i = 0; i < lifeColumnCount; ++i) {
        QTest::keyClick(chooser, i == 0 ? Qt::Key_Home : Qt::Key_Down);
        QCOMPARE(view->column(), LifeColumn(i));
        settle(view);
        QVERIFY(view->subtitle().contains(lifeColumnName(LifeColumn(i))));
        const QImage image = view->grab().toImage();
        QVERIFY(image != before);
        before = image;
    }
    auto* histograms = view->headerWidget()->findChildren<QToolButton*>().value(1);
    QVERIFY(histograms->isChecked());
    QTest::mouseClick(histograms, Qt::LeftButton);
    QVERIFY(!view->histograms()->isVisible());
    settle(view);
}

void LifetimesViewTest::summaryTraceIsShownToo() {
    m_traces.open("summary.trace");
    LifetimesView* view = show();
    QVERIFY(!view->isBlank());
    QCOMPARE(view->counts().entries, std::int64_t(160));
    QCOMPARE(view->counts().stay, std::int64_t(32));
}

// A run that is being recorded: everything that was in sight stays so, and more comes.
void LifetimesViewTest::growsWithTheRun() {
    MadeOptions made;
    made.layers = 2;
    made.memory = 16;
    made.chunk = 4;
    made.tokens = 120;
    const QString path = m_traces.filePath("growing.trace");
    auto recorder = Recorder::open(path, madeRun(made), madeTokens(made, "In the beginning "), {});
    QVERIFY(recorder.ok());
    MadeSteps steps(made);
    const auto add = [&](int count) {
        for (int i = 0; i < count; ++i)
            QVERIFY((*recorder)->add(std::move(*steps.next())).ok());
    };
    add(6);
    const auto reader = Reader::open(path).take();
    QTRY_COMPARE(reader->stepCount(1).take(), 6);
    m_traces.open("growing.trace");
    m_traces.point().reset({1, 0, Phase::Record, 1, 0, noPosition, noPosition});
    LifetimesView* view = show();
    QCOMPARE(view->content()->steps, 6);
    QCOMPARE(view->content()->end, 24);
    QVERIFY(view->viewport().isWhole());
    for (const int more : {3, 11}) {
        add(more);
        const int wanted = view->content()->steps + more;
        QTRY_COMPARE(reader->stepCount(1).take(), wanted);
        m_traces.source().refresh();
        m_traces.settle();
        settle(view);
        QCOMPARE(view->content()->steps, wanted);
        QCOMPARE(view->content()->end, wanted * 4);
        QVERIFY(view->viewport().isWhole());
        QCOMPARE(view->viewport().steps().end, double(wanted));
        QCOMPARE(view->counts().entries, std::int64_t(wanted * 4));
    }
    // Someone who looks closer is left there.
    QTest::keyClick(view, Qt::Key_Plus);
    const auto span = view->viewport().positions();
    add(4);
    QTRY_COMPARE(reader->stepCount(1).take(), 24);
    m_traces.source().refresh();
    m_traces.settle();
    settle(view);
    QCOMPARE(view->content()->end, 96);
    QCOMPARE(view->viewport().positions(), span);
    QVERIFY((*recorder)->finish().ok());
}

// An encoder-output memory is one more layer, of one head.
void LifetimesViewTest::outputsAreAMemoryToo() {
    MadeOptions made;
    made.layers = 2;
    made.heads = 1;
    made.memory = 16;
    made.chunk = 4;
    made.tokens = 90;
    RunInfo run = madeRun(made);
    run.configuration.outputMemory = made.memory;
    const QString path = m_traces.filePath("outputs.trace");
    auto recorder = Recorder::open(path, run, madeTokens(made, "In the beginning "), {});
    QVERIFY(recorder.ok());
    MadeSteps steps(made);
    while (auto step = steps.next()) {
        step->output = step->layers[1];
        step->output->layer = made.layers;
        QVERIFY((*recorder)->add(std::move(*step)).ok());
    }
    QVERIFY((*recorder)->finish().ok());
    m_traces.open("outputs.trace");
    m_traces.point().reset({1, 5, Phase::Record, 0, 0, noPosition, noPosition});
    LifetimesView* view = show();
    auto* whose = view->headerWidget()->findChildren<QComboBox*>().value(1);
    QCOMPARE(whose->count(), 3);
    QTest::keyClick(whose, Qt::Key_End);
    settle(view);
    QCOMPARE(view->content()->layer, 2);
    QVERIFY(view->subtitle().contains("encoder outputs"));
    const auto wanted = lives(0, 1);
    const Lifetimes& shown = view->content()->head(0);
    QCOMPARE(shown.size(), std::size_t(90));
    int left = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        QCOMPARE(shown.inserted[i], wanted[i].insertedStep);
        QCOMPARE(shown.evicted[i], wanted[i].evictedStep);
        left += wanted[i].evictedStep >= 0;
    }
    QVERIFY(left > 20);
    // Back in a run without one the choice is gone.
    m_traces.open("full.trace");
    settle(view);
    QCOMPARE(whose->count(), 2);
    QCOMPARE(view->content()->whose, LifeWhose::Head);
}

// While one drags something is drawn all the time, and in the end what is in sight.
void LifetimesViewTest::staysSharpWhileMoving() {
    LifetimesView* view = show({300, 240});
    wheel(view, view->placeOf(80, 10), 240);
    for (int i = 0; i < 30; ++i) {
        QTest::keyClick(view, i % 10 < 5 ? Qt::Key_Right : Qt::Key_Left);
        if (i % 3 == 0)
            QTest::qWait(1);
        const QImage image = view->grab().toImage();
        const QRectF plot = view->plotRect();
        int tinted = 0;
        for (int x = int(plot.left()) + 2; x < int(plot.right()); x += 2)
            for (int y = int(plot.top()) + 2; y < int(plot.bottom()); y += 2)
                tinted += !near(image.pixelColor(x, y), lifeGround(m_traces.theme()));
        QVERIFY(tinted > 100);
    }
    settle(view);
    QVERIFY(view->isSharp());
}

QTEST_MAIN(LifetimesViewTest)
#include "lifetimes_view_test.moc"
