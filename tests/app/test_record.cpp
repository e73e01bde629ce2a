#include "model/trace/reader.h"
#include "tests/app/run_program.h"
#include "tests/engine/default_model.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <csignal>
#include <unistd.h>

using namespace attendre;

// score, record and what can be done with the trace, on a tiny model with peaked attention.
class TestRecord : public QObject {
    Q_OBJECT
  private slots:
    void scoreAsJson();
    void scoreFollowsConfigAndCommandLine();
    void recordAndLookAtIt();
    void appendAddsARun();
    void existingFileIsRefused();
    void equalRecordingsHaveEqualDigests();
    void exportsTables();
    void refusals_data();
    void refusals();
    void unwritableFolder();
    void placesThatCannotBeWritten();
    void aTraceThatIsBeingRecorded();
    void nothingToScore();
    void attentionAtSummaryDetail();
    void damagedBlocks();
    void npzWithoutRoom();
    void newerTrace();
    void shortCopy();
    void controlCFinishesTheStep();
    void killedRecordingKeepsItsSteps();
    void silentInAPipe();
    void theDefaultModel();

  private:
    QStringList recording(const QString& trace, const QStringList& more = {}) const {
        return QStringList{"record",  tinyModel(), genesis(),  "-o", path(trace), "--tokens", "400",
                           "--chunk", "16",        "--memory", "64", "--threads", "1"} +
               more;
    }
    QString path(const QString& name) const { return m_folder.filePath(name); }
    int stepsIn(const QString& trace) const {
        auto reader = Reader::open(path(trace));
        if (!reader)
            return -1;
        auto count = (*reader)->stepCount(1);
        return count ? *count : -1;
    }
    // Waits until a running recording has more steps than this.
    bool hasStepsWithin(const QString& trace, int steps, QProcess& process) const {
        const auto there = [&] { return QFileInfo::exists(path(trace)) && stepsIn(trace) > steps; };
        return QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning || there(); },
                               60000) &&
               there();
    }
    QTemporaryDir m_folder;
};

void TestRecord::scoreAsJson() {
    const Ran ran = run({"score", tinyModel(), genesis(), "--tokens", "300", "--chunk", "32",
                         "--memory", "full", "--json", "--bos", "no"});
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const QJsonObject json = ran.json();
    const QJsonArray nll = json["nll"].toArray();
    QCOMPARE(json["ids"].toArray().size(), 300);
    QCOMPARE(nll.size(), 299);
    double sum = 0;
    for (const QJsonValue& value : nll) {
        QVERIFY(value.toDouble() > 0 && std::isfinite(value.toDouble()));
        sum += value.toDouble();
    }
    QVERIFY(std::abs(json["mean_nll"].toDouble() - sum / 299) < 1e-9);
    QVERIFY(json["seconds"].toDouble() > 0);
    QCOMPARE(json["config"].toObject()["memory"].toString(), QString("full"));
    QCOMPARE(json["config"].toObject()["mode"].toString(), QString("causal"));
}

void TestRecord::scoreFollowsConfigAndCommandLine() {
    QVERIFY(writeFile(path("config.json"),
                      "{\"memory\": 48, \"chunk\": 16, \"policy\": \"fifo\", \"tokens\": 200}"));
    const Ran ran = run({"score", tinyModel(), genesis(), "--config", path("config.json"),
                         "--policy", "lfa", "--json"});
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const QJsonObject config = ran.json()["config"].toObject();
    QCOMPARE(config["memory"].toInt(), 48);
    QCOMPARE(config["policy"].toString(), QString("lfa"));
    QCOMPARE(config["recent"].toInt(), 16); // LFA protects the last chunk by default
    const Ran preset = run({"score", tinyModel(), genesis(), "--preset", "streaming-llm", "--sinks",
                            "2", "--memory", "64", "--chunk", "16", "--tokens", "100", "--json"});
    QVERIFY2(preset.exitCode == 0, preset.err.constData());
    QCOMPARE(preset.json()["config"].toObject()["policy"].toString(), QString("fifo"));
    QCOMPARE(preset.json()["config"].toObject()["positions"].toString(), QString("relative"));
    QCOMPARE(preset.json()["config"].toObject()["sinks"].toInt(), 2);
}

void TestRecord::recordAndLookAtIt() {
    const Ran ran = run(recording("one.trace", {"--detail", "full", "--bos", "no"}));
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const Ran info = run({"info", path("one.trace"), "--json"});
    QVERIFY2(info.exitCode == 0, info.err.constData());
    const QJsonArray runs = info.json()["runs"].toArray();
    QCOMPARE(runs.size(), 1);
    const QJsonObject first = runs[0].toObject();
    QCOMPARE(first["tokens"].toInt(), 400);
    QCOMPARE(first["steps"].toInt(), 25);
    QVERIFY(first["finished"].toBool());
    QVERIFY(first["modelHash"].toString().startsWith("sha256:"));
    QVERIFY(first["documentHash"].toString().startsWith("sha256:"));
    const QString command = first["command"].toString();
    for (const char* word :
         {"attendre record", "--memory 64", "--chunk 16", "--tokens 400", "--detail full", "-o"})
        QVERIFY2(command.contains(word), qPrintable(command));
    const Ran check = run({"trace", "check", path("one.trace"), "--json"});
    QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
    QVERIFY(check.json()["evictions"].toInt() > 0);
    QVERIFY(run({"info", path("one.trace")}).out.contains("M = 64"));
}

void TestRecord::appendAddsARun() {
    QCOMPARE(run(recording("two.trace")).exitCode, 0);
    const Ran ran = run(recording("two.trace", {"--append", "--policy", "fifo"}));
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const QJsonArray runs = run({"info", path("two.trace"), "--json"}).json()["runs"].toArray();
    QCOMPARE(runs.size(), 2);
    QCOMPARE(runs[1].toObject()["run"].toInt(), 2);
    QCOMPARE(runs[1].toObject()["policy"].toObject()["name"].toString(), QString("fifo"));
    QCOMPARE(run({"trace", "check", path("two.trace")}).exitCode, 0);
}

void TestRecord::existingFileIsRefused() {
    QCOMPARE(run(recording("there.trace")).exitCode, 0);
    const Ran again = run(recording("there.trace"));
    QCOMPARE(again.exitCode, 1);
    QVERIFY2(again.oneSentence() && again.says("--append"), again.err.constData());
    QCOMPARE(run(recording("there.trace", {"--overwrite"})).exitCode, 0);
}

void TestRecord::equalRecordingsHaveEqualDigests() {
    for (const char* policy : {"lra", "random"}) {
        const QStringList more{"--policy", policy, "--detail", "full", "--overwrite"};
        QCOMPARE(run(recording("a.trace", more)).exitCode, 0);
        QCOMPARE(run(recording("b.trace", more + QStringList{"--label", "again"})).exitCode, 0);
        QCOMPARE(run(recording("c.trace", more + QStringList{"--memory", "63"})).exitCode, 0);
        const auto digest = [&](const char* trace) {
            return run({"trace", "digest", path(trace), "--json"}).json()["digest"].toString();
        };
        QVERIFY(digest("a.trace").startsWith("sha256:"));
        QCOMPARE(digest("a.trace"), digest("b.trace"));
        QVERIFY(digest("a.trace") != digest("c.trace"));
    }
}

void TestRecord::exportsTables() {
    QCOMPARE(run(recording("tables.trace", {"--detail", "full", "--overwrite"})).exitCode, 0);
    const Ran onto = run(
        {"trace", "export", path("tables.trace"), "--table", "steps", "-o", path("tables.trace")});
    QCOMPARE(onto.exitCode, 2);
    QVERIFY2(onto.err.contains("name another file"), onto.err.constData());
    const Ran full =
        run({"trace", "export", path("tables.trace"), "--table", "steps", "-o", "/dev/full"});
    QCOMPARE(full.exitCode, 1);
    QVERIFY(!QFileInfo("/dev/full").isFile());
    const Ran steps =
        run({"trace", "export", path("tables.trace"), "--table", "steps", "--format", "csv"});
    QVERIFY2(steps.exitCode == 0, steps.err.constData());
    const QList<QByteArray> lines = steps.out.trimmed().split('\n');
    QCOMPARE(lines.first().trimmed(), QByteArray("run,step,kind,arrived,milliseconds"));
    QVERIFY(lines.size() > 20);
    const Ran evictions =
        run({"trace", "export", path("tables.trace"), "--table", "evictions", "--format", "jsonl",
             "--where", "layer = 0 AND head = 0 AND step = 10"});
    QVERIFY2(evictions.exitCode == 0, evictions.err.constData());
    QCOMPARE(evictions.out.trimmed().split('\n').size(), 16);
    const QJsonObject row =
        QJsonDocument::fromJson(evictions.out.left(evictions.out.indexOf('\n'))).object();
    QVERIFY(row.contains("replaced_by") && row.contains("rank"));
    const Ran npz = run({"trace", "export", path("tables.trace"), "--table", "tokens", "--format",
                         "npz", "-o", path("tokens.npz")});
    QVERIFY2(npz.exitCode == 0, npz.err.constData());
    QFile file(path("tokens.npz"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QVERIFY(bytes.startsWith("PK\3\4"));
    QVERIFY(bytes.contains("position.npy") && bytes.contains("\x93NUMPY"));
    const Ran unknown = run({"trace", "export", path("tables.trace"), "--table", "secrets"});
    QCOMPARE(unknown.exitCode, 2);
    QVERIFY2(unknown.oneSentence() && unknown.says("residents"), unknown.err.constData());
    const Ran condition =
        run({"trace", "export", path("tables.trace"), "--table", "steps", "--where", "colour = 3"});
    QCOMPARE(condition.exitCode, 2);
    QVERIFY2(condition.oneSentence() && condition.says("colour"), condition.err.constData());
}

void TestRecord::refusals_data() {
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("says");
    QTest::newRow("s + r + C > M")
        << QStringList{"--sinks", "30", "--recent", "30"} << "s + pins + r + C";
    QTest::newRow("relative, M + C > P")
        << QStringList{"--positions", "relative", "--memory", "100000"} << "M + C";
    QTest::newRow("waiting in causal mode")
        << QStringList{"--query-memory", "32"} << "query-memory";
    QTest::newRow("memory per layer")
        << QStringList{"--memory", "64,64,64,64,64,64,64"} << "layers";
    QTest::newRow("device") << QStringList{"--device", "cuda:9"} << "cuda";
    QTest::newRow("later mode") << QStringList{"--mode", "encoder-decoder"} << "encoder-decoder";
    QTest::newRow("threads") << QStringList{"--threads", "100000"} << "cores";
}

void TestRecord::refusals() {
    QFETCH(QStringList, more);
    QFETCH(QString, says);
    const Ran ran = run(recording("refused.trace", more));
    QVERIFY2(ran.exitCode == 1 || ran.exitCode == 2, ran.err.constData());
    QVERIFY2(ran.oneSentence() && ran.err.contains(says.toUtf8()), ran.err.constData());
    QVERIFY(!QFileInfo::exists(path("refused.trace")));
}

void TestRecord::unwritableFolder() {
    const QString folder = path("closed");
    QVERIFY(QDir().mkdir(folder));
    QVERIFY(QFile::setPermissions(folder, QFile::ReadOwner | QFile::ExeOwner));
    // The superuser may write anywhere but where there is no folder to be.
    const QString trace =
        ::geteuid() == 0 ? QString("/proc/self/run.trace") : QString("closed/run.trace");
    QStringList arguments = recording("x");
    arguments[4] = ::geteuid() == 0 ? trace : path(trace);
    const Ran ran = run(arguments);
    QCOMPARE(ran.exitCode, 1);
    QVERIFY2(ran.oneSentence(), ran.err.constData());
    QVERIFY(QFile::setPermissions(folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
}

void TestRecord::placesThatCannotBeWritten() {
    QVERIFY(writeFile(path("plain"), "text"));
    QVERIFY(QDir().mkpath(path("folder.trace")));
    const auto refused = [&](const QString& trace) {
        QStringList arguments = recording("x", {"--overwrite"});
        arguments[4] = trace;
        const Ran ran = run(arguments);
        return ran.oneSentence() && ran.exitCode == 1 ? ran.err : "? " + ran.err;
    };
    const auto says = [&](const QString& trace, const char* words) {
        const QByteArray sentence = refused(trace);
        return sentence.startsWith("attendre: ") && sentence.contains(words) &&
                       sentence.contains(QFile::encodeName(trace))
                   ? QByteArray()
                   : sentence;
    };
    QCOMPARE(says(path("none/a.trace"), "there is no folder"), QByteArray());
    QCOMPARE(says(path("plain/a.trace"), "is no folder"), QByteArray());
    QCOMPARE(says(path("folder.trace"), "it is a folder"), QByteArray());
    QCOMPARE(says(path(QString(250, 'n')), "its name has 250 bytes, and 247"), QByteArray());
    QCOMPARE(says("/proc/a.trace", "takes no new file"), QByteArray());
    QCOMPARE(says("/dev/null", "no ordinary file"), QByteArray());
    QVERIFY(!QFileInfo::exists(path("plain.writing")));
}

void TestRecord::aTraceThatIsBeingRecorded() {
    const auto start = [&](QProcess& process, const QString& trace) {
        process.start(programPath(), {"record", tinyModel(), genesis(), "-o", path(trace),
                                      "--chunk", "4", "--memory", "64", "--threads", "1"});
        return hasStepsWithin(trace, 40, process);
    };
    // While it goes on: whatever moment a command meets, there is no damage in it.
    QProcess growing;
    QVERIFY(start(growing, "growing.trace"));
    for (const QStringList& command :
         {QStringList{"trace", "check"}, QStringList{"trace", "digest"}, QStringList{"info"}}) {
        const Ran ran = run(command + QStringList{path("growing.trace")});
        QVERIFY2(ran.exitCode == 0, (ran.out + ran.err).constData());
    }
    growing.kill();
    QVERIFY(growing.waitForFinished(20000));
    // While it stands still: what is said of it.
    QProcess process;
    QVERIFY(start(process, "live.trace"));
    ::kill(pid_t(process.processId()), SIGSTOP);
    const Ran live = run({"trace", "check", path("live.trace")});
    QVERIFY2(live.exitCode == 0 && live.out.contains("run 1 is still being recorded") &&
                 live.out.contains("steps checked"),
             (live.out + live.err).constData());
    const Ran digest = run({"trace", "digest", path("live.trace")});
    QVERIFY2(digest.exitCode == 0 && digest.out.startsWith("sha256:"), digest.err.constData());
    QVERIFY2(digest.says("is still being recorded"), digest.err.constData());
    const Ran info = run({"info", path("live.trace")});
    QVERIFY2(info.exitCode == 0 && info.out.contains("being recorded"), info.out.constData());
    const Ran exported = run({"trace", "export", path("live.trace"), "--table", "entries"});
    QVERIFY2(exported.exitCode == 0 && exported.err.isEmpty(), exported.err.constData());
    const Ran second = run(recording("live.trace", {"--append"}));
    QCOMPARE(second.exitCode, 1);
    QVERIFY2(second.oneSentence() &&
                 second.says(QByteArray::number(process.processId()).constData()),
             second.err.constData());
    ::kill(pid_t(process.processId()), SIGKILL);
    QVERIFY(process.waitForFinished(20000));
    const Ran killed = run({"trace", "check", path("live.trace")});
    QVERIFY2(killed.exitCode == 0 && killed.out.contains("run 1 was not finished"),
             (killed.out + killed.err).constData());
    // A run may be added to it, also under another name of the file, and killed once more.
    QVERIFY(QFile::link(path("live.trace"), path("link.trace")));
    QProcess again;
    again.start(programPath(), recording("link.trace", {"--append", "--tokens", "20000"}));
    QTRY_VERIFY_WITH_TIMEOUT(
        again.state() == QProcess::NotRunning || QFileInfo::exists(path("live.trace.lock")), 60000);
    QVERIFY(!QFileInfo::exists(path("link.trace.lock")));
    ::kill(pid_t(again.processId()), SIGKILL);
    QVERIFY(again.waitForFinished(20000));
    QCOMPARE(run(recording("live.trace", {"--append"})).exitCode, 0);
    QCOMPARE(run({"trace", "check", path("link.trace")}).exitCode, 0);
}

void TestRecord::nothingToScore() {
    QVERIFY(writeFile(path("one.txt"), "In the beginning"));
    for (const QStringList& more : {QStringList{}, QStringList{"--json"}}) {
        const Ran ran =
            run(QStringList{"score", tinyModel(), path("one.txt"), "--tokens", "1", "--bos", "no"} +
                more);
        QCOMPARE(ran.exitCode, 1);
        QVERIFY(ran.out.isEmpty());
        QVERIFY2(ran.oneSentence() && ran.says("nothing to score"), ran.err.constData());
    }
}

void TestRecord::attentionAtSummaryDetail() {
    QCOMPARE(run(recording("summary.trace", {"--label", "a 'named' run"})).exitCode, 0);
    const Ran ran = run({"trace", "export", path("summary.trace"), "--table", "attention"});
    QCOMPARE(ran.exitCode, 0);
    QCOMPARE(ran.out.count('\n'), 1);
    QVERIFY2(ran.says("--detail full"), ran.err.constData());
    const QJsonObject row = QJsonDocument::fromJson(run({"trace", "export", path("summary.trace"),
                                                         "--table", "runs", "--format", "jsonl"})
                                                        .out)
                                .object();
    const QJsonObject config = QJsonDocument::fromJson(row["config"].toString().toUtf8()).object();
    QCOMPARE(config["sinks"].toInt(), 4);
    QCOMPARE(config["recent"].toInt(), 0);
    QCOMPARE(config["threads"].toInt(), 1);
    QVERIFY2(row["command"].toString().contains("--label 'a '\\''named'\\'' run'"),
             qPrintable(row["command"].toString()));
}

// Bytes that a copy changed are told by every command that reads them.
void TestRecord::damagedBlocks() {
    QCOMPARE(run(recording("sound.trace", {"--detail", "full"})).exitCode, 0);
    QFile file(path("sound.trace"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray sound = file.readAll();
    int told = 0, blocks = 0;
    const QByteArray magic("\x28\xb5\x2f\xfd", 4);
    for (qsizetype at = sound.indexOf(magic); at >= 0; at = sound.indexOf(magic, at + 1)) {
        if (++blocks % 100 != 0)
            continue;
        QByteArray damaged = sound;
        damaged[at + 9] = char(~damaged[at + 9]);
        QVERIFY(writeFile(path("damaged.trace"), damaged));
        const Ran check = run({"trace", "check", path("damaged.trace")});
        QCOMPARE(check.exitCode, 1);
        QVERIFY2(check.oneSentence() && check.says("damaged.trace is damaged in"),
                 check.err.constData());
        if (check.says("layer ") && ++told < 5) {
            for (const QStringList& command :
                 {QStringList{"trace", "digest", path("damaged.trace")},
                  QStringList{"trace", "export", path("damaged.trace"), "--table", "residents"}}) {
                const Ran ran = run(command);
                QCOMPARE(ran.exitCode, 1);
                QVERIFY2(ran.err.endsWith("again.\n") && ran.says("is damaged in layer"),
                         ran.err.constData());
            }
        }
    }
    QVERIFY2(told > 0, qPrintable(QString("%1 blocks").arg(blocks)));
}

void TestRecord::npzWithoutRoom() {
    QCOMPARE(run(recording("npz.trace")).exitCode, 0);
    QProcess process;
    process.start("bash", {"-c", "ulimit -f 4; exec \"$0\" \"$@\"", programPath(), "trace",
                           "export", path("npz.trace"), "--table", "residents", "--format", "npz",
                           "-o", path("r.npz")});
    QVERIFY(process.waitForFinished(60000));
    const QByteArray error = process.readAllStandardError();
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 1);
    QVERIFY2(error.contains("File too large") && error.contains("TMPDIR"), error.constData());
    QVERIFY(!QFileInfo::exists(path("r.npz")));
}

void TestRecord::newerTrace() {
    QCOMPARE(run(recording("newer.trace")).exitCode, 0);
    QFile file(path("newer.trace"));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(60)); // user_version in SQLite's header, big-endian
    QCOMPARE(file.write("\0\0\0\x63", 4), qint64(4));
    file.close();
    for (const QStringList& command :
         {QStringList{"info"}, QStringList{"trace", "check"}, QStringList{"trace", "digest"}}) {
        const Ran ran = run(command + QStringList{path("newer.trace")});
        QCOMPARE(ran.exitCode, 1);
        QVERIFY2(ran.oneSentence() && ran.says("99"), ran.err.constData());
    }
    const Ran append = run(recording("newer.trace", {"--append"}));
    QVERIFY2(append.exitCode == 1 && append.oneSentence(), append.err.constData());
}

void TestRecord::shortCopy() {
    QCOMPARE(run(recording("whole.trace")).exitCode, 0);
    QFile file(path("whole.trace"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(writeFile(path("part.trace"), file.read(file.size() * 2 / 3)));
    const Ran ran = run({"trace", "check", path("part.trace")});
    QCOMPARE(ran.exitCode, 1);
    QVERIFY2(ran.oneSentence() && ran.says("part.trace"), ran.err.constData());
}

void TestRecord::controlCFinishesTheStep() {
    QProcess process;
    process.start(programPath(), {"record", tinyModel(), genesis(), "-o", path("stopped.trace"),
                                  "--chunk", "4", "--memory", "64", "--threads", "1"});
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(
        QFileInfo::exists(path("stopped.trace")) && stepsIn("stopped.trace") > 5, 60000);
    ::kill(pid_t(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 1);
    const QByteArray error = process.readAllStandardError();
    QVERIFY2(error.contains("Interrupted"), error.constData());
    QVERIFY(!QFileInfo::exists(path("stopped.trace-wal")));
    const int steps = stepsIn("stopped.trace");
    QVERIFY(steps > 5 && steps < 12000);
    const QJsonObject first =
        run({"info", path("stopped.trace"), "--json"}).json()["runs"].toArray()[0].toObject();
    QVERIFY(!first["finished"].toBool());
    QVERIFY(first["ended"].toString().contains("Interrupted"));
    QCOMPARE(run({"trace", "check", path("stopped.trace")}).exitCode, 0);
}

void TestRecord::killedRecordingKeepsItsSteps() {
    QProcess process;
    process.start(programPath(), {"record", tinyModel(), genesis(), "-o", path("killed.trace"),
                                  "--chunk", "4", "--memory", "64", "--threads", "1"});
    QTRY_VERIFY_WITH_TIMEOUT(
        QFileInfo::exists(path("killed.trace")) && stepsIn("killed.trace") > 20, 60000);
    const int seen = stepsIn("killed.trace");
    ::kill(pid_t(process.processId()), SIGKILL);
    QVERIFY(process.waitForFinished(20000));
    QVERIFY(stepsIn("killed.trace") >= seen);
    const Ran check = run({"trace", "check", path("killed.trace")});
    QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
}

void TestRecord::silentInAPipe() {
    const Ran ran = run(recording("silent.trace", {"--tokens", "200"}));
    QCOMPARE(ran.exitCode, 0);
    QCOMPARE(ran.out, QByteArray());
    QCOMPARE(ran.err, QByteArray());
}

// The model that a first start fetches: the stored command, run as it stands, makes the same trace.
void TestRecord::theDefaultModel() {
    const QString model = defaultModelPath();
    if (!QFileInfo::exists(model))
        QSKIP("the default model has not been fetched (./run.sh does)");
    const Ran first = run({"record", model, genesis(), "-o", path("real.trace"), "--tokens", "192",
                           "--memory", "96", "--chunk", "32", "--threads", "1", "--detail", "full"},
                          280000);
    QVERIFY2(first.exitCode == 0, first.err.constData());
    const Ran check = run({"trace", "check", path("real.trace"), "--json"});
    QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
    QCOMPARE(check.json()["evictions"].toInt(), 30 * 3 * 96);
    const auto digest = [&] {
        return run({"trace", "digest", path("real.trace"), "--json"}).json()["digest"].toString();
    };
    const QString before = digest();
    const QString command = run({"info", path("real.trace"), "--json"})
                                .json()["runs"]
                                .toArray()[0]
                                .toObject()["command"]
                                .toString();
    QVERIFY(command.startsWith("attendre record "));
    QProcess again;
    again.start("sh", {"-c", '"' + programPath() + '"' + command.mid(8) + " --overwrite"});
    QVERIFY(again.waitForFinished(280000));
    QVERIFY2(again.exitCode() == 0, again.readAllStandardError().constData());
    QCOMPARE(digest(), before);
}

QTEST_GUILESS_MAIN(TestRecord)
#include "test_record.moc"
