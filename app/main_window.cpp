#include "app/main_window.h"

#include "app/default_example.h"
#include "app/dropped_files.h"
#include "app/engine_questions.h"
#include "app/evidence_point.h"
#include "app/go_to_field.h"
#include "app/help_pages.h"
#include "app/message_bar.h"
#include "app/new_run_dialog.h"
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

MainWindow::MainWindow(bool remember, QWidget* parent) : QMainWindow(parent), m_remember(remember) {
    const ViewContext context = this->context();
    // Before the views: they are told of a new trace when the point already stands in it.
    m_firstPoint = new FirstPoint(context, this);
    m_evidence = new EvidencePoint(context, this);
    m_actions = new WindowActions(&m_theme, this);
    m_session = new RunSession(&m_source, &m_log, this);
    new EngineQuestions(&m_questions, m_session, &m_source, this);
    m_playback = new Playback(context, m_session, this);
    m_recent = new RecentFiles(this);
    m_point.setReady([this] { return m_source.pending() == 0; });
    buildWindow();
    wireSource();
    wireRun();
    wireReplays();
    wireActions();
    wireGoActions();
    wireMessages();
    wireEvidence();
    setAcceptDrops(true);
    restoreWindow();
    showTitle();
}

MainWindow::~MainWindow() = default;

ViewContext MainWindow::context() {
    return {&m_source,    &m_point,  &m_theme,   &m_log,
            &m_questions, &m_losses, &m_replays, &m_compared};
}

void MainWindow::buildWindow() {
    const ViewContext context = this->context();
    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_transport = new TransportBar(context, m_playback, m_actions, page);
    column->addWidget(m_transport);
    auto* messageRow = new QVBoxLayout;
    messageRow->setContentsMargins(8, 0, 8, 0);
    m_messages = new MessageBar(&m_theme, page);
    messageRow->addWidget(m_messages);
    column->addLayout(messageRow);
    m_pages = new QStackedWidget(page);
    m_welcome = new Welcome(&m_theme, m_actions, m_recent, m_pages);
    m_workbench = new Workbench(context, m_pages);
    m_pages->addWidget(m_welcome);
    m_pages->addWidget(m_workbench);
    column->addWidget(m_pages, 1);
    setCentralWidget(page);
    m_status = new StatusStrip(&m_source, this);
    setStatusBar(m_status);
    fillMenus(menuBar(), *m_actions, *m_recent, *m_workbench, *m_playback);
    for (Panel* panel : m_workbench->panels())
        connect(panel->view(), &View::hovered, m_status, &StatusStrip::say);
}

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

// What a dialog asked for is answered there.
void MainWindow::refuse(const QString& sentence) {
    m_log.addProblem(sentence);
    if (m_newRun && m_newRun->isBeginning())
        m_newRun->refuse(sentence);
    else
        m_messages->say(MessageBar::Kind::Problem, sentence);
    emit couldNotOpen(sentence);
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
    on(m_actions->fullScreen, [this](bool full) { full ? showFullScreen() : showNormal(); });
    on(m_actions->keys, [this] { showKeys(*m_actions, this); });
    on(m_actions->policies, [this] { showDefinitions(m_source, *m_session->engine(), this); });
    on(m_actions->about, [this] { showAbout(this); });
    on(m_actions->dismiss, [this] { m_messages->dismiss(); });
    on(m_actions->copyCommand, [this] { copyCommand(); });
    on(m_actions->toStep, [this] { askForStep(); });
    on(m_actions->stopRun, [this] { m_session->stop(); });
    on(m_actions->withoutDrawing, [this](bool without) { m_session->setDrawing(!without); });
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

void MainWindow::openTrace(const QString& path, const PointWishes& wishes) {
    m_firstPoint->wish(wishes);
    m_source.open(path);
}

void MainWindow::openFile(const QString& path) {
    kindOf(path) == DroppedFile::Kind::Results ? openResults(path) : openTrace(path);
}

void MainWindow::openResults(const QString& path) {
    results().open(path);
}

ResultsWindow& MainWindow::results() {
    if (!m_results) {
        m_results = std::make_unique<ResultsWindow>(&m_theme, m_remember);
        wireResults();
    }
    return *m_results;
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

void MainWindow::beginRun(const EngineProcess::RunRequest& request, const PointWishes& wishes) {
    m_firstPoint->wish(wishes);
    m_messages->dismiss();
    m_log.addNotice(tr("Reading %1 with %2").arg(request.document, request.model));
    m_session->begin(request);
}

void MainWindow::setTheme(Theme::Kind kind) {
    QAction* const actions[] = {m_actions->light, m_actions->dark, m_actions->contrast};
    actions[int(kind)]->setChecked(true);
    m_theme.setKind(kind);
    applyTheme(m_theme);
    if (m_remember)
        QSettings().setValue(QStringLiteral("window/theme"), int(kind));
}

void MainWindow::showTitle() {
    const QString name = QStringLiteral("Attendre Inspector");
    setWindowTitle(m_source.isOpen()
                       ? QFileInfo(m_source.path()).fileName() + QStringLiteral(" — ") + name
                       : name);
    m_actions->closeTrace->setEnabled(m_source.isOpen());
    m_actions->copyCommand->setEnabled(m_source.isOpen());
}

void MainWindow::newRun(const QString& model, const QString& document) {
    if (m_newRun)
        return;
    auto proposal = proposalFor(m_source, m_point.now().run, model, document);
    if (m_session->engine()->runInProgress())
        proposal.inHand = tr("run %1 at %2 of %3 steps")
                              .arg(m_session->engine()->run())
                              .arg(m_session->engine()->recordedSteps())
                              .arg(m_session->stepsTotal());
    m_newRun = new NewRunDialog(m_session->engine(), proposal, this);
    m_newRun->setAttribute(Qt::WA_DeleteOnClose);
    connect(m_newRun, &NewRunDialog::wanted, this,
            [this](const EngineProcess::RunRequest& request) {
                // Beside the run at hand: the same layer and head, to be compared.
                const Point now = m_point.now();
                beginRun(request, request.append ? PointWishes{{}, now.layer, now.head, {}, {}}
                                                 : PointWishes());
            });
    connect(m_session, &RunSession::begun, m_newRun, &QDialog::accept);
    connect(m_newRun, &QDialog::rejected, this, [this] {
        if (m_newRun && m_newRun->isBeginning())
            m_session->cancel();
    });
    m_newRun->open();
}

void MainWindow::chooseTrace() {
    auto* dialog = new QFileDialog(this, tr("Open a trace"), traceFolder(),
                                   tr("Traces (*.trace);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& path) { openTrace(path); });
    dialog->open();
}

void MainWindow::askForStep() {
    auto* dialog = new StepDialog(m_playback->stepsTotal(), m_point.now().step, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &StepDialog::chosen, m_playback, &Playback::toStep);
    dialog->open();
}

void MainWindow::copyCommand() {
    if (const RunInfo* run = m_source.run(m_point.now().run)) {
        QApplication::clipboard()->setText(run->command);
        m_status->say(tr("Copied: %1").arg(run->command));
    }
}

void MainWindow::restoreWindow() {
    resize(1440, 900);
    auto kind = Theme::Kind::Light;
    if (m_remember) {
        const QSettings settings;
        restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
        m_workbench->restoreLayout(settings.value(QStringLiteral("window/layout")).toByteArray());
        kind =
            Theme::Kind(std::clamp(settings.value(QStringLiteral("window/theme")).toInt(), 0, 2));
    }
    setTheme(kind);
}

// The engine closes its trace before the window goes; the event loop stays free meanwhile.
void MainWindow::closeEvent(QCloseEvent* event) {
    if (m_remember && !m_closing) {
        QSettings settings;
        settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
        settings.setValue(QStringLiteral("window/layout"), m_workbench->layoutState());
    }
    if (m_closing || m_session->engine()->state() == EngineProcess::State::Ended) {
        event->accept();
        return;
    }
    m_closing = true;
    event->ignore();
    hide();
    connect(m_session, &RunSession::finished, this, [this] {
        close();
        if (!m_results || !m_results->isVisible())
            QApplication::quit();
    });
    m_session->finish();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!droppedFiles(event->mimeData()).empty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    QString model, document;
    for (const DroppedFile& file : droppedFiles(event->mimeData())) {
        if (file.kind == DroppedFile::Kind::Trace || file.kind == DroppedFile::Kind::Results) {
            openFile(file.path);
            return;
        }
        (file.kind == DroppedFile::Kind::Model ? model : document) = file.path;
    }
    newRun(model, document);
}

} // namespace attendre
