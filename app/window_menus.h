#pragma once

class QMenuBar;

namespace attendre {

class Playback;
class RecentFiles;
class WindowActions;
class Workbench;

void fillMenus(QMenuBar* bar, WindowActions& actions, RecentFiles& recent, Workbench& workbench,
               Playback& playback);

} // namespace attendre
