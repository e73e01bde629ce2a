#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/new_run_dialog.h"
#include "app/playback.h"
#include "app/run_session.h"
#include "app/window_actions.h"
#include "app/workbench.h"
#include "tests/app/run_program.h"
#include "widgets/answer_strip.h"
#include "widgets/ask_view.h"
#include "widgets/attention_view.h"
#include "widgets/memory_view.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QStatusBar>
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

    void anAnswersCrossAttentionIsShown() {
        auto* view = qobject_cast<AttentionView*>(
            m_window->workbench().panel(QStringLiteral("attention"))->view());
        view->setWhose(Whose::Outputs);
        settle();
        QVERIFY(view->content()->queries.empty()); // the encoder alone has run
        QVERIFY(view->massSentence().contains("a run that asks"));
        auto* ask =
            qobject_cast<AskView*>(m_window->workbench().panel(QStringLiteral("ask"))->view());
        ask->question()->setText(QStringLiteral("Who made the light?"));
        QTest::keyClick(ask->question(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!ask->strip()->answer().empty(), patience);
        settle();
        QTest::mouseClick(ask->strip(), Qt::LeftButton, {},
                          ask->strip()->tokenRect(0).center().toPoint());
        settle();
        QCOMPARE(now().run, 2);
        auto reader = Reader::open(m_window->source().path()).take();
        const RunInfo run = reader->run(2).take();
        const auto rows = reader->attention(2, now().step, outputLayer(run), 0).take();
        QCOMPARE(view->content()->whose, Whose::Outputs);
        QVERIFY(!rows.empty());
        QCOMPARE(view->content()->queries.size(), rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            QCOMPARE(view->content()->queries[i].top.front().position,
                     rows[i].top.front().position);
        const AttentionShares shares = view->content()->shares;
        const double sum = shares.sink + shares.recent + shares.chunk + shares.kept + shares.beyond;
        QVERIFY2(std::abs(sum - 1) < 1e-4, qPrintable(QString::number(sum)));
        view->setWhose(Whose::Head);
        settle();
        QCOMPARE(view->content()->asked.layer, now().layer);
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

    // Asked while it is paused: the answer stands in the panel, token by token, and a click on one
    // leads to the step of the asking run that chose it.
    void aQuestionIsAnswered() {
        begin("asked.trace", 200);
        auto* view =
            qobject_cast<AskView*>(m_window->workbench().panel(QStringLiteral("ask"))->view());
        m_window->workbench().present(QStringLiteral("ask"));
        QVERIFY(view->question()->isEnabled());
        view->question()->setText(QStringLiteral("Who made the light?"));
        QTest::keyClick(view->question(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!view->strip()->answer().empty(), patience);
        settle();
        QCOMPARE(view->answers()->count(), 1);
        QCOMPARE(view->answers()->currentText(), QString("after step 5: Who made the light?"));
        const RunInfo run = *m_window->source().run(2);
        QCOMPARE(run.parent, 1);
        QCOMPARE(run.parentStep, firstSteps - 1);
        // The tokens are those of the trace, and each was the likeliest where it was chosen.
        auto reader = Reader::open(m_window->source().path()).take();
        const auto& answer = view->strip()->answer();
        for (std::size_t i = 0; i < answer.size(); ++i) {
            QCOMPARE(reader->tokens(2, answer[i].position, 1).take().front().text, answer[i].text);
            QVERIFY(answer[i].probability > 0 && answer[i].probability <= 1);
            QCOMPARE(answer[i].likeliest.front().first, answer[i].text);
            QVERIFY(std::abs(answer[i].likeliest.front().second - answer[i].probability) <
                    1e-4 * answer[i].probability);
        }
        QTest::mouseClick(view->strip(), Qt::LeftButton, {},
                          view->strip()->tokenRect(0).center().toPoint());
        settle();
        QCOMPARE(now().run, 2);
        QCOMPARE(now().step, answer.front().step);
        // The run that was asked goes on as before.
        QVERIFY(m_window->session().live(1));
        QCOMPARE(recorded(), firstSteps);
    }
    // The encoder's outputs are seen where the keys and values are.
    void encoderOutputsAreShown() {
        auto wanted = request(QStringLiteral("outputs.trace"), 120);
        wanted.model = tinyModel("t5-v11-peaked");
        wanted.configuration.queryMemory = {24};
        wanted.configuration.outputMemory = 50;
        wanted.pauseAfter.reset();
        m_window->beginRun(wanted);
        QTRY_VERIFY2_WITH_TIMEOUT(m_window->source().isOpen() && !m_window->session().busy(),
                                  qPrintable(m_window->messages().sentence()), patience);
        m_window->playback().last();
        settle();
        auto* view = qobject_cast<MemoryView*>(
            m_window->workbench().panel(QStringLiteral("kv-memory"))->view());
        QCOMPARE(view->content()->capacity, 64);
        view->showOutputs(true);
        settle();
        QCOMPARE(view->content()->capacity, 50);
        QCOMPARE(view->content()->occupancy, 50);
        view->showOutputs(false);
        settle();
        QCOMPARE(view->content()->capacity, 64);
        anAnswersCrossAttentionIsShown();
    }
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

    // A run that cannot begin takes nothing from the one in hand.
    void aRefusedRunLeavesTheOneInHand() {
        begin("kept.trace", 800);
        m_window->beginRun(request("kept.trace", 800)); // the file exists
        QTRY_VERIFY(m_window->messages().sentence().contains("exists"));
        auto small = request("other.trace", 800);
        small.configuration.memory = {8}; // less than a chunk
        m_window->beginRun(small);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->messages().sentence().contains("8"), patience);
        QVERIFY(!m_window->session().busy());
        QVERIFY(m_window->session().live(1));
        QTest::keyClick(m_window.get(), Qt::Key_F10);
        QTRY_COMPARE_WITH_TIMEOUT(recorded(), firstSteps + 1, patience);
        QVERIFY(m_window->source().path().endsWith("kept.trace"));
    }

    // The dialog proposes what is being read, and the new run stands beside it.
    void aRunIsAddedToTheOpenTrace() {
        begin("beside.trace", 800);
        QTest::keyClick(m_window.get(), Qt::Key_Up, Qt::ControlModifier);
        settle();
        const Point before = now();
        QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
        auto* dialog = m_window->findChild<NewRunDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        auto* start = dialog->findChild<QPushButton*>("begin");
        auto* add = dialog->findChild<QCheckBox*>("add");
        auto* path = dialog->findChild<QLineEdit*>("trace");
        auto* verdict = dialog->findChild<QLabel*>("verdict");
        QCOMPARE(dialog->findChild<QLineEdit*>("option-memory")->text(), QString("64"));
        QCOMPARE(dialog->findChild<QLineEdit*>("option-tokens")->text(), QString("800"));
        QVERIFY(add->isVisible() && add->isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), patience);
        QVERIFY2(verdict->text().contains("Begin ends run 1 at 6 of 50 steps"),
                 qPrintable(verdict->text()));
        // The same file without adding to it: refused before anything has happened.
        QTest::mouseClick(add, Qt::LeftButton, {}, QPoint(8, add->height() / 2));
        QVERIFY(!add->isChecked());
        path->setFocus();
        path->selectAll();
        QTest::keyClicks(path, m_window->source().path());
        QTRY_VERIFY_WITH_TIMEOUT(verdict->text().contains("This trace is open"), patience);
        QVERIFY(!start->isEnabled());
        QVERIFY(m_window->session().live(1));
        QTest::mouseClick(add, Qt::LeftButton, {}, QPoint(8, add->height() / 2));
        auto* policy = dialog->findChild<QComboBox*>("option-policy");
        policy->setFocus();
        QTest::keyClicks(policy, "fifo");
        QCOMPARE(policy->currentText(), QString("fifo"));
        QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), patience);
        QTest::mouseClick(start, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(int(m_window->source().runs().size()), 2, patience);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->session().busy(), patience);
        settle();
        QVERIFY(m_window->source().path().endsWith("beside.trace"));
        QVERIFY(m_window->session().live(2));
        QCOMPARE(m_window->source().run(2)->policy.name, QString("fifo"));
        QCOMPARE(m_window->source().stepCount(1), firstSteps);
        QCOMPARE(now().run, 2);
        QCOMPARE(now().layer, before.layer);
        QCOMPARE(now().head, before.head);
        QTRY_VERIFY(!m_window->findChild<NewRunDialog*>());
    }

    void aKilledEngineLeavesItsStepsAndIsReplaced() {
        begin("killed.trace", 16'000); // long enough to be killed in, short enough to check
        m_window->playback().toEnd();
        QTRY_VERIFY_WITH_TIMEOUT(recorded() > firstSteps + 4, patience);
        const auto* state = m_window->statusBar()->findChild<QLabel*>("engine");
        QVERIFY2(!state->text().contains("computing step 0 "), qPrintable(state->text()));
        ::kill(pid_t(engine()->processId()), SIGKILL);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->messages().sentence().isEmpty(), patience);
        const QString said = m_window->messages().sentence();
        QVERIFY2(said.contains("cannot be continued"), qPrintable(said));
        QCOMPARE(said.count("steps recorded"), 1); // said once
        QCOMPARE(m_window->session().stateSentence(),
                 QString("no engine · the recorder of run 1 was killed"));
        const QString againText = QStringLiteral("Record it again from the start");
        QTRY_VERIFY(messageButton(againText));
        QVERIFY(!messageButton(QStringLiteral("Restart the engine")));
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

        QTest::mouseClick(messageButton(againText), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(int(m_window->source().runs().size()), 2, patience);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->session().busy(), patience);
        QCOMPARE(m_window->source().stepCount(1), kept);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().stepCount(2), kept, patience);
        QVERIFY(m_window->session().live(2));
        QVERIFY2(m_window->messages().sentence().isEmpty(),
                 qPrintable(m_window->messages().sentence()));
        settle();
    }
};

QTEST_MAIN(TestRealEngine)
#include "test_real_engine.moc"
