#include "app/main_window.h"

#include "app/default_example.h"
#include "app/dropped_files.h"
#include "app/engine_questions.h"
#include "app/evidence_point.h"
#include "app/figure_dialog.h"
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

MainWindow::MainWindow(bool remember, QWidget* parent) : QMainWindow(parent), m_remember(remember) {
    const ViewContext context = this->context();
    // Before the views: they are told of a new trace when the point already stands in it.
    m_firstPoint = new FirstPoint(context, this);
    m_evidence = new EvidencePoint(context, this);
    m_actions = new WindowActions(&m_theme, this);
    m_session = new RunSession(&m_source, &m_log, this);
    new EngineQuestions(&m_questions, m_session, &m_source, this);
    m_playback = new Playback(context, m_session, this);
    m_notes = new NoteActions(context, m_actions, m_playback, m_session, this);
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
    wireSession();
    setAcceptDrops(true);
    restoreWindow();
    showTitle();
}

MainWindow::~MainWindow() = default;

ViewContext MainWindow::context() {
    return {&m_source,  &m_point,    &m_theme,       &m_log,    &m_questions, &m_losses,
            &m_replays, &m_notebook, &m_breakpoints, &m_wishes, &m_tracks,    &m_compared};
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
    m_notes->setWorkbench(m_workbench);
    m_pages->addWidget(m_welcome);
    m_pages->addWidget(m_workbench);
    column->addWidget(m_pages, 1);
    setCentralWidget(page);
    m_status = new StatusStrip(&m_source, this);
    setStatusBar(m_status);
    fillMenus(menuBar(), *m_actions, *m_recent, *m_workbench, *m_playback);
    for (Panel* panel : m_workbench->panels()) {
        connect(panel->view(), &View::hovered, m_status, &StatusStrip::say);
        connect(panel, &Panel::figureWanted, this, [this, panel] { saveFigure(panel); });
    }
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

void MainWindow::openTrace(const QString& path, const PointWishes& wishes) {
    m_firstPoint->wish(wishes);
    m_source.open(path);
}

void MainWindow::openFile(const QString& path) {
    const DroppedFile::Kind kind = kindOf(path);
    if (kind == DroppedFile::Kind::Results) {
        openResults(path);
    } else if (kind == DroppedFile::Kind::Session) {
        if (const auto opened = m_where->open(path); !opened)
            refuse(opened.error().sentence);
    } else {
        openTrace(path);
    }
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
    m_actions->saveSession->setEnabled(m_source.isOpen());
}

void MainWindow::newRun(const QString& model, const QString& document,
                        const std::function<void(Configuration&)>& change) {
    if (m_newRun)
        return;
    auto proposal = proposalFor(m_source, m_point.now().run, model, document);
    if (change && proposal.configuration)
        change(*proposal.configuration);
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
    auto* dialog = new QFileDialog(
        this, tr("Open a trace"), traceFolder(),
        tr("Traces and sessions (*.trace *.%1);;All files (*)").arg(QLatin1String(sessionSuffix)));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openFile);
    dialog->open();
}

void MainWindow::saveFigure(Panel* panel) {
    auto* dialog = new FigureDialog(context(), panel, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &FigureDialog::saved, this,
            [this](const QString& path) { m_status->say(tr("Saved: %1").arg(path)); });
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
    m_where->keepPlace();
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
        if (file.kind == DroppedFile::Kind::Trace || file.kind == DroppedFile::Kind::Results ||
            file.kind == DroppedFile::Kind::Session) {
            openFile(file.path);
            return;
        }
        (file.kind == DroppedFile::Kind::Model ? model : document) = file.path;
    }
    newRun(model, document);
}

} // namespace attendre
