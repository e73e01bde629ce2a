#include "widgets/pair_readings.h"

#include <QByteArray>
#include <QMap>
#include <QThreadPool>

#include <optional>
#include <utility>

namespace attendre {

namespace {

using Key = std::pair<const QObject*, QByteArray>;

// One lane's thread and what only that thread touches.
class LaneThread {
  public:
    LaneThread() {
        m_pool.setMaxThreadCount(1);
        m_pool.setExpiryTimeout(-1); // the readers belong to one thread
    }
    ~LaneThread() { m_pool.waitForDone(); }

    void start(std::function<void()> work) { m_pool.start(std::move(work)); }

    // On the thread: the runs as they stand now. Their tokens are compared once for as many steps.
    const Result<ComparedRuns>& runs(const RunChoice& choice) {
        if (!m_runs || !*m_runs || !(choice == m_choice) || grown()) {
            m_runs = fresh(choice);
            m_choice = choice;
        }
        return *m_runs;
    }

  private:
    Result<ComparedRuns> fresh(const RunChoice& choice) {
        const bool reopened = choice.opening != m_choice.opening;
        if (!m_a || reopened || choice.pathA != m_choice.pathA)
            if (auto opened = open(choice.pathA, m_a); !opened)
                return opened.error();
        if (!m_b || reopened || choice.pathB != m_choice.pathB)
            if (auto opened = open(choice.pathB, m_b); !opened)
                return opened.error();
        return compareRuns(*m_a, choice.runA, *m_b, choice.runB);
    }
    static Result<void> open(const QString& path, std::unique_ptr<Reader>& reader) {
        reader.reset();
        auto made = Reader::open(path);
        if (!made)
            return made.error();
        reader = made.take();
        return {};
    }
    bool grown() {
        const ComparedRuns& known = **m_runs;
        for (const ComparedReading* reading : {&known.a, &known.b}) {
            const auto steps = reading->reader->stepCount(reading->run.run);
            if (!steps || *steps != reading->steps)
                return true;
        }
        return false;
    }

    QThreadPool m_pool;
    RunChoice m_choice;
    std::unique_ptr<Reader> m_a, m_b;
    std::optional<Result<ComparedRuns>> m_runs;
};

} // namespace

class PairReadings::Private {
  public:
    struct Asked {
        quint64 generation = 0;
        QPointer<QObject> receiver;
        Cancel cancel;
    };
    RunChoice choice;
    QMap<Key, Asked> asked;
    quint64 next = 1;
    LaneThread lanes[2];
};

PairReadings::PairReadings(QObject* parent) : QObject(parent), d(std::make_unique<Private>()) {}

PairReadings::~PairReadings() {
    choose({});
}

void PairReadings::choose(const RunChoice& choice) {
    for (const Private::Asked& asked : d->asked) {
        Cancel cancel = asked.cancel;
        cancel.request();
    }
    d->asked.clear();
    d->choice = choice;
}

int PairReadings::pending() const {
    return int(d->asked.size());
}

void PairReadings::enqueue(Lane lane, QObject* receiver, const char* tag, Work work) {
    const Key key{receiver, QByteArray(tag)};
    if (const auto older = d->asked.find(key); older != d->asked.end())
        older->cancel.request();
    const Private::Asked asked{d->next++, receiver, Cancel()};
    d->asked[key] = asked;
    LaneThread& thread = d->lanes[int(lane)];
    thread.start([this, &thread, key, work = std::move(work), choice = d->choice,
                  generation = asked.generation, cancel = asked.cancel] {
        if (cancel.requested())
            return; // nobody waits for it
        auto done = work(thread.runs(choice), cancel);
        // The threads are waited for before this is gone.
        QMetaObject::invokeMethod(
            this,
            [this, key, generation, done = std::move(done)] {
                const auto found = d->asked.find(key);
                if (found == d->asked.end() || found->generation != generation)
                    return;
                const bool alive = !found->receiver.isNull();
                d->asked.erase(found);
                if (alive)
                    done();
                if (d->asked.isEmpty())
                    emit settled();
            },
            Qt::QueuedConnection);
    });
}

} // namespace attendre
