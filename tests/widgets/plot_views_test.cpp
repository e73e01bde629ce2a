#include "tests/trace/made_steps.h"

#include "model/trace/recorder.h"
#include "widgets/attention_view.h"
#include "widgets/entry_history_view.h"
#include "widgets/metrics_view.h"
#include "widgets/overview_view.h"
#include "widgets/theme.h"
#include "widgets/timeline_view.h"
#include "widgets/why_evicted_view.h"

#include <QComboBox>
#include <QFile>
#include <QImage>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <memory>
#include <set>

using namespace attendre;

namespace {

const QByteArray text = "In the beginning God created the heaven and the earth. And the earth was "
                        "without form, and void; and darkness was upon the face of the deep.\n";

MadeOptions options(const QString& policy, bool full) {
    MadeOptions made;
    made.layers = 4;
    made.heads = 3;
    made.memory = 32;
    made.chunk = 8;
    made.tokens = 160;
    made.sinks = 2;
    made.policy = policy;
    made.full = full;
    return made;
}

bool record(const QString& path, const MadeOptions& made, bool append) {
    RecorderOptions how;
    how.append = append;
    auto recorder = Recorder::open(path, madeRun(made), madeTokens(made, text), how);
    if (!recorder)
        return false;
    MadeSteps steps(made);
    while (auto step = steps.next())
        if (!(*recorder)->add(std::move(*step)))
            return false;
    return (*recorder)->finish().ok();
}

} // namespace

// Each view on a small recorded trace, driven as a person would: clicks and keys set the point, the
// point moves what is drawn, and nothing is blank.
class PlotViewsTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void init();
    void cleanup();

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
    void timelineComparesRuns();
    void attentionRowsAndKeys();
    void attentionWithoutRows();
    void historyStepsThroughEvents();
    void historyAsksForAnEntry();
    void whyNamesTheRecordedVictims();
    void whyClickAndKeys();
    void whyOfAResident();
    void metricsClickChoosesTheToken();

  private:
    template <class V> V* show(QSize size = {480, 320}) {
        auto* view = new V(context());
        m_view.reset(view);
        view->resize(size);
        view->show();
        settle();
        return view;
    }
    ViewContext context() { return {m_source.get(), m_point.get(), &m_theme, nullptr}; }
    void open(const QString& name);
    void settle() {
        QTest::qWait(1);
        QTRY_VERIFY_WITH_TIMEOUT(m_source->pending() == 0, 20'000);
        QTest::qWait(1);
    }
    void to(const Point& point) {
        m_point->move(point);
        settle();
    }
    static std::vector<std::pair<QString, std::function<PlotView*(const ViewContext&)>>> kinds();
    std::vector<Eviction> evicted(int step, int layer, int head);

    QTemporaryDir m_folder;
    Theme m_theme;
    std::unique_ptr<TraceSource> m_source;
    std::unique_ptr<CurrentPoint> m_point;
    std::unique_ptr<PlotView> m_view;
};

std::vector<std::pair<QString, std::function<PlotView*(const ViewContext&)>>>
PlotViewsTest::kinds() {
    return {{"overview", [](const ViewContext& c) { return new OverviewView(c); }},
            {"timeline", [](const ViewContext& c) { return new TimelineView(c); }},
            {"attention", [](const ViewContext& c) { return new AttentionView(c); }},
            {"entry-history", [](const ViewContext& c) { return new EntryHistoryView(c); }},
            {"why-evicted", [](const ViewContext& c) { return new WhyEvictedView(c); }},
            {"metrics", [](const ViewContext& c) { return new MetricsView(c); }}};
}

void PlotViewsTest::initTestCase() {
    QVERIFY(m_folder.isValid());
    QVERIFY(record(m_folder.filePath("full.trace"), options("lra", true), false));
    QVERIFY(record(m_folder.filePath("full.trace"), options("fifo", true), true));
    QVERIFY(record(m_folder.filePath("summary.trace"), options("lra", false), false));
}

void PlotViewsTest::init() {
    m_source = std::make_unique<TraceSource>();
    m_point = std::make_unique<CurrentPoint>();
    m_theme.setKind(Theme::Kind::Light);
}

void PlotViewsTest::cleanup() {
    m_view.reset();
    m_point.reset();
    m_source.reset();
}

void PlotViewsTest::open(const QString& name) {
    QSignalSpy opened(m_source.get(), &TraceSource::opened);
    m_source->open(m_folder.filePath(name));
    QVERIFY(opened.count() || opened.wait());
    Point point;
    point.run = 1;
    point.step = 10;
    point.layer = 1;
    point.head = 2;
    m_point->reset(point);
    settle();
}

std::vector<Eviction> PlotViewsTest::evicted(int step, int layer, int head) {
    auto reader = Reader::open(m_source->path());
    if (!reader)
        return {};
    auto evictions = (*reader)->evictions(1, step, layer, head);
    return evictions ? evictions.take() : std::vector<Eviction>();
}

void PlotViewsTest::nothingOpenIsSaid_data() {
    QTest::addColumn<int>("kind");
    for (int i = 0; i < int(kinds().size()); ++i)
        QTest::newRow(qPrintable(kinds()[std::size_t(i)].first)) << i;
}

void PlotViewsTest::nothingOpenIsSaid() {
    QFETCH(int, kind);
    m_view.reset(kinds()[std::size_t(kind)].second(context()));
    m_view->resize(300, 200);
    m_view->show();
    QVERIFY(m_view->isBlank());
    QVERIFY(m_view->emptySentence().contains("No trace is open"));
    QVERIFY(!m_view->accessibleName().isEmpty());
    QVERIFY(!m_view->saveAs(m_folder.filePath("nothing.csv")).ok());
    open("full.trace");
    m_point->move({1, 10, Phase::Record, 1, 2, 40, 85});
    settle();
    QVERIFY2(!m_view->isBlank(), qPrintable(m_view->emptySentence()));
    QVERIFY(!m_view->accessibleDescription().isEmpty());
    m_source->close();
    QVERIFY(m_view->isBlank());
}

void PlotViewsTest::drawsAtEverySize_data() {
    nothingOpenIsSaid_data();
}

// Something is drawn at every size, in every theme, and the themes differ.
void PlotViewsTest::drawsAtEverySize() {
    QFETCH(int, kind);
    open("full.trace");
    m_point->move({1, 10, Phase::Record, 1, 2, 40, 85});
    m_view.reset(kinds()[std::size_t(kind)].second(context()));
    m_view->show();
    for (const QSize size : {QSize(220, 120), QSize(300, 200), QSize(480, 320), QSize(1400, 800)}) {
        m_view->resize(size);
        QImage before;
        for (const auto theme :
             {Theme::Kind::Light, Theme::Kind::Dark, Theme::Kind::HighContrast}) {
            m_theme.setKind(theme);
            settle();
            QVERIFY2(!m_view->isBlank(), qPrintable(m_view->emptySentence()));
            const QImage image = m_view->grab().toImage();
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
    QSignalSpy hovered(m_view.get(), &View::hovered);
    const QPointF at(m_view->width() / 2.0, m_view->height() / 3.0);
    QMouseEvent move(QEvent::MouseMove, at, m_view->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QApplication::sendEvent(m_view.get(), &move);
    QCOMPARE(hovered.count(), 1);
    QVERIFY(!hovered.last()[0].toString().isEmpty());
}

void PlotViewsTest::savesEveryFormat_data() {
    nothingOpenIsSaid_data();
}

void PlotViewsTest::savesEveryFormat() {
    QFETCH(int, kind);
    open("full.trace");
    m_point->move({1, 10, Phase::Record, 1, 2, 40, 85});
    m_view.reset(kinds()[std::size_t(kind)].second(context()));
    m_view->resize(400, 300);
    m_view->show();
    settle();
    const auto saved = [&](const char* ending) {
        const QString path = m_folder.filePath(QString("picture.") + ending);
        const Result<void> done = m_view->saveAs(path);
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
    const Result<void> unknown = m_view->saveAs(m_folder.filePath("picture.xyz"));
    QVERIFY(!unknown);
    QVERIFY(unknown.error().sentence.contains("xyz"));
    const Result<void> nowhere = m_view->saveAs(m_folder.filePath("none/picture.png"));
    QVERIFY(!nowhere);
    QVERIFY(nowhere.error().sentence.contains("none/picture.png"));
}

void PlotViewsTest::hiddenViewsDoNotRead() {
    open("full.trace");
    auto* view = new WhyEvictedView(context());
    m_view.reset(view);
    to({1, 12, Phase::Record, 0, 0, noPosition, noPosition});
    QVERIFY(!view->content());
    view->resize(400, 300);
    view->show();
    settle();
    QVERIFY(view->content().has_value());
    QCOMPARE(view->content()->step, 12);
}

void PlotViewsTest::overviewClickChoosesTheHead() {
    open("full.trace");
    for (const QSize size : {QSize(480, 320), QSize(240, 420)}) {
        auto* view = show<OverviewView>(size);
        view->grab();
        for (const auto& [layer, head] : {std::pair(3, 1), std::pair(0, 2)}) {
            QTest::mouseClick(view, Qt::LeftButton, {},
                              view->cellRect(layer, head).center().toPoint());
            QCOMPARE(m_point->now().layer, layer);
            QCOMPARE(m_point->now().head, head);
        }
    }
    QVERIFY(m_point->canGoBack());
}

void PlotViewsTest::overviewKeysAndMetrics() {
    open("full.trace");
    auto* view = show<OverviewView>();
    view->grab();
    QTest::keyClick(view, Qt::Key_Right);
    QCOMPARE(m_point->now().layer, 2);
    QTest::keyClick(view, Qt::Key_Up);
    QCOMPARE(m_point->now().head, 1);
    for (int i = 0; i < 9; ++i)
        QTest::keyClick(view, Qt::Key_Left);
    QCOMPARE(m_point->now().layer, 0);
    auto* chooser = qobject_cast<QComboBox*>(view->headerWidget());
    QVERIFY(chooser);
    const QImage before = view->grab().toImage();
    chooser->setCurrentIndex(1);
    settle();
    QCOMPARE(view->metric(), 1);
    QVERIFY(view->grab().toImage() != before);
    QTest::keyClick(view, Qt::Key_M);
    QCOMPARE(chooser->currentIndex(), 2);
}

void PlotViewsTest::timelineScrubsAndZooms() {
    open("full.trace");
    auto* view = show<TimelineView>({700, 300});
    view->grab();
    QCOMPARE(view->lastVisible(), 19.5);
    QTest::keyClick(view, Qt::Key_Left);
    QCOMPARE(m_point->now().step, 9);
    QTest::keyClick(view, Qt::Key_End);
    QCOMPARE(m_point->now().step, 19);
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_point->now().step, 0);
    // Dragging scrubs, and the way back is one move, not one a pixel.
    const int y = view->height() / 2;
    QTest::mousePress(view, Qt::LeftButton, {}, {300, y});
    const int begun = m_point->now().step;
    QVERIFY(begun > 0);
    QTest::mouseMove(view, {400, y});
    QTest::mouseMove(view, {500, y});
    QTest::mouseRelease(view, Qt::LeftButton, {}, {500, y});
    QVERIFY(m_point->now().step > begun);
    // The wheel zooms about the mouse.
    QWheelEvent wheel({400.0, double(y)}, view->mapToGlobal(QPointF(400, y)), {}, {0, 480},
                      Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(view, &wheel);
    QVERIFY(view->lastVisible() - view->firstVisible() < 12);
    // What is left of the visible range comes into it when the point goes there.
    QTest::keyClick(view, Qt::Key_Home);
    settle();
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

void PlotViewsTest::timelineComparesRuns() {
    open("full.trace");
    auto* view = show<TimelineView>();
    QVERIFY(view->csv().contains("nll,1,"));
    QVERIFY(view->csv().contains("nll,2,"));
    QVERIFY(!view->csv().contains("occupancy,2,"));
}

void PlotViewsTest::attentionRowsAndKeys() {
    open("full.trace");
    auto* view = show<AttentionView>({600, 400});
    view->grab();
    QCOMPARE(view->content()->queries.size(), std::size_t(8));
    QTest::mouseClick(view, Qt::LeftButton, {}, view->rowRect(83).center().toPoint());
    settle();
    QCOMPARE(m_point->now().query, 83);
    QTest::keyClick(view, Qt::Key_Down);
    QCOMPARE(m_point->now().query, 84);
    settle();
    // Right walks through what it reads, the heaviest first.
    QTest::keyClick(view, Qt::Key_Right);
    QCOMPARE(m_point->now().entry, view->content()->queries[4].top[0].position);
    QVERIFY(view->summary().contains("84"));
    const QImage before = view->grab().toImage();
    QTest::keyClick(view, Qt::Key_S);
    QVERIFY(view->sinksHidden());
    QVERIFY(view->grab().toImage() != before);
    view->setLayerMean(true);
    settle();
    QVERIFY(view->content()->mean);
    for (const auto across : {AttentionView::Across::Residents, AttentionView::Across::Slots}) {
        const QImage here = view->grab().toImage();
        view->setAcross(across);
        QVERIFY(view->grab().toImage() != here);
    }
    QTest::keyClick(view, Qt::Key_Escape);
    QCOMPARE(m_point->now().query, noPosition);
    // The parts of the step add up to all of it.
    const AttentionShares& s = view->content()->shares;
    QVERIFY(qAbs(s.sink + s.recent + s.kept + s.chunk - 1) < 1e-4);
}

void PlotViewsTest::attentionWithoutRows() {
    open("summary.trace");
    auto* view = show<AttentionView>();
    QVERIFY(view->content()->queries.empty());
    QVERIFY(!view->isBlank());
    QVERIFY(view->content()->massStep >= 0 && view->content()->massStep <= 10);
    QVERIFY(!view->content()->mass.empty());
    QVERIFY(!view->grab().isNull());
}

void PlotViewsTest::historyStepsThroughEvents() {
    open("full.trace");
    const auto gone = evicted(10, 1, 2);
    QVERIFY(!gone.empty());
    const Eviction& eviction = gone.front();
    to({1, 10, Phase::Record, 1, 2, eviction.position, noPosition});
    auto* view = show<EntryHistoryView>();
    const EntryHistory& history = *view->content();
    QCOMPARE(history.life.evictedStep, 10);
    QCOMPARE(history.replacedBy, eviction.replacedBy);
    QVERIFY(history.events.front().kind == EntryEvent::Kind::Inserted);
    QVERIFY(history.events.back().kind == EntryEvent::Kind::Evicted);
    QCOMPARE(history.heads.size(), std::size_t(3));
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_point->now().step, history.life.insertedStep);
    // A button and a key do the same; in the end it is evicted.
    const auto buttons = view->headerWidget()->findChildren<QToolButton*>();
    QCOMPARE(buttons.size(), 2);
    buttons[1]->click();
    QVERIFY(m_point->now().step > history.life.insertedStep);
    for (int i = 0; i < 40; ++i)
        QTest::keyClick(view, Qt::Key_Period);
    QCOMPARE(m_point->now().step, 10);
    QTest::keyClick(view, Qt::Key_Comma);
    QVERIFY(m_point->now().step < 10);
    QTest::keyClick(view, Qt::Key_Up);
    QCOMPARE(m_point->now().head, 1);
    settle();
    QCOMPARE(view->content()->asked.head, 1);
}

void PlotViewsTest::historyAsksForAnEntry() {
    open("full.trace");
    auto* view = show<EntryHistoryView>();
    QVERIFY(view->isBlank());
    QVERIFY(view->emptySentence().startsWith("Select"));
    to({1, 10, Phase::Record, 1, 2, 40, noPosition});
    QVERIFY(!view->isBlank());
    to({1, 10, Phase::Record, 1, 2, 0, noPosition}); // a sink stays
    QCOMPARE(view->content()->life.evictedStep, -1);
    QVERIFY(view->summary().contains("resident"));
}

// The ranking that follows from the state before is the one that was recorded, everywhere.
void PlotViewsTest::whyNamesTheRecordedVictims() {
    open("full.trace");
    auto* view = show<WhyEvictedView>();
    for (const int step : {4, 9, 19})
        for (int layer = 0; layer < 4; ++layer)
            for (int head = 0; head < 3; ++head) {
                to({1, step, Phase::Record, layer, head, noPosition, noPosition});
                const EvictionReason& reason = *view->content();
                QVERIFY(reason.agrees);
                std::set<std::int32_t> recorded, explained;
                for (const Eviction& eviction : evicted(step, layer, head))
                    recorded.insert(eviction.position);
                for (const Candidate& candidate : reason.ranking.candidates)
                    if (candidate.victim)
                        explained.insert(candidate.position);
                QVERIFY(!recorded.empty());
                QVERIFY(recorded == explained);
            }
    to({1, 10, Phase::Record, 1, 2, evicted(10, 1, 2).front().position, noPosition});
    QVERIFY(view->summary().contains("was evicted at step 10"));
    QVERIFY(!view->content()->columns.empty());
    // Back to the attention that decided: a query that did read the survivor.
    int walked = 0;
    for (int head = 0; head < 3; ++head) {
        to({1, 12, Phase::Record, 1, head, noPosition, noPosition});
        const EvictionReason reason = *view->content();
        if (reason.deciding == noPosition)
            continue;
        ++walked;
        QTest::keyClick(view, Qt::Key_Return);
        settle();
        QCOMPARE(m_point->now().query, reason.deciding);
        QCOMPARE(m_point->now().entry, reason.right);
        QCOMPARE(m_point->now().step, reason.deciding / 8);
    }
    QVERIFY(walked > 0);
    to({1, 0, Phase::Record, 1, 2, noPosition, noPosition});
    QVERIFY(view->isBlank());
}

void PlotViewsTest::whyClickAndKeys() {
    open("full.trace");
    auto* view = show<WhyEvictedView>({600, 400});
    view->grab();
    const EvictionRanking ranking = view->content()->ranking;
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_point->now().entry, ranking.candidates.front().position);
    settle();
    QTest::keyClick(view, Qt::Key_Right);
    QCOMPARE(m_point->now().entry, ranking.candidates[1].position);
    settle();
    view->grab();
    // A click among the bars chooses one of the candidates.
    QTest::mouseClick(view, Qt::LeftButton, {}, {120, 200});
    QVERIFY(m_point->now().entry != ranking.candidates[1].position);
    QVERIFY(ranking.placeOf(m_point->now().entry) >= 0);
}

void PlotViewsTest::whyOfAResident() {
    open("full.trace");
    to({1, 10, Phase::Record, 1, 2, 85, noPosition}); // of this step's own chunk
    auto* view = show<WhyEvictedView>();
    QVERIFY(view->content()->toCome);
    QCOMPARE(view->content()->step, 11);
    QVERIFY(view->summary().startsWith("If the next chunk came now"));
    to({1, 10, Phase::Record, 1, 2, 1, noPosition});
    QVERIFY(view->summary().contains("protected"));
    to({1, 10, Phase::Record, 1, 2, 140, noPosition});
    QVERIFY(view->isBlank());
    QVERIFY(view->emptySentence().contains("has not arrived"));
    // After the last step: what a further chunk would do.
    to({1, 19, Phase::Record, 1, 2, 155, noPosition});
    QVERIFY(view->content()->toCome);
    QCOMPARE(view->content()->ranking.victims, 8);
}

void PlotViewsTest::metricsClickChoosesTheToken() {
    open("full.trace");
    auto* view = show<MetricsView>({500, 300});
    view->setPlot(MetricsView::Plot::Nll);
    view->grab();
    QTest::mouseClick(view, Qt::LeftButton, {}, {480, 150});
    QCOMPARE(m_point->now().entry, 87);
    QTest::keyClick(view, Qt::Key_Left);
    QCOMPARE(m_point->now().entry, 86);
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(m_point->now().entry, 80);
    for (const auto plot : {MetricsView::Plot::Next, MetricsView::Plot::Occupancy,
                            MetricsView::Plot::Age, MetricsView::Plot::Time}) {
        const QImage before = view->grab().toImage();
        view->setPlot(plot);
        QVERIFY(view->grab().toImage() != before);
        QVERIFY(view->csv().count('\n') > 1);
    }
}

QTEST_MAIN(PlotViewsTest)
#include "plot_views_test.moc"
