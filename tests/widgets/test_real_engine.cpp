#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/playback.h"
#include "app/run_session.h"
#include "app/window_actions.h"
#include "app/workbench.h"
#include "tests/app/run_program.h"
#include "widgets/memory_view.h"

#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <csignal>

using namespace attendre;

// The window with a real engine behind it, `attendre serve` on a tiny model: a run is started,
// stepped, run on, and its engine killed.
class TestRealEngine : public QObject {
    Q_OBJECT
    static constexpr int patience = 60'000;
    static constexpr int firstSteps = 6;
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    EngineProcess* engine() const { return m_window->session().engine(); }
    Point now() const { return m_window->point().now(); }
    int recorded() const { return m_window->source().stepCount(1); }
    EngineProcess::RunRequest request(const QString& trace, int tokens) const {
        EngineProcess::RunRequest request;
        request.model = tinyModel();
        request.document = genesis();
        request.trace = m_folder.filePath(trace);
        request.configuration.memory = {64};
        request.configuration.chunk = 16;
        request.configuration.tokens = tokens;
        request.configuration.threads = 1;
        request.configuration.bos = QStringLiteral("no");
        request.configuration.detail = QStringLiteral("full");
        request.pauseAfter = firstSteps;
        return request;
    }
    void settle() { QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, patience); }
    // Begins a run and waits until it has paused and its newest step is shown.
    void begin(const QString& trace, int tokens) {
        m_window->beginRun(request(trace, tokens));
        QTRY_VERIFY2_WITH_TIMEOUT(recorded() == firstSteps && !m_window->session().busy(),
                                  qPrintable(m_window->messages().sentence()), patience);
        QTRY_COMPARE_WITH_TIMEOUT(now().step, firstSteps - 1, patience);
        settle();
    }
    void clickButtonOf(QAction* action) {
        for (QToolButton* button : m_window->findChildren<QToolButton*>())
            if (button->defaultAction() == action && button->isVisible()) {
                QTest::mouseClick(button, Qt::LeftButton);
                return;
            }
        QFAIL("no visible button has this action");
    }
    QPushButton* messageButton(const QString& text) const {
        for (QPushButton* button : m_window->messages().findChildren<QPushButton*>())
            if (button->text() == text && button->isVisible())
                return button;
        return nullptr;
    }
    // What the memory panel shows as evicted in the step at hand.
    int victimsShown() {
        Point point = now();
        point.phase = Phase::Evict;
        m_window->point().move(point);
        settle();
        auto* panel = m_window->workbench().panel(QStringLiteral("kv-memory"));
        const auto* content = qobject_cast<MemoryView*>(panel->view())->content();
        return int(
            std::count(content->marks.begin(), content->marks.end(), MemoryContent::Mark::Victim));
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
    }
    void init() {
        m_window = std::make_unique<MainWindow>(false);
        engine()->setCommand(programPath(), {"serve"});
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup() { m_window.reset(); }

    void aRunIsSteppedAndRunToItsEnd() {
        constexpr int tokens = 800, steps = tokens / 16;
        begin("stepped.trace", tokens);
        QCOMPARE(m_window->playback().stepsTotal(), steps);
        QVERIFY(m_window->session().live(1));
        clickButtonOf(m_window->actions().step);
        QTRY_COMPARE_WITH_TIMEOUT(recorded(), firstSteps + 1, patience);
        QTRY_COMPARE_WITH_TIMEOUT(now().step, firstSteps, patience);
        QTest::keyClick(m_window.get(), Qt::Key_F10);
        QTRY_COMPARE_WITH_TIMEOUT(recorded(), firstSteps + 2, patience);
        QTRY_COMPARE_WITH_TIMEOUT(now().step, firstSteps + 1, patience);
        // M = 64 is full after 4 steps: from then on each makes room for its chunk.
        QCOMPARE(victimsShown(), 16);
        m_window->playback().last();
        settle();

        QSignalSpy finished(engine(), &EngineProcess::runFinished);
        m_window->actions().toEnd->trigger();
        QVERIFY(finished.wait(patience));
        QTRY_COMPARE_WITH_TIMEOUT(recorded(), steps, patience);
        QTRY_COMPARE_WITH_TIMEOUT(now().step, steps - 1, patience); // it followed
        settle();
        QCOMPARE(victimsShown(), 16);
        QVERIFY2(m_window->messages().sentence().isEmpty(),
                 qPrintable(m_window->messages().sentence()));
        QVERIFY(!m_window->session().live(1));
    }

    // What the new-run dialog has checked leaves no progress behind in the status bar.
    void aCheckTellsNoProgress() {
        QSignalSpy ready(engine(), &EngineProcess::ready);
        QSignalSpy checked(engine(), &EngineProcess::checked);
        QSignalSpy heard(engine(), &EngineProcess::progress);
        QSignalSpy told(&m_window->session(), &RunSession::progress);
        engine()->start();
        QVERIFY(ready.wait(patience));
        engine()->check(request("checked.trace", 0));
        QVERIFY(checked.wait(patience));
        QVERIFY(!heard.isEmpty());
        QVERIFY(told.isEmpty());
    }

    void aKilledEngineLeavesItsStepsAndIsRestarted() {
        begin("killed.trace", 16'000); // long enough to be killed in, short enough to check
        m_window->playback().toEnd();
        QTRY_VERIFY_WITH_TIMEOUT(recorded() > firstSteps + 4, patience);
        ::kill(pid_t(engine()->processId()), SIGKILL);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->messages().sentence().isEmpty(), patience);
        QVERIFY2(m_window->messages().sentence().contains("recorded"),
                 qPrintable(m_window->messages().sentence()));
        const QString restartText = QStringLiteral("Restart the engine");
        QTRY_VERIFY(messageButton(restartText));
        settle();

        // What was recorded is still there, step by step.
        const int kept = recorded();
        QVERIFY(kept > firstSteps + 4);
        QTest::keyClick(m_window.get(), Qt::Key_Home);
        QTRY_COMPARE_WITH_TIMEOUT(now().step, 0, patience);
        QTest::keyClick(m_window.get(), Qt::Key_F10);
        QTRY_COMPARE_WITH_TIMEOUT(now().step, 1, patience);
        QTest::keyClick(m_window.get(), Qt::Key_End);
        QTRY_COMPARE_WITH_TIMEOUT(now().step, kept - 1, patience);
        settle();
        QCOMPARE(victimsShown(), 16);
        const Ran check = run({"trace", "check", m_folder.filePath("killed.trace")});
        QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());

        QTest::mouseClick(messageButton(restartText), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(int(engine()->state()), int(EngineProcess::State::Ready),
                                  patience);
        QVERIFY(m_window->messages().sentence().isEmpty());
        begin("again.trace", 800);
        QVERIFY(m_window->source().path().endsWith("again.trace"));
    }
};

QTEST_MAIN(TestRealEngine)
#include "test_real_engine.moc"
