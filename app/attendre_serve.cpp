// attendre serve: the engine as a process of its own.
#include "app/attendre_options.h"
#include "model/engine/serve.h"

namespace attendre {

void addServe(CLI::App& program, Action& action) {
    CLI::App* command = program.add_subcommand(
        "serve", "What the window talks to: takes requests on standard input and answers on "
                 "standard output (docs/protocol.md). The end of the input closes the trace.");
    command->callback([&action] { action = [] { return serve(); }; });
}

} // namespace attendre
