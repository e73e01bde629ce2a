#include "tests/app/run_program.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// What `attendre` does without an engine: usage, tokens, descriptions, completion.
class TestCommandLine : public QObject {
    Q_OBJECT
  private slots:
    void helpNamesEveryCommandAndOption();
    void theManualHasEveryCommandAndOption();
    void theFormatHasEveryColumn();
    void laterCommandsAreNotOffered();
    void versionIsOneLine();
    void wrongUsage_data();
    void wrongUsage();
    void badInput_data();
    void badInput();
    void tokenizeAsJson();
    void tokenizeWithBosAndTokens();
    void tokenizeAsTable();
    void byteOrderMarkShiftsRanges();
    void infoOfAModel();
    void infoOfAnEncoderDecoder();
    void infoFollowsTheSizes();
    void completionOffersCommandsAndOptions();
    void startsInMilliseconds();

  private:
    QTemporaryDir m_folder;
    QString file(const QString& name, const QByteArray& bytes) {
        const QString path = m_folder.filePath(name);
        return writeFile(path, bytes) ? path : QString();
    }
};

void TestCommandLine::helpNamesEveryCommandAndOption() {
    const Ran all = run({"--help"});
    QCOMPARE(all.exitCode, 0);
    for (const char* command :
         {"info", "tokenize", "score", "ask", "record", "trace", "serve", "completion"})
        QVERIFY2(all.out.contains(command), command);
    const Ran record = run({"record", "--help"});
    QCOMPARE(record.exitCode, 0);
    for (const char* option :
         {"--memory",      "--chunk",     "--policy", "--sinks",       "--recent",    "--pin",
          "--pure",        "--half-life", "--group",  "--granularity", "--positions", "--bos",
          "--tokens",      "--device",    "--dtype",  "--seed",        "--threads",   "--detail",
          "--config",      "--preset",    "--append", "--expression",  "--future",    "--lfa-count",
          "--lfa-per-age", "--archive"})
        QVERIFY2(record.out.contains(option), option);
    const Ran trace = run({"trace", "--help"});
    for (const char* command : {"check", "export", "digest", "migrate"})
        QVERIFY2(trace.out.contains(command), command);
}

namespace {

// What a help text lists: of the commands their names, of the options the long ones.
struct Listed {
    QStringList commands, options;
};
Listed listedIn(const QString& help) {
    static const QRegularExpression option("^ +(?:-\\w,)?(--[a-z-]+)"), command("^  ([a-z]+)  ");
    Listed listed;
    for (const QString& line : help.split('\n')) {
        if (const auto found = option.match(line); found.hasMatch())
            listed.options << found.captured(1);
        else if (const auto name = command.match(line); name.hasMatch())
            listed.commands << name.captured(1);
    }
    return listed;
}

} // namespace

void TestCommandLine::theManualHasEveryCommandAndOption() {
    QFile file(QStringLiteral(ATTENDRE_BINARY_DIR "/man/attendre.1"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString page = QString::fromUtf8(file.readAll()).replace("\\-", "-");
    std::vector<QStringList> commands;
    for (const QString& name : listedIn(run({"--help"}).out).commands)
        commands.push_back({name});
    for (const QString& name : listedIn(run({"trace", "--help"}).out).commands)
        commands.push_back({"trace", name});
    QVERIFY(commands.size() > 12);
    for (const QStringList& command : commands) {
        if (command != QStringList{"trace"}) // its own commands stand for it
            QVERIFY2(page.contains("attendre " + command.join(' ')), qPrintable(command.join(' ')));
        for (const QString& option : listedIn(run(command + QStringList{"--help"}).out).options)
            QVERIFY2(page.contains(QRegularExpression(option + "(?![a-z-])")),
                     qPrintable(command.join(' ') + ' ' + option));
    }
}

// The public tables are documented column by column; the usage columns are named once, before all.
void TestCommandLine::theFormatHasEveryColumn() {
    QFile file(QStringLiteral(ATTENDRE_SOURCE_DIR "/docs/trace-format.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString page = QString::fromUtf8(file.readAll());
    const qsizetype begin = page.indexOf("## The public tables");
    const QString part = page.mid(begin, page.indexOf("\n## ", begin + 1) - begin);
    const QString usage = part.section("**runs**", 0, 0);
    const QString trace = QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis-start.trace");
    for (const char* table : {"runs", "steps", "layer_steps", "tokens", "evictions", "entries",
                              "residents", "queries", "attention"}) {
        const Ran none = run({"trace", "export", trace, "--table", table, "--where", "run = 0"});
        QVERIFY2(none.exitCode == 0, none.err.constData());
        const QString after = part.section(QString("\n**%1**").arg(table), 1);
        const QString own = after.section("\n**", 0, 0);
        QVERIFY2(!own.isEmpty(), table);
        for (const QString& column : QString::fromUtf8(none.out.trimmed()).split(',')) {
            const QString named = '`' + column + '`';
            QVERIFY2(own.contains(named) ||
                         (own.contains("the usage columns") && usage.contains(named)),
                     qPrintable(QString("%1: %2").arg(table, column)));
        }
    }
}

void TestCommandLine::laterCommandsAreNotOffered() {
    for (const char* command : {"bench"}) {
        const Ran ran = run({command});
        QCOMPARE(ran.exitCode, 2);
        QVERIFY(!run({"--help"}).out.contains(QByteArray("  ") + command + " "));
    }
}

void TestCommandLine::versionIsOneLine() {
    const Ran ran = run({"--version"});
    QCOMPARE(ran.exitCode, 0);
    QVERIFY(ran.out.startsWith("attendre 0."));
    QCOMPARE(ran.out.count('\n'), 1);
}

void TestCommandLine::wrongUsage_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const QString model = tinyModel(), text = genesis();
    const QString trace = m_folder.filePath("never.trace");
    const auto record = [&](const QStringList& more) {
        return QStringList{"record", model, text, "-o", trace} + more;
    };
    QTest::newRow("no command") << QStringList{} << "attendre --help";
    QTest::newRow("unknown command") << QStringList{"paint"} << "paint";
    QTest::newRow("unknown option") << record({"--colour", "red"}) << "--colour";
    QTest::newRow("misspelt option")
        << record({"5", "--memroy", "5"}) << "--memroy is unknown; did you mean --memory?";
    QTest::newRow("no output") << QStringList{"record", model, text} << "--output";
    QTest::newRow("memory") << record({"--memory", "many"}) << "many";
    QTest::newRow("policy")
        << record({"--policy", "lru"})
        << "\"lru\"; it takes one of fifo, lra, lfa, random, h2o, tova, custom, "
           "future.";
    QTest::newRow("pin") << record({"--pin", "9-3"}) << "9-3";
    QTest::newRow("missing config")
        << record({"--config", m_folder.filePath("none.json")}) << "none.json";
    QTest::newRow("bad JSON") << record({"--config", file("bad.json", "{\"memory\": 5,}")})
                              << "bad.json";
    QTest::newRow("no object") << record({"--config", file("list.json", "[1]")}) << "list.json";
    QTest::newRow("unknown name")
        << record({"--config", file("name.json", "{\"memery\": 512}")})
        << "There is no option --memery; there are preset, mode, memory, query-memory, chunk";
    QTest::newRow("wrong type") << record({"--config", file("type.json", "{\"pure\": \"very\"}")})
                                << "pure";
    QTest::newRow("null") << record({"--config", file("null.json", "{\"memory\": null}")})
                          << "null.json: The option --memory has the value null";
    QTest::newRow("nested") << record({"--config", file("nest.json", "{\"chunk\": {\"a\": 1}}")})
                            << "{\"a\":1}";
    QTest::newRow("twice") << record({"--config",
                                      file("twice.json", "{\"chunk\": 8, \"pin\": [\"1-2\"], "
                                                         "\"ch\\u0075nk\": 9}")})
                           << "names \"chunk\" twice";
    QTest::newRow("text for a number")
        << record({"--config", file("text.json", "{\"sinks\": \"4\"}")}) << "--sinks";
    QTest::newRow("number for a word")
        << record({"--config", file("word.json", "{\"preset\": 4}")}) << "--preset";
    QTest::newRow("half a token") << record({"--config", file("half.json", "{\"chunk\": 1.5}")})
                                  << "1.5";
    QTest::newRow("trailing comma") << record({"--memory", "64,"}) << "\"64,\"";
    QTest::newRow("too large") << record({"--memory", "99999999999"}) << "to 2147483647";
    QTest::newRow("tokens") << QStringList{"tokenize", model, text, "--tokens", "-1"}
                            << "--tokens has the value \"-1\"";
    QTest::newRow("empty output") << QStringList{"record", model, text, "-o", ""} << "-o";
    QTest::newRow("options of a trace")
        << QStringList{"info", QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis-start.trace"),
                       "--memory", "64"}
        << "--memory";
    QTest::newRow("info, too small")
        << QStringList{"info", model, "--memory", "10", "--tokens", "100"} << "s + pins + r + C";
    QTest::newRow("pure and sinks")
        << QStringList{"info", model, "--pure", "--sinks", "4"} << "--pure means s = r = 0";
    QTest::newRow("append and overwrite") << record({"--append", "--overwrite"}) << "--append";
    QTest::newRow("score in prefix mode")
        << QStringList{"score", model, text, "--mode", "prefix"} << "causal";
    QTest::newRow("run 0")
        << QStringList{"replay", text, "--run", "0"}
        << "The option --run has the value \"0\"; it takes a whole number from 1 "
           "to 2147483647.";
    QTest::newRow("layer") << QStringList{"trace", "losses", text, "--layer",
                                          "first", "--head", "0"}
                           << "--layer has the value \"first\"; it takes a whole number from 0";
    QTest::newRow("an empty template") << record({"--template", ""}) << "{document} nowhere";
    QTest::newRow("an unknown mark")
        << record({"--template", "{document}{question}{answer}"}) << "holds {answer}";
    QTest::newRow("score of an encoder-decoder")
        << QStringList{"score", tinyModel("t5-peaked"), text} << "an encoder-decoder, which cannot";
    QTest::newRow("text in JSON") << record({"--config", file("chunk.json", "{\"chunk\": \"x\"}")})
                                  << "it takes a whole number from 1 to 2147483647.";
    QTest::newRow("too large a number")
        << record({"--policy", "custom", "--expression", "1e400"}) << "1e400 is out of range";
    QTest::newRow("a column that is not there")
        << QStringList{"trace",
                       "export",
                       QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis-start.trace"),
                       "--table",
                       "steps",
                       "--where",
                       "foo = 1"}
        << "the columns of steps are run, step, kind, arrived, milliseconds.";
    QTest::newRow("shell") << QStringList{"completion", "tcsh"} << "tcsh";
}

void TestCommandLine::wrongUsage() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Ran ran = run(arguments);
    QCOMPARE(ran.exitCode, 2);
    QVERIFY2(ran.oneSentence(), ran.err.constData());
    QVERIFY2(ran.err.contains(says.toUtf8()), ran.err.constData());
    QVERIFY(ran.out.isEmpty());
}

void TestCommandLine::badInput_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const QString model = tinyModel();
    const QString text = file("text.txt", "In the beginning");
    QTest::newRow("missing model")
        << QStringList{"tokenize", m_folder.filePath("none.gguf"), text} << "none.gguf";
    QTest::newRow("missing model, info")
        << QStringList{"info", m_folder.filePath("none.gguf")} << "none.gguf";
    QTest::newRow("no model") << QStringList{"info", text} << "text.txt";
    QTest::newRow("missing document")
        << QStringList{"tokenize", model, m_folder.filePath("none.txt")} << "none.txt";
    QTest::newRow("empty document")
        << QStringList{"tokenize", model, file("empty.txt", "")} << "empty.txt";
    QTest::newRow("no UTF-8") << QStringList{"tokenize", model, file("latin.txt", "caf\xe9 noir")}
                              << "3";
    QTest::newRow("no trace") << QStringList{"trace", "check", text} << "text.txt";
    QTest::newRow("an empty trace")
        << QStringList{"trace", "check", file("empty.trace", "")} << "empty.trace is empty";
    QTest::newRow("no such run")
        << QStringList{"replay",
                       QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis-start.trace"),
                       "--run",
                       "9",
                       "-o",
                       m_folder.filePath("no.trace")}
        << "has no run 9; its only run is 1.";
    QTest::newRow("missing trace")
        << QStringList{"trace", "digest", m_folder.filePath("none.trace")} << "none.trace";
    QTest::newRow("truncated model")
        << QStringList{"info", file("short.gguf", QByteArray("GGUF\3\0\0\0", 8))} << "short.gguf";
}

void TestCommandLine::badInput() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Ran ran = run(arguments);
    QVERIFY2(ran.exitCode == 1 || ran.exitCode == 2, ran.err.constData());
    QVERIFY2(ran.oneSentence(), ran.err.constData());
    QVERIFY2(ran.err.contains(says.toUtf8()), ran.err.constData());
    QVERIFY(ran.out.isEmpty());
}

void TestCommandLine::tokenizeAsJson() {
    const QByteArray text = "In the beginning God created the heaven and the earth.\r\n";
    const Ran ran = run({"tokenize", tinyModel(), file("line.txt", text), "--json", "--bos", "no"});
    QCOMPARE(ran.exitCode, 0);
    QVERIFY(ran.err.isEmpty());
    const QJsonArray ids = ran.json()["ids"].toArray(), bytes = ran.json()["bytes"].toArray();
    QVERIFY(!ids.isEmpty());
    QCOMPARE(ids.size(), bytes.size());
    int end = 0;
    for (const QJsonValue& range : bytes) {
        QCOMPARE(range.toArray().size(), 2);
        QCOMPARE(range[0].toInt(), end); // byte-level BPE leaves nothing out
        end = range[1].toInt();
    }
    QCOMPARE(end, int(text.size()));
}

void TestCommandLine::tokenizeWithBosAndTokens() {
    const QString path = file("bos.txt", "In the beginning God created the heaven");
    const Ran plain = run({"tokenize", tinyModel(), path, "--json", "--bos", "no"});
    const Ran bos = run({"tokenize", tinyModel(), path, "--json", "--bos", "yes", "--tokens", "3"});
    QCOMPARE(bos.exitCode, 0);
    const QJsonArray ids = bos.json()["ids"].toArray();
    QCOMPARE(ids.size(), 4);
    QCOMPARE(bos.json()["bytes"].toArray()[0].toArray(), (QJsonArray{0, 0}));
    for (int i = 0; i < 3; ++i)
        QCOMPARE(ids[i + 1].toInt(), plain.json()["ids"].toArray()[i].toInt());
}

void TestCommandLine::tokenizeAsTable() {
    const Ran ran = run({"tokenize", tinyModel(), file("table.txt", "In\tthe\n"), "--bos", "no"});
    QCOMPARE(ran.exitCode, 0);
    const QList<QByteArray> lines = ran.out.trimmed().split('\n');
    QCOMPARE(lines.first().split('\t').size(), 5);
    QCOMPARE(lines.first().split('\t').first(), QByteArray("0"));
    QVERIFY(!ran.out.contains("In\tthe"));
    const QByteArray control("a\0b\x1b[2J", 7);
    const Ran escaped = run({"tokenize", tinyModel(), file("control.txt", control)});
    QCOMPARE(escaped.exitCode, 0);
    QVERIFY(escaped.out.contains("\\x00") && escaped.out.contains("\\x1b"));
    QVERIFY(!escaped.out.contains('\0') && !escaped.out.contains('\x1b'));
}

void TestCommandLine::byteOrderMarkShiftsRanges() {
    const Ran plain =
        run({"tokenize", tinyModel(), file("plain.txt", "earth and sea"), "--json", "--bos", "no"});
    const Ran marked = run({"tokenize", tinyModel(),
                            file("marked.txt", "\xef\xbb\xbf"
                                               "earth and sea"),
                            "--json", "--bos", "no"});
    QCOMPARE(marked.json()["ids"], plain.json()["ids"]);
    QCOMPARE(marked.json()["bytes"].toArray()[0].toArray()[0].toInt(), 3);
}

void TestCommandLine::infoOfAModel() {
    const Ran ran = run({"info", tinyModel(), "--json"});
    QCOMPARE(ran.exitCode, 0);
    const QJsonObject json = ran.json();
    QCOMPARE(json["kind"].toString(), QString("model"));
    QCOMPARE(json["family"].toString(), QString("llama"));
    for (const char* member : {"layers", "queryHeads", "heads", "headDimension", "hidden",
                               "feedForward", "vocabulary", "trainedLength"})
        QVERIFY2(json["shape"].toObject()[member].toInt() > 0, member);
    QVERIFY(json["parameters"].toInt() > 0);
    QVERIFY(!json["tokenizer"].toString().isEmpty());
    const Ran text = run({"info", tinyModel()});
    QVERIFY(text.out.contains("trained length"));
    QVERIFY(text.out.contains("memory needed"));
}

// A T5 folder with sentencepiece's tokenizer.
void TestCommandLine::infoOfAnEncoderDecoder() {
    const QString golden = QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/");
    QTemporaryDir folder;
    const auto copy = [&](const char* from, const char* to) {
        return QFile::copy(golden + from, folder.filePath(to));
    };
    QVERIFY(copy("formats/t5-gated.safetensors", "model.safetensors"));
    QVERIFY(copy("sentencepiece/t5/spiece.model", "spiece.model"));
    QFile config(folder.filePath("config.json"));
    QVERIFY(config.open(QIODevice::WriteOnly));
    config.write(R"({"model_type":"t5","d_model":16,"d_kv":6,"d_ff":24,"num_heads":2,
        "num_layers":2,"num_decoder_layers":3,"relative_attention_num_buckets":8,"vocab_size":40,
        "feed_forward_proj":"gated-gelu","tie_word_embeddings":false})");
    config.close();
    const Ran ran = run({"info", folder.path(), "--json"});
    QVERIFY2(ran.exitCode == 0, ran.err.constData());
    const QJsonObject pair = ran.json()["encoderDecoder"].toObject();
    QCOMPARE(pair["decoderLayers"].toInt(), 3);
    QCOMPARE(pair["endToken"].toInt(), 1);
    QCOMPARE(ran.json()["tokenizer"].toString(), "sentencepiece unigram, 900 tokens");
    const Ran text = run({"info", folder.path()});
    QVERIFY(text.out.contains("2 in the encoder, 3 in the decoder"));
    QVERIFY(text.out.contains("the input ends with token 1"));
    const Ran ids =
        run({"tokenize", folder.path(), file("t5.txt", "  In the \xEF\xAC\x81re "), "--json"});
    QVERIFY2(ids.exitCode == 0, ids.err.constData());
    QCOMPARE(ids.json()["bytes"].toArray().first().toArray()[0].toInt(), 2);
    QCOMPARE(ids.json()["bytes"].toArray().last().toArray()[1].toInt(), 14);
}

void TestCommandLine::infoFollowsTheSizes() {
    const auto need = [](const QString& memory) {
        const Ran ran = run({"info", tinyModel(), "--json", "--memory", memory, "--chunk", "16",
                             "--tokens", "4000"});
        return ran.json()["memory"].toObject();
    };
    const qint64 small = need("64")["keyValue"].toInteger();
    const qint64 large = need("128")["keyValue"].toInteger();
    const qint64 full = need("full")["keyValue"].toInteger();
    QVERIFY(small > 0);
    QVERIFY(large > small);
    QVERIFY(full > large);
    QCOMPARE(need("64")["tokens"].toInt(), 4000);
    const Ran lfa = run({"info", tinyModel(), "--json", "--policy", "lfa", "--chunk", "16"});
    QCOMPARE(lfa.json()["resolved"].toObject()["sinks"].toInt(), 4);
    QCOMPARE(lfa.json()["resolved"].toObject()["recent"].toInt(), 16);
}

void TestCommandLine::completionOffersCommandsAndOptions() {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const Ran ran = run({"completion", shell});
        QCOMPARE(ran.exitCode, 0);
        for (const char* word : {"tokenize", "digest", "memory", "streaming-llm", "append"})
            QVERIFY2(ran.out.contains(word), word);
    }
    const QString script = file("completion.bash", run({"completion", "bash"}).out);
    const auto complete = [&](const QByteArray& words) {
        QProcess bash;
        bash.start("bash", {"-c",
                            "source \"$0\"; COMP_WORDS=(attendre " + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _attendre; "
                                "echo \"${COMPREPLY[@]}\"",
                            script});
        bash.waitForFinished();
        return bash.readAllStandardOutput().trimmed().split(' ');
    };
    QCOMPARE(complete("rec"), QList<QByteArray>{"record"});
    QCOMPARE(complete("trace di"), QList<QByteArray>{"digest"});
    QCOMPARE(complete("record m.gguf a.txt --half"), QList<QByteArray>{"--half-life"});
    QCOMPARE(complete("record --positions re"), QList<QByteArray>{"relative"});
}

void TestCommandLine::startsInMilliseconds() {
    QElapsedTimer timer;
    qint64 best = 1000;
    for (int i = 0; i < 5; ++i) {
        timer.start();
        QCOMPARE(run({"--version"}).exitCode, 0);
        best = std::min(best, timer.elapsed());
    }
    QVERIFY2(best < 250, qPrintable(QString("%1 ms").arg(best)));
}

QTEST_GUILESS_MAIN(TestCommandLine)
#include "test_command_line.moc"
