#pragma once

namespace attendre {

// Leaves out two lines that Qt writes on standard error wherever a window is drawn without a
// display, and that nobody can act on: the offscreen platform has no size hints, and no session set
// XDG_RUNTIME_DIR. Everything else is written as before.
void dropExpectedWarnings();

} // namespace attendre
