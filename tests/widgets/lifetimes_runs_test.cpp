#include "tests/widgets/lifetimes_driver.h"

#include <QComboBox>
#include <QToolButton>

using namespace attendre;

// Heads, layers, columns and kinds of run in the Lifetimes view.
class LifetimesRunsTest : public QObject, private LifetimesDriver {
    Q_OBJECT
  private slots:
    void initTestCase() { QVERIFY(m_traces.recordAll()); }
    void init() {
        m_traces.begin();
        m_traces.open("full.trace");
    }
    void cleanup() { m_traces.end(); }

    void headsFollowThePoint();
    void allHeadsShareTheColour();
    void headerChooses();
    void summaryTraceIsShownToo();
    void growsWithTheRun();
    void outputsAreAMemoryToo();
    void peaksShowTheGreatest();
};

void LifetimesRunsTest::headsFollowThePoint() {
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
void LifetimesRunsTest::allHeadsShareTheColour() {
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

void LifetimesRunsTest::headerChooses() {
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

void LifetimesRunsTest::summaryTraceIsShownToo() {
    m_traces.open("summary.trace");
    LifetimesView* view = show();
    QVERIFY(!view->isBlank());
    QCOMPARE(view->counts().entries, std::int64_t(160));
    QCOMPARE(view->counts().stay, std::int64_t(32));
}

// A run that is being recorded: everything that was in sight stays so, and more comes.
void LifetimesRunsTest::growsWithTheRun() {
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
void LifetimesRunsTest::outputsAreAMemoryToo() {
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

// One column of pixels holds several entries: their mean or the greatest.
void LifetimesRunsTest::peaksShowTheGreatest() {
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

QTEST_MAIN(LifetimesRunsTest)
#include "lifetimes_runs_test.moc"
