#include "model/analysis/trace_export.h"
#include "model/analysis/trace_query.h"
#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "model/trace/tables.h"
#include "tests/analysis/kept_rows.h"
#include "tests/trace/made_steps.h"

#include <QBuffer>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

using namespace attendre;

// Traces that no recorder wrote: nothing of them is carried out, nothing is written, and who reads
// them comes to an end.
class StrangeTracesTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_path;

    static void record(const QString& path, const MadeOptions& options) {
        auto recorder = Recorder::open(path, madeRun(options),
                                       madeTokens(options, "Let there be, \"light\"\n: and "), {});
        QVERIFY(recorder.ok());
        MadeSteps steps(options);
        while (auto step = steps.next())
            QVERIFY((*recorder)->add(std::move(*step)).ok());
        QVERIFY((*recorder)->finish().ok());
    }

    // A copy of the trace, changed by SQL that a recorder never writes.
    QString changed(const char* name, const QByteArray& sql) {
        const QString path = m_folder.filePath(name);
        QFile::remove(path);
        if (!QFile::copy(m_path, path))
            return {};
        sqlite3* database = nullptr;
        sqlite3_open(qPrintable(path), &database);
        char* message = nullptr;
        if (sqlite3_exec(database, sql.constData(), nullptr, nullptr, &message) != SQLITE_OK)
            qWarning("%s", message);
        sqlite3_free(message);
        sqlite3_close(database);
        return path;
    }

  private slots:
    void initTestCase() {
        m_path = m_folder.filePath("a.trace");
        MadeOptions options;
        options.tokens = 160;
        record(m_path, options);
    }

    void strangersTraces_data() {
        QTest::addColumn<QByteArray>("sql");
        const QByteArray endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) ";
        QTest::newRow("a view with a public name")
            << "CREATE VIEW tokens AS " + endless + "SELECT x AS position, x AS run FROM c";
        QTest::newRow("a view in a table's place")
            << "ALTER TABLE t_layers RENAME TO t_hidden; CREATE VIEW t_layers AS " + endless +
                   "SELECT x AS key, zeroblob(900000000) AS state FROM c";
        QTest::newRow("a trigger")
            << QByteArray("CREATE TRIGGER x AFTER INSERT ON t_runs BEGIN DELETE FROM t_runs; END");
        QTest::newRow("a virtual table")
            << QByteArray("CREATE VIRTUAL TABLE runs USING fts5(run, config)");
        QTest::newRow("computed columns")
            << QByteArray("DROP TABLE t_nll; CREATE TABLE t_nll(key INTEGER PRIMARY KEY, data BLOB "
                          "AS (zeroblob(900000000))); INSERT INTO t_nll(key) VALUES (1 << 40)");
    }
    void strangersTraces() {
        QFETCH(QByteArray, sql);
        const QString path = changed("stranger.trace", sql);
        const auto before = filesOf(m_folder.path());
        QElapsedTimer since;
        since.start();
        KeptRows kept;
        const QueryOutcome outcome = runQuery(
            path, {"SELECT count(*) FROM tokens JOIN runs USING (run)", {}}, {}, kept, {}, {});
        QVERIFY(outcome.error.has_value());
        QVERIFY2(outcome.error->sentence.contains("stranger.trace") &&
                     outcome.error->sentence.contains("no trace does"),
                 qPrintable(outcome.error->sentence));
        QVERIFY(!Reader::open(path).ok());
        QBuffer out;
        out.open(QIODevice::WriteOnly);
        QVERIFY(!exportTable(path, {"runs", "csv", ""}, out, {}, {}).ok());
        QVERIFY(since.elapsed() < 2000);
        QCOMPARE(filesOf(m_folder.path()), before);
    }

    // Plain tables with other content: an error or other rows, and nothing is written.
    void strangersContent_data() {
        QTest::addColumn<QByteArray>("sql");
        QTest::newRow("a table with a public name")
            << QByteArray("CREATE TABLE tokens(run, position, secret); INSERT INTO tokens VALUES "
                          "(1, 2, 'x')");
        QTest::newRow("huge blobs")
            << QByteArray("UPDATE t_layers SET state = zeroblob(60000000) WHERE key = (1 << 44)");
        QTest::newRow("texts for blobs") << QByteArray("UPDATE t_steps SET numbers = 'abc'");
        QTest::newRow("huge runs")
            << QByteArray("UPDATE t_runs SET steps = 1000000000, tokens = 2147483647");
        QTest::newRow("huge networks")
            << QByteArray("UPDATE t_runs SET shape = '{\"layers\": 2000000000, \"heads\": "
                          "2000000000, \"query_heads\": 3}'");
        QTest::newRow("below zero") << QByteArray(
            "UPDATE t_runs SET steps = -5, tokens = -7, shape = '{\"layers\": -1, \"heads\": -1}'");
        QTest::newRow("no tables") << QByteArray("DROP TABLE t_layers; DROP TABLE t_steps");
        QTest::newRow("a zstd frame that says more than it has")
            << QByteArray("UPDATE t_tokens SET data = X'28B52FFDE0FFFFFFFFFFFF0000'");
    }
    void strangersContent() {
        QFETCH(QByteArray, sql);
        const QString path = changed("content.trace", sql);
        const auto before = filesOf(m_folder.path());
        QueryLimits limits;
        limits.milliseconds = 1000;
        for (const QString& table : tableNames()) {
            KeptRows kept;
            const QueryOutcome outcome =
                runQuery(path, {QString("SELECT * FROM %1").arg(table), {}}, limits, kept, {}, {});
            QVERIFY2(outcome.seconds < 6, qPrintable(table));
            if (outcome.error)
                QVERIFY2(outcome.error->sentence.endsWith('.'),
                         qPrintable(outcome.error->sentence));
            else if (table == "tokens")
                QVERIFY(!kept.names.contains("secret"));
        }
        QCOMPARE(filesOf(m_folder.path()), before);
    }
};

QTEST_GUILESS_MAIN(StrangeTracesTest)
#include "strange_traces_test.moc"
