#pragma once

#include "model/trace/cancel.h"

namespace attendre {

// SIGINT, SIGTERM and SIGHUP as a wish to stop in order, while an instance lives (one at a time).
// A second signal ends the process at once, as it would have without this.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    Cancel cancel() const { return m_cancel; } // requested once a signal came
    int descriptor() const;                    // readable once a signal came or wake() was called
    void wake() const;

  private:
    Cancel m_cancel;
};

} // namespace attendre
