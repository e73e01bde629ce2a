#include "tests/app/run_program.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace attendre;

// `attendre trace query` as a person would type it.
class TestTraceQuery : public QObject {
    Q_OBJECT

    const QString m_trace = QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis-start.trace");
    const QString m_runaway =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c";

    Ran query(const QString& sql, const QStringList& more = {}) const {
        return run(QStringList{"trace", "query", m_trace, sql} + more);
    }

  private slots:
    void writesThreeFormats() {
        const QString sql = "SELECT position, text FROM tokens WHERE position IN (0, 3)";
        QCOMPARE(query(sql).out, QByteArray("position  text\n"
                                            "--------  ----\n"
                                            "       0  In\n"
                                            "       3   God\n"));
        QCOMPARE(query(sql, {"--format", "csv"}).out, QByteArray("position,text\n0,In\n3, God\n"));
        QCOMPARE(
            query(sql, {"--format", "jsonl"}).out,
            QByteArray("{\"position\":0,\"text\":\"In\"}\n{\"position\":3,\"text\":\" God\"}\n"));
        QVERIFY(query(sql).err.isEmpty());
    }

    void givesWhatTheExportGives() {
        for (const char* table : {"evictions", "tokens", "residents"}) {
            const QString where =
                QString("run = 1") + (qstrcmp(table, "tokens") == 0 ? "" : " AND layer = 3");
            const Ran exported =
                run({"trace", "export", m_trace, "--table", table, "--where", where});
            const Ran queried = query(QString("SELECT * FROM %1 WHERE %2").arg(table, where),
                                      {"--format", "csv", "--rows", "0"});
            QCOMPARE(queried.exitCode, 0);
            QVERIFY(queried.out.count('\n') > 10);
            QCOMPARE(queried.out, exported.out);
        }
    }

    void parametersAreSet() {
        const Ran ran = query("SELECT count(*) FROM layer_steps WHERE step = :step AND layer = @l",
                              {"--format", "csv", "--set", "step=2", "--set", "l=5"});
        QCOMPARE(ran.out, QByteArray("count(*)\n1\n"));
    }

    void limitsAreSaid() {
        const Ran ran = query("SELECT position FROM tokens", {"--rows", "5", "--format", "csv"});
        QCOMPARE(ran.exitCode, 0);
        QCOMPARE(ran.out.count('\n'), 6);
        QVERIFY2(ran.says("first 5 rows") && ran.says("--rows"), ran.err.constData());
        QElapsedTimer since;
        since.start();
        const Ran slow = query(m_runaway, {"--timeout", "1"});
        QVERIFY(since.elapsed() < 20'000);
        QCOMPARE(slow.exitCode, 1);
        QVERIFY2(slow.oneSentence() && slow.says("time limit"), slow.err.constData());
        QVERIFY(slow.out.isEmpty());
    }

    void isInterrupted() {
        QProcess process;
        process.start(programPath(), {"trace", "query", m_trace, m_runaway, "--timeout", "0"},
                      QIODevice::ReadOnly);
        QVERIFY(process.waitForStarted());
        QTest::qWait(500);
        QCOMPARE(process.state(), QProcess::Running);
        ::kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("interrupted"));
    }

    void refusals_data() {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QString>("says");
        QTest::newRow("writing") << "DELETE FROM tokens" << QStringList() << "cannot be run";
        QTest::newRow("attach") << "ATTACH 'x' AS y" << QStringList() << "a SELECT";
        QTest::newRow("column") << "SELECT laver FROM evictions" << QStringList()
                                << "no such column: laver (line 1, column 8); evictions has run";
        QTest::newRow("parameter") << "SELECT :step" << QStringList() << ":step";
        QTest::newRow("set") << "SELECT :step" << QStringList{"--set", "step"}
                             << "step=9 for :step";
        QTest::newRow("set a word")
            << "SELECT :step" << QStringList{"--set", "step=last"} << "\"step=last\"";
        QTest::newRow("format") << "SELECT 1" << QStringList{"--format", "npz"}
                                << "choose table, csv or jsonl";
        QTest::newRow("timeout") << "SELECT 1" << QStringList{"--timeout", "-1"} << "--timeout";
    }
    void refusals() {
        QFETCH(QString, sql);
        QFETCH(QStringList, more);
        QFETCH(QString, says);
        const Ran ran = query(sql, more);
        QCOMPARE(ran.exitCode, 2);
        QVERIFY2(ran.oneSentence(), ran.err.constData());
        QVERIFY2(ran.err.contains(says.toUtf8()), ran.err.constData());
        QVERIFY(ran.out.isEmpty());
    }

    // The condition of an export runs under the same rules.
    void anExportIsInterruptedInItsCondition() {
        QProcess process;
        process.start(programPath(),
                      {"trace", "export", m_trace, "--table", "steps", "--where",
                       "step IN (" + m_runaway + ")"},
                      QIODevice::ReadOnly);
        QVERIFY(process.waitForStarted());
        QTest::qWait(500);
        ::kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("interrupted"));
    }
};

QTEST_GUILESS_MAIN(TestTraceQuery)
#include "test_trace_query.moc"
