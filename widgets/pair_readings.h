#pragma once

#include "model/analysis/compared_runs.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <memory>

namespace attendre {

// Where two runs that are compared are found. The files may be the same.
struct RunChoice {
    QString pathA, pathB;
    int runA = 0, runB = 0;
    int opening = 0; // grows when a file is opened anew

    bool operator==(const RunChoice&) const = default;
};

// Readings over two runs at once, in two lanes, each with a thread and readers of its own: what
// takes the whole runs does not hold up what the current point needs. Results come back on this
// object's thread. As with TraceSource a newer reading with the same receiver and tag replaces an
// older one, which is told to stop.
class PairReadings : public QObject {
    Q_OBJECT
  public:
    enum class Lane { Point, Runs };
    explicit PairReadings(QObject* parent = nullptr);
    ~PairReadings() override;

    // Stops and forgets what was asked for other runs.
    void choose(const RunChoice& choice);

    template <class T>
    void read(Lane lane, QObject* receiver, const char* tag,
              std::function<Result<T>(const ComparedRuns&, const Cancel&)> work,
              std::function<void(Result<T>)> done) {
        enqueue(lane, receiver, tag,
                [work = std::move(work), done = std::move(done)](const Result<ComparedRuns>& runs,
                                                                 const Cancel& cancel) {
                    auto result = std::make_shared<Result<T>>(runs ? work(*runs, cancel)
                                                                   : Result<T>(runs.error()));
                    return std::function<void()>([done, result] { done(std::move(*result)); });
                });
    }

    int pending() const;

  signals:
    void settled(); // pending() has become 0

  private:
    using Work =
        std::function<std::function<void()>(const Result<ComparedRuns>& runs, const Cancel&)>;
    void enqueue(Lane lane, QObject* receiver, const char* tag, Work work);

    class Private;
    std::unique_ptr<Private> d;
};

} // namespace attendre
