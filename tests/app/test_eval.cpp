#include "model/evaluation/question_traces.h"
#include "model/evaluation/result_file.h"
#include "model/evaluation/summary.h"
#include "model/trace/reader.h"
#include "tests/app/run_program.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <map>
#include <random>

using namespace attendre;

// attendre eval on small sets, with the tiny models: results, resumption, baselines.
class TestEval : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString path(const QString& name) const { return m_folder.filePath(name); }

    QStringList evaluation(const QString& set, const QString& output,
                           const QStringList& more = {}) const {
        return QStringList{"eval", path(set), markedModel(), "-o", path(output)} + markedOptions() +
               more;
    }
    // All but the times.
    static std::map<QString, QString> said(const QString& file) {
        std::map<QString, QString> all;
        const auto results = ResultFile::read(file);
        for (const Answered& a : *results)
            all[a.reading + ' ' + a.id] = QString("%1 %2 %3 %4 %5")
                                              .arg(a.prediction, a.leftOut)
                                              .arg(a.exact)
                                              .arg(a.score)
                                              .arg(a.tokens);
        return all;
    }
    static QJsonObject way(const QJsonObject& summary, const QString& name) {
        for (const QJsonValue& one : summary["ways"].toArray())
            if (one.toObject()["reading"] == name)
                return one.toObject();
        return {};
    }

  private slots:
    void initTestCase() { QVERIFY(writeMarkedSet(path("marked.json"), 16)); }

    // What docs/results.md says of this model: waiting answers, without it nothing does, nor does a
    // closed book or half a document.
    void aSetIsAnswered() {
        const Ran ran = run(evaluation("marked.json", "marked.jsonl", {"--json"}));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const QJsonObject summary = ran.json();
        QCOMPARE(summary["form"].toString(), QString("SQuAD"));
        const auto exact = [&](const QString& name) {
            return way(summary, name)["exact"].toObject()["value"].toDouble(-1);
        };
        QCOMPARE(way(summary, "memory")["answered"].toInt(), 16);
        QVERIFY2(exact("memory") > 0.9, qPrintable(QString::number(exact("memory"))));
        QCOMPARE(way(summary, "full")["left_out"].toInt(), 16); // P = 256, and no room for more
        QVERIFY(exact("closed-book") < 0.4);
        QVERIFY(exact("passage") > 0.9); // the document is one line
        QVERIFY(exact("fifo") < exact("memory"));
        // Where the closed book is wrong, memory is what helps.
        bool better = false;
        for (const QJsonValue& one : summary["wrong_closed_book"].toArray())
            if (one.toObject()["reading"] == "closed-book") {
                QCOMPARE(one.toObject()["exact"].toObject()["value"].toDouble(), 0.0);
                better = one.toObject()["advantage"].toObject()["low"].toDouble() > 0.5;
            }
        QVERIFY(better);
        // The predictions as SQuAD's own script reads them.
        QFile predictions(path("marked.jsonl.predictions"));
        QVERIFY(predictions.open(QIODevice::ReadOnly));
        const QJsonObject said = QJsonDocument::fromJson(predictions.readAll()).object();
        QCOMPARE(said.size(), 16);
        const Ran waiting = run(evaluation("marked.json", "none.jsonl",
                                           {"--json", "--ways", "memory", "--query-memory", "0"}));
        QVERIFY2(waiting.exitCode == 0, waiting.err.constData());
        QVERIFY(way(waiting.json(), "memory")["exact"].toObject()["value"].toDouble() < 0.5);
    }

    // Killed at random ten times, it ends as if it had never been.
    void killedAndResumed() {
        std::mt19937 random(11);
        int kills = 0, whole = 0;
        for (int attempt = 0; attempt < 60 && kills < 10; ++attempt) {
            QProcess process;
            process.start(programPath(), evaluation("marked.json", "killed.jsonl"));
            QVERIFY(process.waitForStarted());
            if (process.waitForFinished(150 + int(random() % 500))) {
                ++whole; // it was faster: begin anew to have something to kill
                QCOMPARE(process.exitCode(), 0);
                QVERIFY(QFile::remove(path("killed.jsonl")));
                continue;
            }
            ::kill(pid_t(process.processId()), SIGKILL);
            process.waitForFinished();
            ++kills;
        }
        QCOMPARE(kills, 10);
        const Ran last = run(evaluation("marked.json", "killed.jsonl"));
        QVERIFY2(last.exitCode == 0, last.err.constData());
        QCOMPARE(said(path("killed.jsonl")), said(path("marked.jsonl")));
        QFile lines(path("killed.jsonl"));
        QVERIFY(lines.open(QIODevice::ReadOnly));
        // None twice: the head, and eight ways of sixteen questions.
        QCOMPARE(lines.readAll().count('\n'), 1 + 8 * 16);
        QFile a(path("killed.jsonl.predictions")), b(path("marked.jsonl.predictions"));
        QVERIFY(a.open(QIODevice::ReadOnly) && b.open(QIODevice::ReadOnly));
        QCOMPARE(a.readAll(), b.readAll());
    }

    // A line that was cut short anywhere is answered again.
    void cutAnywhere() {
        QFile file(path("marked.jsonl"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray all = file.readAll();
        for (const double share : {0.02, 0.4, 0.77, 0.999}) {
            QVERIFY(writeFile(path("cut.jsonl"), all.left(qsizetype(double(all.size()) * share))));
            const Ran ran = run(evaluation("marked.json", "cut.jsonl"));
            QVERIFY2(ran.exitCode == 0, ran.err.constData());
            QCOMPARE(said(path("cut.jsonl")), said(path("marked.jsonl")));
        }
    }

    // The traces of the questions that memory answers worst: reading and answer, the same answer.
    void theWorstAreRecorded() {
        const QStringList how{"--ways", "memory,full", "--query-memory",
                              "32",     "--record",    "worst:2"};
        const Ran ran = run(evaluation("marked.json", "worst.jsonl", how));
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        const auto results = ResultFile::read(path("worst.jsonl"));
        const QStringList worst = worstOf(*results, 2);
        QCOMPARE(int(worst.size()), 2);
        std::map<QString, const Answered*> memory;
        for (const Answered& answered : *results)
            if (answered.reading == "memory")
                memory[answered.id] = &answered;
        for (const auto& [id, answered] : memory)
            QVERIFY(worst.contains(id) || answered->score >= memory[worst[1]]->score);
        for (const QString& id : worst) {
            auto reader = Reader::open(traceFileOf(path("worst.jsonl"), id));
            QVERIFY2(reader.ok(), qPrintable(traceFileOf(path("worst.jsonl"), id)));
            const auto runs = (*reader)->runs();
            QCOMPARE(runs->size(), std::size_t(2));
            QCOMPARE(runs->at(1).parent, 1);
            QVERIFY(runs->at(0).finished && runs->at(1).finished);
            QCOMPARE(runs->at(0).label, id);
            // The answer's token stands behind the question in the run that asks.
            const auto tokens = (*reader)->tokens(2, 0, int(runs->at(1).tokens));
            QVERIFY(tokens.ok());
            QByteArray answer;
            for (const TokenInfo& token : *tokens)
                if (token.segment == Segment::Answer)
                    answer += token.text;
            QCOMPARE(QString::fromUtf8(answer).trimmed(), memory[id]->prediction);
        }
        QCOMPARE(QDir(path("worst.jsonl.traces")).entryList({"*.trace"}).size(), 2);
        // One more by its id; what is there stays; what was cut is made again.
        const QString first = traceFileOf(path("worst.jsonl"), worst[0]);
        const QDateTime made = QFileInfo(first).lastModified();
        QVERIFY(writeFile(traceFileOf(path("worst.jsonl"), worst[1]), "cut"));
        QStringList again = how;
        again.last() = "worst:2";
        QCOMPARE(run(evaluation("marked.json", "worst.jsonl", again)).exitCode, 0);
        QCOMPARE(QFileInfo(first).lastModified(), made);
        QVERIFY(Reader::open(traceFileOf(path("worst.jsonl"), worst[1])).ok());
        const QString other = worst.contains("q0") ? "q1" : "q0";
        again.last() = "id:" + other;
        QCOMPARE(run(evaluation("marked.json", "worst.jsonl", again)).exitCode, 0);
        QVERIFY(QFile::exists(traceFileOf(path("worst.jsonl"), other)));
        again.last() = "id:nobody";
        const Ran nobody = run(evaluation("marked.json", "worst.jsonl", again));
        QCOMPARE(nobody.exitCode, 2);
        QVERIFY2(nobody.oneSentence() && nobody.says("nobody"), nobody.err.constData());
        again.last() = "best:3";
        QCOMPARE(run(evaluation("marked.json", "worst.jsonl", again)).exitCode, 2);
    }

    // What is not a file of results is left as it is; a beginning without answers is none.
    void nothingElseIsOverwritten() {
        for (const QByteArray& bytes : {QByteArray("precious notes"), QByteArray("a\nb\n")}) {
            QVERIFY(writeFile(path("notes.txt"), bytes));
            const Ran ran = run(evaluation("marked.json", "notes.txt"));
            QCOMPARE(ran.exitCode, 2);
            QVERIFY2(ran.oneSentence() && ran.says("something else"), ran.err.constData());
            QFile file(path("notes.txt"));
            QVERIFY(file.open(QIODevice::ReadOnly));
            QCOMPARE(file.readAll(), bytes);
        }
        QCOMPARE(run(evaluation("marked.json", "marked.json")).exitCode, 2);
        const QStringList one{"--ways", "memory", "--first", "1"};
        const Ran wrong = run(
            evaluation("marked.json", "begun.jsonl", one + QStringList{"--template", "no marks"}));
        QVERIFY(wrong.exitCode != 0);
        const Ran right = run(evaluation("marked.json", "begun.jsonl", one));
        QVERIFY2(right.exitCode == 0, right.err.constData());
    }

    // What cannot be asked or scored is told, counted, and stops nothing.
    void whatCannotBeAskedIsTold() {
        const QByteArray line =
            R"({"input":"Who?","context":"God made the light.","answers":["God"],)"
            R"("dataset":"%1","_id":"%2"})"
            "\n";
        const auto filled = [&](const char* set, const char* id) {
            return QByteArray(line).replace("%1", set).replace("%2", id);
        };
        QVERIFY(writeFile(path("bench.jsonl"), filled("qasper", "a") + filled("vcsum", "b") +
                                                   filled("qasper", "a") +
                                                   filled("hotpotqa", "c")));
        const QStringList words{"eval",
                                path("bench.jsonl"),
                                tinyModel(),
                                "-o",
                                path("bench-results.jsonl"),
                                "--memory",
                                "64",
                                "--chunk",
                                "16",
                                "--max-answer-tokens",
                                "2",
                                "--ways",
                                "memory",
                                "--threads",
                                "1"};
        const Ran ran = run(words);
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QVERIFY2(ran.out.contains("stands in the set a second time") &&
                     ran.out.contains("\"b\" is of LongBench's data set \"vcsum\""),
                 ran.out.constData());
        QFile left(path("bench-results.jsonl.left-out"));
        QVERIFY(left.open(QIODevice::ReadOnly));
        QCOMPARE(left.readAll().count('\n'), 1);
        const Ran json = run(words + QStringList{"--json"});
        const QJsonArray parts = json.json()["parts"].toArray();
        QCOMPARE(int(parts.size()), 3);
        QCOMPARE(parts[2].toObject()["part"].toString(), QString("hotpotqa"));
        QCOMPARE(way(json.json(), "memory")["answered"].toInt(), 2);
        QCOMPARE(way(json.json(), "memory")["left_out"].toInt(), 1);
    }

    void needlesAreHidden() {
        const QStringList words{
            "eval",     genesis(), tinyModel(),      "-o",        path("needle.jsonl"),
            "--memory", "64",      "--chunk",        "16",        "--max-answer-tokens",
            "3",        "--ways",  "memory,passage", "--threads", "1"};
        const QStringList needles{"--lengths", "150,200", "--depths", "0,50"};
        const Ran ran = run(words + needles + QStringList{"--json"});
        QVERIFY2(ran.exitCode == 0, ran.err.constData());
        QCOMPARE(ran.json()["form"].toString(), QString("needle in a haystack"));
        QCOMPARE(way(ran.json(), "memory")["answered"].toInt(), 4);
        const auto results = ResultFile::read(path("needle.jsonl"));
        for (const Answered& answered : *results)
            if (answered.reading == "memory") {
                QVERIFY(answered.evidenceFirst >= 0 && answered.evidenceLast < answered.tokens);
                // What is deep was read last.
                QVERIFY((answered.evidenceFirst > 60) == answered.id.contains("50%"));
            }
        const Ran other = run(words + QStringList{"--lengths", "150,200", "--depths", "0,60"});
        QCOMPARE(other.exitCode, 2);
        QVERIFY2(other.says("needle.depths"), other.err.constData());
        QCOMPARE(run(words + QStringList{"--depths", "50"}).exitCode, 2);
        QCOMPARE(run(words + QStringList{"--lengths", "1k"}).exitCode, 2);
    }

    void anotherEvaluationIsRefused() {
        const Ran ran = run(evaluation("marked.json", "marked.jsonl", {"--memory", "96"}));
        QCOMPARE(ran.exitCode, 2);
        QVERIFY2(ran.oneSentence() && ran.says("config.memory is"), ran.err.constData());
        QVERIFY(writeMarkedSet(path("other.json"), 3));
        const Ran other = run(evaluation("other.json", "marked.jsonl"));
        QCOMPARE(other.exitCode, 2);
        QVERIFY2(other.says("set"), other.err.constData());
        const Ran way = run(evaluation("marked.json", "x.jsonl", {"--ways", "memory,upside-down"}));
        QCOMPARE(way.exitCode, 2);
        QVERIFY2(way.oneSentence() && way.says("upside-down") && way.says("closed-book"),
                 way.err.constData());
    }

    // More ways than before are added to what is there.
    void waysAreAdded() {
        const Ran few =
            run(evaluation("marked.json", "few.jsonl", {"--ways", "memory", "--first", "4"}));
        QVERIFY2(few.exitCode == 0, few.err.constData());
        QCOMPARE(said(path("few.jsonl")).size(), std::size_t(4));
        const Ran all = run(evaluation("marked.json", "few.jsonl"));
        QVERIFY2(all.exitCode == 0, all.err.constData());
        QCOMPARE(said(path("few.jsonl")), said(path("marked.jsonl")));
    }

    // Two questions on one document share its reading; an encoder-decoder answers too.
    void documentsAreShared() {
        const QJsonArray qas{
            QJsonObject{{"id", "a"},
                        {"question", "Who made the light?"},
                        {"answers", QJsonArray{QJsonObject{{"text", "God"}}}}},
            QJsonObject{{"id", "b"},
                        {"question", "What was without form?"},
                        {"answers", QJsonArray{QJsonObject{{"text", "the earth"}}}}}};
        QFile book(genesis());
        QVERIFY(book.open(QIODevice::ReadOnly));
        const QJsonObject article{
            {"title", "Genesis"},
            {"paragraphs", QJsonArray{QJsonObject{{"context", QString::fromUtf8(book.read(300))},
                                                  {"qas", qas}}}}};
        QVERIFY(book.seek(0) && writeFile(path("text.txt"), book.read(300)));
        QVERIFY(writeFile(path("book.json"),
                          QJsonDocument(QJsonObject{{"data", QJsonArray{article}}}).toJson()));
        for (const char* model : {"llama-peaked", "gpt2-peaked", "t5-v11-peaked"}) {
            const QStringList words{"eval",
                                    path("book.json"),
                                    tinyModel(model),
                                    "-o",
                                    path(QString(model) + ".jsonl"),
                                    "--memory",
                                    "64",
                                    "--chunk",
                                    "16",
                                    "--max-answer-tokens",
                                    "4",
                                    "--threads",
                                    "1"};
            const Ran ran = run(words);
            QVERIFY2(ran.exitCode == 0, ran.err.constData());
            // The second question alone is answered as behind the first.
            const auto results = ResultFile::read(path(QString(model) + ".jsonl"));
            QCOMPARE(results->size(), std::size_t(16));
            const Ran ask = run({"ask", tinyModel(model), path("text.txt"), "--memory", "64",
                                 "--chunk", "16", "--max-answer-tokens", "4", "--threads", "1",
                                 "--question", "What was without form?", "--json"});
            QVERIFY2(ask.exitCode == 0, ask.err.constData());
            for (const Answered& answered : *results)
                if (answered.reading == "memory" && answered.id == "b")
                    QCOMPARE(answered.prediction, ask.json()["answer"].toString().trimmed());
        }
    }
};

QTEST_GUILESS_MAIN(TestEval)
#include "test_eval.moc"
