#include "app/go_to_field.h"
#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/phase_stepper.h"
#include "app/playback.h"
#include "app/transport_bar.h"
#include "app/window_actions.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"
#include "tests/widgets/watchdog.h"
#include "widgets/document_canvas.h"
#include "widgets/document_view.h"
#include "widgets/memory_grid.h"
#include "widgets/memory_view.h"

#include <QComboBox>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QListWidget>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace attendre;

namespace {

// The share of pixels that differ from the commonest colour.
double inkOf(const QImage& image) {
    QHash<QRgb, int> colours;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            ++colours[image.pixel(x, y)];
    int commonest = 0;
    for (const int count : std::as_const(colours))
        commonest = std::max(commonest, count);
    return 1.0 - double(commonest) / (double(image.width()) * image.height());
}

} // namespace

// The window, driven by clicks and keys against a small recorded trace.
class TestWindow : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    QString trace() const { return m_folder.filePath("made.trace"); }
    Point now() const { return m_window->point().now(); }
    template <class V> V* view(const char* id) const {
        return qobject_cast<V*>(m_window->workbench().panel(QLatin1String(id))->view());
    }
    void settle() {
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(30);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
    }
    void openIt() {
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openTrace(trace());
        QVERIFY(opened.wait(20'000));
        settle();
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
        QVERIFY(recordMade(trace(), windowOptions()).ok());
    }
    void init() {
        m_window = std::make_unique<MainWindow>(false);
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup() { m_window.reset(); }

    void opensWhereEvictionsAreSeen() {
        openIt();
        QCOMPARE(now().run, 1);
        QCOMPARE(now().step, 39);
        QCOMPARE(now().layer, 1);
        QVERIFY(now().entry != noPosition);
    }
    void noViewIsBlank() {
        openIt();
        for (Panel* panel : m_window->workbench().panels()) {
            if (panel->objectName() == "query-memory") { // in this run nothing waits
                QVERIFY(panel->isHidden());
                continue;
            }
            panel->raise();
            QTest::qWait(20);
            settle();
            // Nothing was said yet, this run has no archive, and no other stands beside it.
            if (panel->objectName() != "console" && panel->objectName() != "what-if" &&
                panel->objectName() != "compare")
                QVERIFY2(!panel->view()->isBlank(), qPrintable(panel->objectName()));
            const QImage image = panel->view()->grab().toImage();
            QVERIFY2(image.width() > 80 && image.height() > 40, qPrintable(panel->objectName()));
            const double ink = inkOf(image);
            QVERIFY2(panel->objectName() == "console" || ink > 0.015,
                     qPrintable(QString("%1 %2").arg(panel->objectName()).arg(ink)));
        }
    }
    void keysStep() {
        openIt();
        QTest::keyClick(m_window.get(), Qt::Key_Home);
        settle();
        QCOMPARE(now().step, 0);
        QTest::keyClick(m_window.get(), Qt::Key_F10);
        settle();
        QCOMPARE(now().step, 1);
        QTest::keyClick(m_window.get(), Qt::Key_F10, Qt::ShiftModifier);
        settle();
        QCOMPARE(now().step, 0);
        QTest::keyClick(m_window.get(), Qt::Key_End);
        settle();
        QCOMPARE(now().step, 39);
    }
    void phasesWalkThroughAStep() {
        openIt();
        m_window->playback().toStep(20);
        settle();
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::ShiftModifier);
        settle();
        QCOMPARE(now().step, 21);
        QCOMPARE(now().phase, Phase::Rank);
        for (int i = 1; i < phaseCount; ++i) {
            QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::ShiftModifier);
            settle();
            QCOMPARE(now().phase, Phase(i));
            QCOMPARE(view<MemoryView>("kv-memory")->content()->point, now());
        }
        auto* stepper = m_window->findChild<PhaseStepper*>();
        QTest::mouseClick(stepper, Qt::LeftButton, {}, QPoint(12, stepper->height() / 2));
        settle();
        QCOMPARE(now().phase, Phase::Rank);
    }
    void aClickSetsTheEntryAndBackReturns() {
        openIt();
        const Point before = now();
        auto* grid = view<MemoryView>("kv-memory")->grid();
        QTest::mouseClick(grid->viewport(), Qt::LeftButton, {}, QPoint(20, 20));
        settle();
        QVERIFY(now().entry != before.entry);
        QCOMPARE(now().entry, view<MemoryView>("kv-memory")->content()->state.position[0]);
        auto* canvas = view<DocumentView>("document")->canvas();
        QVERIFY(canvas->isVisibleToken(now().entry));
        QTest::mouseClick(canvas->viewport(), Qt::LeftButton, {}, QPoint(24, 10));
        settle();
        QVERIFY(m_window->point().canGoBack());
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        settle();
        QCOMPARE(now().entry, before.entry);
    }
    void selectorsAndKeysChooseLayerAndHead() {
        openIt();
        QTest::keyClick(m_window.get(), Qt::Key_Up, Qt::ControlModifier);
        settle();
        QCOMPARE(now().layer, 2);
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::ControlModifier);
        settle();
        QCOMPARE(now().head, 0);
    }
    void theFieldGoesToSteps() {
        openIt();
        auto* field = m_window->findChild<GoToField*>();
        QTest::keyClick(m_window.get(), Qt::Key_L, Qt::ControlModifier);
        field->setFocus();
        QTest::keyClicks(field, "step 7");
        QTest::keyClick(field, Qt::Key_Return);
        settle();
        QCOMPARE(now().step, 7);
    }
    void toTheNextEvictionOfATokenAndItsEvents() {
        openIt();
        Point point = now();
        point.step = 2;
        point.entry = 20;
        m_window->point().move(point);
        settle();
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        settle();
        QVERIFY(now().step > 2);
        QCOMPARE(now().phase, Phase::Evict);
        const auto* content = view<MemoryView>("kv-memory")->content();
        const int slot = content->slotOf(20);
        QVERIFY(slot >= 0);
        QCOMPARE(content->marks[std::size_t(slot)], MemoryContent::Mark::Victim);
        QTest::keyClick(m_window.get(), Qt::Key_Comma);
        settle();
        QCOMPARE(now().step, 1); // position 20 came with the second chunk of 16
        QCOMPARE(now().phase, Phase::Insert);
    }
    void findsTextInTheDocument() {
        openIt();
        QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
        auto* documentView = view<DocumentView>("document");
        QLineEdit* field = nullptr;
        for (QLineEdit* candidate : documentView->findChildren<QLineEdit*>())
            if (candidate->isVisible())
                field = candidate;
        QVERIFY(field);
        QTest::keyClicks(field, "waters");
        settle();
        QVERIFY(documentView->canvas()->visibleTokens().first < 640);
    }
    void themesRepaintEverything() {
        openIt();
        const QImage light = m_window->grab().toImage();
        m_window->actions().dark->trigger();
        settle();
        const QImage dark = m_window->grab().toImage();
        QVERIFY(qGray(light.pixel(720, 880)) > 150);
        QVERIFY(qGray(dark.pixel(720, 880)) < 90);
        m_window->actions().light->trigger();
    }
    void layoutIsSavedAndReset() {
        openIt();
        const QByteArray state = m_window->workbench().layoutState();
        Panel* panel = m_window->workbench().panel("attention");
        panel->close();
        QVERIFY(!panel->isVisible());
        QVERIFY(m_window->workbench().restoreLayout(state));
        QTRY_VERIFY(panel->isVisible());
        panel->setFloating(true);
        m_window->actions().resetLayout->trigger();
        QTest::qWait(50);
        QVERIFY(!panel->isFloating());
        QVERIFY(panel->isVisible());
    }
    void aMissingFileIsASentence() {
        QSignalSpy failed(m_window.get(), &MainWindow::couldNotOpen);
        m_window->openTrace(m_folder.filePath("none.trace"));
        QVERIFY(failed.wait());
        QVERIFY(m_window->messages().sentence().contains("none.trace"));
    }
    // Whatever the window's size, no control of the bar is cut off.
    void theBarIsNeverCut() {
        openIt();
        for (const QSize size : {QSize(1440, 900), QSize(1280, 720), QSize(1100, 700)}) {
            m_window->resize(size);
            QTest::qWait(50);
            QCOMPARE(m_window->size(), size);
            auto* bar = m_window->findChild<TransportBar*>();
            QVERIFY(bar->width() <= size.width());
            for (const QWidget* part :
                 bar->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
                if (part->isVisible() && !part->isWindow())
                    QVERIFY2(bar->rect().contains(part->geometry()),
                             part->metaObject()->className());
        }
    }
    void aNumberThatIsNowhereIsAnsweredWithTheRange() {
        openIt();
        auto* field = m_window->findChild<GoToField*>();
        field->setFocus();
        QTest::keyClicks(field, "99999");
        auto* list = field->findChild<QListWidget*>();
        QVERIFY(list && list->count() >= 1);
        QVERIFY2(list->item(0)->text().contains("steps are 0 to 39"),
                 qPrintable(list->item(0)->text()));
        const Point before = now();
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(now(), before);
        QTest::keyClick(field, Qt::Key_Escape);
    }
    // A byte that was changed in a block that a panel shows.
    void damageIsTold() {
        const QString path = m_folder.filePath("damaged.trace");
        QVERIFY(recordMade(path, windowOptions()).ok());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QByteArray bytes = file.readAll();
        const QByteArray magic("\x28\xb5\x2f\xfd", 4);
        for (qsizetype at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 4))
            if (bytes[at - 2] == 1) // a layer's state: its version and flags come before the frame
                bytes[at + 12] = char(~bytes[at + 12]);
        QVERIFY(file.seek(0) && file.write(bytes) == bytes.size());
        file.close();
        QSignalSpy damaged(&m_window->source(), &TraceSource::damaged);
        m_window->openTrace(path);
        QVERIFY(damaged.wait());
        settle();
        const QString said = m_window->messages().sentence();
        QVERIFY2(said.startsWith("The trace " + path + " is damaged in layer"), qPrintable(said));
        QVERIFY(said.endsWith("record the run again."));
    }
    // Scrubbing through the run: the event loop comes round all the while.
    void scrubbingNeverStalls() {
        openIt();
        Watchdog watchdog;
        QElapsedTimer clock;
        clock.start();
        int shown = 0;
        QObject counter;
        connect(&m_window->point(), &CurrentPoint::moved, &counter, [&shown] { ++shown; });
        for (int i = 0; clock.elapsed() < 3000; ++i) {
            Point point = now();
            point.step = i % 40;
            m_window->point().scrub(point);
            QTest::qWait(8);
        }
        settle();
        QVERIFY2(shown > 10, qPrintable(QString::number(shown)));
        qInfo("%d points shown in 3 s, longest stall %.1f ms", shown, watchdog.longest());
        QVERIFY2(watchdog.longest() <= longestStall, qPrintable(stallOf(watchdog)));
    }
    // A book of 50,035 tokens at summary detail: its text is scrolled from end to end and its steps
    // are scrubbed without a stall.
    void aWholeBookScrollsAndScrubs() {
        MadeOptions book = windowOptions();
        book.tokens = 50'035;
        book.layers = 2;
        book.heads = 2;
        book.chunk = 64;
        book.memory = 512;
        book.full = false;
        const QString path = m_folder.filePath("book.trace");
        QVERIFY(recordMade(path, book).ok());
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openTrace(path);
        QVERIFY(opened.wait(20'000));
        settle();
        const int steps = m_window->source().stepCount(1);
        QCOMPARE(steps, 782);
        QScrollBar* bar = view<DocumentView>("document")->canvas()->verticalScrollBar();
        QVERIFY(bar->maximum() > 10 * bar->pageStep());
        {
            Watchdog watchdog;
            for (int i = 0; i <= 150; ++i) {
                bar->setValue(int(qint64(bar->maximum()) * i / 150));
                QTest::qWait(8);
            }
            settle();
            qInfo("scrolling: longest stall %.1f ms", watchdog.longest());
            QVERIFY2(watchdog.longest() <= longestStall, qPrintable(stallOf(watchdog)));
        }
        QVERIFY(view<DocumentView>("document")->canvas()->visibleTokens().first > 49'000);
        Watchdog watchdog;
        for (int i = 0; i < 150; ++i) {
            Point point = now();
            point.step = int(qint64(i) * 97 % steps);
            m_window->point().scrub(point);
            QTest::qWait(8);
        }
        settle();
        qInfo("scrubbing: longest stall %.1f ms", watchdog.longest());
        QVERIFY2(watchdog.longest() <= longestStall, qPrintable(stallOf(watchdog)));
    }
};

QTEST_MAIN(TestWindow)
#include "test_window.moc"
