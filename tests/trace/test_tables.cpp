#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "model/trace/tables.h"
#include "tests/trace/made_steps.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

#include <sqlite3.h>

using namespace attendre;

namespace {

MadeOptions madeOptions(bool full) {
    MadeOptions options;
    options.layers = 4;
    options.tokens = 400;
    options.memory = 24;
    options.chunk = 5;
    options.full = full;
    return options;
}

void addRun(const QString& path, const MadeOptions& options, bool append) {
    RecorderOptions how;
    how.append = append;
    how.keyframeInterval = 8;
    auto recorder = Recorder::open(path, madeRun(options),
                                   madeTokens(options, "And God said, Let there be light: "), how);
    QVERIFY2(recorder.ok(), recorder ? "" : qPrintable(recorder.error().sentence));
    MadeSteps steps(options);
    while (auto step = steps.next())
        QVERIFY((*recorder)->add(std::move(*step)).ok());
    QVERIFY((*recorder)->finish().ok());
}

} // namespace

class TestTables : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_path;
    sqlite3* m_connection = nullptr;

    // Rows as lists of text; null is "null".
    QList<QStringList> ask(const QString& sql) {
        QList<QStringList> rows;
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v2(m_connection, qPrintable(sql), -1, &statement, nullptr);
        if (code != SQLITE_OK) {
            qWarning("%s: %s", qPrintable(sql), sqlite3_errmsg(m_connection));
            return rows;
        }
        while (sqlite3_step(statement) == SQLITE_ROW) {
            QStringList row;
            for (int i = 0; i < sqlite3_column_count(statement); ++i) {
                const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
                row << (text ? QString::fromUtf8(text) : QString("null"));
            }
            rows << row;
        }
        sqlite3_finalize(statement);
        return rows;
    }
    qint64 askNumber(const QString& sql) {
        const auto rows = ask(sql);
        return rows.isEmpty() ? -1 : rows.first().first().toLongLong();
    }
    // How many blocks a question decodes on a fresh connection.
    qint64 decodedBy(const QString& sql) {
        cleanupTestCase();
        connectTo();
        const qint64 before = decodedBlocks();
        ask(sql);
        return decodedBlocks() - before;
    }
    void connectTo() {
        QCOMPARE(sqlite3_open_v2(qPrintable(m_path), &m_connection, SQLITE_OPEN_READONLY, nullptr),
                 SQLITE_OK);
        QVERIFY(registerTables(m_connection).ok());
    }

  private slots:
    void initTestCase() {
        m_path = m_folder.filePath("a.trace");
        addRun(m_path, madeOptions(true), false);
        MadeOptions other = madeOptions(false);
        other.policy = "fifo";
        addRun(m_path, other, true);
        connectTo();
    }
    void cleanupTestCase() {
        // Also shows that no table keeps a statement: a connection with one does not close.
        if (m_connection)
            QCOMPARE(sqlite3_close(m_connection), SQLITE_OK);
        m_connection = nullptr;
    }

    void columnsAreThePublicOnes_data() {
        QTest::addColumn<QString>("columns");
        QTest::newRow("runs")
            << "run uuid parent parent_step label created model model_hash document "
               "document_hash mode device dtype threads build tokens layers heads "
               "query_heads config command";
        QTest::newRow("steps") << "run step kind arrived milliseconds";
        QTest::newRow("layer_steps")
            << "run step layer first_position last_position arrived answered "
               "waiting occupancy evicted seen_coverage output_error";
        QTest::newRow("tokens")
            << "run position segment document_position id text byte_begin byte_end nll";
        QTest::newRow("evictions")
            << "run memory step layer head slot position inserted_step rank replaced_by";
        QTest::newRow("entries")
            << "run memory layer head position slot inserted_step evicted_step "
               "tick_inserted last_tick mass mass_sq hits last_mass";
        QTest::newRow("residents") << "run memory step layer head slot position inserted_step rank "
                                      "tick_inserted last_tick mass mass_sq hits last_mass";
        QTest::newRow("queries") << "run step layer position inserted_step";
        QTest::newRow("attention")
            << "run memory step layer head query_head query_position position weight";
    }
    void columnsAreThePublicOnes() {
        QFETCH(QString, columns);
        QVERIFY(tableNames().contains(QTest::currentDataTag()));
        QStringList names;
        for (const auto& row :
             ask(QString("SELECT name FROM pragma_table_info('%1')").arg(QTest::currentDataTag())))
            names << row.first();
        QCOMPARE(names.join(' '), columns);
    }

    void countsFollowFromTheRun() {
        QCOMPARE(askNumber("SELECT count(*) FROM runs"), 2);
        QCOMPARE(askNumber("SELECT count(*) FROM steps WHERE run = 1"), 80);
        QCOMPARE(askNumber("SELECT count(*) FROM layer_steps"), 2 * 80 * 4);
        QCOMPARE(askNumber("SELECT count(*) FROM tokens WHERE run = 2"), 400);
        QCOMPARE(askNumber("SELECT count(*) FROM entries WHERE run = 1"), 4 * 2 * 400);
        QCOMPARE(askNumber("SELECT count(*) FROM entries WHERE run = 1 AND evicted_step IS NULL"),
                 4 * 2 * 24);
        QCOMPARE(askNumber("SELECT count(*) FROM evictions WHERE run = 2"), 4 * 2 * (400 - 24));
        QCOMPARE(askNumber("SELECT count(*) FROM residents WHERE run = 1 AND step = 79"),
                 4 * 2 * 24);
        QCOMPARE(askNumber("SELECT count(*) FROM queries WHERE layer = 3 AND run = 1"), 400);
        QCOMPARE(askNumber("SELECT count(*) FROM queries WHERE run = 1 AND inserted_step <> step"),
                 0);
        QCOMPARE(askNumber("SELECT count(*) FROM attention WHERE run = 2"), 0);
        QCOMPARE(ask("SELECT DISTINCT kind FROM steps"), (QList<QStringList>{{"chunk"}}));
        QCOMPARE(ask("SELECT json_extract(config, '$.policy') FROM runs"),
                 (QList<QStringList>{{"lra"}, {"fifo"}}));
    }

    void rowsAgreeWithEachOther() {
        // Every eviction is the end of an entry, with the same slot, and its rank is that of the
        // resident one step earlier.
        QCOMPARE(askNumber("SELECT count(*) FROM evictions v JOIN entries e ON e.run = v.run AND "
                           "e.layer = v.layer AND e.head = v.head AND e.position = v.position AND "
                           "e.evicted_step = v.step AND e.slot = v.slot AND e.inserted_step = "
                           "v.inserted_step WHERE v.run = 1 AND v.layer = 2"),
                 2 * (400 - 24));
        QCOMPARE(askNumber("SELECT count(*) FROM evictions v JOIN residents r ON r.run = v.run AND "
                           "r.layer = v.layer AND r.head = v.head AND r.step = v.step - 1 AND "
                           "r.position = v.position AND r.rank = v.rank AND r.last_tick = r.rank "
                           "WHERE v.run = 1 AND v.layer = 1 AND v.step BETWEEN 30 AND 40"),
                 2 * 11 * 5);
        // The weights of a query add up to one.
        for (const auto& row :
             ask("SELECT sum(weight) FROM attention WHERE run = 1 AND step = 50 AND "
                 "layer = 0 GROUP BY head, query_position"))
            QVERIFY(std::abs(row.first().toDouble() - 1) < 1e-5);
        // At summary detail only keyframes have the other columns.
        QCOMPARE(
            ask("SELECT DISTINCT step % 8 = 0 FROM residents WHERE run = 2 AND mass IS NOT NULL"),
            (QList<QStringList>{{"1"}}));
    }

    void constraintsComeBackExactly_data() {
        QTest::addColumn<QString>("where");
        QTest::newRow("equal") << "layer = 2";
        QTest::newRow("greater") << "layer > 1";
        QTest::newRow("half") << "layer >= 0.5 AND layer < 2.5";
        QTest::newRow("below") << "layer < 0";
        QTest::newRow("null") << "layer = NULL";
        QTest::newRow("text") << "layer = 2 AND head = '1'";
        QTest::newRow("list") << "layer IN (0, 3, 9)";
        QTest::newRow("huge") << "layer < 1e30 AND layer > -9223372036854775808";
        QTest::newRow("contradiction") << "layer > 2 AND layer < 2";
        QTest::newRow("either") << "layer = 1 OR head = 0";
        QTest::newRow("position") << "position BETWEEN 100 AND 120 AND head = 1";
    }
    void constraintsComeBackExactly() {
        QFETCH(QString, where);
        // A unary plus keeps SQLite from handing the constraint down.
        QString plain = where;
        plain.replace("layer", "+layer")
            .replace("head = '1'", "head = 1")
            .replace("head", "+head")
            .replace("position", "+position");
        const QString sql = "SELECT * FROM residents WHERE run = 1 AND step = 70 AND (%1) ORDER BY "
                            "layer, head, slot";
        QCOMPARE(ask(sql.arg(where)), ask(sql.arg(plain)));
    }

    void pushedDownConstraintsDecodeLess() {
        // 4 layers, a keyframe every 8 steps: step 63 is the seventh after its keyframe.
        QCOMPARE(decodedBy("SELECT * FROM residents WHERE run = 1 AND step = 64 AND layer = 2"), 1);
        QCOMPARE(decodedBy("SELECT * FROM residents WHERE run = 1 AND step = 63 AND layer = 2"), 8);
        QCOMPARE(decodedBy("SELECT * FROM residents WHERE run = 1 AND step = 64"), 4);
        QCOMPARE(decodedBy("SELECT * FROM residents WHERE run = 1 AND layer = 0"), 80);
        QCOMPARE(decodedBy("SELECT * FROM residents WHERE run = 3"), 0);
        QVERIFY(decodedBy("SELECT * FROM entries WHERE run = 1 AND layer = 1 AND head = 0 AND "
                          "position = 77") < 25);
        QCOMPARE(decodedBy("SELECT * FROM runs, steps USING (run)"), 0);
        QCOMPARE(decodedBy("SELECT * FROM (SELECT 1 AS run, 64 AS step, 3 AS layer) JOIN residents "
                           "USING (run, step, layer)"),
                 1);
    }

    // A join decodes the memory once, and the tokens are what is looked up: never the reverse.
    void joinsScanTheMemoryAndLookUpTokens_data() {
        QTest::addColumn<QString>("sql");
        QTest::newRow("evictions by text")
            << "SELECT text, count(*) FROM evictions JOIN tokens USING (run, position) WHERE "
               "layer = 2 AND head = 1 GROUP BY text";
        QTest::newRow("the other way round")
            << "SELECT text, count(*) FROM tokens JOIN evictions USING (run, position) WHERE "
               "layer = 2 AND head = 1 GROUP BY text";
        QTest::newRow("residents of a step")
            << "SELECT text FROM tokens JOIN residents USING (run, position) WHERE run = 1 AND "
               "step = 70 AND layer = 2";
        QTest::newRow("all evictions")
            << "SELECT text, count(*) FROM tokens JOIN evictions USING (run, position) GROUP BY "
               "text";
        QTest::newRow("attention")
            << "SELECT text, sum(weight) FROM tokens JOIN attention USING (run, position) WHERE "
               "run = 1 AND layer = 2 GROUP BY text";
    }
    void joinsScanTheMemoryAndLookUpTokens() {
        QFETCH(QString, sql);
        const auto plan = ask("EXPLAIN QUERY PLAN " + sql);
        QVERIFY(plan.size() >= 2);
        const QString first = plan[0].last(), second = plan[1].last();
        QVERIFY2(!first.contains("tokens"), qPrintable(first));
        QVERIFY2(second.contains("tokens VIRTUAL TABLE") && second.contains("4="),
                 qPrintable(second));
    }

    // A list of positions is compared with, not looked up one by one.
    void listsOfPositionsDecodeOnce() {
        const QString one = "SELECT count(*) FROM evictions WHERE run = 1 AND layer = 2";
        const QString list = one + " AND position IN (SELECT position FROM tokens WHERE run = 1 "
                                   "AND id % 3 = 0)";
        QCOMPARE(decodedBy(list), decodedBy(one));
        const QString joined = "SELECT count(*) FROM evictions JOIN entries USING (run, layer, "
                               "head, position) WHERE run = 1 AND layer = 2";
        QVERIFY(decodedBy(joined) < 2 * decodedBy(one));
        QCOMPARE(askNumber(joined), 2 * (400 - 24));
    }

    void whatIsKeptFollowsTheFile() {
        const QString path = m_folder.filePath("grows.trace");
        addRun(path, madeOptions(false), false);
        sqlite3* mine = m_connection;
        QCOMPARE(sqlite3_open_v2(qPrintable(path), &m_connection, SQLITE_OPEN_READONLY, nullptr),
                 SQLITE_OK);
        QVERIFY(registerTables(m_connection).ok());
        QCOMPARE(askNumber("SELECT count(*) FROM tokens"), 400);
        QCOMPARE(askNumber("SELECT count(*) FROM entries WHERE layer = 1"), 2 * 400);
        addRun(path, madeOptions(false), true);
        QCOMPARE(askNumber("SELECT count(*) FROM tokens"), 800);
        QCOMPARE(askNumber("SELECT count(*) FROM entries WHERE layer = 1"), 2 * 800);
        QCOMPARE(sqlite3_close(m_connection), SQLITE_OK);
        m_connection = mine;
    }

    void theExtensionLoads_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("arguments");
        const QString library = QString(ATTENDRE_BINARY_DIR) + "/lib/attendre_trace";
        const QString sql = "SELECT count(*) FROM residents WHERE run = 1 AND step = 79";
        QTest::newRow("sqlite3") << "sqlite3"
                                 << QStringList{"-cmd", ".load " + library, m_path, sql};
        QTest::newRow("python") << "/usr/bin/python3"
                                << QStringList{"-c",
                                               "import sqlite3, sys\n"
                                               "c = sqlite3.connect(sys.argv[1])\n"
                                               "c.enable_load_extension(True)\n"
                                               "c.load_extension(sys.argv[2])\n"
                                               "print(c.execute(sys.argv[3]).fetchone()[0])\n"
                                               "c.close()\n",
                                               m_path, library, sql};
    }
    void theExtensionLoads() {
        QFETCH(QString, program);
        QFETCH(QStringList, arguments);
#ifdef __SANITIZE_ADDRESS__
        QSKIP("a program without the sanitizer cannot load a library that has it");
#endif
        const QString found = QStandardPaths::findExecutable(program);
        if (found.isEmpty())
            QSKIP(qPrintable(program + " is not installed"));
        QProcess process;
        process.start(found, arguments);
        QVERIFY(process.waitForFinished());
        const QByteArray errors = process.readAllStandardError();
        QVERIFY2(process.exitCode() == 0, errors.constData());
        QCOMPARE(process.readAllStandardOutput().trimmed(), QByteArray("192"));
    }
};

QTEST_GUILESS_MAIN(TestTables)
#include "test_tables.moc"
