#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"
#include "widgets/attention_view.h"
#include "widgets/document_canvas.h"
#include "widgets/document_view.h"
#include "widgets/why_evicted_view.h"

#include <QScrollBar>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// What a window of 1100 × 700 pixels still has to show.
class SmallWindowTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    template <class V> V* view(const char* id) const {
        return qobject_cast<V*>(m_window->workbench().panel(QLatin1String(id))->view());
    }
    void settle() {
        QTest::qWait(100);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(20);
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
        QVERIFY(recordMade(m_folder.filePath("made.trace"), windowOptions()).ok());
    }
    void init() {
        m_window = std::make_unique<MainWindow>(false);
        m_window->resize(1100, 700);
        m_window->show();
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openTrace(m_folder.filePath("made.trace"));
        QVERIFY(opened.wait(20'000));
        settle();
    }
    void cleanup() { m_window.reset(); }

    void theVictimStandsBesideTheSurvivor() {
        auto* why = view<WhyEvictedView>("why-evicted");
        QVERIFY(why->content() && !why->content()->columns.empty());
        QVERIFY2(why->height() < 260, qPrintable(QString::number(why->height())));
        QVERIFY(why->pairRect().height() > 40);
        QVERIFY(QRectF(why->rect()).contains(why->pairRect()));
        // The rest is there, too.
        QVERIFY(why->scrollBar()->isVisible());
        why->scrollBar()->setValue(why->scrollBar()->maximum());
        QVERIFY(QRectF(why->rect()).contains(why->rankingRect()));
    }
    // A sentence with a long path wraps or is cut; the window keeps its size.
    void aMessageDoesNotWidenTheWindow() {
        auto* messages = m_window->findChild<MessageBar*>();
        QVERIFY(messages);
        messages->say(MessageBar::Kind::Problem,
                      "The trace /" + QString(400, u'x') + ".trace is damaged: copy it again.",
                      {{"Restart the engine", [] {}}, {"Run anew…", [] {}}});
        settle();
        QVERIFY(messages->isVisible());
        QVERIFY2(messages->minimumSizeHint().width() < 700,
                 qPrintable(QString::number(messages->minimumSizeHint().width())));
        QCOMPARE(m_window->size(), QSize(1100, 700));
        messages->dismiss();
    }
    // Headers have shorter words at hand, down to none at all.
    void headersHaveShorterWords() {
        for (const char* id : {"why-evicted", "attention", "overview", "entry-history"}) {
            const View* shown = m_window->workbench().panel(QLatin1String(id))->view();
            QVERIFY2(!shown->subtitle().isEmpty(), id);
            const QStringList shorter = shown->shorterSubtitles();
            QVERIFY2(shorter.size() > 1 && shorter.back().isEmpty(), id);
            for (qsizetype i = 1; i < shorter.size(); ++i)
                QVERIFY2(shorter[i].size() < shorter[i - 1].size(), id);
        }
    }
    // No panel is pushed over another, also with the row of the Q memory.
    void panelsStandSideBySide() {
        MadeOptions made = windowOptions();
        made.queryMemory = 24;
        QVERIFY(recordMade(m_folder.filePath("waiting.trace"), made).ok());
        for (const char* name : {"made.trace", "waiting.trace"}) {
            QSignalSpy opened(&m_window->source(), &TraceSource::opened);
            m_window->openTrace(m_folder.filePath(name));
            QVERIFY(opened.wait(20'000));
            settle();
            std::vector<Panel*> shown;
            for (Panel* panel : m_window->workbench().findChildren<Panel*>())
                if (!panel->visibleRegion().isEmpty() && !panel->isFloating())
                    shown.push_back(panel);
            QVERIFY(shown.size() >= 7);
            for (const Panel* a : shown) {
                QVERIFY2(m_window->workbench().rect().contains(a->geometry()),
                         qPrintable(a->objectName()));
                for (const Panel* b : shown)
                    QVERIFY2(a == b || !a->geometry().intersects(b->geometry()),
                             qPrintable(a->objectName() + " over " + b->objectName()));
            }
        }
    }
    // However it is scrolled, no line is cut.
    void theDocumentShowsWholeLines() {
        DocumentCanvas* canvas = view<DocumentView>("document")->canvas();
        QScrollBar* bar = canvas->verticalScrollBar();
        QVERIFY(bar->maximum() > 40);
        for (int value = 0; value <= bar->maximum(); value += 7) {
            bar->setValue(value);
            const auto [first, end] = canvas->visibleTokens();
            // The first may be a line's end that belongs to the line above.
            QVERIFY(canvas->isVisibleToken(first) || canvas->isVisibleToken(first + 1));
            QVERIFY(canvas->isVisibleToken(end - 1));
        }
        bar->setValue(bar->maximum());
        const auto last = canvas->layout().tokensDone() - 1;
        QVERIFY(canvas->isVisibleToken(last));
    }
};

QTEST_MAIN(SmallWindowTest)
#include "small_window_test.moc"
