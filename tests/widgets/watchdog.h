#pragma once

#include <QString>
#include <QTimer>

#include <algorithm>

#include <sys/resource.h>
#include <time.h>

namespace attendre {

// The longest turn of the event loop. A turn counts as what its thread computed in it or waited
// for (files, locks); what a busy machine gave to other programs meanwhile is left out by taking
// the least of two clocks where the thread was switched out against its will.
class Watchdog : public QTimer {
  public:
    Watchdog() {
        setInterval(2);
        connect(this, &QTimer::timeout, this, [this] { look(); });
        m_before = now();
        start();
    }
    double longest() const { return m_longest; }

  private:
    struct Clocks {
        double wall = 0, cpu = 0; // ms
        long preempted = 0;
    };
    static Clocks now() {
        timespec wall{}, cpu{};
        rusage usage{};
        clock_gettime(CLOCK_MONOTONIC, &wall);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
        getrusage(RUSAGE_THREAD, &usage);
        const auto ms = [](const timespec& t) {
            return 1e3 * double(t.tv_sec) + double(t.tv_nsec) / 1e6;
        };
        return {ms(wall), ms(cpu), usage.ru_nivcsw};
    }
    void look() {
        const Clocks here = now();
        const bool preempted = here.preempted != m_before.preempted;
        const double turn = preempted ? here.cpu - m_before.cpu : here.wall - m_before.wall;
        m_longest = std::max(m_longest, turn);
        m_before = here;
    }

    Clocks m_before;
    double m_longest = 0;
};

#ifdef __SANITIZE_ADDRESS__
constexpr double longestStall = 500; // ms
#else
constexpr double longestStall = 50; // ms
#endif

inline QString stallOf(const Watchdog& watchdog) {
    return QStringLiteral("a stall of %1 ms").arg(watchdog.longest());
}

} // namespace attendre
