#include "tests/app/sweep_folders.h"

#include <QDir>
#include <QElapsedTimer>
#include <QStandardPaths>
#include <QSysInfo>
#include <QTemporaryDir>

#include <csignal>
#include <functional>
#include <memory>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace attendre;

namespace {

// A cluster of one node, this machine, that lives as long as the object: Debian's slurmctld, slurmd
// and munged, with files, ports and key of their own.
class Cluster {
  public:
    // Why there is none; empty: it runs.
    QString start() {
        const QStringList paths{"/usr/sbin", "/usr/bin", "/sbin"};
        for (const char* program : {"munged", "slurmctld", "slurmd", "sbatch"})
            if (QStandardPaths::findExecutable(program, paths).isEmpty())
                return QString("%1 is not installed (packages slurmctld, slurmd, slurm-client and "
                               "munge)")
                    .arg(program);
        if (!m_folder.isValid() || !writeFiles())
            return "the cluster's files cannot be written";
        qputenv("SLURM_CONF", QFile::encodeName(path("slurm.conf")));
        QStringList munge{"--foreground",
                          "--key-file=" + path("munge/key"),
                          "--socket=" + path("munge/socket"),
                          "--pid-file=" + path("munge/pid"),
                          "--log-file=" + path("munge/log"),
                          "--seed-file=" + path("munge/seed"),
                          "--force"};
        m_munged.start("/usr/sbin/munged", munge);
        if (!waitFor([&] { return QFile::exists(path("munge/socket")); }))
            return "munged does not start: " + m_munged.readAllStandardError();
        m_controller.start("/usr/sbin/slurmctld", {"-D", "-c"});
        m_node.start("/usr/sbin/slurmd", {"-D"});
        if (!waitFor([&] { return command("sinfo", {"-h", "-o", "%t"}).startsWith("idle"); }))
            return "the node does not come up: " + tail("log/controller") + tail("log/node");
        return {};
    }
    ~Cluster() {
        for (QProcess* process : {&m_node, &m_controller, &m_munged}) {
            if (process->state() == QProcess::NotRunning)
                continue;
            process->terminate();
            if (!process->waitForFinished(5000))
                process->kill();
            process->waitForFinished(2000);
        }
    }

    static QString command(const QString& program, const QStringList& arguments) {
        QProcess process;
        process.start(program, arguments);
        process.waitForFinished(20000);
        return QString::fromUtf8(process.readAllStandardOutput());
    }
    static bool waitFor(const std::function<bool()>& done, int milliseconds = 30000) {
        QElapsedTimer timer;
        timer.start();
        while (!done()) {
            if (timer.elapsed() > milliseconds)
                return false;
            QTest::qWait(50);
        }
        return true;
    }
    QString tail(const QString& name) const {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll().right(1500))
                                              : QString();
    }

  private:
    QString path(const QString& name) const { return m_folder.filePath(name); }

    static int freePort() {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket, any, size) != 0 || ::getsockname(socket, any, &size) != 0)
            address.sin_port = 0;
        ::close(socket);
        return ntohs(address.sin_port);
    }

    bool writeFiles() {
        QDir folder(m_folder.path());
        for (const char* name : {"munge", "state", "spool", "log"})
            if (!folder.mkpath(name))
                return false;
        QFile::setPermissions(path("munge"),
                              QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QFile random("/dev/urandom");
        if (!random.open(QIODevice::ReadOnly) || !writeFile(path("munge/key"), random.read(1024)))
            return false;
        QFile::setPermissions(path("munge/key"), QFile::ReadOwner);
        const QString host = QSysInfo::machineHostName().section('.', 0, 0);
        const QString user = command("id", {"-un"}).trimmed();
        const QString text =
            QString("ClusterName=test\nSlurmctldHost=%1\nSlurmctldPort=%2\nSlurmdPort=%3\n"
                    "AuthType=auth/munge\nAuthInfo=socket=%4/munge/socket\nSlurmUser=%5\n"
                    "SlurmdUser=%5\nStateSaveLocation=%4/state\nSlurmdSpoolDir=%4/spool\n"
                    "SlurmctldPidFile=%4/controller.pid\nSlurmdPidFile=%4/node.pid\n"
                    "SlurmctldLogFile=%4/log/controller\nSlurmdLogFile=%4/log/node\n"
                    "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n"
                    "SwitchType=switch/none\nMpiDefault=none\nReturnToService=2\n"
                    "SchedulerType=sched/builtin\n"
                    "SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,"
                    "sched_interval=1,default_queue_depth=1000\n"
                    "SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nJobRequeue=1\n"
                    "JobAcctGatherType=jobacct_gather/none\nKillWait=2\nMinJobAge=300\n"
                    "AccountingStorageType=accounting_storage/none\n"
                    "NodeName=%1 CPUs=2 RealMemory=512 State=UNKNOWN\n"
                    "PartitionName=short Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n")
                .arg(host)
                .arg(freePort())
                .arg(freePort())
                .arg(m_folder.path(), user);
        return writeFile(path("slurm.conf"), text.toUtf8());
    }

    QTemporaryDir m_folder;
    QProcess m_munged, m_controller, m_node;
};

} // namespace

// attendre sweep --slurm on a real cluster of one node.
class TestSlurm : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString path(const QString& name) const { return m_folder.filePath(name); }
    std::unique_ptr<Cluster> m_cluster;

    // The first running task that is not in `known`, as "12_34"; empty: none runs.
    static QString runningTask() {
        return Cluster::command("squeue", {"-h", "-r", "-t", "R", "-o", "%i"}).section('\n', 0, 0);
    }
    static QString jobSays(const QString& task, const QString& member) {
        const QString text = Cluster::command("scontrol", {"show", "job", task});
        const qsizetype at = text.indexOf(member + '=');
        return at < 0 ? QString()
                      : text.mid(at + member.size() + 1).section(' ', 0, 0).section('\n', 0, 0);
    }
    // The process that computes the cell with a key.
    static pid_t processOf(const QString& folder, const QString& key) {
        for (const QString& process : QDir("/proc").entryList(QDir::Dirs)) {
            QFile line("/proc/" + process + "/cmdline");
            if (process.toInt() <= 0 || !line.open(QIODevice::ReadOnly))
                continue;
            const QList<QByteArray> words = line.readAll().split('\0');
            const qsizetype at = words.indexOf("--cell");
            if (at > 0 && words.contains(folder.toUtf8()) && words[at + 1] == key.toUtf8())
                return process.toInt();
        }
        return 0;
    }

  private slots:
    void initTestCase() {
        m_cluster = std::make_unique<Cluster>();
        if (const QString why = m_cluster->start(); !why.isEmpty())
            QSKIP(qPrintable("No SLURM here: " + why));
        QVERIFY(writePlan(m_folder.path(), 11, 12000)); // 2 + 2 * 9 * 11 = 200 cells
    }

    // 200 cells as a job array, some of them killed or requeued in the middle: each ends once, with
    // the results of two processes beside each other.
    void aSweepIsComputedOnACluster() {
        const Ran submitted = run({"sweep", path("plan.json"), "-o", path("slurm"), "--slurm",
                                   "--partition", "short", "--time", "10", "--mem", "100"});
        QVERIFY2(submitted.exitCode == 0, submitted.err.constData());
        QVERIFY2(submitted.out.contains("Submitted 200 cells as job "), submitted.out.constData());

        const auto folder = SweepFolder::open(path("slurm"));
        QVERIFY(folder.ok());
        int requeued = 0, killed = 0;
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < 600000) {
            if (Cluster::command("squeue", {"-h", "-r", "-o", "%i"}).isEmpty())
                break;
            const QString task = requeued + killed < 6 ? runningTask() : QString();
            if (!task.isEmpty()) {
                const int number = task.section('_', 1).toInt(); // of the list of keys, from 1
                const pid_t process = processOf(path("slurm"), folder->key(number - 1));
                const bool kills = killed < 3 && process > 0;
                if (kills)
                    ::kill(process, SIGKILL);
                QTest::qWait(kills ? 300 : 0);
                Cluster::command("scontrol", {"requeue", task});
                if (jobSays(task, "Restarts").toInt() == 1)
                    ++(kills ? killed : requeued);
            }
            QTest::qWait(100);
        }
        QVERIFY2(requeued + killed == 6 && killed == 3,
                 qPrintable(QString("%1 requeued, %2 killed").arg(requeued).arg(killed)));
        // The tasks that were killed count as failed until they are requeued: nothing is missing.
        const Ran listed = run({"sweep", "-o", path("slurm"), "--list"});
        QVERIFY2(listed.out.count("· done") == 200,
                 (listed.out + m_cluster->tail("log/controller").toUtf8()).constData());
        const auto endings = endingsIn(path("slurm"));
        QCOMPARE(int(endings.size()), 200);
        for (const auto& [cell, times] : endings)
            QVERIFY2(times == 1,
                     qPrintable(QString("cell %1 ended %2 times").arg(cell).arg(times)));
        const Ran collected = run({"sweep", "-o", path("slurm"), "--collect"});
        QVERIFY2(collected.exitCode == 0 && collected.out.contains("200 of 200 cells there"),
                 collected.out.constData());
    }

    void itIsAsOnOneMachine() {
        const Ran ran =
            run({"sweep", path("plan.json"), "-o", path("jobs"), "--jobs", "2"}, 300000);
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const auto slurm = foundBy(path("slurm")), jobs = foundBy(path("jobs"));
        QCOMPARE(int(slurm.size()), 200);
        QCOMPARE(slurm, jobs);
        QFile a(path("slurm/results.csv")), b(path("jobs/results.csv"));
        QVERIFY(a.open(QIODevice::ReadOnly) && b.open(QIODevice::ReadOnly));
        // All but the times, the last column but one.
        while (!a.atEnd()) {
            QList<QByteArray> one = a.readLine().split(','), other = b.readLine().split(',');
            one.removeAt(one.size() - 2);
            other.removeAt(other.size() - 2);
            QCOMPARE(one, other);
        }
    }

    void nothingIsSubmittedTwice() {
        const Ran again = run({"sweep", "-o", path("slurm"), "--slurm"});
        QCOMPARE(again.exitCode, 0);
        QVERIFY(again.out.contains("Every cell is there"));
    }

    void aRefusalIsTold() {
        QVERIFY(QFile::remove(
            path("slurm/cells/" + SweepFolder::open(path("slurm"))->key(7) + ".json")));
        const Ran ran = run({"sweep", "-o", path("slurm"), "--slurm", "--partition", "nowhere"});
        QCOMPARE(ran.exitCode, 1);
        QVERIFY2(ran.oneSentence() && ran.err.contains("partition"), ran.err.constData());
    }
};

QTEST_GUILESS_MAIN(TestSlurm)
#include "test_slurm.moc"
