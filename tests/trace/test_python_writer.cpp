#include "model/analysis/trace_check.h"
#include "model/analysis/trace_digest.h"
#include "model/trace/bytes.h"
#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "model/trace/tables.h"
#include "tests/trace/made_steps.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <random>

#include <sqlite3.h>

using namespace attendre;

namespace {

// The values of one column over a layer's slots: [heads][slots].
template <class T> QJsonArray byHead(const std::vector<T>& values, int heads) {
    QJsonArray all;
    const size_t each = values.size() / size_t(heads);
    for (int head = 0; head < heads; ++head) {
        QJsonArray row;
        for (size_t i = 0; i < each; ++i)
            row.append(double(values[size_t(head) * each + i]));
        all.append(row);
    }
    return all;
}

QJsonObject layerJson(const LayerRecord& r, int heads, bool rank) {
    QJsonObject layer{{"positions", byHead(r.position, heads)},
                      {"last_tick", byHead(r.lastTick, heads)},
                      {"hits", byHead(r.hits, heads)},
                      {"mass", byHead(r.mass, heads)},
                      {"mass_sq", byHead(r.massSquared, heads)},
                      {"last_mass", byHead(r.lastMass, heads)},
                      {"top", QJsonArray{byHead(r.attention.positions, 1).at(0),
                                         byHead(r.attention.weights, 1).at(0),
                                         byHead(r.attention.rest, 1).at(0)}}};
    if (rank)
        layer["rank"] = byHead(r.rank, heads);
    if (r.evicted > 0)
        layer["evicted"] = byHead(r.victimPositions, heads);
    return layer;
}

QJsonObject stepJson(const StepRecord& step, const MadeOptions& options) {
    QJsonArray layers, nll, next;
    for (const LayerRecord& layer : step.layers)
        layers.append(layerJson(layer, options.heads, options.policy == "random"));
    for (float value : step.nll)
        nll.append(double(value));
    for (const NextToken& token : step.next)
        next.append(QJsonArray{token.id, double(token.logProbability)});
    return {{"layers", layers},
            {"arrived", step.arrived},
            {"nll", nll},
            {"next", next},
            {"milliseconds", step.milliseconds}};
}

QJsonObject runJson(const RunInfo& run, const MadeOptions& options) {
    const bool given = run.policy.rankColumn.isEmpty();
    return {{"layers", options.layers},
            {"heads", options.heads},
            {"query_heads", run.shape.queryHeads},
            {"memory", options.memory},
            {"chunk", options.chunk},
            {"policy", run.policy.name},
            {"rank", given ? QString("given") : run.policy.rankColumn},
            {"sinks", options.sinks},
            {"recent", options.recent},
            {"label", run.label},
            {"model", run.model},
            {"model_hash", run.modelHash},
            {"document", run.document},
            {"document_hash", run.documentHash},
            {"build", run.build},
            {"command", run.command}};
}

QJsonArray tokensJson(const std::vector<TokenInfo>& tokens) {
    QJsonArray all;
    for (const TokenInfo& token : tokens)
        all.append(
            QJsonObject{{"id", token.id},
                        {"text", QString::fromLatin1(token.text.toHex())},
                        {"span", QJsonArray{qint64(token.byteBegin), qint64(token.byteEnd)}}});
    return all;
}

// The first Python that has numpy; ATTENDRE_PYTHON names one before all others.
QString pythonWithNumpy() {
    for (const QString& name : {qEnvironmentVariable("ATTENDRE_PYTHON"),
                                QString("/usr/bin/python3"), QString("python3")}) {
        const QString found = name.isEmpty() ? QString() : QStandardPaths::findExecutable(name);
        if (!found.isEmpty() && QProcess::execute(found, {"-c", "import numpy"}) == 0)
            return found;
    }
    return {};
}

} // namespace

class TestPythonWriter : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_python;

    // Runs tests/trace/python_writer.py; gives what it printed.
    QByteArray python(const QStringList& words, bool stored = true) {
        QProcess process;
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("PYTHONDONTWRITEBYTECODE", "1");
        environment.insert("PYTHONWARNINGS", "ignore");
        if (stored)
            environment.insert("ATTENDRE_STORED_FRAMES", "1");
        process.setProcessEnvironment(environment);
        const QString source = ATTENDRE_SOURCE_DIR;
        process.start(m_python, QStringList{source + "/tests/trace/python_writer.py",
                                            source + "/resources/python"} +
                                    words);
        const bool done = process.waitForFinished(120'000) && process.exitCode() == 0;
        const QByteArray errors = process.readAllStandardError();
        if (!done || !errors.isEmpty())
            QTest::qFail(errors.isEmpty() ? "Python did not end" : errors.constData(), __FILE__,
                         __LINE__);
        return process.readAllStandardOutput();
    }
    // Rows as lists of bytes. A blob column is decoded after the bytes that stand before its frame.
    QList<QByteArrayList> ask(const QString& path, const QString& sql, int before = -1) {
        QList<QByteArrayList> rows;
        sqlite3* connection = nullptr;
        sqlite3_stmt* statement = nullptr;
        sqlite3_open_v2(qPrintable(path), &connection, SQLITE_OPEN_READONLY, nullptr);
        if (!registerTables(connection).ok() ||
            sqlite3_prepare_v2(connection, qPrintable(sql), -1, &statement, nullptr) != SQLITE_OK)
            QTest::qFail(sqlite3_errmsg(connection), __FILE__, __LINE__);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            QByteArrayList row;
            for (int i = 0; i < sqlite3_column_count(statement); ++i) {
                const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
                const QByteArray value(bytes, sqlite3_column_bytes(statement, i));
                if (before < 0 || sqlite3_column_type(statement, i) != SQLITE_BLOB) {
                    row << (bytes ? value : QByteArray("null"));
                    continue;
                }
                const auto content = decompressed(value.mid(before));
                if (!content)
                    QTest::qFail(qPrintable(content.error().sentence), __FILE__, __LINE__);
                row << value.left(before) + (content ? *content : QByteArray());
            }
            rows << row;
        }
        sqlite3_finalize(statement);
        sqlite3_close(connection);
        return rows;
    }
    void checks(const QString& path) {
        auto reader = Reader::open(path);
        QVERIFY2(reader.ok(), reader ? "" : qPrintable(reader.error().sentence));
        auto check = checkTrace(**reader, {}, {});
        QVERIFY2(check.ok(), check ? "" : qPrintable(check.error().sentence));
        QCOMPARE(check->violations, QStringList());
        QVERIFY(check->evictions > 0);
    }
    QString digest(const QString& path) {
        auto reader = Reader::open(path);
        auto text = reader ? traceDigest(**reader, {}, {}) : Result<QString>(reader.error());
        return text ? *text : text.error().sentence;
    }

  private slots:
    void initTestCase() {
        m_python = pythonWithNumpy();
        if (m_python.isEmpty())
            QSKIP("no Python with numpy: the package python3-numpy is not installed");
    }

    void madeStepsAreWrittenAlike_data() {
        QTest::addColumn<QString>("policy");
        QTest::addColumn<int>("seed");
        QTest::addColumn<bool>("stored");
        int seed = 1;
        for (const char* policy : {"lra", "fifo", "h2o", "lfa", "random"})
            QTest::newRow(policy) << policy << seed++ << true;
        QTest::newRow("whatever zstd there is") << "lra" << seed << false;
    }
    void madeStepsAreWrittenAlike() {
        QFETCH(QString, policy);
        QFETCH(int, seed);
        QFETCH(bool, stored);
        std::mt19937 random{unsigned(seed)};
        const auto from = [&random](int low, int high) {
            return low + int(random() % unsigned(high - low + 1));
        };
        MadeOptions options;
        options.policy = policy;
        options.seed = unsigned(seed);
        options.layers = from(1, 5);
        options.heads = from(1, 4);
        options.chunk = from(1, 9);
        options.sinks = from(0, 3);
        options.recent = from(0, 3);
        options.memory = options.chunk + options.sinks + options.recent + from(1, 90);
        options.tokens = std::max(1000, options.memory * 3);
        if (options.tokens / options.chunk > 150)
            options.tokens = 150 * options.chunk + 1;
        const QString ours = m_folder.filePath(policy + ".trace");
        const QString theirs = m_folder.filePath(policy + ".python.trace");
        QFile::remove(ours);
        QFile::remove(theirs);

        const RunInfo run = madeRun(options);
        const auto tokens = madeTokens(options, "And God said, Let there be light: ");
        auto recorder = Recorder::open(ours, run, tokens, {});
        QVERIFY(recorder.ok());
        QJsonArray steps;
        MadeSteps made(options);
        while (auto step = made.next()) {
            steps.append(stepJson(*step, options));
            QVERIFY((*recorder)->add(std::move(*step)).ok());
        }
        QVERIFY((*recorder)->finish().ok());
        QFile file(m_folder.filePath("made.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(QJsonObject{{"run", runJson(run, options)},
                                             {"tokens", tokensJson(tokens)},
                                             {"steps", steps}})
                       .toJson(QJsonDocument::Compact));
        file.close();
        python({"made", file.fileName(), theirs}, stored);
        if (QTest::currentTestFailed())
            return;

        checks(theirs);
        QCOMPARE(digest(theirs), digest(ours));
        for (const char* sql :
             {"SELECT run, parent, parent_step, label, model, model_hash, document, document_hash, "
              "mode, device, dtype, threads, build, tokens, layers, heads, query_heads, "
              "json_remove(config, '$.granularity'), "
              "command FROM runs",
              "SELECT * FROM steps", "SELECT * FROM layer_steps", "SELECT * FROM tokens",
              "SELECT * FROM evictions", "SELECT * FROM entries",
              "SELECT * FROM residents WHERE step % 7 = 3", "SELECT * FROM queries",
              "SELECT * FROM attention WHERE step % 7 = 3",
              "SELECT steps, finished, detail, keyframe_interval FROM t_runs",
              "SELECT run FROM t_checked", "SELECT run, substr(bytes, 17) FROM t_count",
              "SELECT * FROM t_lives_until", "PRAGMA application_id", "PRAGMA user_version",
              "PRAGMA page_size", "PRAGMA journal_mode"})
            QVERIFY2(ask(theirs, sql) == ask(ours, sql), sql);
        // Byte by byte what is under them: numbers and series are in no public table.
        for (const char* sql : {"SELECT key, numbers, next FROM t_steps", "SELECT * FROM t_series",
                                "SELECT * FROM t_lives", "SELECT * FROM t_tokens",
                                "SELECT * FROM t_nll", "SELECT * FROM t_vocabulary"})
            QVERIFY2(ask(theirs, sql, 0) == ask(ours, sql, 0), sql);
        QVERIFY(ask(theirs, "SELECT * FROM t_layers", 2) == ask(ours, "SELECT * FROM t_layers", 2));
    }

    void usageFollowsFromWeights_data() {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 6; ++seed)
            QTest::addRow("seed %d", seed) << seed;
    }
    void usageFollowsFromWeights() {
        QFETCH(int, seed);
        const QString path = m_folder.filePath(QString("weights%1.trace").arg(seed));
        const QString expected = m_folder.filePath("expected.json");
        python({"attention", QString::number(seed), path, expected});
        if (QTest::currentTestFailed())
            return;
        checks(path);
        QFile file(expected);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
        const auto compare = [&](const QString& name, const QString& sql, int whole) {
            const auto rows = ask(path, sql);
            const QJsonArray wanted = json[name].toArray();
            QCOMPARE(rows.size(), wanted.size());
            std::vector<std::vector<double>> want, got;
            for (const QJsonValue& row : wanted) {
                want.emplace_back();
                for (const QJsonValue& value : row.toArray())
                    want.back().push_back(value.toDouble(-1));
            }
            for (const QByteArrayList& row : rows) {
                got.emplace_back();
                for (const QByteArray& value : row)
                    got.back().push_back(value == "null" ? -1 : value.toDouble());
            }
            std::sort(want.begin(), want.end());
            std::sort(got.begin(), got.end());
            for (size_t i = 0; i < want.size(); ++i)
                for (size_t k = 0; k < want[i].size(); ++k) {
                    const double room = int(k) < whole ? 0 : 1e-5 * std::max(1.0, want[i][k]);
                    QVERIFY2(std::abs(want[i][k] - got[i][k]) <= room,
                             qPrintable(QString("%1, row %2, column %3: %4 and %5")
                                            .arg(name)
                                            .arg(i)
                                            .arg(k)
                                            .arg(want[i][k])
                                            .arg(got[i][k])));
                }
        };
        compare("residents",
                "SELECT step, layer, head, position, last_tick, mass, mass_sq, hits, last_mass "
                "FROM residents",
                5);
        compare("attention",
                "SELECT step, layer, head, query_position, position, weight FROM attention", 5);
    }

    void theExampleHookRuns() {
        if (QProcess::execute(m_python, {"-c", "import importlib.util as u, sys\n"
                                               "sys.exit(not (u.find_spec('torch') and "
                                               "u.find_spec('transformers')))"}) != 0)
            QSKIP("this Python has no torch or no transformers; ATTENDRE_PYTHON names another one");
        const QString whole = m_folder.filePath("whole.trace");
        const QString window = m_folder.filePath("window.trace");
        python({"hook", whole, window});
        if (QTest::currentTestFailed())
            return;
        checks(window);
        QCOMPARE(ask(whole, "SELECT count(*) FROM evictions"), QList<QByteArrayList>{{"0"}});
        // Of 75 positions 24 stay: the sinks 0 to 3 and the last 20.
        QCOMPARE(ask(window, "SELECT DISTINCT position FROM entries WHERE evicted_step IS NULL "
                             "ORDER BY position")
                     .mid(3, 2),
                 (QList<QByteArrayList>{{"3"}, {"55"}}));
        QCOMPARE(ask(window, "SELECT count(*) FROM evictions"),
                 QList<QByteArrayList>{{QByteArray::number((75 - 24) * 3 * 2)}});
    }

    void wrongInputIsNamed() {
        const QString path = m_folder.filePath("wrong.trace");
        QFile there(path);
        QVERIFY(there.open(QIODevice::WriteOnly));
        there.close();
        const QList<QByteArray> sentences = python({"refusals", path}).trimmed().split('\n');
        const QList<QByteArray> names = {
            "no multiple of heads, 2",
            "rank is \"age\"",
            "above the memory of 2",
            "8 tokens and 1 texts",
            "is there already",
            "0 entries are gone where 2 keys arrived",
            "position 0 was evicted though it is protected",
            "position 3 was evicted though position 1 ranks below it",
            "\"evicted\" names the positions [1, 3]",
            "position 5 arrived and is not among the keys",
            "stands twice among the keys",
            "\"mass\" has the shape [1]",
            "column \"last_mass\" is needed",
            "nothing called \"colour\"",
            "nll has 1 values where 2",
            "weight to a key at a later position",
            "add up to 2, not to 1",
            "\"attention\" has the shape [1, 2, 2]",
            "negative or no number",
            "takes 1 to 2, the chunk",
            "only 1 tokens are known",
            "The step has 0 layers",
        };
        QCOMPARE(sentences.size(), names.size());
        for (qsizetype i = 0; i < names.size(); ++i)
            QVERIFY2(sentences[i].contains(names[i]) && sentences[i].endsWith('.'),
                     (sentences[i] + " | wanted: " + names[i]).constData());
    }
};

QTEST_GUILESS_MAIN(TestPythonWriter)
#include "test_python_writer.moc"
