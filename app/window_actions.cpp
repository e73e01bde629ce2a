#include "app/window_actions.h"

#include "widgets/theme.h"

#include <QActionGroup>
#include <QIcon>
#include <QPainter>
#include <QPixmap>

namespace attendre {

namespace {

// Icons of the step controls: bars and triangles, given as a word of '|', '<', '>', '=', 'b' and
// 'f'.
QIcon transportIcon(const QString& word, const QColor& colour, const QColor& disabled) {
    QIcon icon;
    for (const qreal ratio : {1.0, 2.0}) {
        for (const auto& [mode, ink] :
             {std::pair{QIcon::Normal, colour}, {QIcon::Disabled, disabled}}) {
            QPixmap pixmap(QSize(16, 16) * ratio);
            pixmap.setDevicePixelRatio(ratio);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::NoPen);
            painter.setBrush(ink);
            double width = 0;
            for (const QChar c : word)
                width += c == u'|' || c == u'=' ? 3 : 8;
            double x = (16 - width) / 2;
            for (const QChar c : word) {
                if (c == u'b' || c == u'f') { // an arrow with its shaft
                    painter.setPen(QPen(ink, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
                    painter.setBrush(Qt::NoBrush);
                    const double tip = c == u'b' ? 3 : 13, tail = 16 - tip;
                    const double wing = c == u'b' ? tip + 4 : tip - 4;
                    painter.drawLine(QPointF(tail, 8), QPointF(tip, 8));
                    painter.drawPolyline(
                        QPolygonF({QPointF(wing, 4), QPointF(tip, 8), QPointF(wing, 12)}));
                } else if (c == u'|' || c == u'=') {
                    painter.drawRect(QRectF(x + 0.5, 3.5, 2, 9));
                    x += c == u'=' ? 5 : 3;
                } else {
                    const double from = c == u'>' ? x : x + 8, to = c == u'>' ? x + 8 : x;
                    painter.drawPolygon(
                        QPolygonF({QPointF(from, 3), QPointF(to, 8), QPointF(from, 13)}));
                    x += 8;
                }
            }
            painter.end();
            icon.addPixmap(pixmap, mode);
        }
    }
    return icon;
}

} // namespace

WindowActions::WindowActions(const Theme* theme, QObject* parent)
    : QObject(parent), m_theme(theme) {
    makeFile();
    makeRun();
    makeEdit();
    makeGo();
    makeView();
    drawIcons();
    connect(theme, &Theme::changed, this, &WindowActions::drawIcons);
}

QAction* WindowActions::make(const QString& text, const QString& explanation,
                             const QList<QKeySequence>& keys) {
    auto* action = new QAction(text, this);
    action->setShortcuts(keys);
    action->setStatusTip(explanation);
    QString tip = explanation;
    if (!keys.isEmpty())
        tip += QStringLiteral(" (%1)").arg(keys.front().toString(QKeySequence::NativeText));
    action->setToolTip(tip);
    m_all.push_back(action);
    return action;
}

void WindowActions::makeFile() {
    newRun = make(tr("&New run…"), tr("Choose a model, a document and the pipeline's options"),
                  {QKeySequence::New});
    openTrace = make(tr("&Open a trace…"), tr("Look at a recorded run"), {QKeySequence::Open});
    openResults =
        make(tr("Open res&ults…"), tr("Look at what attendre sweep or attendre eval measured"),
             {QKeySequence(tr("Ctrl+Shift+O"))});
    saveSession =
        make(tr("&Save the session…"),
             tr("The trace, the point, the panels and the notes, to come back or to send"),
             {QKeySequence::Save});
    closeTrace = make(tr("&Close"), tr("Close the trace; a run in progress is ended properly"),
                      {QKeySequence::Close});
    quit = make(tr("&Quit"), tr("Close the window"), {QKeySequence(tr("Ctrl+Q"))});
    quit->setMenuRole(QAction::QuitRole);
}

void WindowActions::makeRun() {
    first = make(tr("First step"), tr("To the run's first step"), {QKeySequence(tr("Home"))});
    back = make(tr("&Back"), tr("One step back"),
                {QKeySequence(tr("Shift+F10")), QKeySequence(tr("Left"))});
    step = make(tr("&Step"), tr("One step on; behind the last recorded one the engine computes it"),
                {QKeySequence(tr("F10")), QKeySequence(tr("Right"))});
    run = make(tr("&Run"), tr("Step after step until paused"), {QKeySequence(tr("F5"))});
    last = make(tr("Last step"), tr("To the last recorded step"), {QKeySequence(tr("End"))});
    phaseBack = make(tr("Phase back"), tr("The phase before"), {QKeySequence(tr("Shift+Left"))});
    phaseStep =
        make(tr("Step a &phase"), tr("The next phase: rank, evict, insert, wait, retrieve, record"),
             {QKeySequence(tr("Shift+Right"))});
    toEnd = make(tr("Run to the &end"), tr("The engine reads the document to its end"),
                 {QKeySequence(tr("Ctrl+End"))});
    toStep = make(tr("Run to a step…"), tr("To a step, recorded or not yet"),
                  {QKeySequence(tr("Ctrl+G"))});
    toEviction = make(tr("To the next e&viction of this token"),
                      tr("To the step that evicts the selected entry from this layer and head"),
                      {QKeySequence(tr("Ctrl+E"))});
    withoutDrawing = make(tr("Run &without drawing"),
                          tr("The views wait until the run pauses; the engine works undisturbed"));
    withoutDrawing->setCheckable(true);
    stopRun = make(tr("End this run"), tr("The engine closes the trace; its steps stay"));
    copyCommand = make(tr("&Copy the command"), tr("The exact command that makes this run"),
                       {QKeySequence(tr("Ctrl+Shift+C"))});
}

void WindowActions::makeEdit() {
    undo = make(tr("&Undo"), tr("Take back the last change of bookmarks, notes, breakpoints"),
                {QKeySequence::Undo});
    redo = make(tr("&Redo"), tr("Make it again"), {QKeySequence(tr("Ctrl+Shift+Z"))});
    bookmark = make(tr("&Bookmark this place"), tr("Keep this point, with a note if you like"),
                    {QKeySequence(tr("Ctrl+B"))});
    for (int i = 1; i <= 9; ++i)
        bookmarks.push_back(make(tr("Bookmark %1").arg(i), tr("To bookmark %1").arg(i),
                                 {QKeySequence(tr("Ctrl+%1").arg(i))}));
    breakHere = make(tr("Break when this &token leaves"),
                     tr("Set or delete a breakpoint on the selected entry in this layer and head"),
                     {QKeySequence(tr("F9"))});
    toBreakpoint = make(tr("Run to the next &breakpoint"),
                        tr("To the next place where a breakpoint holds; the engine goes on until "
                           "it meets one"),
                        {QKeySequence(tr("F8"))});
    previousBreakpoint = make(tr("To the breakpoint before"),
                              tr("To the place before this one where a breakpoint holds"),
                              {QKeySequence(tr("Shift+F8"))});
}

void WindowActions::makeGo() {
    goBack = make(tr("&Back"), tr("Where you were before"),
                  {QKeySequence(tr("Alt+Left")), QKeySequence(Qt::Key_Back)});
    goForward = make(tr("&Forward"), tr("Where you went from here"),
                     {QKeySequence(tr("Alt+Right")), QKeySequence(Qt::Key_Forward)});
    previousEvent = make(tr("Previous event"),
                         tr("The entry's insertion or eviction before this step; without an entry "
                            "the last step that evicted"),
                         {QKeySequence(tr(","))});
    nextEvent = make(tr("Next event"),
                     tr("The entry's next insertion or eviction; without an entry the next step "
                        "that evicts"),
                     {QKeySequence(tr("."))});
    goTo = make(tr("Go to a token, step…"), tr("Type a step, a position or a word"),
                {QKeySequence(tr("Ctrl+L"))});
    palette = make(tr("Command &palette"), tr("Every command by its name"),
                   {QKeySequence(tr("Ctrl+Shift+P"))});
    findText = make(tr("&Find in the document…"), tr("Plain text or a regular expression"),
                    {QKeySequence::Find});
    layerUp = make(tr("Layer above"), tr("The next layer"), {QKeySequence(tr("Ctrl+Up"))});
    layerDown = make(tr("Layer below"), tr("The layer before"), {QKeySequence(tr("Ctrl+Down"))});
    headUp = make(tr("Next head"), tr("The next K/V head"), {QKeySequence(tr("Ctrl+Right"))});
    headDown =
        make(tr("Previous head"), tr("The K/V head before"), {QKeySequence(tr("Ctrl+Left"))});
}

void WindowActions::makeView() {
    light = make(tr("&Light"), tr("Light theme"));
    dark = make(tr("&Dark"), tr("Dark theme"));
    contrast = make(tr("&High contrast"), tr("High-contrast theme"));
    auto* themes = new QActionGroup(this);
    for (QAction* action : {light, dark, contrast}) {
        action->setCheckable(true);
        themes->addAction(action);
    }
    light->setChecked(true);
    resetLayout = make(tr("&Reset the layout"), tr("Every panel where it stood at first"));
    focusPoint = make(tr("&Focus"), tr("Bring the selected entry into view in every panel"),
                      {QKeySequence(tr("F"))});
    fullScreen =
        make(tr("Full &screen"), tr("The window alone on the screen"), {QKeySequence(tr("F11"))});
    fullScreen->setCheckable(true);
    presenter = make(tr("&Presenter mode"),
                     tr("Document, K/V memory and Why evicted? alone, in large letters"),
                     {QKeySequence(tr("Shift+F11"))});
    presenter->setCheckable(true);
    keys = make(tr("&Keys"), tr("Every key of the window"),
                {QKeySequence(tr("?")), QKeySequence(tr("F1"))});
    policies = make(tr("Policies and &options"), tr("What each of them means, exactly"));
    about = make(tr("&About"), tr("Version, build and licence"));
    about->setMenuRole(QAction::AboutRole);
    dismiss = make(tr("Dismiss the message"), tr("Close the message bar"));
}

void WindowActions::setRunning(bool running) {
    m_running = running;
    run->setText(running ? tr("&Pause") : tr("&Run"));
    run->setToolTip(running ? tr("Pause behind this step (F5)")
                            : tr("Step after step until paused (F5)"));
    drawIcons();
}

void WindowActions::drawIcons() {
    const QColor ink = m_theme->text(), pale = m_theme->toCome();
    first->setIcon(transportIcon(QStringLiteral("|<"), ink, pale));
    back->setIcon(transportIcon(QStringLiteral("<"), ink, pale));
    step->setIcon(transportIcon(QStringLiteral(">"), ink, pale));
    run->setIcon(m_running ? transportIcon(QStringLiteral("=|"), m_theme->accent(), pale)
                           : transportIcon(QStringLiteral(">>"), ink, pale));
    last->setIcon(transportIcon(QStringLiteral(">|"), ink, pale));
    goBack->setIcon(transportIcon(QStringLiteral("b"), ink, pale));
    goForward->setIcon(transportIcon(QStringLiteral("f"), ink, pale));
    for (QAction* action : {first, back, step, run, last, goBack, goForward})
        action->setIconVisibleInMenu(false);
}

} // namespace attendre
