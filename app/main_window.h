#pragma once

#include "app/engine_process.h"
#include "app/first_point.h"
#include "widgets/breakpoint_source.h"
#include "widgets/compared_run.h"
#include "widgets/console_log.h"
#include "widgets/losses_source.h"
#include "widgets/notebook.h"
#include "widgets/point.h"
#include "widgets/query_tracks.h"
#include "widgets/questions.h"
#include "widgets/replays.h"
#include "widgets/run_wishes.h"
#include "widgets/theme.h"
#include "widgets/trace_source.h"

#include <QMainWindow>
#include <QPointer>

#include <functional>
#include <memory>

class QStackedWidget;

namespace attendre {

class EvidencePoint;
class FirstPoint;
class MessageBar;
class NewRunDialog;
class Panel;
class NoteActions;
class Playback;
class RecentFiles;
class ResultsWindow;
class RunSession;
class StatusStrip;
class TransportBar;
class Welcome;
class WindowSession;
class WindowActions;
class Workbench;

// The window: it makes the parts and connects them, nothing else.
class MainWindow : public QMainWindow {
    Q_OBJECT
  public:
    // remember: layout, theme and recent files are kept from session to session.
    explicit MainWindow(bool remember = true, QWidget* parent = nullptr);
    ~MainWindow() override;

    void openTrace(const QString& path, const PointWishes& wishes = {});
    // A trace, a session or results, by what the file is.
    void openFile(const QString& path);
    // Results of an evaluation, in a window of their own that comes once they are read.
    void openResults(const QString& path);
    void beginRun(const EngineProcess::RunRequest& request, const PointWishes& wishes = {});
    void setTheme(Theme::Kind kind);

    TraceSource& source() { return m_source; }
    ComparedRun& compared() { return m_compared; }
    CurrentPoint& point() { return m_point; }
    Workbench& workbench() { return *m_workbench; }
    WindowActions& actions() { return *m_actions; }
    Playback& playback() { return *m_playback; }
    RunSession& session() { return *m_session; }
    MessageBar& messages() { return *m_messages; }
    ConsoleLog& log() { return m_log; }
    Notebook& notebook() { return m_notebook; }
    RunWishes& wishes() { return m_wishes; }
    ResultsWindow& results();

  signals:
    void couldNotOpen(const QString& sentence);

  protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    ViewContext context();
    void buildWindow();
    void wireSource();
    void wireRun();
    void wireReplays();
    void wireActions();
    void wireGoActions();
    void wireMessages();
    void showTitle();
    void wireEvidence();
    void wireSession();
    void wireResults();
    // change: what the proposal is given beside the shown run's configuration.
    void newRun(const QString& model = {}, const QString& document = {},
                const std::function<void(Configuration&)>& change = {});
    void refuse(const QString& sentence);
    void chooseTrace();
    void saveFigure(Panel* panel);
    void askForStep();
    void copyCommand();
    void restoreWindow();

    bool m_remember;
    Theme m_theme;
    TraceSource m_source;
    CurrentPoint m_point;
    ConsoleLog m_log;
    Questions m_questions;
    Replays m_replays;
    RunWishes m_wishes;
    LossesSource m_losses{&m_source};
    Notebook m_notebook{&m_source};
    BreakpointSource m_breakpoints{&m_source, &m_notebook};
    QueryTracks m_tracks{&m_source};
    ComparedRun m_compared{&m_source, &m_point};
    FirstPoint* m_firstPoint;
    EvidencePoint* m_evidence;
    WindowActions* m_actions;
    RunSession* m_session;
    Playback* m_playback;
    NoteActions* m_notes;
    RecentFiles* m_recent;
    Workbench* m_workbench = nullptr;
    WindowSession* m_where = nullptr;
    TransportBar* m_transport = nullptr;
    MessageBar* m_messages = nullptr;
    Welcome* m_welcome = nullptr;
    StatusStrip* m_status = nullptr;
    QStackedWidget* m_pages = nullptr;
    QPointer<NewRunDialog> m_newRun;
    std::unique_ptr<ResultsWindow> m_results;
    bool m_closing = false;
};

} // namespace attendre
