// How the window's parts are connected.
#include "app/main_window.h"

#include "app/default_example.h"
#include "app/dropped_files.h"
#include "app/engine_questions.h"
#include "app/evidence_point.h"
#include "app/go_to_field.h"
#include "app/help_pages.h"
#include "app/message_bar.h"
#include "app/new_run_dialog.h"
#include "app/note_actions.h"
#include "app/playback.h"
#include "app/recent_files.h"
#include "app/replay_process.h"
#include "app/results_window.h"
#include "app/run_session.h"
#include "app/status_strip.h"
#include "app/step_dialog.h"
#include "app/style.h"
#include "app/transport_bar.h"
#include "app/welcome.h"
#include "app/window_actions.h"
#include "app/window_menus.h"
#include "app/window_session.h"
#include "app/workbench.h"

#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QSettings>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace attendre {

void MainWindow::wireSource() {
    connect(&m_source, &TraceSource::opened, this, [this] {
        m_messages->dismiss();
        m_pages->setCurrentWidget(m_workbench);
        m_workbench->present(QStringLiteral("document"));
        if (m_remember)
            m_recent->add(m_source.path());
        for (const RunInfo& run : m_source.runs()) {
            for (const QString& notice : run.configuration.notices)
                m_log.addNotice(notice);
            if (!run.ended.isEmpty())
                m_log.addNotice(run.ended);
        }
        showTitle();
    });
    connect(&m_source, &TraceSource::closed, this, [this] {
        if (!m_source.isOpen())
            m_pages->setCurrentWidget(m_welcome);
        showTitle();
    });
    connect(&m_source, &TraceSource::failed, this, [this](const QString& sentence) {
        m_log.addProblem(sentence);
        show(); // it may be hidden behind results
        m_messages->say(MessageBar::Kind::Problem, sentence);
        emit couldNotOpen(sentence);
    });
    connect(&m_source, &TraceSource::damaged, this, [this](const QString& sentence) {
        m_log.addProblem(sentence);
        m_messages->say(MessageBar::Kind::Problem, sentence);
    });
    // The trace is only just being opened: what dismisses older messages is still to come.
    connect(
        &m_notebook, &Notebook::failed, this,
        [this](const QString& sentence) {
            m_log.addProblem(sentence);
            m_messages->say(MessageBar::Kind::Problem, sentence);
        },
        Qt::QueuedConnection);
    connect(&m_source, &TraceSource::settled, &m_point, &CurrentPoint::catchUp);
    connect(&m_theme, &Theme::changed, this, [this] { applyTheme(m_theme); });
}

void MainWindow::wireRun() {
    connect(m_session, &RunSession::changed, this, [this] {
        m_status->setEngine(m_session->stateSentence());
        m_actions->stopRun->setEnabled(m_session->engine()->runInProgress());
        m_actions->toEnd->setEnabled(m_session->engine()->runInProgress());
    });
    connect(m_session, &RunSession::stateChanged, this,
            [this] { m_status->setEngine(m_session->stateSentence()); });
    connect(m_session, &RunSession::progress, m_status, &StatusStrip::setProgress);
    connect(m_session, &RunSession::progressEnded, m_status, &StatusStrip::endProgress);
    connect(m_playback, &Playback::said, m_status, &StatusStrip::say);
    connect(m_notes, &NoteActions::said, m_status, &StatusStrip::say);
    // What was under the mouse was said of the instant before.
    connect(&m_point, &CurrentPoint::moved, this, [this](const Point& now, Point before) {
        before.entry = now.entry;
        before.query = now.query;
        if (!(before == now))
            m_status->say({});
    });
    m_status->setEngine(m_session->stateSentence());
    m_actions->stopRun->setEnabled(false);
    m_actions->toEnd->setEnabled(false);
}

void MainWindow::wireReplays() {
    auto* process = new ReplayProcess(&m_replays, &m_source, this);
    connect(process, &ReplayProcess::progress, m_status, &StatusStrip::setProgress);
    connect(process, &ReplayProcess::progressEnded, m_status, &StatusStrip::endProgress);
    connect(m_status, &StatusStrip::cancelWanted, this,
            [this, process] { m_replays.underWay() ? process->stop() : m_session->cancel(); });
    connect(process, &ReplayProcess::failed, this, &MainWindow::refuse);
    connect(process, &ReplayProcess::added, this, [this](int run) {
        Point point = m_point.now();
        point.run = run;
        m_point.move(point);
    });
}

void MainWindow::wireMessages() {
    const auto offer = [this](const QString& sentence, std::vector<MessageBar::Choice> choices) {
        m_log.addProblem(sentence);
        if (m_newRun && m_newRun->isBeginning())
            m_newRun->refuse(sentence);
        m_messages->say(MessageBar::Kind::Problem, sentence, choices);
        emit couldNotOpen(sentence);
    };
    const MessageBar::Choice restart{tr("Restart the engine"),
                                     [this] { m_session->restartEngine(); }};
    const MessageBar::Choice another{tr("New run…"), [this] { newRun(); }};
    connect(m_session, &RunSession::refused, this, &MainWindow::refuse);
    // The trace is only just being opened: what dismisses older messages is still to come.
    connect(m_firstPoint, &FirstPoint::refused, this, &MainWindow::refuse, Qt::QueuedConnection);
    connect(m_session, &RunSession::engineLost, this, [=](const QString& sentence) {
        offer(sentence, {restart, another});
    });
    connect(m_session, &RunSession::runLost, this, [=, this](const QString& sentence) {
        const MessageBar::Choice again{tr("Record it again from the start"), [this] {
                                           if (const auto lost = m_session->repetition())
                                               beginRun(*lost);
                                       }};
        offer(sentence, {again, another});
    });
    connect(m_session, &RunSession::engineSilent, this, [=, this](const QString& sentence) {
        m_log.addProblem(sentence);
        m_messages->say(MessageBar::Kind::Problem, sentence, {restart});
    });
    connect(m_session, &RunSession::engineAnswersAgain, m_messages, &MessageBar::dismiss);
}

void MainWindow::wireActions() {
    const auto on = [this](QAction* action, auto act) {
        connect(action, &QAction::triggered, this, act);
    };
    on(m_actions->newRun, [this] { newRun(); });
    on(m_actions->openTrace, [this] { chooseTrace(); });
    on(m_actions->openResults,
       [this] { chooseResults(this, [this](const QString& path) { openResults(path); }); });
    on(m_actions->closeTrace, [this] {
        m_session->stop();
        m_source.close();
    });
    on(m_actions->quit, [this] { close(); });
    on(m_actions->light, [this] { setTheme(Theme::Kind::Light); });
    on(m_actions->dark, [this] { setTheme(Theme::Kind::Dark); });
    on(m_actions->contrast, [this] { setTheme(Theme::Kind::HighContrast); });
    on(m_actions->resetLayout, [this] { m_workbench->resetLayout(); });
    on(m_actions->presenter, [this](bool presenting) {
        m_theme.setPresenting(presenting);
        m_workbench->setPresenting(presenting);
    });
    on(m_actions->fullScreen, [this](bool full) { full ? showFullScreen() : showNormal(); });
    on(m_actions->keys, [this] { showKeys(*m_actions, this); });
    on(m_actions->policies, [this] { showDefinitions(m_source, *m_session->engine(), this); });
    on(m_actions->about, [this] { showAbout(this); });
    on(m_actions->dismiss, [this] { m_messages->dismiss(); });
    on(m_actions->copyCommand, [this] { copyCommand(); });
    on(m_actions->toStep, [this] { askForStep(); });
    on(m_actions->stopRun, [this] { m_session->stop(); });
    on(m_actions->withoutDrawing, [this](bool without) { m_session->setDrawing(!without); });
    connect(&m_wishes, &RunWishes::pinWanted, this, [this](int first, int last) {
        newRun({}, {}, [=](Configuration& c) { c.pins.emplace_back(first, last); });
    });
    connect(&m_wishes, &RunWishes::changeWanted, this, [this](const QString& change) {
        newRun({}, {}, [change](Configuration& c) {
            c.change += c.change.isEmpty() ? change : QStringLiteral(", ") + change;
        });
    });
    connect(m_recent, &RecentFiles::chosen, this, &MainWindow::openFile);
    connect(m_welcome, &Welcome::traceChosen, this, &MainWindow::openFile);
    connect(m_welcome, &Welcome::exampleWanted, this, [this] {
        if (const auto example = defaultExample())
            beginRun(firstRun(example->model, example->document));
    });
}

void MainWindow::wireGoActions() {
    const std::pair<QAction*, void (Playback::*)()> steps[] = {
        {m_actions->first, &Playback::first},
        {m_actions->back, &Playback::back},
        {m_actions->step, &Playback::step},
        {m_actions->run, &Playback::toggleRun},
        {m_actions->last, &Playback::last},
        {m_actions->phaseBack, &Playback::phaseBack},
        {m_actions->phaseStep, &Playback::phaseStep},
        {m_actions->toEnd, &Playback::toEnd},
        {m_actions->toEviction, &Playback::toNextEviction},
        {m_actions->previousEvent, &Playback::previousEvent},
        {m_actions->nextEvent, &Playback::nextEvent},
    };
    for (const auto& [action, act] : steps)
        connect(action, &QAction::triggered, m_playback, act);
    connect(m_actions->goBack, &QAction::triggered, &m_point, &CurrentPoint::goBack);
    connect(m_actions->goForward, &QAction::triggered, &m_point, &CurrentPoint::goForward);
    connect(m_actions->goTo, &QAction::triggered, this,
            [this] { m_transport->goTo()->begin(false); });
    connect(m_actions->palette, &QAction::triggered, this,
            [this] { m_transport->goTo()->begin(true); });
    connect(m_actions->findText, &QAction::triggered, this, [this] {
        m_workbench->present(QStringLiteral("document"));
        if (Panel* panel = m_workbench->panel(QStringLiteral("document")))
            panel->view()->find();
    });
    connect(m_actions->focusPoint, &QAction::triggered, this, [this] {
        for (Panel* panel : m_workbench->panels())
            panel->view()->bringIntoView();
    });
    const auto shift = [this](QAction* action, int layers, int heads) {
        connect(action, &QAction::triggered, this, [this, layers, heads] {
            Point point = m_point.now();
            if (const RunInfo* run = m_source.run(point.run)) {
                point.layer = std::clamp(point.layer + layers, 0, run->shape.layers - 1);
                point.head = std::clamp(point.head + heads, 0, run->shape.heads - 1);
                m_point.scrub(point);
            }
        });
    };
    shift(m_actions->layerUp, 1, 0);
    shift(m_actions->layerDown, -1, 0);
    shift(m_actions->headUp, 0, 1);
    shift(m_actions->headDown, 0, -1);
}

void MainWindow::wireResults() {
    connect(m_results.get(), &ResultsWindow::opened, this, [this](const QString& path) {
        if (m_remember)
            m_recent->add(path);
        if (m_results->isVisible())
            return;
        m_results->show();
        m_results->raise();
    });
    connect(m_results.get(), &ResultsWindow::couldNotOpen, this, [this](const QString& sentence) {
        if (m_results->isVisible())
            return;
        show();
        refuse(sentence);
    });
    connect(m_results.get(), &ResultsWindow::openWanted, this, [this] {
        chooseResults(m_results.get(), [this](const QString& path) { openResults(path); });
    });
    connect(m_results.get(), &ResultsWindow::traceWanted, this,
            [this](const ChosenQuestion& question) {
                const Answered& answered = question.answered;
                PointWishes wishes;
                wishes.run = EvidencePoint::readingRun;
                if (answered.evidenceFirst >= 0) {
                    wishes.entry = answered.evidenceFirst;
                    m_evidence->wish(answered.evidenceFirst, answered.evidenceLast);
                }
                openTrace(question.trace(), wishes);
                show();
                raise();
                activateWindow();
            });
}

void MainWindow::wireEvidence() {
    connect(m_evidence, &EvidencePoint::said, this, [this](const QString& sentence) {
        m_log.addNotice(sentence);
        m_messages->say(MessageBar::Kind::Notice, sentence);
    });
    connect(m_evidence, &EvidencePoint::refused, this, &MainWindow::refuse);
}

void MainWindow::wireSession() {
    m_where = new WindowSession(context(), &m_theme, m_workbench, m_firstPoint, m_remember, this);
    connect(m_where, &WindowSession::said, m_status, &StatusStrip::say);
    connect(m_where, &WindowSession::refused, this, &MainWindow::refuse);
    connect(m_where, &WindowSession::themeWanted, this, &MainWindow::setTheme);
    connect(m_where, &WindowSession::traceWanted, this,
            [this](const QString& path) { openTrace(path); });
    connect(m_actions->saveSession, &QAction::triggered, m_where,
            [this] { m_where->choose(this); });
}

} // namespace attendre
