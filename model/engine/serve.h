#pragma once

namespace attendre {

// `attendre serve`: docs/protocol.md on standard input and output until the client quits, the input
// ends or a stop signal comes. Returns the exit code.
int serve();

} // namespace attendre
