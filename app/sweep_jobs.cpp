#include "app/sweep_jobs.h"

#include "model/engine/stop_signals.h"
#include "model/engine/sweep_cell.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QProcess>
#include <QSocketNotifier>

#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

namespace attendre {

namespace {

constexpr int attempts = 2; // of a cell whose process dies

class Crew {
  public:
    Crew(const SweepFolder& folder, const std::vector<int>& cells, const CellEnded& ended)
        : m_folder(folder), m_waiting(cells.begin(), cells.end()), m_ended(ended) {}

    Result<int> run(int jobs) {
        QSocketNotifier stop(m_stop.descriptor(), QSocketNotifier::Read);
        QObject::connect(&stop, &QSocketNotifier::activated, [&] {
            stop.setEnabled(false);
            m_stopping = true;
            for (auto& worker : m_workers)
                worker->process.closeWriteChannel();
        });
        for (int i = 0; i < jobs && i < int(m_waiting.size()); ++i)
            m_workers.push_back(std::make_unique<Worker>());
        for (auto& worker : m_workers)
            begin(*worker);
        if (running())
            m_loop.exec();
        if (m_failure)
            return *m_failure;
        if (m_stopping)
            return Error{
                QString("Interrupted: %1 of the sweep in %2 are missing; start it again, "
                        "it goes on with them.")
                    .arg(counted(qint64(m_folder.missing().size()), "cell"), m_folder.path())};
        return m_failed;
    }

  private:
    struct Worker {
        QProcess process;
        int cell = -1; // that it computes
        int done = 0;
    };

    bool running() const {
        for (const auto& worker : m_workers)
            if (worker->process.state() != QProcess::NotRunning)
                return true;
        return false;
    }

    void begin(Worker& worker) {
        QProcess& process = worker.process;
        process.disconnect();
        worker.done = 0;
        QObject::connect(&process, &QProcess::readyReadStandardOutput,
                         [this, &worker] { listen(worker); });
        QObject::connect(&process, &QProcess::finished,
                         [this, &worker](int code, QProcess::ExitStatus status) {
                             leave(worker, code, status);
                         });
        QObject::connect(&process, &QProcess::errorOccurred,
                         [this, &worker](QProcess::ProcessError error) {
                             if (error == QProcess::FailedToStart)
                                 giveUp(worker.process.errorString());
                         });
        process.start(QCoreApplication::applicationFilePath(),
                      {"sweep", "-o", m_folder.path(), "--worker"});
        give(worker);
    }

    void give(Worker& worker) {
        if (m_waiting.empty() || m_stopping || m_failure) {
            worker.process.closeWriteChannel();
            return;
        }
        worker.cell = m_waiting.front();
        m_waiting.pop_front();
        ++m_tries[worker.cell];
        worker.process.write(QByteArray::number(worker.cell) + '\n');
    }

    void listen(Worker& worker) {
        while (worker.process.canReadLine()) {
            const QString line = QString::fromUtf8(worker.process.readLine()).trimmed();
            const QString what = line.section(' ', 0, 0);
            if (what != "done" && what != "failed")
                continue;
            const int cell = line.section(' ', 1, 1).toInt();
            const QString failure = what == "failed" ? line.section(' ', 2) : QString();
            if (!m_stopping || failure.isEmpty())
                end(cell, failure);
            worker.cell = -1;
            ++worker.done;
            give(worker);
        }
    }

    void end(int cell, const QString& failure) {
        m_failed += !failure.isEmpty();
        m_ended(cell, failure);
    }

    void leave(Worker& worker, int code, QProcess::ExitStatus status) {
        const QString said =
            QString::fromUtf8(worker.process.readAllStandardError()).trimmed().section('\n', -1);
        const int cell = std::exchange(worker.cell, -1);
        if (m_stopping || m_failure) {
        } else if (status == QProcess::NormalExit && code != 0 && worker.done == 0) {
            giveUp(said);
        } else if (cell >= 0) {
            if (m_tries[cell] < attempts) {
                m_waiting.push_front(cell);
            } else {
                const QString why =
                    QString("The process that computed it died %1 times (%2): it may need more "
                            "memory than there is.")
                        .arg(m_tries[cell])
                        .arg(said.isEmpty() ? QString("killed") : said);
                m_folder.fail(cell, why);
                end(cell, why);
            }
            if (!m_waiting.empty())
                begin(worker);
        }
        if (!running())
            m_loop.quit();
    }

    void giveUp(const QString& why) {
        if (!m_failure)
            m_failure =
                Error{why.isEmpty() ? QString("A process of the sweep ended at once.") : why};
        for (auto& worker : m_workers)
            worker->process.closeWriteChannel();
        if (!running())
            m_loop.quit();
    }

    const SweepFolder& m_folder;
    std::deque<int> m_waiting;
    const CellEnded& m_ended;
    StopSignals m_stop;
    QEventLoop m_loop;
    std::vector<std::unique_ptr<Worker>> m_workers;
    std::map<int, int> m_tries;
    int m_failed = 0;
    bool m_stopping = false;
    std::optional<Error> m_failure;
};

// Lines of standard input, read on a thread of their own, so that their end is noticed at once.
class Orders {
  public:
    explicit Orders(Cancel cancel) : m_cancel(std::move(cancel)) {
        std::thread([this] {
            for (std::string line; std::getline(std::cin, line);)
                put(std::atoi(line.c_str()));
            m_cancel.request();
            put(-1);
        }).detach(); // it may never end: the process does
    }
    // The next cell; -1: there is none.
    int next() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return !m_cells.empty(); });
        const int cell = m_cells.front();
        if (cell >= 0)
            m_cells.pop_front();
        return cell;
    }

  private:
    void put(int cell) {
        const std::lock_guard lock(m_mutex);
        m_cells.push_back(cell);
        m_changed.notify_all();
    }
    Cancel m_cancel;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<int> m_cells;
};

} // namespace

Result<int> runCellsInProcesses(const SweepFolder& folder, const std::vector<int>& cells, int jobs,
                                const CellEnded& ended) {
    return Crew(folder, cells, ended).run(jobs);
}

int workOnCells(const SweepFolder& folder) {
    StopSignals stopSignals;
    const Cancel cancel = stopSignals.cancel();
    // Lives as long as the thread that reads for it: as long as the process.
    static Orders orders(cancel);
    auto cells = SweepCells::open(folder, {}, cancel);
    if (!cells)
        return report(cells.error());
    for (int cell = orders.next(); cell >= 0; cell = orders.next()) {
        if (cell >= int(folder.plan().cells.size()))
            return report({QString("The sweep has no cell %1.").arg(cell), 2});
        const auto done = (*cells)->run(cell, {}, cancel);
        if (cancel.requested())
            return 1;
        print(done ? QString("done %1").arg(cell)
                   : QString("failed %1 %2").arg(cell).arg(done.error().sentence.simplified()));
        std::fflush(stdout);
    }
    return 0;
}

Result<void> runCellHere(const SweepFolder& folder, int cell, ProgressLine& progress) {
    StopSignals stopSignals;
    auto cells = SweepCells::open(folder, progress.stage(), stopSignals.cancel());
    if (!cells)
        return cells.error();
    return (*cells)->run(cell, progress.stage(), stopSignals.cancel());
}

} // namespace attendre
