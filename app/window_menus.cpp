#include "app/window_menus.h"

#include "app/playback.h"
#include "app/recent_files.h"
#include "app/window_actions.h"
#include "app/workbench.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QSlider>
#include <QWidgetAction>

#include <cmath>

namespace attendre {

namespace {

constexpr int fastest = 60; // the slider's end: as fast as it goes

// Steps a second, from one in two seconds to as fast as it goes.
double speedAt(int value) {
    return value >= fastest ? 0 : 0.5 * std::pow(2.0, value / 10.0);
}

QAction* makeSpeed(QMenu* menu, Playback& playback) {
    auto* row = new QWidget(menu);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(24, 4, 12, 4);
    auto* label = new QLabel(row);
    auto* slider = new QSlider(Qt::Horizontal, row);
    slider->setRange(0, fastest);
    slider->setMinimumWidth(120);
    slider->setAccessibleName(QObject::tr("Speed"));
    layout->addWidget(new QLabel(QObject::tr("Speed"), row));
    layout->addWidget(slider);
    layout->addWidget(label);
    label->setMinimumWidth(
        label->fontMetrics().horizontalAdvance(QObject::tr("as fast as it goes")));
    QObject::connect(slider, &QSlider::valueChanged, &playback, [&playback, label](int value) {
        const double speed = speedAt(value);
        label->setText(speed > 0 ? QObject::tr("%1 steps/s").arg(speed, 0, 'g', 2)
                                 : QObject::tr("as fast as it goes"));
        playback.setSpeed(speed);
    });
    slider->setValue(30);
    auto* action = new QWidgetAction(menu);
    action->setDefaultWidget(row);
    return action;
}

void fillFile(QMenu* menu, WindowActions& actions, RecentFiles& recent) {
    menu->addAction(actions.newRun);
    menu->addAction(actions.openTrace);
    menu->addAction(actions.openResults);
    recent.fill(menu->addMenu(QObject::tr("Open &recent")));
    menu->addSeparator();
    menu->addAction(actions.saveSession);
    menu->addAction(actions.closeTrace);
    menu->addAction(actions.quit);
}

void fillRun(QMenu* menu, WindowActions& actions, Playback& playback) {
    for (QAction* action : {actions.step, actions.phaseStep, actions.back, actions.phaseBack})
        menu->addAction(action);
    menu->addSeparator();
    for (QAction* action : {actions.run, actions.toEnd, actions.toStep, actions.toEviction})
        menu->addAction(action);
    menu->addSeparator();
    for (QAction* action : {actions.breakHere, actions.toBreakpoint, actions.previousBreakpoint})
        menu->addAction(action);
    menu->addSeparator();
    menu->addAction(makeSpeed(menu, playback));
    menu->addAction(actions.withoutDrawing);
    menu->addSeparator();
    menu->addAction(actions.copyCommand);
    menu->addAction(actions.stopRun);
}

void fillEdit(QMenu* menu, WindowActions& actions) {
    menu->addAction(actions.undo);
    menu->addAction(actions.redo);
    menu->addSeparator();
    menu->addAction(actions.bookmark);
    QMenu* bookmarks = menu->addMenu(QObject::tr("Go to boo&kmark"));
    for (QAction* action : actions.bookmarks)
        bookmarks->addAction(action);
}

void fillGo(QMenu* menu, WindowActions& actions) {
    for (QAction* action : {actions.goBack, actions.goForward})
        menu->addAction(action);
    menu->addSeparator();
    for (QAction* action : {actions.goTo, actions.palette, actions.findText})
        menu->addAction(action);
    menu->addSeparator();
    for (QAction* action : {actions.first, actions.last, actions.previousEvent, actions.nextEvent})
        menu->addAction(action);
    menu->addSeparator();
    for (QAction* action :
         {actions.layerUp, actions.layerDown, actions.headUp, actions.headDown, actions.focusPoint})
        menu->addAction(action);
}

void fillView(QMenu* menu, WindowActions& actions, Workbench& workbench) {
    for (QAction* action : {actions.light, actions.dark, actions.contrast})
        menu->addAction(action);
    menu->addSeparator();
    const auto& definitions = viewDefinitions();
    for (std::size_t i = 0; i < definitions.size(); ++i) {
        QAction* toggle = workbench.panels()[i]->toggleViewAction();
        toggle->setStatusTip(definitions[i].purpose);
        menu->addAction(toggle);
    }
    menu->addSeparator();
    menu->addAction(actions.resetLayout);
    menu->addAction(actions.fullScreen);
    menu->addAction(actions.presenter);
}

} // namespace

void fillMenus(QMenuBar* bar, WindowActions& actions, RecentFiles& recent, Workbench& workbench,
               Playback& playback) {
    fillFile(bar->addMenu(QObject::tr("&File")), actions, recent);
    fillEdit(bar->addMenu(QObject::tr("&Edit")), actions);
    fillRun(bar->addMenu(QObject::tr("&Run")), actions, playback);
    fillGo(bar->addMenu(QObject::tr("&Go")), actions);
    fillView(bar->addMenu(QObject::tr("&View")), actions, workbench);
    QMenu* help = bar->addMenu(QObject::tr("&Help"));
    for (QAction* action : {actions.keys, actions.policies, actions.about})
        help->addAction(action);
}

} // namespace attendre
