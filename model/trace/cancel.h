#pragma once

#include <QtGlobal>

#include <atomic>
#include <functional>
#include <memory>

namespace attendre {

// Cancellation is an argument: whoever starts long work keeps one end, the work asks the other.
class Cancel {
  public:
    void request() { m_requested->store(true); }
    bool requested() const { return m_requested->load(); }

  private:
    std::shared_ptr<std::atomic<bool>> m_requested = std::make_shared<std::atomic<bool>>(false);
};

// done of total units of work; called from the thread that works.
using Progress = std::function<void(qint64 done, qint64 total)>;

} // namespace attendre
