#include "tests/widgets/lifetimes_driver.h"

#include <algorithm>

using namespace attendre;

// What is chosen in the histograms, and in the picture, by mouse and keyboard, is what the picture
// and all histograms show.
class LifetimesHistogramsTest : public QObject, private LifetimesDriver {
    Q_OBJECT
  private slots:
    void initTestCase() { QVERIFY(m_traces.recordAll()); }
    void init() {
        m_traces.begin();
        m_traces.open("full.trace");
    }
    void cleanup() { m_traces.end(); }

    void histogramsBrush_data();
    void histogramsBrush();
    void brushesIntersectAndClear();
    void histogramKeys();
    void rangeOfPositionsIsChosen();
};

void LifetimesHistogramsTest::histogramsBrush_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < int(binnedColumns.size()); ++i)
        QTest::newRow(qPrintable(lifeColumnName(binnedColumns[std::size_t(i)]))) << i;
}

// Dragging over bins chooses the entries in them: counted, coloured, and the rest stays quiet.
void LifetimesHistogramsTest::histogramsBrush() {
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

void LifetimesHistogramsTest::brushesIntersectAndClear() {
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

void LifetimesHistogramsTest::histogramKeys() {
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

void LifetimesHistogramsTest::rangeOfPositionsIsChosen() {
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

QTEST_MAIN(LifetimesHistogramsTest)
#include "lifetimes_histograms_test.moc"
