#include "model/analysis/trace_export.h"
#include "model/analysis/trace_query.h"
#include "model/analysis/trace_sql.h"
#include "model/trace/recorder.h"
#include "model/trace/tables.h"
#include "tests/analysis/kept_rows.h"
#include "tests/trace/made_steps.h"

#include <QBuffer>
#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace attendre;

namespace {

const QString runaway = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) ";

} // namespace

class TraceQueryTest : public QObject {
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

    QueryOutcome query(const QString& sql, KeptRows& rows, const QueryLimits& limits = {},
                       const Cancel& cancel = {}) {
        return runQuery(m_path, {sql, {}}, limits, rows, {}, cancel);
    }

  private slots:
    void initTestCase() {
        m_path = m_folder.filePath("a.trace");
        MadeOptions options;
        options.tokens = 160;
        record(m_path, options);
    }

    // Every table gives what the export of it gives, over random conditions too.
    void sameRowsAsTheExport() {
        QRandomGenerator random(7);
        for (const QString& table : tableNames()) {
            QStringList names;
            for (const PublicColumn& column : tableColumns(table))
                names << column.name;
            for (int i = 0; i < 4; ++i) {
                QString where = "run = 1";
                if (names.contains("step"))
                    where += QString(" AND step < %1").arg(random.bounded(40));
                if (names.contains("layer"))
                    where += QString(" AND layer >= %1").arg(random.bounded(3));
                if (names.contains("position"))
                    where += QString(" AND position %% 7 <> %1").arg(random.bounded(7));
                where.replace("%%", "%");
                QBuffer exported, queried;
                exported.open(QIODevice::WriteOnly);
                queried.open(QIODevice::WriteOnly);
                QVERIFY(exportTable(m_path, {table, "csv", where}, exported, {}, {}).ok());
                auto format = csvFormat(queried);
                const QString sql =
                    QString("SELECT %1 FROM %2 WHERE %3").arg(names.join(", "), table, where);
                const QueryOutcome outcome = runQuery(m_path, {sql, {}}, {}, *format, {}, {});
                QVERIFY2(!outcome.error, outcome.error ? qPrintable(outcome.error->sentence) : "");
                QCOMPARE(queried.data(), exported.data());
                QCOMPARE(outcome.rows,
                         qint64(exported.data().count('\n')) -
                             (table == "tokens" ? exported.data().count("\"\n\"") : 0) - 1);
            }
        }
    }

    void columnsAreThoseOfTheTables() {
        for (const QString& table : tableNames()) {
            KeptRows described;
            QVERIFY(!query(QString("SELECT name, type FROM pragma_table_info('%1')").arg(table),
                           described)
                         .error);
            QList<QStringList> told;
            for (const PublicColumn& column : tableColumns(table))
                told << QStringList{column.name, column.type};
            QCOMPARE(told, described.rows);
        }
        QVERIFY(tableColumns("t_runs").empty());
    }

    void languageIsWhole_data() {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("value");
        QTest::newRow("with") << "WITH a AS (SELECT 3 AS n) SELECT count(*) FROM a"
                              << "1";
        QTest::newRow("recursive") << runaway + "SELECT sum(x) FROM (SELECT x FROM c LIMIT 100)"
                                   << "5050";
        QTest::newRow("window") << "SELECT max(n) FROM (SELECT row_number() OVER (PARTITION BY "
                                   "layer ORDER BY rank) AS n FROM residents WHERE step = 20 AND "
                                   "head = 0)"
                                << "16";
        QTest::newRow("like") << "SELECT (SELECT count(*) FROM tokens WHERE text LIKE '%ight') = "
                                 "(SELECT count(*) FROM tokens WHERE substr(text, -4) = 'ight') "
                                 "AND count(*) > 5 FROM tokens WHERE text GLOB '*ight'"
                              << "1";
        QTest::newRow("json") << "SELECT json_extract(config, '$.policy') FROM runs"
                              << "lra";
        QTest::newRow("json table") << "SELECT count(*) > 10 FROM runs, json_each(runs.config)"
                                    << "1";
        QTest::newRow("exists") << "SELECT EXISTS (SELECT 1 FROM evictions WHERE layer = 9)"
                                << "0";
        QTest::newRow("comment") << "SELECT 1 -- no more;\n; /* and */ -- nothing"
                                 << "1";
        QTest::newRow("values") << "VALUES (4)"
                                << "4";
        QTest::newRow("null") << "SELECT NULL"
                              << "null";
    }
    void languageIsWhole() {
        QFETCH(QString, sql);
        QFETCH(QString, value);
        KeptRows kept;
        const QueryOutcome outcome = query(sql, kept);
        QVERIFY2(!outcome.error, outcome.error ? qPrintable(outcome.error->sentence) : "");
        QCOMPARE(kept.rows, QList<QStringList>{{value}});
    }

    void refused_data() {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("words");
        QTest::addColumn<int>("at");
        const QString file = m_folder.filePath("written");
        QTest::newRow("attach") << "ATTACH '" + file + "' AS other"
                                << "a SELECT" << 0;
        QTest::newRow("vacuum") << "VACUUM INTO '" + file + "'"
                                << "a SELECT" << 0;
        QTest::newRow("writable schema") << "PRAGMA writable_schema = 1"
                                         << "pragma writable_schema" << 7;
        QTest::newRow("temp store") << "PRAGMA temp_store = FILE"
                                    << "pragma temp_store" << 7;
        QTest::newRow("pragma table") << "SELECT * FROM pragma_database_list"
                                      << "not allowed" << 0;
        QTest::newRow("extension") << "SELECT load_extension('x')"
                                   << "function load_extension()" << 7;
        QTest::newRow("tokenizer") << "SELECT fts3_tokenizer('simple')"
                                   << "not allowed" << 7;
        QTest::newRow("schema") << "SELECT * FROM sqlite_schema"
                                << "sqlite_master" << 0;
        QTest::newRow("physical") << "SELECT * FROM t_runs"
                                  << "no such table: t_runs" << -1;
        QTest::newRow("insert") << "INSERT INTO runs(run) VALUES (1)"
                                << "a SELECT" << 0;
        QTest::newRow("delete") << "DELETE FROM tokens"
                                << "may not be modified" << -1;
        QTest::newRow("create") << "CREATE TABLE x(y)"
                                << "a SELECT" << 0;
        QTest::newRow("temporary") << "\n CREATE TEMP TABLE x AS SELECT 1"
                                   << "a SELECT" << 25;
        QTest::newRow("virtual") << "CREATE VIRTUAL TABLE x USING fts5(y)"
                                 << "a SELECT" << 0;
        QTest::newRow("begin") << "BEGIN"
                               << "a SELECT" << 0;
        QTest::newRow("two") << "SELECT 1; DELETE FROM tokens"
                             << "more than one" << 10;
        QTest::newRow("broken second") << "SELECT 1; nonsense"
                                       << "more than one" << 10;
        QTest::newRow("zero") << QString("SELECT 1") + QChar(u'\0') + "; DELETE"
                              << "one" << 8;
        QTest::newRow("nothing") << " -- only this\n"
                                 << "no statement" << -1;
        QTest::newRow("column") << "SELECT run,\n  laver FROM evictions"
                                << "no such column: laver (line 2, column 3); evictions has run"
                                << 14;
        QTest::newRow("behind an umlaut")
            << QString::fromUtf8("SELECT 'ä𝄞ß', laver") << "(line 1, column 16)" << 15;
        QTest::newRow("syntax") << "SELECT * FORM runs"
                                << "near \"FORM\": syntax error" << 9;
        QTest::newRow("quotes") << "SELECT \"abc\""
                                << "'single quotes'" << 7;
        QTest::newRow("function") << "SELECT nosuch(1)"
                                  << "no such function: nosuch" << 7;
        QTest::newRow("parameter") << "SELECT :stop"
                                   << "parameter :stop" << 7;
        QTest::newRow("nested") << "SELECT " + QString(600, '(') + "1" + QString(600, ')')
                                << "cannot be run" << -1;
        QTest::newRow("long") << "SELECT '" + QString(100'001, 'a') + "'"
                              << "cannot be run" << -1;
    }
    void refused() {
        QFETCH(QString, sql);
        QFETCH(QString, words);
        QFETCH(int, at);
        const auto before = filesOf(m_folder.path());
        KeptRows kept;
        const QueryOutcome outcome = query(sql, kept);
        QVERIFY(outcome.error.has_value());
        QVERIFY2(outcome.error->sentence.contains(words), qPrintable(outcome.error->sentence));
        QVERIFY2(outcome.error->sentence.endsWith('.'), qPrintable(outcome.error->sentence));
        QCOMPARE(outcome.error->exitCode, 2);
        QCOMPARE(outcome.errorAt, at);
        QVERIFY(kept.rows.isEmpty());
        QCOMPARE(filesOf(m_folder.path()), before);
    }

    void aRunawayEndsByItself_data() {
        QTest::addColumn<QString>("sql");
        QTest::newRow("recursive") << runaway + "SELECT max(x) FROM c";
        // Walks over the trace without ever giving a row to SQLite.
        QTest::newRow("tables") << "SELECT count(*) FROM residents a, residents b, residents c, "
                                   "residents d WHERE a.position = -1 OR a.mass = b.mass + c.mass";
        QTest::newRow("sorting") << runaway + "SELECT x, hex(randomblob(1)) FROM c ORDER BY 2";
    }
    void aRunawayEndsByItself() {
        QFETCH(QString, sql);
        sql.replace("hex(randomblob(1))", "random()");
        QueryLimits limits;
        limits.milliseconds = 300;
        KeptRows kept;
        QElapsedTimer since;
        since.start();
        const QueryOutcome outcome = query(sql, kept, limits);
        QVERIFY(since.elapsed() < 5000);
        QVERIFY(outcome.error.has_value());
        QVERIFY(outcome.stopped);
        QVERIFY2(outcome.error->sentence.contains("0.3 s"), qPrintable(outcome.error->sentence));
    }

    void aRunawayIsCancelled() {
        Cancel cancel;
        std::thread other([cancel]() mutable {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            cancel.request();
        });
        QueryLimits limits;
        limits.milliseconds = 0;
        KeptRows kept;
        const QueryOutcome outcome = query(runaway + "SELECT max(x) FROM c", kept, limits, cancel);
        other.join();
        QVERIFY(outcome.stopped);
        QVERIFY2(outcome.error->sentence.contains("interrupted"),
                 qPrintable(outcome.error->sentence));
    }

    // What grouping keeps is bounded, and no file is written for it.
    void memoryIsBounded() {
        QueryLimits limits;
        limits.milliseconds = 60'000;
        KeptRows kept;
        const QueryOutcome outcome =
            query(runaway + "SELECT count(*) FROM (SELECT DISTINCT printf('%20000d', x) FROM c)",
                  kept, limits);
        QVERIFY(outcome.stopped);
        QVERIFY2(outcome.error->sentence.contains("MB"), qPrintable(outcome.error->sentence));
        QVERIFY(outcome.seconds < 60);
    }

    void limitsOfTheResult() {
        QueryLimits limits;
        limits.rows = 1234;
        KeptRows kept;
        QueryOutcome outcome = query(runaway + "SELECT x FROM c", kept, limits);
        QVERIFY(!outcome.error);
        QCOMPARE(outcome.cut, QueryOutcome::Cut::Rows);
        QCOMPARE(outcome.rows, qint64(1234));
        QCOMPARE(kept.rows.size(), 1234);
        QCOMPARE(kept.rows.back(), QStringList{"1234"});
        limits = {};
        limits.rows = 3;
        KeptRows exact;
        outcome = query("VALUES (1), (2), (3)", exact, limits);
        QCOMPARE(outcome.cut, QueryOutcome::Cut::None); // as many as allowed are not too many
        limits = {};
        limits.bytes = 100'000;
        KeptRows few;
        outcome = query(runaway + "SELECT printf('%10000d', x) FROM c", few, limits);
        QCOMPARE(outcome.cut, QueryOutcome::Cut::Bytes);
        QCOMPARE(outcome.rows, qint64(9));
        KeptRows none;
        outcome = query("SELECT group_concat(printf('%1000d', x)) FROM (" + runaway +
                            "SELECT x FROM c LIMIT 5000)",
                        none);
        QVERIFY2(outcome.error->sentence.contains("1,000,000 bytes"),
                 qPrintable(outcome.error->sentence));
    }

    void parametersAreBound() {
        KeptRows kept;
        const QueryRequest request{"SELECT :step + 1, $layer, @entry, typeof(:head), :step",
                                   {{"step", 8}, {"layer", 3}, {"entry", 77}, {"head", {}}}};
        QVERIFY(!runQuery(m_path, request, {}, kept, {}, {}).error);
        QCOMPARE(kept.rows.first(), (QStringList{"9", "3", "77", "null", "8"}));
    }

    // A recorder that writes while a query goes on is not kept waiting; the query sees the trace as
    // it was when it began.
    void aRecorderIsNotKeptWaiting() {
        const QString path = m_folder.filePath("growing.trace");
        MadeOptions options;
        options.tokens = 2000;
        auto recorder = Recorder::open(path, madeRun(options), madeTokens(options, "a b c "), {});
        QVERIFY(recorder.ok());
        MadeSteps made(options);
        for (int i = 0; i < 40; ++i)
            QVERIFY((*recorder)->add(std::move(*made.next())).ok());
        auto reader = Reader::open(path);
        QTRY_COMPARE((*reader)->stepCount(1).value(), 40);

        QueryOutcome outcome;
        KeptRows kept;
        Cancel cancel;
        std::thread other([&] {
            QueryLimits limits;
            limits.milliseconds = 240'000; // under the sanitizers it takes long
            outcome = runQuery(path,
                               {"SELECT count(*), max(step) FROM steps, (" + runaway +
                                    "SELECT x FROM c LIMIT 20000)",
                                {}},
                               limits, kept, {}, cancel);
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        QElapsedTimer since;
        since.start();
        while (auto step = made.next())
            QVERIFY((*recorder)->add(std::move(*step)).ok());
        QVERIFY((*recorder)->finish().ok());
        const qint64 writing = since.elapsed();
        other.join();
        QVERIFY2(!outcome.error, outcome.error ? qPrintable(outcome.error->sentence) : "");
        QVERIFY(outcome.seconds * 1000 > double(writing)); // it went on all the while
        QCOMPARE(kept.rows.first(), (QStringList{"800000", "39"}));
        // The recorder could leave WAL mode: nobody held the file.
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.read(20).at(18), char(1));
        QVERIFY(!QFile::exists(path + "-wal"));
    }

    void alignedRowsAreForPeople() {
        QBuffer out;
        out.open(QIODevice::WriteOnly);
        auto format = alignedFormat(out);
        QVERIFY(!runQuery(m_path,
                          {"SELECT 5 AS n, 'a\nb' AS text UNION ALL SELECT 12345, NULL", {}}, {},
                          *format, {}, {})
                     .error);
        QCOMPARE(out.data(), QByteArray("    n  text\n-----  ----\n    5  a\\nb\n12345\n"));
    }

    void everyFunctionIsThere() {
        auto sql = TraceSql::open(m_path, {}, 0);
        QVERIFY(sql.ok());
        // Those of newer libraries, and of libraries that were built with mathematics.
        const QStringList newer = {"concat", "concat_ws", "string_agg"};
        for (const QString& name : sqlFunctions()) {
            bool known = newer.contains(name);
            for (const char* arguments : {"1", "", "1, 2", "1, 2, 3"})
                for (const char* over : {"", " OVER ()"}) {
                    SqlRefusal refusal;
                    const auto statement = (*sql)->prepare(
                        QString("SELECT %1(%2)%3").arg(name, arguments, over), refusal);
                    known = known || statement || !refusal.reason.startsWith("no such function");
                }
            QVERIFY2(known, qPrintable(name));
        }
    }
};

QTEST_GUILESS_MAIN(TraceQueryTest)
#include "trace_query_test.moc"
