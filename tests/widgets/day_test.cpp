#include "app/figure_dialog.h"
#include "app/main_window.h"
#include "app/new_run_dialog.h"
#include "app/panel.h"
#include "app/run_session.h"
#include "app/workbench.h"
#include "tests/app/run_program.h"
#include "widgets/answer_strip.h"
#include "widgets/ask_view.h"
#include "widgets/compare_view.h"
#include "widgets/parting_page.h"
#include "widgets/why_evicted_view.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <set>

using namespace attendre;

// A person's day, by keys and clicks, with a real engine: two runs of one text, LRA and FIFO
// without sinks, from where they part to a note and a figure; the next morning everything is where
// it was.
class DayTest : public QObject {
    Q_OBJECT
    static constexpr int patience = 60'000;
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    QString trace() const { return m_folder.filePath("day.trace"); }
    Point now() const { return m_window->point().now(); }
    Panel* panel(const char* id) const { return m_window->workbench().panel(QLatin1String(id)); }
    template <class V> V* view(const char* id) const { return qobject_cast<V*>(panel(id)->view()); }
    void settle() {
        QTRY_VERIFY_WITH_TIMEOUT(m_window->source().pending() == 0, patience);
        QTest::qWait(40);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->source().pending() == 0, patience);
    }
    void press(Qt::Key key, Qt::KeyboardModifiers with = {}) {
        QTest::keyClick(m_window.get(), key, with);
        settle();
    }
    void morning() {
        m_window = std::make_unique<MainWindow>(true);
        m_window->session().engine()->setCommand(programPath(), {"serve"});
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openFile(trace());
        QVERIFY(opened.wait(patience));
        settle();
    }
    // Ctrl+N proposes the run at hand: another policy without sinks, beside it.
    void recordFifoBesideIt() {
        press(Qt::Key_N, Qt::ControlModifier);
        auto* dialog = m_window->findChild<NewRunDialog*>();
        QVERIFY(dialog);
        auto* start = dialog->findChild<QPushButton*>("begin");
        QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), patience); // the engine knows its policies
        auto* policy = dialog->findChild<QComboBox*>("option-policy");
        policy->setFocus();
        QTest::keyClicks(policy, "fifo");
        auto* sinks = dialog->findChild<QLineEdit*>("option-sinks");
        sinks->setFocus();
        sinks->selectAll();
        QTest::keyClicks(sinks, "0");
        QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), patience);
        QTest::mouseClick(start, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<NewRunDialog*>(), patience);
        m_window->activateWindow(); // as a window manager does
        QTRY_COMPARE_WITH_TIMEOUT(int(m_window->source().runs().size()), 2, patience);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->session().busy(), patience);
        settle();
        QCOMPARE(m_window->source().run(2)->policy.name, QString("fifo"));
    }
    // The first position whose entry FIFO has lost and LRA holds, step by step from the slots
    // alone.
    Point slowParting() {
        auto reader = Reader::open(trace()).take();
        const RunInfo run = reader->run(1).take();
        const int steps = std::min(reader->stepCount(1).take(), reader->stepCount(2).take());
        for (int step = 0; step < steps; ++step)
            for (int layer = 0; layer < run.shape.layers; ++layer)
                for (int head = 0; head < run.shape.heads; ++head) {
                    std::set<std::int32_t> held[2];
                    for (int i = 0; i < 2; ++i) {
                        const LayerState state = reader->layerState(i + 1, step, layer).take();
                        const auto& positions = state.heads[std::size_t(head)].position;
                        held[i].insert(positions.begin(), positions.end());
                    }
                    if (held[0] != held[1])
                        return {2, step, Phase::Evict, layer, head, noPosition, noPosition};
                }
        return {};
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("Attendre");
        QCoreApplication::setApplicationName("attendre-day-test");
        QSettings().clear();
        const Ran recorded =
            run({"record", tinyModel(), genesis(), "--tokens", "400", "--memory", "64", "--chunk",
                 "16", "--detail", "full", "--bos", "no", "--threads", "1", "-o", trace()});
        QVERIFY2(recorded.exitCode == 0, recorded.err.constData());
    }
    void cleanupTestCase() { m_window.reset(); }

    void aDay() {
        morning();
        recordFifoBesideIt();
        press(Qt::Key_End, Qt::ControlModifier); // to the document's end
        QTRY_VERIFY_WITH_TIMEOUT(m_window->source().run(2)->finished, patience);
        settle();

        // Where they part: Compare says it, a click goes there.
        m_window->workbench().present("compare");
        settle();
        auto* compare = view<CompareView>("compare");
        QTRY_VERIFY_WITH_TIMEOUT(!compare->compared().reckoning(), patience);
        QLabel* headline = compare->partingPage()->headline();
        const Point parting = slowParting();
        QVERIFY(parting.step > 0);
        QTRY_VERIFY2_WITH_TIMEOUT(
            headline->text().contains(QString("part at step %1, layer %2, head %3")
                                          .arg(parting.step)
                                          .arg(parting.layer)
                                          .arg(parting.head)),
            qPrintable(headline->text()), patience);
        QTest::mouseClick(headline, Qt::LeftButton, {}, {30, 8});
        settle();
        QCOMPARE(now().run, 2);
        QCOMPARE(now().step, parting.step);
        QCOMPARE(now().layer, parting.layer);
        QCOMPARE(now().head, parting.head);
        const Point there = now();
        auto reader = Reader::open(trace()).take();
        const Life life = reader->life(2, there.layer, there.head, there.entry).take();
        QCOMPARE(life.evictedStep, parting.step);

        // Why: FIFO's sentence names the entry.
        auto* why = view<WhyEvictedView>("why-evicted");
        QVERIFY2(why->summary().contains(
                     QString("(%1) was evicted at step %2").arg(there.entry).arg(parting.step)),
                 qPrintable(why->summary()));

        // A breakpoint on it, and from the start to it.
        press(Qt::Key_F9);
        press(Qt::Key_Home);
        QCOMPARE(now().step, 0);
        press(Qt::Key_F8);
        QCOMPARE(now().step, there.step);
        QCOMPARE(now().entry, there.entry);

        // A question to the memory as it stands there; the answer is a run of its own.
        m_window->workbench().present("ask");
        settle();
        auto* ask = view<AskView>("ask");
        QVERIFY2(ask->question()->isEnabled(), qPrintable(ask->question()->toolTip()));
        ask->question()->setFocus();
        QTest::keyClicks(ask->question(), "Who made the light?");
        QTest::keyClick(ask->question(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!ask->strip()->answer().empty(), patience);
        settle();
        QCOMPARE(int(m_window->source().runs().size()), 3);
        QCOMPARE(m_window->source().run(3)->parent, 2);
        QCOMPARE(m_window->source().run(3)->parentStep, there.step);

        // Marked, noted, exported.
        QCOMPARE(now().run, 2);
        press(Qt::Key_B, Qt::ControlModifier);
        QPlainTextEdit* note = panel("notes")->view()->findChild<QPlainTextEdit*>();
        note->setFocus();
        QTest::keyClicks(note, "FIFO has no sinks here");
        panel("notes")->view()->findChild<QListWidget*>()->setFocus();
        auto* button = panel("why-evicted")->titleBarWidget()->findChild<QToolButton*>("panelMenu");
        emit button->menu()->aboutToShow();
        button->menu()->popup(m_window->mapToGlobal(QPoint(600, 120)));
        QVERIFY(QTest::qWaitForWindowExposed(button->menu()));
        QTest::keyClick(button->menu(), Qt::Key_Down);
        QTest::keyClick(button->menu(), Qt::Key_Return);
        auto* figure = m_window->findChild<FigureDialog*>();
        QVERIFY(figure);
        for (QLineEdit* line : figure->findChildren<QLineEdit*>())
            if (line->accessibleName() == "File") {
                line->selectAll();
                QTest::keyClicks(line, m_folder.filePath("why.svg"));
            }
        QTest::mouseClick(figure->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Save),
                          Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(m_folder.filePath("why.svg")), patience);
        QTRY_VERIFY(!m_window->findChild<FigureDialog*>());
        m_window->activateWindow();
        const Point last = now();
        m_window->workbench().present("breakpoints");
        panel("overview")->toggleViewAction()->trigger();
        QVERIFY(!panel("overview")->isVisible());

        // Home; and the next morning.
        QSignalSpy ended(&m_window->session(), &RunSession::finished);
        m_window->close();
        QVERIFY(ended.wait(patience));
        m_window.reset();
        morning();
        QCOMPARE(now(), last);
        QVERIFY(!panel("overview")->isVisible());
        QCOMPARE(m_window->notebook().bookmarks().front().note, QString("FIFO has no sinks here"));
        QCOMPARE(m_window->notebook().breakpoints().front().first, there.entry);
        press(Qt::Key_Home);
        press(Qt::Key_F8);
        QCOMPARE(now().step, there.step);
        QCOMPARE(m_window->source().runs().back().label, QString("Who made the light?"));
    }
};

QTEST_MAIN(DayTest)
#include "day_test.moc"
