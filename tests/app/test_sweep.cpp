#include "tests/app/sweep_folders.h"

#include <QDir>
#include <QTemporaryDir>

#include <cmath>
#include <csignal>
#include <random>

using namespace attendre;

// attendre sweep on this machine: the grid, its numbers, what goes wrong, and starting again.
class TestSweep : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString path(const QString& name) const { return m_folder.filePath(name); }

    QString writtenPlan(const QJsonObject& plan) {
        const QString file = path(QString("plan-%1.json").arg(++m_plans));
        if (!writeFile(file, QJsonDocument(plan).toJson()))
            return {};
        return file;
    }
    QJsonObject plan(const QJsonObject& grid) const {
        return {{"model", tinyModel()},
                {"documents", QJsonArray{"short.txt"}},
                {"config", QJsonObject{{"chunk", 8}}},
                {"grid", grid}};
    }
    static QStringList sweepOf(const QString& file, const QString& folder,
                               const QStringList& more = {}) {
        return QStringList{"sweep", file, "-o", folder} + more;
    }
    // The process that works for the sweep in a folder, 0: none.
    static pid_t workerOf(const QString& folder) {
        for (const QString& process : QDir("/proc").entryList(QDir::Dirs)) {
            QFile line("/proc/" + process + "/cmdline");
            if (process.toInt() > 0 && line.open(QIODevice::ReadOnly)) {
                const QByteArray words = line.readAll();
                if (words.contains("--worker") && words.contains(folder.toUtf8()))
                    return process.toInt();
            }
        }
        return 0;
    }
    int m_plans = 0;

  private slots:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        QVERIFY(writePlan(m_folder.path(), 1, 1500));
        const Ran ran = run(sweepOf(path("plan.json"), path("whole"), {"--jobs", "2", "--json"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
    }

    void theGridIsRead() {
        // lra alone: fifo is added at both sizes, the baseline once.
        const auto read =
            readSweepPlan(writtenPlan(plan({{"policy", "lra"}, {"survives", QJsonArray{16, 24}}})));
        QVERIFY2(read.ok(), read.ok() ? "" : qPrintable(read.error().sentence));
        QStringList labels;
        for (const SweepCell& cell : read->cells)
            labels << labelOf(cell.way, cell.axes);
        QCOMPARE(labels,
                 QStringList({"full", "lra, R 16", "fifo, R 16", "lra, R 24", "fifo, R 24"}));
        QCOMPARE(read->cells[1].configuration.memory, std::vector<int>{24});
        QCOMPARE(read->cells[1].configuration.threads, 1);
        QCOMPARE(read->from, 32); // the largest M
        // Two grids that share a point have it once.
        QJsonObject two = plan({});
        two["grid"] = QJsonArray{QJsonObject{{"policy", "fifo"}, {"survives", QJsonArray{16, 24}}},
                                 QJsonObject{{"policy", "fifo"}, {"survives", QJsonArray{24, 32}}}};
        two["baselines"] = QJsonArray();
        const auto shared = readSweepPlan(writtenPlan(two));
        QVERIFY(shared.ok());
        QCOMPARE(int(shared->cells.size()), 3);
    }

    void whatIsWrongWithAPlan_data() {
        QTest::addColumn<QString>("member");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("no model") << "model" << QByteArray("\"nothing.gguf\"")
                                  << QByteArray("nothing.gguf, which does not exist");
        QTest::newRow("a member") << "modell" << QByteArray("1")
                                  << QByteArray("\"modell\" is not known here");
        QTest::newRow("a document") << "documents" << QByteArray("[\"no-*.txt\"]")
                                    << QByteArray("\"no-*.txt\", which is no file");
        QTest::newRow("a measure")
            << "measure" << QByteArray("[\"speed\"]") << QByteArray("\"speed\"; there are nll, kl");
        QTest::newRow("a policy's option")
            << "grid" << QByteArray("{\"polizy\": \"lra\"}") << QByteArray("polizy");
        QTest::newRow("R and M") << "grid" << QByteArray("{\"survives\": 8, \"memory\": 16}")
                                 << QByteArray("choose one");
        QTest::newRow("R") << "grid" << QByteArray("{\"survives\": \"much\"}")
                           << QByteArray("\"much\"; it takes R");
        QTest::newRow("an empty list")
            << "grid" << QByteArray("{\"policy\": []}") << QByteArray("empty list");
        QTest::newRow("no grid") << "grid" << QByteArray("5")
                                 << QByteArray("\"grid\" has to be an object");
        QTest::newRow("a baseline")
            << "baselines" << QByteArray("[\"fifo\"]") << QByteArray("fifo is always added");
        QTest::newRow("a way") << "questions"
                               << QByteArray("{\"sets\": [\"short.txt\"], \"ways\": [\"full\"]}")
                               << QByteArray("the others are baselines");
        QTest::newRow("from") << "from" << QByteArray("\"end\"")
                              << QByteArray("\"from\" has to be a position");
    }
    void whatIsWrongWithAPlan() {
        QFETCH(QString, member);
        QFETCH(QByteArray, value);
        QFETCH(QByteArray, says);
        QJsonObject wrong = plan({{"policy", "lra"}, {"survives", 16}});
        wrong[member] = QJsonDocument::fromJson("[" + value + "]").array().first();
        const Ran ran = run(sweepOf(writtenPlan(wrong), path("wrong")));
        QCOMPARE(ran.exitCode, 2);
        QVERIFY2(ran.oneSentence() && ran.err.contains(says), ran.err.constData());
        QVERIFY(!QFile::exists(path("wrong/sweep.json")));
    }

    // A cell's blocks are the means of what attendre score says of each token.
    void theNumbersAreThoseOfScore() {
        const auto folder = SweepFolder::open(path("whole"));
        QVERIFY(folder.ok());
        int compared = 0;
        for (const SweepCell& cell : folder->plan().cells) {
            if (cell.subject != "long" || cell.axes["policy"] != "lra" || cell.axes["seed"] != 0)
                continue;
            const auto result = folder->result(cell.number);
            QVERIFY(result.ok());
            const Ran ran = run({"score", tinyModel(), cell.path, "--policy", "lra", "--chunk", "8",
                                 "--memory", QString::number(cell.configuration.memory.front()),
                                 "--tokens", "1500", "--threads", "1", "--json"});
            QVERIFY2(ran.exitCode == 0, ran.err.constData());
            const QJsonArray nll = ran.json()["nll"].toArray();
            QCOMPARE(int(result->nll.size()), (int(nll.size()) + 1 + 63) / 64);
            for (std::size_t block = 0; block < result->nll.size(); ++block) {
                double sum = 0;
                int count = 0;
                for (int i = 0; i < nll.size(); ++i) // nll[i] is of the token at position i + 1
                    if (std::size_t(i + 1) / 64 == block) {
                        sum += nll[i].toDouble();
                        ++count;
                    }
                QVERIFY(std::abs(result->nll[block] - sum / count) < 1e-6);
            }
            QVERIFY(result->kl.empty()); // longer than P: there is no full attention
            ++compared;
        }
        QCOMPARE(compared, 3);
    }

    void whatIsNotLostComesFirst() {
        const Ran ran = run({"sweep", "-o", path("whole"), "--collect", "--json"});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QCOMPARE(ran.json()["missing"].toInt(-1), 0);
        const QJsonArray rows = ran.json()["rows"].toArray();
        QCOMPARE(int(rows.size()), 1 + 9);
        QCOMPARE(rows[0].toObject()["way"].toString(), QString("full"));
        QCOMPARE(rows[0].toObject()["left_out"].toInt(), 1); // longer than P
        for (const QJsonValue& one : rows) {
            const QJsonObject row = one.toObject();
            const bool lra = row["axes"].toObject()["policy"] == "lra";
            QCOMPARE(row["paired_fifo"].toInt(),
                     lra || row["axes"].toObject()["policy"] == "random" ? 2 : 0);
            if (row["way"] != "memory")
                continue;
            // Short enough for full attention: one document.
            QVERIFY(row["kl"].toObject()["value"].toDouble(-1) >= 0);
            QCOMPARE(row["paired_full"].toInt(), 1);
        }
        QFile csv(path("whole/results.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QVERIFY(
            csv.readLine().startsWith("set,way,policy,survives,seed,count,left_out,nll,nll_low"));
        QCOMPARE(csv.readAll().count('\n'), 10);
    }

    // Killed at random ten times, the last time its workers too: it ends as if it had never been.
    void killedAndStartedAgain() {
        std::mt19937 random(5);
        int kills = 0;
        for (int attempt = 0; attempt < 80 && kills < 10; ++attempt) {
            QProcess process;
            process.start(programPath(),
                          sweepOf(path("plan.json"), path("killed"), {"--jobs", "2"}));
            QVERIFY(process.waitForStarted());
            if (process.waitForFinished(250 + int(random() % 900))) {
                QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
                QVERIFY(QDir(path("killed")).removeRecursively()); // it was faster: begin anew
                continue;
            }
            if (kills % 2 == 1)
                if (const pid_t worker = workerOf(path("killed")))
                    ::kill(worker, SIGKILL);
            ::kill(pid_t(process.processId()), SIGKILL);
            process.waitForFinished();
            ++kills;
        }
        QCOMPARE(kills, 10);
        const Ran last = run(sweepOf(path("plan.json"), path("killed"), {"--jobs", "2"}));
        QVERIFY2(last.exitCode == 0, last.err.constData());
        QCOMPARE(foundBy(path("killed")), foundBy(path("whole")));
        for (const auto& [cell, times] : endingsIn(path("killed")))
            QVERIFY2(times == 1,
                     qPrintable(QString("cell %1 ended %2 times").arg(cell).arg(times)));
        QCOMPARE(int(endingsIn(path("killed")).size()), 20);
    }

    // A worker that dies costs nothing: its cell is computed again by another.
    void aWorkerDies() {
        QProcess process;
        process.start(programPath(), sweepOf(path("plan.json"), path("worker"), {"--jobs", "1"}));
        QVERIFY(process.waitForStarted());
        int killed = 0;
        for (int i = 0; i < 400 && killed == 0; ++i) {
            if (process.waitForFinished(5))
                break;
            const pid_t worker = workerOf(path("worker"));
            if (worker > 0 && ::kill(worker, SIGKILL) == 0)
                ++killed;
        }
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(killed, 1);
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
        QCOMPARE(foundBy(path("worker")), foundBy(path("whole")));
    }

    // Ctrl-C says what is missing, and leaves what is there.
    void interrupted() {
        QProcess process;
        process.start(programPath(), sweepOf(path("plan.json"), path("stopped"), {"--jobs", "2"}));
        QVERIFY(process.waitForStarted());
        const QDir cells(path("stopped/cells"));
        while (cells.entryList({"*.json"}, QDir::Files).isEmpty())
            QVERIFY(!process.waitForFinished(2));
        ::kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20000));
        QCOMPARE(process.exitCode(), 1);
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains("Interrupted") && said.contains("are missing"), said.constData());
        QVERIFY2(!QDir(path("stopped/cells")).entryList({"*.failed"}, QDir::Files).size(),
                 said.constData());
        const Ran again = run({"sweep", "-o", path("stopped"), "--jobs", "2"});
        QVERIFY2(again.exitCode == 0, again.err.constData());
        QCOMPARE(foundBy(path("stopped")), foundBy(path("whole")));
    }

    // One cell that is refused is told by name; the others are there, and it is tried again.
    void aCellFails() {
        const QString file =
            writtenPlan(plan({{"policy", "lra"}, {"survives", QJsonArray{4, 16}}, {"recent", 12}}));
        const Ran ran = run(sweepOf(file, path("fails")));
        QCOMPARE(ran.exitCode, 1);
        QVERIFY2(ran.err.contains("2 cells of the sweep failed"), ran.err.constData());
        QVERIFY2(ran.out.contains("failed: ") && ran.out.contains("M = 12"), ran.out.constData());
        const Ran listed = run({"sweep", "-o", path("fails"), "--list"});
        QCOMPARE(listed.out.count("· done"), 3);
        QCOMPARE(listed.out.count("· failed: "), 2);
        const Ran one = run({"sweep", "-o", path("fails"), "--cell", "1"});
        QCOMPARE(one.exitCode, 2);
        QVERIFY(one.oneSentence());
        QCOMPARE(run({"sweep", "-o", path("fails"), "--cell", "9"}).exitCode, 2);
        const QString key = SweepFolder::open(path("fails"))->key(0);
        QCOMPARE(run({"sweep", "-o", path("fails"), "--cell", key}).exitCode, 0);
        QCOMPARE(run({"sweep", "-o", path("fails"), "--cell", "0123456789abcdef"}).exitCode, 2);
    }

    // A plan that grows keeps what it has; a document that changes does not.
    void aPlanChanges() {
        QVERIFY(writeFile(path("changing.txt"),
                          "In the beginning God created the heaven and the earth."));
        QJsonObject small = plan({{"policy", "fifo"}, {"survives", QJsonArray{16}}});
        small["documents"] = QJsonArray{"changing.txt"};
        QCOMPARE(run(sweepOf(writtenPlan(small), path("grows"))).exitCode, 0);
        QJsonObject large = small;
        large["grid"] = QJsonObject{{"policy", "fifo"}, {"survives", QJsonArray{16, 24}}};
        const QString file = writtenPlan(large);
        QCOMPARE(run(sweepOf(file, path("grows"), {"--list"})).out.count("· missing"), 1);
        QCOMPARE(run(sweepOf(file, path("grows"))).exitCode, 0);
        QVERIFY(writeFile(path("changing.txt"), "And the earth was without form, and void."));
        QCOMPARE(run(sweepOf(file, path("grows"), {"--list"})).out.count("· missing"), 3);
    }

    // To look is not to change, and what is no sweep's folder is left alone.
    void nothingElseIsOverwritten() {
        const QString small = writtenPlan(plan({{"policy", "fifo"}, {"survives", 16}}));
        QFile before(path("whole/sweep.json"));
        QVERIFY(before.open(QIODevice::ReadOnly));
        QCOMPARE(run(sweepOf(small, path("whole"), {"--list"})).exitCode, 0);
        QFile after(path("whole/sweep.json"));
        QVERIFY(after.open(QIODevice::ReadOnly));
        QCOMPARE(after.readAll(), before.readAll());
        QVERIFY(QDir().mkpath(path("thesis")) && writeFile(path("thesis/results.csv"), "mine"));
        const Ran ran = run(sweepOf(small, path("thesis")));
        QCOMPARE(ran.exitCode, 2);
        QVERIFY2(ran.oneSentence() && ran.says("something else than a sweep"), ran.err.constData());
        QFile mine(path("thesis/results.csv"));
        QVERIFY(mine.open(QIODevice::ReadOnly));
        QCOMPARE(mine.readAll(), QByteArray("mine"));
        QVERIFY(writeFile(path("broken.json"), "{\n \"model\": }"));
        const Ran broken = run(sweepOf(path("broken.json"), path("broken")));
        QCOMPARE(broken.exitCode, 2);
        QVERIFY2(broken.oneSentence() && broken.says("line 2, column"), broken.err.constData());
    }

    void whatIsNoSweep() {
        const Ran ran = run({"sweep", "-o", path("nothing")});
        QCOMPARE(ran.exitCode, 2);
        QVERIFY2(ran.oneSentence() && ran.err.contains("holds no sweep"), ran.err.constData());
        const Ran slurm =
            run(sweepOf(path("plan.json"), path("none"), {"--slurm", "--gpus", "-1"}));
        QCOMPARE(slurm.exitCode, 2);
    }

    // Questions: a cell is what attendre eval says, its baselines beside it, FIFO among them.
    void questionsAreSwept() {
        QVERIFY(writeMarkedSet(path("marked.json"), 8));
        const QString model = markedModel();
        const QJsonObject asked{
            {"model", model},
            {"questions", QJsonObject{{"sets", QJsonArray{"marked.json"}},
                                      {"max-answer-tokens", 1},
                                      {"ways", QJsonArray{"memory", "shuffled"}}}},
            {"config", QJsonObject{{"chunk", 8}, {"template", "{document} {question}"}}},
            {"grid", QJsonObject{{"policy", "h2o"}, {"survives", 120}, {"query-memory", 48}}}};
        const Ran ran = run(sweepOf(writtenPlan(asked), path("asked"), {"--json"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const Ran eval = run(QStringList{"eval", path("marked.json"), model, "-o",
                                         path("eval.jsonl"), "--ways", "memory,fifo"} +
                             markedOptions());
        QVERIFY2(eval.exitCode == 0, eval.err.constData());
        const auto folder = SweepFolder::open(path("asked"));
        const auto expected = ResultFile::read(path("eval.jsonl"));
        QVERIFY(folder.ok() && expected.ok());
        std::map<QString, int> ways;
        for (const SweepCell& cell : folder->plan().cells) {
            ++ways[cell.way];
            if (cell.way != "memory")
                continue;
            const auto answers = ResultFile::read(folder->questionsFile(cell.number));
            QVERIFY(answers.ok());
            const QString reading = cell.axes["policy"] == "h2o" ? "memory" : "fifo";
            for (const Answered& answered : *answers) {
                const auto same =
                    std::find_if(expected->begin(), expected->end(), [&](const Answered& other) {
                        return other.id == answered.id && other.reading == reading;
                    });
                QVERIFY(same != expected->end());
                QCOMPARE(answered.prediction, same->prediction);
                QCOMPARE(answered.survival, same->survival);
                QVERIFY(answered.survival >= 0 && answered.survival <= 1);
            }
        }
        QCOMPARE(ways, (std::map<QString, int>{{"closed-book", 1},
                                               {"first", 1},
                                               {"full", 1},
                                               {"last", 1},
                                               {"memory", 2},
                                               {"passage", 1},
                                               {"shuffled", 2}}));
    }
};

QTEST_GUILESS_MAIN(TestSweep)
#include "test_sweep.moc"
