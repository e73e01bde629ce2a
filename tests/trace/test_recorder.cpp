#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <functional>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <sqlite3.h>

using namespace attendre;

namespace {

MadeOptions sized(int tokens) {
    MadeOptions options;
    options.layers = 4;
    options.memory = 64;
    options.chunk = 8;
    options.tokens = tokens;
    return options;
}

Result<std::unique_ptr<Recorder>> open(const QString& path, const MadeOptions& options,
                                       RecorderOptions how = {}) {
    return Recorder::open(path, madeRun(options), madeTokens(options, "And it was so. "), how);
}

// The sentence of the first failure, empty when all went well.
QString record(const QString& path, const MadeOptions& options, RecorderOptions how = {}) {
    auto recorder = open(path, options, how);
    if (!recorder)
        return recorder.error().sentence;
    MadeSteps steps(options);
    while (auto step = steps.next())
        if (auto added = (*recorder)->add(std::move(*step)); !added) {
            (void)(*recorder)->finish();
            return added.error().sentence;
        }
    auto finished = (*recorder)->finish();
    return finished ? QString() : finished.error().sentence;
}

QString openError(const QString& path) {
    auto reader = Reader::open(path);
    return reader ? QString() : reader.error().sentence;
}

// Every committed step can be decoded; their number.
int readAll(Reader& reader, int run, int layers) {
    const auto count = reader.stepCount(run);
    for (int step = 0; count && step < *count; ++step)
        for (int layer = 0; layer < layers; ++layer)
            if (!reader.layerState(run, step, layer))
                return -1;
    return count ? *count : -1;
}

// Runs work in a child process and gives its exit status. What it allocates is not waited for.
int inChild(const std::function<int()>& work) {
    const pid_t child = fork();
    if (child == 0)
        _exit(work());
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

bool becomeNobody() {
    return getuid() != 0 ||
           (setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
}

// Starts a child that records endlessly, kills it once the trace holds some steps.
void recordAndKill(const QString& path, int leastSteps) {
    const pid_t child = fork();
    if (child == 0) {
        auto recorder = open(path, sized(1 << 20));
        MadeSteps steps(sized(1 << 20));
        while (auto step = steps.next())
            if (!recorder || !(*recorder)->add(std::move(*step)))
                break;
        _exit(1);
    }
    for (int wait = 0; wait < 2000; ++wait) {
        usleep(5000);
        auto reader = Reader::open(path);
        if (!reader)
            continue;
        const auto count = (*reader)->stepCount(1);
        if (count && *count >= leastSteps)
            break;
    }
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    QVERIFY(WIFSIGNALED(status));
}

} // namespace

class TestRecorder : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_file = 0;
    QString newFile() { return m_folder.filePath(QString("%1.trace").arg(++m_file)); }

  private slots:
    void existingFilesAreLeftAlone() {
        const QString path = newFile();
        QCOMPARE(record(path, sized(40)), QString());
        QVERIFY(record(path, sized(40)).contains("--append"));
        RecorderOptions overwrite;
        overwrite.overwrite = true;
        QCOMPARE(record(path, sized(80), overwrite), QString());
        QCOMPARE((*Reader::open(path))->stepCount(1).take(), 10);
        // Neither option touches what is no trace.
        QFile other(newFile());
        QVERIFY(other.open(QIODevice::WriteOnly));
        other.write("a letter to a friend, nothing that a recorder should ever write over");
        other.close();
        QVERIFY(record(other.fileName(), sized(40), overwrite).contains("is not a trace"));
        RecorderOptions append;
        append.append = true;
        QVERIFY(record(other.fileName(), sized(40), append).contains("is not a trace"));
        QVERIFY(other.open(QIODevice::ReadOnly) && other.readAll().startsWith("a letter"));
        QVERIFY(openError(other.fileName()).contains("is not a trace"));
    }

    void foreignDatabasesAreRefused() {
        const QString path = newFile();
        sqlite3* database = nullptr;
        sqlite3_open(qPrintable(path), &database);
        sqlite3_exec(database, "CREATE TABLE t_runs(run)", nullptr, nullptr, nullptr);
        sqlite3_close(database);
        QVERIFY(openError(path).contains("is not a trace"));
        RecorderOptions append;
        append.append = true;
        QVERIFY(record(path, sized(40), append).contains("is not a trace"));
        QVERIFY(openError(m_folder.filePath("nothing.trace")).contains("no trace"));
        QVERIFY(openError(m_folder.path()).contains("cannot be read"));
    }

    void newerVersionsAreRefused() {
        const QString path = newFile();
        QCOMPARE(record(path, sized(40)), QString());
        sqlite3* database = nullptr;
        sqlite3_open(qPrintable(path), &database);
        sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
        sqlite3_close(database);
        QVERIFY(openError(path).contains("99"));
        RecorderOptions append;
        append.append = true;
        QVERIFY(record(path, sized(40), append).contains("99"));
    }

    void appendsUnderALock() {
        const QString path = newFile();
        auto first = open(path, sized(400));
        QVERIFY(first.ok());
        RecorderOptions append;
        append.append = true;
        QVERIFY(record(path, sized(40), append).contains("Another run"));
        MadeSteps steps(sized(400));
        for (int i = 0; i < 5; ++i)
            QVERIFY((*first)->add(*steps.next()).ok());
        QVERIFY((*first)->finish("stopped by hand").ok());
        QCOMPARE(record(path, sized(80), append), QString());
        auto reader = Reader::open(path);
        const auto runs = (*reader)->runs();
        QCOMPARE(runs->size(), size_t(2));
        QCOMPARE(runs->front().ended, QString("stopped by hand"));
        QVERIFY(!runs->front().finished && runs->back().finished);
        QCOMPARE(readAll(**reader, 1, 4), 5);
        QCOMPARE(readAll(**reader, 2, 4), 10);
    }

    void readersFollowAGrowingTrace() {
        const QString path = newFile();
        std::atomic<int> committed = -1;
        std::thread writer([&] {
            auto recorder = open(path, sized(4000));
            (*recorder)->onCommitted([&](int step) { committed = step; });
            MadeSteps steps(sized(4000));
            while (auto step = steps.next())
                (void)(*recorder)->add(std::move(*step));
            (void)(*recorder)->finish();
        });
        while (committed < 0)
            usleep(1000);
        auto reader = Reader::open(path);
        const bool opened = reader.ok();
        int reads = 0, wrong = 0, known = 0;
        while (opened && known < 500) {
            const int promised = committed + 1;
            auto count = (*reader)->stepCount(1);
            if (!count || *count < promised || *count < known ||
                !(*reader)->layerState(1, *count - 1, reads % 4) ||
                !(*reader)->lives(1, reads % 4, 0, 0, 4000) ||
                !(*reader)->extents(1, Series::HitRate, 1, 1, 0, *count - 1, 20))
                ++wrong;
            known = count ? *count : 500;
            ++reads;
        }
        writer.join();
        QVERIFY(opened);
        QCOMPARE(wrong, 0);
        QVERIFY(reads > 1);
        // The open reader did not keep the recorder from closing the trace properly.
        QVERIFY(!QFile::exists(path + "-wal"));
        QVERIFY((*reader)->run(1)->finished);
    }

    void aKilledRecorderLosesNothing() {
        const QString path = newFile();
        recordAndKill(path, 40);
        QVERIFY(QFile::exists(path + "-wal"));
        int steps = 0;
        {
            auto reader = Reader::open(path);
            QVERIFY2(reader.ok(), reader ? "" : qPrintable(reader.error().sentence));
            steps = readAll(**reader, 1, 4);
            QVERIFY(steps >= 40);
            QVERIFY(!(*reader)->run(1)->finished);
            QVERIFY((*reader)->lives(1, 0, 0, 0, steps * 8).ok());
        }
        // A copy of the file alone lacks the steps in the WAL, and says so.
        const QString copy = newFile();
        QVERIFY(QFile::copy(path, copy));
        QVERIFY2(openError(copy).contains("short copy"), qPrintable(openError(copy)));
        // The owner recovers it by adding a run; the killed one is told apart.
        RecorderOptions append;
        append.append = true;
        QCOMPARE(record(path, sized(40), append), QString());
        QVERIFY(!QFile::exists(path + "-wal"));
        auto reader = Reader::open(path);
        QCOMPARE(readAll(**reader, 1, 4), steps);
        QVERIFY((*reader)->run(1)->ended.contains("killed"));
        QCOMPARE(readAll(**reader, 2, 4), 5);
    }

    void truncatedCopiesAreRefused() {
        const QString path = newFile();
        QCOMPARE(record(path, sized(400)), QString());
        QFile file(path);
        const qint64 size = file.size();
        QVERIFY(file.resize(size / 2));
        QVERIFY2(openError(path).contains("short copy"), qPrintable(openError(path)));
        QVERIFY(file.resize(50));
        QVERIFY(openError(path).contains("not a trace"));
    }

    void readsWhereItCannotWrite() {
        const QString folder = m_folder.filePath("closed");
        QVERIFY(QDir().mkpath(folder));
        const QString done = folder + "/done.trace", killed = folder + "/killed.trace";
        QCOMPARE(record(done, sized(80)), QString());
        recordAndKill(killed, 12);
        QFile::remove(killed + "-shm");
        chmod(qPrintable(m_folder.path()), 0755);
        for (const QString& name : QDir(folder).entryList(QDir::Files))
            chmod(qPrintable(folder + "/" + name), 0444);
        chmod(qPrintable(folder), 0555);
        const int status = inChild([&] {
            if (!becomeNobody())
                return 9;
            auto reader = Reader::open(done);
            if (!reader || readAll(**reader, 1, 4) != 10)
                return 1;
            auto orphan = Reader::open(killed);
            if (!orphan || readAll(**orphan, 1, 4) < 12)
                return 2;
            return record(folder + "/new.trace", sized(40)).contains("not writable") ? 0 : 3;
        });
        chmod(qPrintable(folder), 0755);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);
        QVERIFY(record(m_folder.filePath("none/a.trace"), sized(40)).contains("no folder"));
    }

    // A small file system fills up in the middle of the run.
    void aFullDiskStopsTheRun() {
        const QString folder = m_folder.filePath("small");
        QVERIFY(QDir().mkpath(folder));
        if (mount("tmpfs", qPrintable(folder), "tmpfs", 0, "size=1m") != 0)
            QSKIP("mounting a small file system needs root");
        const QString path = folder + "/full.trace";
        const QString sentence = record(path, sized(8000));
        const QString opened = openError(path);
        int steps = 0;
        QString ended;
        if (opened.isEmpty()) {
            auto reader = Reader::open(path);
            steps = readAll(**reader, 1, 4);
            ended = (*reader)->run(1)->ended;
        }
        umount(qPrintable(folder));
        QVERIFY2(sentence.contains("full") && sentence.contains(path), qPrintable(sentence));
        QCOMPARE(opened, QString());
        QVERIFY2(steps > 5, qPrintable(QString::number(steps)));
        QVERIFY2(ended.contains("full"), qPrintable(ended));
    }

    // The same by a limit on the size of files, which needs no rights.
    void aLimitOnFilesStopsTheRun() {
        const QString path = newFile();
        const int status = inChild([&] {
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{400'000, 400'000};
            setrlimit(RLIMIT_FSIZE, &limit);
            const QString sentence = record(path, sized(8000));
            return sentence.contains(path) && sentence.endsWith('.') ? 0 : 1;
        });
        QCOMPARE(WEXITSTATUS(status), 0);
        QCOMPARE(openError(path), QString());
        auto reader = Reader::open(path);
        QVERIFY(readAll(**reader, 1, 4) > 5);
    }

    void failuresAreToldOnce() {
        const QString path = newFile();
        auto recorder = open(path, sized(400));
        QStringList told;
        (*recorder)->onFailed([&](const Error& error) { told << error.sentence; });
        MadeSteps steps(sized(400));
        QVERIFY((*recorder)->add(*steps.next()).ok());
        StepRecord wrong = *steps.next();
        wrong.step = 7;
        (void)(*recorder)->add(wrong);
        bool refused = false;
        for (int i = 0; i < 1000 && !refused; ++i, usleep(1000))
            refused = !(*recorder)->add(*MadeSteps(sized(8)).next()).ok();
        QVERIFY(refused);
        QVERIFY(!(*recorder)->finish().ok());
        QCOMPARE(told.size(), 1);
        auto reader = Reader::open(path);
        QCOMPARE(readAll(**reader, 1, 4), 1);
        QVERIFY((*reader)->run(1)->ended.contains("Step 7"));
    }

    void textsOfLikelyTokensAreKept() {
        const QString path = newFile();
        RecorderOptions how;
        how.tokenBytes = [](std::int32_t id) {
            return QByteArray("word ") + QByteArray::number(id);
        };
        QCOMPARE(record(path, sized(80), how), QString());
        auto reader = Reader::open(path);
        const auto next = (*reader)->nextTokens(1, 3);
        QCOMPARE((*reader)->tokenText(1, next->back().first).take(),
                 QByteArray("word ") + QByteArray::number(next->back().first));
    }
};

QTEST_GUILESS_MAIN(TestRecorder)
#include "test_recorder.moc"
