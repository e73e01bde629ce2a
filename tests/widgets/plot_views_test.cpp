#include "tests/widgets/recorded_traces.h"

#include "widgets/attention_view.h"
#include "widgets/entry_history_view.h"
#include "widgets/lifetimes_view.h"
#include "widgets/metrics_view.h"
#include "widgets/overview_view.h"
#include "widgets/run_name.h"
#include "widgets/timeline_view.h"
#include "widgets/why_evicted_view.h"

#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QImage>
#include <QMouseEvent>
#include <QScrollBar>
#include <QWheelEvent>

#include <functional>
#include <set>

using namespace attendre;

// Each view on a small recorded trace, driven as a person would: clicks and keys set the point, the
// point moves what is drawn, and nothing is blank.
class PlotViewsTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { QVERIFY(m_traces.recordAll()); }
    void init() { m_traces.begin(); }
    void cleanup() { m_traces.end(); }

    void nothingOpenIsSaid_data();
    void nothingOpenIsSaid();
    void drawsAtEverySize_data();
    void drawsAtEverySize();
    void savesEveryFormat_data();
    void savesEveryFormat();
    void hiddenViewsDoNotRead();

    void overviewClickChoosesTheHead();
    void overviewKeysAndMetrics();
    void timelineScrubsAndZooms();
    void timelineShowsWhatIsRecorded();
    void timelineComparesRuns();
    void timelineFitsItsTracks();
    void metricsClickChoosesTheToken();
    void metricsHaveAxes();
    void metricsZoomAndPan();
    void runsAreToldApart();

  private:
    // The pixel of a value of the horizontal axis, in the middle of the plot.
    static QPoint placeOf(const MetricChart* chart, double value) {
        return {int(chart->xAxis->coordToPixel(value)), chart->axisRect()->center().y()};
    }
    static std::vector<std::pair<QString, std::function<PlotView*(const ViewContext&)>>> kinds();

    RecordedTraces m_traces;
};

std::vector<std::pair<QString, std::function<PlotView*(const ViewContext&)>>>
PlotViewsTest::kinds() {
    return {{"overview", [](const ViewContext& c) { return new OverviewView(c); }},
            {"timeline", [](const ViewContext& c) { return new TimelineView(c); }},
            {"attention", [](const ViewContext& c) { return new AttentionView(c); }},
            {"entry-history", [](const ViewContext& c) { return new EntryHistoryView(c); }},
            {"why-evicted", [](const ViewContext& c) { return new WhyEvictedView(c); }},
            {"lifetimes", [](const ViewContext& c) { return new LifetimesView(c); }},
            {"metrics", [](const ViewContext& c) { return new MetricsView(c); }}};
}

void PlotViewsTest::nothingOpenIsSaid_data() {
    QTest::addColumn<int>("kind");
    for (int i = 0; i < int(kinds().size()); ++i)
        QTest::newRow(qPrintable(kinds()[std::size_t(i)].first)) << i;
}

void PlotViewsTest::nothingOpenIsSaid() {
    QFETCH(int, kind);
    PlotView* view =
        m_traces.show(kinds()[std::size_t(kind)].second(m_traces.context()), {300, 200});
    QVERIFY(view->isBlank());
    QVERIFY(view->emptySentence().contains("No trace is open"));
    QVERIFY(!view->accessibleName().isEmpty());
    QVERIFY(!view->saveAs(m_traces.filePath("nothing.csv")).ok());
    m_traces.open("full.trace");
    m_traces.point().move({1, 10, Phase::Record, 1, 2, 40, 85});
    m_traces.settle();
    QVERIFY2(!view->isBlank(), qPrintable(view->emptySentence()));
    QVERIFY(!view->accessibleDescription().isEmpty());
    m_traces.source().close();
    QVERIFY(view->isBlank());
}

void PlotViewsTest::drawsAtEverySize_data() {
    nothingOpenIsSaid_data();
}

// Something is drawn at every size, in every theme, and the themes differ.
void PlotViewsTest::drawsAtEverySize() {
    QFETCH(int, kind);
    m_traces.open("full.trace");
    m_traces.point().move({1, 10, Phase::Record, 1, 2, 40, 85});
    PlotView* view =
        m_traces.show(kinds()[std::size_t(kind)].second(m_traces.context()), {300, 200});
    for (const QSize size : {QSize(220, 120), QSize(300, 200), QSize(480, 320), QSize(1400, 800)}) {
        view->resize(size);
        QImage before;
        for (const auto theme :
             {Theme::Kind::Light, Theme::Kind::Dark, Theme::Kind::HighContrast}) {
            m_traces.theme().setKind(theme);
            m_traces.settle();
            QVERIFY2(!view->isBlank(), qPrintable(view->emptySentence()));
            const QImage image = view->grab().toImage();
            std::set<QRgb> colours;
            for (int y = 0; y < image.height(); y += 2)
                for (int x = 0; x < image.width(); x += 2)
                    colours.insert(image.pixel(x, y));
            QVERIFY2(colours.size() > 12, qPrintable(QString::number(colours.size())));
            QVERIFY(image != before);
            before = image;
        }
    }
    // What is under the mouse is said.
    QSignalSpy hovered(view, &View::hovered);
    const QPointF at(view->width() / 2.0, view->height() / 3.0);
    QMouseEvent move(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QApplication::sendEvent(view, &move);
    QCOMPARE(hovered.count(), 1);
    QVERIFY(!hovered.last()[0].toString().isEmpty());
}

void PlotViewsTest::savesEveryFormat_data() {
    nothingOpenIsSaid_data();
}

void PlotViewsTest::savesEveryFormat() {
    QFETCH(int, kind);
    m_traces.open("full.trace");
    m_traces.point().move({1, 10, Phase::Record, 1, 2, 40, 85});
    PlotView* view =
        m_traces.show(kinds()[std::size_t(kind)].second(m_traces.context()), {400, 300});
    const auto saved = [&](const char* ending) {
        const QString path = m_traces.filePath(QString("picture.") + ending);
        const Result<void> done = view->saveAs(path);
        if (!done)
            return QByteArray();
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    QVERIFY(saved("png").startsWith("\x89PNG"));
    const QByteArray svg = saved("svg");
    QVERIFY(svg.contains("<svg") && svg.contains("step 10, layer 1"));
    QVERIFY(saved("pdf").startsWith("%PDF"));
    const QByteArray csv = saved("csv");
    QVERIFY(csv.count('\n') > 1);
    const int columns = csv.left(csv.indexOf('\n')).count(',');
    for (const QByteArray& line : csv.trimmed().split('\n'))
        QCOMPARE(line.count(','), columns);
    const Result<void> unknown = view->saveAs(m_traces.filePath("picture.xyz"));
    QVERIFY(!unknown);
    QVERIFY(unknown.error().sentence.contains("xyz"));
    const Result<void> nowhere = view->saveAs(m_traces.filePath("none/picture.png"));
    QVERIFY(!nowhere);
    QVERIFY(nowhere.error().sentence.contains("none/picture.png"));
}

void PlotViewsTest::hiddenViewsDoNotRead() {
    m_traces.open("full.trace");
    const auto view = std::make_unique<WhyEvictedView>(m_traces.context());
    m_traces.to({1, 12, Phase::Record, 0, 0, noPosition, noPosition});
    QVERIFY(!view->content());
    view->resize(400, 300);
    view->show();
    m_traces.settle();
    QVERIFY(view->content().has_value());
    QCOMPARE(view->content()->step, 12);
}

void PlotViewsTest::overviewClickChoosesTheHead() {
    m_traces.open("full.trace");
    for (const QSize size : {QSize(480, 320), QSize(240, 420)}) {
        auto* view = m_traces.show<OverviewView>(size);
        view->grab();
        for (const auto& [layer, head] : {std::pair(3, 1), std::pair(0, 2)}) {
            QTest::mouseClick(view, Qt::LeftButton, {},
                              view->cellRect(layer, head).center().toPoint());
            QCOMPARE(m_traces.point().now().layer, layer);
            QCOMPARE(m_traces.point().now().head, head);
        }
    }
    QVERIFY(m_traces.point().canGoBack());
}

void PlotViewsTest::overviewKeysAndMetrics() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<OverviewView>();
    view->grab();
    QTest::keyClick(view, Qt::Key_Right);
    QCOMPARE(m_traces.point().now().layer, 2);
    QTest::keyClick(view, Qt::Key_Up);
    QCOMPARE(m_traces.point().now().head, 1);
    for (int i = 0; i < 9; ++i)
        QTest::keyClick(view, Qt::Key_Left);
    QCOMPARE(m_traces.point().now().layer, 0);
    auto* chooser = qobject_cast<QComboBox*>(view->headerWidget());
    QVERIFY(chooser);
    const QImage before = view->grab().toImage();
    chooser->setCurrentIndex(1);
    m_traces.settle();
    QCOMPARE(view->metric(), 1);
    QVERIFY(view->grab().toImage() != before);
    QTest::keyClick(view, Qt::Key_M);
    QCOMPARE(chooser->currentIndex(), 2);
}

void PlotViewsTest::timelineScrubsAndZooms() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<TimelineView>({700, 300});
    view->grab();
    QCOMPARE(view->lastVisible(), 19.5);
    QTest::keyClick(view, Qt::Key_Left);
    QCOMPARE(m_traces.point().now().step, 9);
    QTest::keyClick(view, Qt::Key_End);
    QCOMPARE(m_traces.point().now().step, 19);
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_traces.point().now().step, 0);
    // Dragging scrubs, and the way back is one move, not one a pixel.
    const int y = view->height() / 2;
    QTest::mousePress(view, Qt::LeftButton, {}, {300, y});
    const int begun = m_traces.point().now().step;
    QVERIFY(begun > 0);
    QTest::mouseMove(view, {400, y});
    QTest::mouseMove(view, {500, y});
    QTest::mouseRelease(view, Qt::LeftButton, {}, {500, y});
    QVERIFY(m_traces.point().now().step > begun);
    // The wheel zooms about the mouse.
    QWheelEvent wheel({400.0, double(y)}, view->mapToGlobal(QPointF(400, y)), {}, {0, 480},
                      Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(view, &wheel);
    QVERIFY(view->lastVisible() - view->firstVisible() < 12);
    // What is left of the visible range comes into it when the point goes there.
    QTest::keyClick(view, Qt::Key_Home);
    m_traces.settle();
    QVERIFY(view->firstVisible() <= 0);
    QTest::mouseDClick(view, Qt::LeftButton, {}, {400, y});
    QCOMPARE(view->lastVisible(), 19.5);
    // Shift selects a range, F shows it.
    QTest::mousePress(view, Qt::LeftButton, Qt::ShiftModifier, {300, y});
    QTest::mouseMove(view, {420, y});
    QTest::mouseRelease(view, Qt::LeftButton, Qt::ShiftModifier, {420, y});
    QVERIFY(view->selectedLast() > view->selectedFirst());
    QTest::keyClick(view, Qt::Key_F);
    QCOMPARE(view->firstVisible(), view->selectedFirst() - 0.5);
    QVERIFY(!view->csv().isEmpty());
}

// Twelve of twenty steps fill the view; what is still to come is there for who zooms out.
void PlotViewsTest::timelineShowsWhatIsRecorded() {
    m_traces.open("stopped.trace");
    auto* view = m_traces.show<TimelineView>({700, 300});
    QCOMPARE(view->firstVisible(), -0.5);
    QCOMPARE(view->lastVisible(), 11.5);
    view->zoom(10, 5);
    QCOMPARE(view->lastVisible(), 19.5);
    view->showAll();
    QCOMPARE(view->lastVisible(), 11.5);
}

void PlotViewsTest::timelineComparesRuns() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<TimelineView>();
    QVERIFY(view->csv().contains("nll,1,"));
    QVERIFY(view->csv().contains("nll,2,"));
    QVERIFY(!view->csv().contains("occupancy,2,"));
}

void PlotViewsTest::metricsClickChoosesTheToken() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<MetricsView>({500, 300});
    view->setPlot(MetricsView::Plot::Nll);
    m_traces.settle();
    MetricChart* chart = view->chart(MetricsView::Plot::Nll);
    QVERIFY(chart->isVisible());
    QTest::mouseClick(chart, Qt::LeftButton, {}, placeOf(chart, 87));
    QCOMPARE(m_traces.point().now().entry, 87);
    QTest::keyClick(view, Qt::Key_Left);
    QCOMPARE(m_traces.point().now().entry, 86);
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_traces.point().now().entry, 80);
    for (const auto plot : {MetricsView::Plot::Next, MetricsView::Plot::Occupancy,
                            MetricsView::Plot::Age, MetricsView::Plot::Time}) {
        const QImage before = view->grab().toImage();
        view->setPlot(plot);
        m_traces.settle();
        QVERIFY(view->grab().toImage() != before);
        QVERIFY(view->csv().count('\n') > 1);
        QVERIFY(view->chart(plot)->isVisible());
        QVERIFY(!view->chart(MetricsView::Plot::Nll)->isVisible());
        QVERIFY2(view->chart(plot)->sentence().isEmpty(),
                 qPrintable(view->chart(plot)->sentence()));
    }
}

// Every chart has axes with numbers and a unit, and its values begin at 0.
void PlotViewsTest::metricsHaveAxes() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<MetricsView>({1200, 500});
    const std::pair<MetricsView::Plot, const char*> units[] = {
        {MetricsView::Plot::Nll, "nats"},
        {MetricsView::Plot::Occupancy, "slots"},
        {MetricsView::Plot::Age, "entries"},
        {MetricsView::Plot::Time, "ms"}};
    for (const auto& [plot, unit] : units) {
        const MetricChart* chart = view->chart(plot);
        QVERIFY(chart->isVisible());
        QCOMPARE(chart->yAxis->label(), QString::fromLatin1(unit));
        QCOMPARE(chart->yAxis->range().lower, 0.0);
        QVERIFY(!chart->xAxis->label().isEmpty());
        QVERIFY(chart->graphCount() + chart->plottableCount() > 0);
    }
    const MetricChart* next = view->chart(MetricsView::Plot::Next);
    QVERIFY(next->xAxis->label().contains('%'));
    QCOMPARE(next->xAxis->range().lower, 0.0);
    // Saved, they are vectors with their words.
    const QString path = m_traces.filePath("metrics.svg");
    QVERIFY(view->saveAs(path).ok());
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray svg = file.readAll();
    QVERIFY(svg.contains(">nats</text>") && svg.contains(">nll per token</text>"));
    QVERIFY(svg.contains("<path") && !svg.contains("<image"));
    // The highest value is in sight, and the colours are the theme's.
    MetricChart* occupancy = view->chart(MetricsView::Plot::Occupancy);
    QVERIFY(occupancy->yAxis->range().upper > 32); // M
    QCOMPARE(occupancy->yAxis->tickLabelColor(), m_traces.theme().quietText());
    m_traces.theme().setKind(Theme::Kind::Dark);
    QCOMPARE(occupancy->yAxis->tickLabelColor(), m_traces.theme().quietText());
    QCOMPARE(occupancy->grab().toImage().pixelColor(1, 1), m_traces.theme().panel());
}

// The wheel looks closer about the mouse, a drag moves along, a double click shows everything; what
// one step axis shows the other shows too.
void PlotViewsTest::metricsZoomAndPan() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<MetricsView>({1200, 500});
    MetricChart* occupancy = view->chart(MetricsView::Plot::Occupancy);
    MetricChart* time = view->chart(MetricsView::Plot::Time);
    QCOMPARE(occupancy->visible(), QCPRange(-0.5, 19.5));
    const QPoint at = placeOf(occupancy, 4);
    const auto turn = [&](Qt::KeyboardModifiers with) {
        QWheelEvent wheel(at, occupancy->mapToGlobal(at), {}, {0, 480}, Qt::NoButton, with,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(occupancy, &wheel);
        m_traces.settle();
    };
    turn({});
    QVERIFY(occupancy->isZoomed());
    QVERIFY(occupancy->visible().size() < 15);
    QVERIFY(occupancy->visible().contains(4));
    QCOMPARE(time->visible(), occupancy->visible());
    QCOMPARE(occupancy->yAxis->range().lower, 0.0);
    QVERIFY(view->csv().count('\n') > 1);
    const QCPRange before = occupancy->visible();
    QTest::mousePress(occupancy, Qt::LeftButton, {}, at);
    QTest::mouseMove(occupancy, at - QPoint(20, 0));
    QTest::mouseMove(occupancy, at - QPoint(40, 0));
    QTest::mouseRelease(occupancy, Qt::LeftButton, {}, at - QPoint(40, 0));
    QVERIFY(occupancy->visible().lower > before.lower);
    QCOMPARE(m_traces.point().now().step, 10); // a drag chooses nothing
    QCOMPARE(time->visible(), occupancy->visible());
    // Along the values: 0 stays.
    const double high = occupancy->yAxis->range().upper;
    turn(Qt::ControlModifier);
    QVERIFY(occupancy->yAxis->range().upper < high);
    QCOMPARE(occupancy->yAxis->range().lower, 0.0);
    QTest::mouseDClick(occupancy, Qt::LeftButton, {}, at);
    QCOMPARE(occupancy->visible(), QCPRange(-0.5, 19.5));
    QCOMPARE(time->visible(), QCPRange(-0.5, 19.5));
    // A click chooses the step, and the keys look closer too.
    QTest::mouseClick(time, Qt::LeftButton, {}, placeOf(time, 6));
    QCOMPARE(m_traces.point().now().step, 6);
    QTest::keyClick(view, Qt::Key_Plus);
    QVERIFY(time->isZoomed() && occupancy->isZoomed());
    QTest::keyClick(view, Qt::Key_0);
    QVERIFY(!time->isZoomed() && !occupancy->isZoomed());
}

// One colour a run, tracks that have no room are scrolled to, and their scales are told.
void PlotViewsTest::timelineFitsItsTracks() {
    m_traces.open("full.trace");
    auto* view = m_traces.show<TimelineView>({700, 400});
    QCOMPARE(view->tracksInSight(), 6);
    auto* bar = view->findChild<QScrollBar*>();
    QVERIFY(bar && !bar->isVisible());
    view->resize(600, 130);
    m_traces.settle();
    QVERIFY(view->tracksInSight() < 6);
    QVERIFY(bar->isVisible());
    const QImage top = view->grab().toImage();
    QTest::keyClick(view, Qt::Key_Down);
    QVERIFY(bar->value() > 0);
    QVERIFY(view->grab().toImage() != top);
    QVERIFY(m_traces.theme().run(1) != m_traces.theme().run(2));
    QVERIFY(!view->shorterSubtitles().isEmpty());
    QVERIFY(view->shorterSubtitles().front().size() < view->subtitle().size());
}

// A run's name tells it from every other of its trace, and says no more.
void PlotViewsTest::runsAreToldApart() {
    RunInfo first;
    first.run = 1;
    first.tokens = 1024;
    first.policy.title = "LRA, least recently attended";
    first.configuration.memory = {256};
    first.configuration.sinks = 4;
    first.model = "/models/a.gguf";
    first.document = "/texts/genesis.txt";
    QCOMPARE(runName(first, {first}), QString("1 · LRA · M 256"));
    RunInfo second = first;
    second.run = 2;
    QCOMPARE(runName(first, {first, second}), QString("1 · LRA · M 256"));
    QCOMPARE(runName(second, {first, second}), QString("2 · LRA · M 256"));
    second.configuration.sinks = 0;
    second.document = "/texts/exodus.txt";
    QCOMPARE(runName(first, {first, second}), QString("1 · LRA · M 256 · s 4 · genesis.txt"));
    QCOMPARE(runName(second, {first, second}), QString("2 · LRA · M 256 · s 0 · exodus.txt"));
    second = first;
    second.run = 2;
    second.label = "twice the room";
    second.configuration.memory = {1024};
    QCOMPARE(runName(second, {first, second}), QString("2 · twice the room · M full"));
    second.configuration.memory = {256};
    QCOMPARE(runName(second, {first, second}), QString("2 · twice the room"));
}

QTEST_MAIN(PlotViewsTest)
#include "plot_views_test.moc"
