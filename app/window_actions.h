#pragma once

#include <QAction>
#include <QObject>

#include <vector>

namespace attendre {

class Theme;

// Everything that can be asked of the window, once: menus, buttons, keys and the command palette
// all use these. What they do is wired elsewhere.
class WindowActions : public QObject {
    Q_OBJECT
  public:
    WindowActions(const Theme* theme, QObject* parent);

    // File
    QAction *newRun, *openTrace, *openResults, *saveSession, *closeTrace, *quit;
    // Run
    QAction *first, *back, *step, *run, *last;
    QAction *phaseBack, *phaseStep, *toEnd, *toStep, *toEviction, *withoutDrawing, *stopRun;
    QAction *toBreakpoint, *previousBreakpoint, *breakHere;
    QAction* copyCommand;
    // Edit
    QAction *undo, *redo, *bookmark;
    std::vector<QAction*> bookmarks; // Ctrl+1 … Ctrl+9
    // Go
    QAction *goBack, *goForward, *previousEvent, *nextEvent, *goTo, *palette, *findText;
    QAction *layerUp, *layerDown, *headUp, *headDown;
    // View
    QAction *light, *dark, *contrast, *resetLayout, *focusPoint, *fullScreen, *presenter;
    // Help
    QAction *keys, *policies, *about, *dismiss;

    const std::vector<QAction*>& all() const { return m_all; }
    // The run button shows what a click would do.
    void setRunning(bool running);

  private:
    QAction* make(const QString& text, const QString& explanation,
                  const QList<QKeySequence>& keys = {});
    void makeFile();
    void makeRun();
    void makeEdit();
    void makeGo();
    void makeView();
    void drawIcons();

    const Theme* m_theme;
    std::vector<QAction*> m_all;
    bool m_running = false;
};

} // namespace attendre
