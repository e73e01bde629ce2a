#pragma once

#include "model/replay/head_losses.h"

#include <QObject>
#include <QString>

#include <memory>

namespace attendre {

class TraceSource;

// What the heads of the open trace lost, reckoned from its archive when a view first asks: on a
// thread and with a Reader of its own, since a head takes seconds where a reading takes
// milliseconds. The head that was asked for last is reckoned first.
class LossesSource : public QObject {
    Q_OBJECT
  public:
    // trace outlives it.
    explicit LossesSource(TraceSource* trace, QObject* parent = nullptr);
    ~LossesSource() override;

    // The losses of one K/V head; nullptr where refusal() says why there are none, or while they
    // are reckoned: told() follows. start = false begins no reckoning.
    std::shared_ptr<const HeadLosses> of(int run, int layer, int head, bool start = true);
    bool reckoning() const; // of() is still at work
    // Why a run's losses cannot be told, in a sentence; empty: they can.
    QString refusal(int run) const;

  signals:
    void told();

  private:
    void forget();
    void reckon();

    class Private;
    std::unique_ptr<Private> d;
    TraceSource* m_trace;
};

} // namespace attendre
