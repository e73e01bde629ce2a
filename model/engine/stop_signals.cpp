#include "model/engine/stop_signals.h"

#include <csignal>
#include <unistd.h>

namespace attendre {

namespace {

// What a signal handler can reach.
int ends[2] = {-1, -1};
Cancel* wish = nullptr;
constexpr int stopping[] = {SIGINT, SIGTERM, SIGHUP};
struct sigaction former[3];

void onSignal(int number) {
    if (wish)
        wish->request();
    const char byte = 0;
    const ssize_t written = ::write(ends[1], &byte, 1);
    (void)written;
    std::signal(number, SIG_DFL);
}

} // namespace

StopSignals::StopSignals() {
    if (::pipe(ends) != 0)
        ends[0] = ends[1] = -1;
    wish = &m_cancel;
    struct sigaction action = {};
    action.sa_handler = onSignal;
    for (int i = 0; i < 3; ++i) {
        sigaction(stopping[i], nullptr, &former[i]);
        if (former[i].sa_handler != SIG_IGN) // nohup stays in force
            sigaction(stopping[i], &action, nullptr);
    }
}

StopSignals::~StopSignals() {
    for (int i = 0; i < 3; ++i)
        sigaction(stopping[i], &former[i], nullptr);
    wish = nullptr;
    ::close(ends[0]);
    ::close(ends[1]);
}

int StopSignals::descriptor() const {
    return ends[0];
}

void StopSignals::wake() const {
    const char byte = 0;
    const ssize_t written = ::write(ends[1], &byte, 1);
    (void)written;
}

} // namespace attendre
