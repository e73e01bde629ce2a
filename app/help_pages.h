#pragma once

class QWidget;

namespace attendre {

class EngineProcess;
class TraceSource;
class WindowActions;

void showKeys(const WindowActions& actions, QWidget* parent);
// The policies (as the engine or the open trace declares them) and every option, word for word.
void showDefinitions(const TraceSource& source, const EngineProcess& engine, QWidget* parent);
void showAbout(QWidget* parent);

} // namespace attendre
