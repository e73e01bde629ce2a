#include "app/engine_process.h"
#include "model/analysis/trace_check.h"
#include "model/trace/reader.h"
#include "tests/app/run_program.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// Questions, on the command line and to a running engine: decoders and encoder-decoders.
class TestAsk : public QObject {
    Q_OBJECT
  private slots:
    void answersAsJson_data();
    void answersAsJson();
    void theChunksDoNotMatterWithWholeMemories();
    void anEmptyQuestionGoesOnWithTheText();
    void drawnAnswersRepeatWithTheirSeed();
    void readingAndAnswerAreRecorded_data();
    void readingAndAnswerAreRecorded();
    void boundedOutputsAreEvicted();
    void refusals_data();
    void refusals();
    void theRemedyCountsTheQuestion();
    void aRequestWithoutAQuestionIsRefused();
    void aPausedRunIsAsked();
    void aTemplateIsReadBeforeTheDocument();
    void anEarlierStepIsAsked_data();
    void anEarlierStepIsAsked();

  private:
    static constexpr int patience = 60000;
    static QStringList asking(const QString& model, const QStringList& more = {}) {
        return QStringList{"ask",
                           tinyModel(model),
                           genesis(),
                           "--tokens",
                           "200",
                           "--chunk",
                           "16",
                           "--memory",
                           "64",
                           "--threads",
                           "1",
                           "--max-answer-tokens",
                           "6",
                           "--question",
                           "Who made the light?",
                           "--bos",
                           "no"} +
               more;
    }
    QString path(const QString& name) const { return m_folder.filePath(name); }
    QTemporaryDir m_folder;
};

namespace {

void addModels() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("Llama, causal") << "llama-peaked" << QStringList{"--policy", "h2o"};
    QTest::newRow("GPT-2, prefix")
        << "gpt2-peaked"
        << QStringList{"--mode", "prefix", "--query-memory", "20", "--tokens", "150"};
    QTest::newRow("T5 v1.0") << "t5-peaked" << QStringList{"--query-memory", "24"};
    QTest::newRow("T5 v1.1") << "t5-v11-peaked"
                             << QStringList{"--query-memory",  "24", "--output-memory", "80",
                                            "--output-policy", "h2o"};
}

QStringList ids(const QJsonObject& json) {
    QStringList all;
    for (const QJsonValue& id : json["ids"].toArray())
        all << QString::number(id.toInt());
    return all;
}

} // namespace

void TestAsk::answersAsJson_data() {
    addModels();
}

void TestAsk::answersAsJson() {
    QFETCH(QString, model);
    QFETCH(QStringList, options);
    const Ran ran = run(asking(model, options + QStringList{"--json"}));
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const QJsonObject json = ran.json();
    QCOMPARE(json.keys(), (QStringList{"answer", "ids", "seconds", "top"}));
    const QJsonArray top = json["top"].toArray();
    QVERIFY(top.size() >= 1 && top.size() <= 6);
    QCOMPARE(top.size(), json["ids"].toArray().size());
    for (qsizetype i = 0; i < top.size(); ++i) {
        const QJsonArray five = top[i].toArray();
        QCOMPARE(five.size(), 5);
        // Greedy: the likeliest is what was said.
        QCOMPARE(five[0].toArray()[0].toInt(), json["ids"].toArray()[i].toInt());
        for (int k = 1; k < 5; ++k)
            QVERIFY(five[k].toArray()[1].toDouble() <= five[k - 1].toArray()[1].toDouble());
    }
    const Ran text = run(asking(model, options));
    QCOMPARE(text.out, json["answer"].toString().toUtf8() + "\n");
}

void TestAsk::theChunksDoNotMatterWithWholeMemories() {
    for (const QString model : {"llama-peaked", "t5-v11-peaked"}) {
        const QStringList whole = {"--memory", "full", "--json"};
        const QStringList waiting =
            model.startsWith("t5") ? QStringList{"--query-memory", "400"} : QStringList();
        const Ran few = run(asking(model, whole + waiting + QStringList{"--chunk", "7"}));
        const Ran many = run(asking(model, whole + waiting + QStringList{"--chunk", "64"}));
        QVERIFY2(few.exitCode == 0 && many.exitCode == 0, few.err.constData());
        QVERIFY(!ids(few.json()).isEmpty());
        QCOMPARE(ids(few.json()), ids(many.json()));
        const double a = few.json()["top"][0].toArray()[0].toArray()[1].toDouble();
        const double b = many.json()["top"][0].toArray()[0].toArray()[1].toDouble();
        QVERIFY2(std::abs(a - b) <= 1e-4 * std::abs(a), qPrintable(QString("%1 %2").arg(a).arg(b)));
    }
}

// With nothing behind the document the answer's first token is the text's likely next one.
void TestAsk::anEmptyQuestionGoesOnWithTheText() {
    const QStringList empty = {"--question", "", "--template", "{document}{question}", "--json"};
    const Ran ran = run(asking("llama-peaked", empty));
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const Ran record =
        run({"record", tinyModel(), genesis(), "-o", path("next.trace"), "--tokens", "200",
             "--chunk", "16", "--memory", "64", "--threads", "1", "--bos", "no"});
    QVERIFY2(record.exitCode == 0, record.err.constData());
    auto reader = Reader::open(path("next.trace"));
    QVERIFY(reader.ok());
    const auto next = (*reader)->nextTokens(1, *(*reader)->stepCount(1) - 1);
    QVERIFY(next.ok() && !next->empty());
    const QJsonArray first = ran.json()["top"][0].toArray()[0].toArray();
    QCOMPARE(first[0].toInt(), next->front().first);
    QVERIFY(std::abs(first[1].toDouble() - double(next->front().second)) < 1e-5);
}

void TestAsk::drawnAnswersRepeatWithTheirSeed() {
    const auto drawn = [](const char* seed) {
        return ids(run(asking("llama-random", {"--temperature", "2", "--seed", seed, "--json",
                                               "--max-answer-tokens", "20"}))
                       .json());
    };
    const QStringList one = drawn("1");
    QVERIFY(!one.isEmpty());
    QCOMPARE(drawn("1"), one);
    QVERIFY(drawn("2") != one);
}

void TestAsk::readingAndAnswerAreRecorded_data() {
    addModels();
}

void TestAsk::readingAndAnswerAreRecorded() {
    QFETCH(QString, model);
    QFETCH(QStringList, options);
    const QString trace = path(QString(QTest::currentDataTag()) + ".trace");
    const QStringList recorded = options + QStringList{"--detail", "full", "--json"};
    const Ran ran = run(asking(model, recorded + QStringList{"-o", trace}));
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    QCOMPARE(ids(ran.json()), ids(run(asking(model, recorded)).json()));

    auto reader = Reader::open(trace);
    QVERIFY2(reader.ok(), reader ? "" : qPrintable(reader.error().sentence));
    const auto runs = (*reader)->runs();
    QVERIFY(runs.ok());
    QCOMPARE(runs->size(), size_t(2));
    const RunInfo& parent = runs->at(0);
    const RunInfo& child = runs->at(1);
    QVERIFY(parent.finished && child.finished);
    QCOMPARE(child.parent, 1);
    QVERIFY(child.parentStep >= 0 && child.parentStep < *(*reader)->stepCount(1));
    QCOMPARE(child.label, QString("Who made the light?"));
    // The child's step 0 is the parent's state.
    for (int layer = 0; layer < parent.shape.layers; ++layer) {
        const auto before = (*reader)->layerState(1, child.parentStep, layer);
        const auto at = (*reader)->layerState(2, 0, layer);
        QVERIFY(before.ok() && at.ok());
        for (size_t head = 0; head < before->heads.size(); ++head) {
            const auto& old = before->heads[head].position;
            const auto& now = at->heads[head].position;
            QVERIFY(now.size() >= old.size() && std::equal(old.begin(), old.end(), now.begin()));
        }
    }
    const auto steps = (*reader)->steps(2, 0, *(*reader)->stepCount(2));
    QVERIFY(steps.ok());
    QCOMPARE(int(steps->front().kind), int(StepKind::Ask));
    QCOMPARE(int(steps->back().kind), int(StepKind::Answer));
    // Every token of the answer is in the trace, with its nll.
    const auto tokens = (*reader)->tokens(2, 0, std::int32_t(child.tokens));
    QVERIFY(tokens.ok());
    QStringList answer;
    for (const TokenInfo& token : *tokens)
        if (token.segment == Segment::Answer) {
            answer << QString::number(token.id);
            QVERIFY(!std::isnan(token.nll));
        }
    const bool t5 = model.startsWith("t5"); // its decoder is never fed the last token
    const QStringList said = ids(ran.json());
    QCOMPARE(answer, t5 ? said.mid(0, answer.size()) : said);
    QVERIFY(answer.size() + (t5 ? 1 : 0) >= said.size());
    // What was attended to while answering.
    const int layer = t5 ? outputLayer(child) : 0;
    const auto attention = (*reader)->attention(2, steps->back().step, layer, 0);
    QVERIFY(attention.ok());
    QCOMPARE(attention->size(), size_t(1));
    double sum = double(attention->front().rest);
    for (const AttendedEntry& entry : attention->front().top)
        sum += double(entry.weight);
    QVERIFY2(std::abs(sum - 1) < 1e-4, qPrintable(QString::number(sum)));
    const auto check = checkTrace(**reader, {}, {});
    QVERIFY2(check.ok(), check ? "" : qPrintable(check.error().sentence));
    QVERIFY2(check->violations.isEmpty(), qPrintable(check->violations.join('\n')));
}

void TestAsk::boundedOutputsAreEvicted() {
    const QString trace = path("bounded.trace");
    const Ran ran = run({"record",  tinyModel("t5-v11-peaked"),
                         genesis(), "-o",
                         trace,     "--tokens",
                         "200",     "--chunk",
                         "16",      "--memory",
                         "64",      "--query-memory",
                         "24",      "--output-memory",
                         "50",      "--output-policy",
                         "lfa",     "--recent",
                         "8",       "--detail",
                         "full"});
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const Ran exported = run({"trace", "export", trace, "--table", "evictions", "--format", "csv",
                              "--where", "memory = 'output'"});
    // 200 tokens and </s> were finished, 50 remain.
    QCOMPARE(exported.out.count('\n') - 1, 151);
    const Ran last = run({"trace", "export", trace, "--table", "residents", "--format", "csv",
                          "--where", "memory = 'output' AND step = (SELECT max(step) FROM steps)"});
    QCOMPARE(last.out.count('\n') - 1, 50);
    const Ran info = run({"info", trace});
    QVERIFY2(info.out.contains("E = 50 encoder outputs, policy lfa, s = 4, r = 8\n"),
             info.out.constData());
    for (const char* sink : {",0,0,", ",1,1,", ",2,2,", ",3,3,"}) // slot and position
        QVERIFY(last.out.contains(sink));
    const Ran check = run({"trace", "check", trace});
    QVERIFY2(check.exitCode == 0, check.err.constData());
}

void TestAsk::refusals_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QString& model, const QStringList& more,
                        const QString& says) {
        QTest::newRow(name) << asking(model, more) << says;
    };
    row("no document in the template", "llama-peaked", {"--template", "{question}"}, "{document}");
    row("no question in the template", "llama-peaked", {"--template", "{document}"}, "{question}");
    row("a mark twice", "llama-peaked", {"--template", "{document}{document}{question}"},
        "2 times");
    row("no answer", "llama-peaked", {"--max-answer-tokens", "0"}, "--max-answer-tokens");
    row("a cold temperature", "llama-peaked", {"--temperature", "-1"}, "--temperature");
    row("waiting in causal mode", "llama-peaked", {"--query-memory", "4"}, "--query-memory");
    row("outputs of a decoder", "llama-peaked", {"--output-memory", "64"}, "--output-memory");
    row("a decoder as encoder", "llama-peaked", {"--mode", "encoder-decoder"}, "--mode");
    row("an encoder-decoder as decoder", "t5-peaked", {"--mode", "prefix"}, "--mode");
    row("too few outputs", "t5-peaked", {"--output-memory", "19"}, "more than E = 19");
    row("learned positions", "gpt2-peaked", {"--tokens", "240", "--max-answer-tokens", "64"},
        "P = 256 only; choose --tokens ");
}

void TestAsk::refusals() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Ran ran = run(arguments);
    QCOMPARE(ran.exitCode, 2);
    QVERIFY2(ran.says(qPrintable(says)), ran.err.constData());
    QVERIFY(ran.out.isEmpty());
}

// What is proposed is taken, and not one token more.
void TestAsk::theRemedyCountsTheQuestion() {
    const auto reading = [](int tokens) {
        return run(
            asking("gpt2-peaked", {"--tokens", QString::number(tokens), "--memory", "full"}));
    };
    const Ran refused = reading(250);
    QCOMPARE(refused.exitCode, 2);
    static const QRegularExpression remedy("choose --tokens (\\d+) or fewer");
    const int fits = remedy.match(QString::fromUtf8(refused.err)).captured(1).toInt();
    QVERIFY2(fits > 0 && refused.oneSentence(), refused.err.constData());
    QCOMPARE(reading(fits + 1).exitCode, 2);
    const Ran taken = reading(fits);
    QVERIFY2(taken.exitCode == 0, taken.err.constData());
}

// Over the protocol: the members are there and of their types, or nothing is recorded.
void TestAsk::aRequestWithoutAQuestionIsRefused() {
    QProcess engine;
    engine.start(programPath(), {"serve"});
    engine.write(R"({"request": "ask", "id": 1})"
                 "\n"
                 R"({"request": "ask", "id": 2, "question": 5})"
                 "\n"
                 R"({"request": "ask", "id": 3, "question": ""})"
                 "\n");
    QByteArrayList replies;
    while (replies.size() < 3 && (engine.canReadLine() || engine.waitForReadyRead(patience)))
        if (const QByteArray line = engine.readLine(); line.contains("\"reply\""))
            replies << line;
    engine.closeWriteChannel();
    QVERIFY(engine.waitForFinished(patience));
    QCOMPARE(replies.size(), 3);
    QVERIFY2(replies[0].contains("The request ask has no question"), replies[0].constData());
    QVERIFY2(replies[1].contains("a question that is no text"), replies[1].constData());
    QVERIFY2(replies[2].contains("There is no run to ask"), replies[2].constData());
}

namespace {

// An engine that has recorded so many steps of a tiny model and rests.
class Resting {
  public:
    Resting(const QString& model, const QString& trace, int steps, const QString& form = {}) {
        m_engine.setCommand(programPath(), {"serve"});
        QSignalSpy ready(&m_engine, &EngineProcess::ready);
        m_engine.start();
        ready.wait(60000);
        EngineProcess::RunRequest request;
        request.model = tinyModel(model);
        request.document = genesis();
        request.trace = trace;
        request.configuration.memory = {64};
        request.configuration.chunk = 16;
        request.configuration.tokens = 200;
        request.configuration.threads = 1;
        request.configuration.bos = "no";
        request.configuration.promptTemplate = form;
        if (model.startsWith("t5"))
            request.configuration.queryMemory = {24};
        if (steps > 0)
            request.pauseAfter = steps;
        QSignalSpy paused(&m_engine, &EngineProcess::paused);
        QSignalSpy finished(&m_engine, &EngineProcess::runFinished);
        m_engine.record(request);
        (void)QTest::qWaitFor([&] { return paused.count() + finished.count() > 0; }, 60000);
    }
    // Empty where it was refused.
    std::optional<EngineProcess::Answer> ask(std::optional<int> step) {
        QSignalSpy answered(&m_engine, &EngineProcess::answered);
        QSignalSpy refused(&m_engine, &EngineProcess::requestFailed);
        EngineProcess::AskRequest request;
        request.question = "Who made the light?";
        request.mostAnswerTokens = 5;
        request.step = step;
        m_engine.ask(request);
        (void)QTest::qWaitFor([&] { return answered.count() + refused.count() > 0; }, 60000);
        if (!refused.isEmpty())
            qWarning("%s", qPrintable(refused.first().at(1).toString()));
        if (answered.isEmpty())
            return std::nullopt;
        return answered.first().at(1).value<EngineProcess::Answer>();
    }
    bool runToEnd() {
        QSignalSpy finished(&m_engine, &EngineProcess::runFinished);
        m_engine.runToEnd();
        return finished.wait(60000) && finished.first().at(2).toString().isEmpty();
    }
    bool close() {
        QSignalSpy ended(&m_engine, &EngineProcess::engineEnded);
        m_engine.quit();
        return ended.wait(60000);
    }

  private:
    EngineProcess m_engine;
};

QString violations(const QString& trace) {
    auto reader = Reader::open(trace);
    if (!reader)
        return reader.error().sentence;
    const auto check = checkTrace(**reader, {}, {});
    return check ? check->violations.join('\n') : check.error().sentence;
}

} // namespace

void TestAsk::aPausedRunIsAsked() {
    const QString trace = path("paused.trace");
    Resting engine("llama-peaked", trace, 5);
    const auto first = engine.ask(std::nullopt);
    QVERIFY(first);
    QCOMPARE(first->run, 2);
    QCOMPARE(first->parent, 1);
    QCOMPARE(first->parentStep, 4);
    QVERIFY(!first->tokens.empty() && first->tokens.front().likeliest.size() == 5);
    // The run goes on as if nobody had asked.
    QVERIFY(engine.runToEnd());
    const auto ended = engine.ask(std::nullopt);
    QVERIFY(ended);
    QCOMPARE(ended->parentStep, 12);
    QVERIFY(engine.close());
    QCOMPARE(violations(trace), QString());
    const Ran alone =
        run({"record", tinyModel(), genesis(), "-o", path("alone.trace"), "--tokens", "200",
             "--chunk", "16", "--memory", "64", "--threads", "1", "--bos", "no"});
    QCOMPARE(alone.exitCode, 0);
    const auto digest = [](const QString& file) {
        return run({"trace", "digest", file}).out.split('\n').first().split(' ').first();
    };
    QCOMPARE(digest(trace), digest(path("alone.trace")));
}

// A run that was recorded with a template answers as `ask` does, and its command makes it again.
void TestAsk::aTemplateIsReadBeforeTheDocument() {
    const QString form = "Read this:\n{document}\n\nQ: {question}\nA:";
    const QString trace = path("templated.trace");
    Resting engine("llama-peaked", trace, 0, form);
    const auto answer = engine.ask(std::nullopt);
    QVERIFY(answer && engine.close());
    QCOMPARE(answer->promptTemplate, form);
    QStringList said;
    for (const auto& token : answer->tokens)
        said << QString::number(token.id);
    const QStringList typed = {"--template", QString(form).replace("\n", "\\n"),
                               "--max-answer-tokens", "5", "--json"};
    const Ran asked = run(asking("llama-peaked", typed + QStringList{"-o", path("asked.trace")}));
    QVERIFY2(asked.exitCode == 0, asked.err.constData());
    QCOMPARE(ids(asked.json()), said);
    // Both hold the same reading, template included; so does what the run says makes it.
    auto reader = Reader::open(path("asked.trace")).take();
    const auto first = reader->tokens(1, 0, 4).take();
    QCOMPARE(first.front().segment, Segment::Template);
    QVERIFY(first.front().documentPosition == noPosition);
    const RunInfo read = reader->run(1).take();
    QCOMPARE(read.configuration.asked.promptTemplate, form);
    QVERIFY2(read.command.contains("--template 'Read this:\n{document}"), qPrintable(read.command));
    QCOMPARE(Reader::open(trace).take()->tokens(1, 0, 4).take().front().id, first.front().id);
    const Ran again = run({"record", tinyModel(), genesis(), "-o", path("again.trace"), "--tokens",
                           "200", "--chunk", "16", "--memory", "64", "--threads", "1", "--bos",
                           "no", "--template", form});
    QVERIFY2(again.exitCode == 0, again.err.constData());
    const auto digest = [](const QString& file) {
        return run({"trace", "digest", file}).out.split('\n').first().split(' ').first();
    };
    QCOMPARE(digest(path("again.trace")), digest(trace));
    // Its marks are missed before any weights are loaded.
    const Ran refused =
        run({"record", tinyModel(), genesis(), "-o", path("no.trace"), "--template", "{question}"});
    QCOMPARE(refused.exitCode, 2);
    QVERIFY(refused.oneSentence() && refused.says("{document}"));
}

void TestAsk::anEarlierStepIsAsked_data() {
    QTest::addColumn<QString>("model");
    QTest::newRow("Llama") << "llama-peaked";
    QTest::newRow("T5") << "t5-v11-peaked";
}

// Asking at a step after the run's end is the same as asking when the run stood there.
void TestAsk::anEarlierStepIsAsked() {
    QFETCH(QString, model);
    Resting then(model, path(model + "-then.trace"), 7);
    const auto live = then.ask(std::nullopt);
    QVERIFY(live);
    Resting later(model, path(model + "-later.trace"), 0);
    const auto back = later.ask(6);
    QVERIFY(back);
    QCOMPARE(back->parentStep, 6);
    QCOMPARE(back->text, live->text);
    QCOMPARE(back->tokens.front().likeliest, live->tokens.front().likeliest);
    QVERIFY(later.ask(std::nullopt)); // and at the end
    QVERIFY(later.close() && then.close());
    // Its command reads as much of the document as had been read, and is answered likewise.
    const QString trace = path(model + "-later.trace"), again = path(model + "-again.trace");
    QString command = Reader::open(trace).take()->run(2).take().command;
    QVERIFY2(command.contains("--tokens 112"), qPrintable(command));
    QVERIFY2(command.contains("-o " + shellWord(trace)), qPrintable(command));
    QStringList words = QProcess::splitCommand(command.replace('\'', '"').replace(trace, again));
    QCOMPARE(words.takeFirst(), QString("attendre"));
    const Ran repeated = run(words + QStringList{"--json"});
    QVERIFY2(repeated.exitCode == 0, repeated.err.constData());
    QCOMPARE(repeated.json()["answer"].toString(), live->text);
    QCOMPARE(violations(again), QString());
    const Ran info = run({"info", trace});
    QVERIFY2(info.out.contains("  origin       asked of run 1 after its step 6\n"),
             info.out.constData());
    QCOMPARE(violations(path(model + "-later.trace")), QString());
}

QTEST_GUILESS_MAIN(TestAsk)
#include "test_ask.moc"
