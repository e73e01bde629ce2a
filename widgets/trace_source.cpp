#include "widgets/trace_source.h"

#include <QByteArray>
#include <QMap>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace attendre {

namespace {

// A receiver and a tag: of the readings with one key only the newest counts.
using Key = std::pair<const QObject*, QByteArray>;

struct Overview {
    QString path;
    std::vector<RunInfo> runs;
    std::vector<int> stepCounts;
};

Result<Overview> overviewOf(Reader& reader) {
    Overview overview;
    overview.path = reader.path();
    auto runs = reader.runs();
    if (!runs)
        return runs.error();
    overview.runs = runs.take();
    for (const RunInfo& run : overview.runs) {
        const auto count = reader.stepCount(run.run);
        if (!count)
            return count.error();
        overview.stepCounts.push_back(*count);
    }
    return overview;
}

const QByteArray refreshTag = QByteArrayLiteral("refresh");

} // namespace

// The queue between the two threads. Jobs carry everything they need; the reading thread never
// touches a QObject but to post a delivery to the source, which outlives it.
class TraceSource::Private {
  public:
    struct Job {
        Key key;
        quint64 generation = 0;
        quint64 file = 0;
        bool opens = false;
        QString path;
        Work work;
    };
    struct Asked {
        quint64 generation = 0;
        QPointer<QObject> receiver;
    };

    explicit Private(TraceSource* source) : q(source) {
        thread = std::thread([this] { loop(); });
    }

    ~Private() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            jobs.clear();
        }
        wake.notify_all();
        thread.join();
    }

    void push(Job job) {
        {
            const std::lock_guard lock(mutex);
            if (!job.opens)
                std::erase_if(jobs,
                              [&](const Job& old) { return !old.opens && old.key == job.key; });
            jobs.push_back(std::move(job));
        }
        wake.notify_one();
    }

    void loop();
    void openIn(const Job& job);
    void deliver(const Key& key, quint64 generation, quint64 forFile,
                 const std::function<void()>& done);
    void show(const Overview& overview);
    void settleIfIdle();

    TraceSource* q;
    std::thread thread;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Job> jobs;
    bool stopping = false;
    std::unique_ptr<Reader> reader; // the reading thread's own

    // The source's thread only:
    QMap<Key, Asked> asked;
    quint64 nextGeneration = 1;
    quint64 file = 0;          // grows with every file opened or closed
    quint64 newestOpening = 0; // generation of the newest open()
    int openings = 0;
    bool refreshAgain = false;
};

void TraceSource::Private::loop() {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex);
            wake.wait(lock, [this] { return stopping || !jobs.empty(); });
            if (stopping)
                return;
            job = std::move(jobs.front());
            jobs.pop_front();
        }
        if (job.opens) {
            openIn(job);
            continue;
        }
        std::function<void()> done;
        if (reader)
            done = job.work(*reader);
        QMetaObject::invokeMethod(
            q,
            [this, key = job.key, generation = job.generation, forFile = job.file,
             done = std::move(done)] { deliver(key, generation, forFile, done); },
            Qt::QueuedConnection);
    }
}

// On the reading thread. A file that cannot be opened leaves the one that is open as it is.
void TraceSource::Private::openIn(const Job& job) {
    std::shared_ptr<Overview> overview;
    QString sentence;
    if (auto opened = Reader::open(job.path); !opened) {
        sentence = opened.error().sentence;
    } else {
        std::unique_ptr<Reader> fresh = opened.take();
        if (auto read = overviewOf(*fresh)) {
            overview = std::make_shared<Overview>(read.take());
            reader = std::move(fresh);
        } else {
            sentence = read.error().sentence;
        }
    }
    QMetaObject::invokeMethod(
        q,
        [this, overview, sentence, generation = job.generation] {
            --openings;
            if (generation != newestOpening) {
                settleIfIdle();
                return;
            }
            if (overview)
                show(*overview);
            else
                emit q->failed(sentence);
            settleIfIdle();
        },
        Qt::QueuedConnection);
}

void TraceSource::Private::show(const Overview& overview) {
    asked.clear(); // what the file before was asked for
    refreshAgain = false;
    ++file;
    q->m_damageTold.clear();
    q->m_path = overview.path;
    q->m_runs = overview.runs;
    q->m_stepCounts = overview.stepCounts;
    emit q->opened();
}

void TraceSource::Private::deliver(const Key& key, quint64 generation, quint64 forFile,
                                   const std::function<void()>& done) {
    if (forFile != file)
        return;
    const auto found = asked.find(key);
    if (found == asked.end() || found->generation != generation)
        return;
    const bool alive = !found->receiver.isNull();
    asked.erase(found);
    if (alive && done)
        done();
    settleIfIdle();
}

void TraceSource::Private::settleIfIdle() {
    if (q->pending() == 0)
        emit q->settled();
}

TraceSource::TraceSource(QObject* parent) : QObject(parent), d(std::make_unique<Private>(this)) {}

TraceSource::~TraceSource() = default;

void TraceSource::open(const QString& path) {
    ++d->openings;
    Private::Job job;
    job.opens = true;
    job.path = path;
    job.generation = d->newestOpening = d->nextGeneration++;
    d->push(std::move(job));
}

void TraceSource::close() {
    d->newestOpening = d->nextGeneration++;
    d->asked.clear();
    ++d->file;
    m_path.clear();
    m_runs.clear();
    m_stepCounts.clear();
    emit closed();
    d->settleIfIdle();
}

void TraceSource::refresh() {
    if (!isOpen())
        return;
    if (d->asked.contains({this, refreshTag})) { // a run faster than its readings starves no one
        d->refreshAgain = true;
        return;
    }
    read<Overview>(
        this, refreshTag.constData(), [](Reader& reader) { return overviewOf(reader); },
        [this](Result<Overview> overview) {
            if (std::exchange(d->refreshAgain, false))
                refresh();
            if (!overview) {
                emit failed(overview.error().sentence);
                return;
            }
            const std::vector<int> before = m_stepCounts;
            const std::vector<RunInfo> runsBefore = std::exchange(m_runs, overview->runs);
            m_stepCounts = overview->stepCounts;
            for (std::size_t i = 0; i < m_runs.size(); ++i) {
                const bool same = i < before.size() && before[i] == m_stepCounts[i] &&
                                  runsBefore[i].finished == m_runs[i].finished;
                if (!same)
                    emit grown(m_runs[i].run, m_stepCounts[i]);
            }
        });
}

const RunInfo* TraceSource::run(int run) const {
    for (const RunInfo& info : m_runs)
        if (info.run == run)
            return &info;
    return nullptr;
}

int TraceSource::stepCount(int run) const {
    for (std::size_t i = 0; i < m_runs.size(); ++i)
        if (m_runs[i].run == run)
            return m_stepCounts[i];
    return 0;
}

void TraceSource::tellDamage(const QString& sentence) {
    if (sentence.isEmpty() || m_damageTold.contains(sentence))
        return;
    m_damageTold.insert(sentence);
    emit damaged(sentence);
}

int TraceSource::pending() const {
    return int(d->asked.size()) + d->openings;
}

void TraceSource::enqueue(QObject* receiver, const char* tag, Work work) {
    if (!isOpen())
        return;
    Private::Job job;
    job.key = {receiver, QByteArray(tag)};
    job.generation = d->nextGeneration++;
    job.file = d->file;
    job.work = std::move(work);
    d->asked[job.key] = {job.generation, receiver};
    d->push(std::move(job));
}

} // namespace attendre
