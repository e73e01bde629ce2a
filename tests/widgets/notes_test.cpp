#include "app/eliding_label.h"
#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/new_run_dialog.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"
#include "widgets/breakpoint_source.h"
#include "widgets/breakpoints_view.h"
#include "widgets/document_canvas.h"
#include "widgets/notes_view.h"
#include "widgets/timeline_view.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// Breakpoints, bookmarks and notes in the window, by keys and clicks, and what is kept of them.
class NotesTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    QString trace() const { return m_folder->filePath("made.trace"); }
    Point now() const { return m_window->point().now(); }
    QString status() const { return m_window->statusBar()->findChild<ElidingLabel*>()->text(); }
    View* view(const char* id) const {
        return m_window->workbench().panel(QLatin1String(id))->view();
    }
    template <class W> W* part(const char* id, const QString& name) const {
        for (W* one : view(id)->findChildren<W*>())
            if (one->accessibleName() == name)
                return one;
        return nullptr;
    }
    QPushButton* button(const char* id, const QString& text) const {
        for (QPushButton* one : view(id)->findChildren<QPushButton*>())
            if (one->text() == text)
                return one;
        return nullptr;
    }
    QListWidget* breakpoints() const { return part<QListWidget>("breakpoints", "Breakpoints"); }
    QTableView* hits() const { return part<QTableView>("breakpoints", "Hits"); }
    QListWidget* bookmarks() const { return part<QListWidget>("notes", "Bookmarks"); }

    void settle() {
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(30);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
    }
    void openIt() {
        m_window = std::make_unique<MainWindow>(false);
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openTrace(trace());
        QVERIFY(opened.wait(20'000));
        settle();
    }
    void press(Qt::Key key, Qt::KeyboardModifiers with = {}) {
        QTest::keyClick(m_window.get(), key, with);
        settle();
    }
    // As a person does it: the panel's form, field by field.
    void breakOn(const QString& when, const QString& span, const QString& condition) {
        m_window->workbench().present("breakpoints");
        auto* box = part<QComboBox>("breakpoints", "Break when");
        for (int i = 0; i < box->count() && box->currentText() != when; ++i)
            QTest::keyClick(box, i == 0 ? Qt::Key_Home : Qt::Key_Down);
        QCOMPARE(box->currentText(), when);
        if (!span.isEmpty())
            QTest::keyClicks(part<QLineEdit>("breakpoints", "Span of positions"), span);
        auto* line = part<QLineEdit>("breakpoints", "Condition");
        line->setFocus();
        QTest::keyClicks(line, condition);
        QTest::keyClick(line, Qt::Key_Return);
        settle();
    }
    // What the scan alone finds of what is set.
    int counted(int breakpoint) const {
        auto reader = Reader::open(trace()).take();
        const RunInfo run = reader->run(now().run).take();
        auto scan = BreakpointScan::compile(run, m_window->notebook().breakpoints()).take();
        const auto found =
            scan.all(*reader, 0, reader->stepCount(run.run).take() - 1, {}, {}).take();
        return int(std::count_if(found.hits.begin(), found.hits.end(),
                                 [&](const auto& hit) { return hit.breakpoint == breakpoint; }));
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
    }
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        MadeOptions fifo = windowOptions();
        fifo.policy = QStringLiteral("fifo");
        QVERIFY(recordMade(trace(), windowOptions()).ok());
        QVERIFY(recordMade(trace(), fifo, -1, true).ok());
        openIt();
    }
    void cleanup() { m_window.reset(); }

    void aTokenByItsKey() {
        const Point before = now();
        QVERIFY(before.entry != noPosition); // one that was evicted is chosen at first
        press(Qt::Key_F9);
        QCOMPARE(int(m_window->notebook().breakpoints().size()), 1);
        QTRY_COMPARE(hits()->model()->rowCount(), 1);
        QTRY_VERIFY(breakpoints()->item(1)->text().endsWith("1 hit"));
        QVERIFY(breakpoints()->item(1)->text().contains(
            QString("leaves layer %1, head %2").arg(before.layer).arg(before.head)));
        press(Qt::Key_Home); // to the first step
        press(Qt::Key_F8);
        auto reader = Reader::open(trace()).take();
        const Life life = reader->life(before.run, before.layer, before.head, before.entry).take();
        QCOMPARE(now().step, life.evictedStep);
        QCOMPARE(now().phase, Phase::Evict);
        QVERIFY2(status().contains("Breakpoint met at step"), qPrintable(status()));
        press(Qt::Key_F8);
        QVERIFY2(status().contains("No breakpoint is met behind"), qPrintable(status()));
        press(Qt::Key_F9); // and off again
        QVERIFY(m_window->notebook().breakpoints().empty());
        press(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(int(m_window->notebook().breakpoints().size()), 1);
    }

    void conditionsListTheirHits() {
        QAbstractItemModelTester tester(hits()->model());
        breakOn("a condition holds", {}, "margin < 2 && evicted > 0 && step > 5");
        QTRY_COMPARE(hits()->model()->rowCount(), counted(0));
        QVERIFY(counted(0) > 10);
        breakOn("a span leaves", "40-42", "hits > 1");
        QTRY_COMPARE(hits()->model()->rowCount(), counted(1)); // the newest is chosen
        QVERIFY(counted(1) > 0);
        QTest::keyClick(breakpoints(), Qt::Key_Escape);
        QTRY_COMPARE(hits()->model()->rowCount(), counted(0) + counted(1));

        // A click goes there.
        const QRect cell = hits()->visualRect(hits()->model()->index(2, 0));
        QTest::mouseClick(hits()->viewport(), Qt::LeftButton, {}, cell.center());
        settle();
        QCOMPARE(QString::number(now().step), hits()->model()->index(2, 0).data().toString());
        QCOMPARE(QString::number(now().layer), hits()->model()->index(2, 1).data().toString());
        QCOMPARE(QString::number(now().head), hits()->model()->index(2, 2).data().toString());

        // Switched off by the keyboard, deleted, and brought back.
        breakpoints()->setFocus();
        QTest::keyClick(breakpoints(), Qt::Key_Home);
        QTest::keyClick(breakpoints(), Qt::Key_Down);
        QTest::keyClick(breakpoints(), Qt::Key_Space);
        QVERIFY(!m_window->notebook().breakpoints()[0].enabled);
        QTRY_COMPARE(hits()->model()->rowCount(), 0);
        QTest::keyClick(breakpoints(), Qt::Key_Delete);
        QCOMPARE(int(m_window->notebook().breakpoints().size()), 1);
        press(Qt::Key_Z, Qt::ControlModifier);
        press(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(int(m_window->notebook().breakpoints().size()), 2);
        QVERIFY(m_window->notebook().breakpoints()[0].enabled);
    }

    void whatIsNotUnderstoodIsSaid() {
        auto* said = part<QLabel>("breakpoints", "What the breakpoints found");
        breakOn("a condition holds", {}, "margn < 1");
        QVERIFY2(said->text().contains("did you mean margin?"), qPrintable(said->text()));
        breakOn("a span leaves", "9-4", {});
        QVERIFY2(said->text().contains("“9-4” is no span"), qPrintable(said->text()));
        QVERIFY(m_window->notebook().breakpoints().empty());
    }

    void hitsOfAnotherRun() {
        breakOn("a condition holds", {}, "fifo_agreement < 0.5");
        QCOMPARE(now().run, 2); // FIFO agrees with itself
        QTRY_VERIFY(breakpoints()->item(1)->text().endsWith("0 hits"));
        Point other = now();
        other.run = 1;
        m_window->point().move(other);
        settle();
        QTRY_COMPARE(hits()->model()->rowCount(), counted(0));
        QVERIFY(counted(0) > 0);
    }

    void aPlaceIsFoundAgain() {
        Point there = now();
        there.step = 11;
        there.layer = 2;
        there.head = 1;
        m_window->point().move(there);
        settle();
        press(Qt::Key_B, Qt::ControlModifier);
        QCOMPARE(int(m_window->notebook().bookmarks().size()), 1);
        auto* name = part<QLineEdit>("notes", "The bookmark's name");
        auto* note = part<QPlainTextEdit>("notes", "Note");
        name->setFocus();
        QTest::keyClicks(name, "the line end");
        QTest::keyClick(name, Qt::Key_Return);
        note->setFocus();
        QTest::keyClicks(note, "it went at a tie");
        bookmarks()->setFocus(); // leaving the note keeps it
        QCOMPARE(m_window->notebook().bookmarks()[0].note, QString("it went at a tie"));
        QCOMPARE(m_window->notebook().bookmarks()[0].name, QString("the line end"));
        auto* timeline = static_cast<TimelineView*>(view("timeline"));
        QCOMPARE(timeline->marks().at(11), QStringList("bookmark: the line end"));
        const Point marked = now();
        press(Qt::Key_Home);
        QVERIFY(!(now() == marked));
        press(Qt::Key_1, Qt::ControlModifier);
        QCOMPARE(now(), marked);
        press(Qt::Key_2, Qt::ControlModifier);
        QVERIFY2(status().contains("no bookmark 2"), qPrintable(status()));

        // Another window, another day.
        openIt();
        QCOMPARE(m_window->notebook().bookmarks()[0].note, QString("it went at a tie"));
        QTRY_VERIFY(bookmarks()->item(0)->text().startsWith("Ctrl+1  the line end"));
        m_window->workbench().present("notes");
        const QRect row = bookmarks()->visualItemRect(bookmarks()->item(0));
        QTest::mouseClick(bookmarks()->viewport(), Qt::LeftButton, {}, row.center());
        settle();
        QCOMPARE(now(), marked);
        QTest::keyClick(bookmarks(), Qt::Key_Delete);
        QVERIFY(m_window->notebook().bookmarks().empty());
        QVERIFY(!QFile::exists(sidecarPath(trace())));
    }

    // Spans by mouse and keys, and what the menu does with them.
    void aSpanOfTheDocument() {
        auto* canvas = view("document")->findChild<DocumentCanvas*>();
        const std::int32_t from = now().entry;
        canvas->setFocus();
        QTest::keyClick(canvas, Qt::Key_Right, Qt::ControlModifier | Qt::ShiftModifier);
        QTest::keyClick(canvas, Qt::Key_Right, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(canvas->span(), std::pair(from, from + 2));
        QTest::keyClick(canvas, Qt::Key_Left, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(canvas->span(), std::pair(from, from + 1));
        QCOMPARE(now().entry, from);
        QVERIFY2(status().contains(QString("positions %1–%2 selected").arg(from).arg(from + 1)),
                 qPrintable(status()));
        const auto choose = [&](int entry) {
            const QPoint middle = canvas->viewport()->rect().center();
            QContextMenuEvent event(QContextMenuEvent::Keyboard, middle,
                                    canvas->mapToGlobal(middle));
            QCoreApplication::sendEvent(canvas, &event);
            auto* menu = view("document")->findChild<QMenu*>();
            QVERIFY(menu && QTest::qWaitForWindowExposed(menu));
            QVERIFY(menu->actions()[0]->text().contains(
                QString("positions %1–%2").arg(from).arg(from + 1)));
            for (int i = 0; i <= entry; ++i)
                QTest::keyClick(menu, Qt::Key_Down);
            QTest::keyClick(menu, Qt::Key_Return);
            settle();
            QTRY_VERIFY(!view("document")->findChild<QMenu*>());
        };
        choose(1); // in this layer and head
        QVERIFY(m_window->notebook().breakpoints() ==
                (std::vector<Breakpoint>{{from, from + 1, now().layer, now().head, {}, true}}));
        choose(2);
        QCOMPARE(m_window->notebook().bookmarks()[0].place.entry, from);
        QSignalSpy pins(&m_window->wishes(), &RunWishes::pinWanted);
        choose(3);
        QCOMPARE(int(pins.size()), 1);
        QCOMPARE(pins[0][0].toInt(), from);
        QCOMPARE(pins[0][1].toInt(), from + 1);
        auto* dialog = m_window->findChild<NewRunDialog*>();
        QVERIFY(dialog);
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!m_window->findChild<NewRunDialog*>());
        canvas->setFocus();
        QTest::keyClick(canvas, Qt::Key_Escape);
        QCOMPARE(canvas->span().first, noPosition);

        // By the mouse: from a click to a Shift+click.
        const auto [first, end] = canvas->visibleTokens();
        const QPoint a(60, 12), b(260, 12);
        QTest::mouseClick(canvas->viewport(), Qt::LeftButton, {}, a);
        const std::int32_t left = now().entry;
        QTest::mouseClick(canvas->viewport(), Qt::LeftButton, Qt::ShiftModifier, b);
        QCOMPARE(canvas->span().first, left);
        QVERIFY(canvas->span().second > left && canvas->span().second < end);
        QVERIFY(left >= first);
    }

    void twoWindowsKeepBoth() {
        press(Qt::Key_B, Qt::ControlModifier);
        Sidecar there = readSidecar(sidecarPath(trace())).take();
        there.queries.push_back({"theirs", "SELECT 1"});
        QVERIFY(writeSidecar(sidecarPath(trace()), there).ok());
        press(Qt::Key_F9);
        const Sidecar both = readSidecar(sidecarPath(trace())).take();
        QCOMPARE(int(both.queries.size()), 1);
        QCOMPARE(int(both.breakpoints.size()), 1);
        QCOMPARE(int(both.bookmarks.size()), 1);
        press(Qt::Key_Z, Qt::ControlModifier);
        const Sidecar undone = readSidecar(sidecarPath(trace())).take();
        QCOMPARE(int(undone.queries.size()), 1);
        QCOMPARE(int(undone.breakpoints.size()), 0);
    }

    void notesThatCannotBeReadAreLeftAlone() {
        m_window.reset();
        QFile file(sidecarPath(trace()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{\"notes\":1,");
        file.close();
        openIt();
        QVERIFY2(m_window->messages().sentence().contains("at byte 11"),
                 qPrintable(m_window->messages().sentence()));
        press(Qt::Key_B, Qt::ControlModifier);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("{\"notes\":1,"));
    }
};

QTEST_MAIN(NotesTest)
#include "notes_test.moc"
