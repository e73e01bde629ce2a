#include "model/analysis/trace_check.h"
#include "model/analysis/trace_digest.h"
#include "model/analysis/trace_export.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QBuffer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <sqlite3.h>

using namespace attendre;

class TraceExportTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_path;

    static void record(const QString& path, const MadeOptions& options, const RecorderOptions& how,
                       const QString& label) {
        RunInfo run = madeRun(options);
        run.label = label;
        auto recorder =
            Recorder::open(path, run, madeTokens(options, "Let there be, \"light\"\n: and "), how);
        QVERIFY(recorder.ok());
        MadeSteps steps(options);
        while (auto step = steps.next()) {
            step->milliseconds += double(label.size()); // times differ, the digest does not
            QVERIFY((*recorder)->add(std::move(*step)).ok());
        }
        QVERIFY((*recorder)->finish().ok());
    }

    QByteArray exported(const ExportRequest& request) {
        QBuffer out;
        out.open(QIODevice::WriteOnly);
        const auto rows = exportTable(m_path, request, out, {}, {});
        return rows ? out.data() : rows.error().sentence.toUtf8();
    }

  private slots:
    void initTestCase() {
        m_path = m_folder.filePath("a.trace");
        record(m_path, MadeOptions(), {}, "first");
    }

    void csvQuotesWhatItMust() {
        const QByteArray csv = exported({"tokens", "csv", "position < 6"});
        const QByteArrayList lines = csv.split('\n');
        QCOMPARE(lines[0].trimmed(), QByteArray("run,position,segment,document_position,id,text,"
                                                "byte_begin,byte_end,nll"));
        QCOMPARE(lines[1].trimmed(), QByteArray("1,0,document,0,10,Let,0,3,"));
        QVERIFY(csv.contains(",\",\",12,13,"));    // a comma
        QVERIFY(csv.contains(",\"\"\"\",14,15,")); // a quotation mark
        QCOMPARE(lines.size(), 8);
    }

    void jsonLinesAreObjects() {
        const QByteArrayList lines =
            exported({"residents", "jsonl", "step = 15 AND layer = 1 AND head = 0"})
                .trimmed()
                .split('\n');
        QCOMPARE(lines.size(), MadeOptions().memory);
        for (const QByteArray& line : lines) {
            const QJsonObject row = QJsonDocument::fromJson(line).object();
            QCOMPARE(row.size(), 15);
            QCOMPARE(row["memory"].toString(), QString("kv"));
            QCOMPARE(row["tick_inserted"].toInt(), row["position"].toInt() + 1);
        }
    }

    void npzHoldsOneArrayAColumn() {
        const QByteArray zip = exported({"tokens", "npz", "position < 10"});
        QVERIFY(zip.startsWith("PK\x03\x04"));
        // Integers, reals with NaN for null, text of the longest's width.
        for (const QByteArray part : {"position.npy", "nll.npy", "text.npy", "'descr': '<i8'",
                                      "'descr': '<f8'", "'descr': '<U", "'shape': (10,)"})
            QVERIFY2(zip.contains(part), part.constData());
        const qsizetype at = zip.indexOf("position.npy") + 12;
        const qsizetype data = zip.indexOf('\n', at) + 1;
        QCOMPARE((data - at) % 64, qsizetype(0));
        QCOMPARE(qFromLittleEndian<qint64>(zip.constData() + data + 8 * 7), qint64(7));
        QCOMPARE(zip.right(22).left(4), QByteArray("PK\x05\x06", 4));
    }

    void conditionsMayUseTheOtherTables() {
        const QByteArray csv = exported(
            {"evictions", "csv",
             "position IN (SELECT position FROM tokens WHERE text = 'Let') AND layer = 0"});
        QVERIFY(csv.count('\n') > 1);
    }

    void conditionsCannotDoMore_data() {
        QTest::addColumn<QString>("where");
        QTest::newRow("physical") << "run IN (SELECT run FROM t_runs)";
        QTest::newRow("schema") << "1) UNION SELECT 1,2,3,4,sql FROM sqlite_schema --";
        QTest::newRow("pragma") << "1 IN (SELECT 1 FROM pragma_database_list)";
        QTest::newRow("two") << "1); DELETE FROM t_runs; SELECT (1";
        QTest::newRow("nonsense") << "no such thing";
        QTest::newRow("extension") << "load_extension('x')";
    }
    void conditionsCannotDoMore() {
        QFETCH(QString, where);
        QBuffer out;
        out.open(QIODevice::WriteOnly);
        const auto rows = exportTable(m_path, {"steps", "csv", where}, out, {}, {});
        QVERIFY(!rows.ok());
        QCOMPARE(rows.error().exitCode, 2);
        QVERIFY2(rows.error().sentence.contains(where), qPrintable(rows.error().sentence));
        QVERIFY(out.data().isEmpty());
    }

    void refusals() {
        QVERIFY(exported({"stepz", "csv", ""}).contains("layer_steps"));
        QVERIFY(exported({"steps", "xlsx", ""}).contains("jsonl"));
        Cancel cancel;
        cancel.request();
        QBuffer out;
        out.open(QIODevice::WriteOnly);
        QVERIFY(!exportTable(m_path, {"residents", "csv", ""}, out, {}, cancel).ok());
    }

    void theDigestIsOfTheContent_data() {
        QTest::addColumn<bool>("full");
        QTest::newRow("full") << true;
        QTest::newRow("summary") << false;
    }
    void theDigestIsOfTheContent() {
        QFETCH(bool, full);
        MadeOptions options;
        options.full = full;
        auto digest = [&](const char* name, const MadeOptions& made, int interval) {
            const QString path = m_folder.filePath(QString(name) + (full ? "f" : "s"));
            RecorderOptions how;
            how.keyframeInterval = interval;
            record(path, made, how, name);
            auto reader = Reader::open(path);
            return traceDigest(**reader, {}, {}).take();
        };
        const QString first = digest("one", options, 32);
        QCOMPARE(digest("another", options, 5), first);
        options.seed = 2;
        QVERIFY(digest("seeded", options, 32) != first);
    }

    void madeTracesHold() {
        for (const QString policy : {"lra", "fifo", "lfa", "h2o"}) {
            MadeOptions options;
            options.policy = policy;
            options.tokens = 200;
            options.recent = 2;
            const QString path = m_folder.filePath(policy);
            record(path, options, {}, policy);
            auto reader = Reader::open(path);
            const auto check = checkTrace(**reader, {}, {});
            QVERIFY(check.ok());
            QCOMPARE(check->violations, QStringList());
            QCOMPARE(check->entries, qint64(3 * 2 * 200));
        }
    }

    // A lost block of entries and a lost state are found.
    void lossesAreFound_data() {
        QTest::addColumn<QString>("sql");
        QTest::newRow("entries") << "DELETE FROM t_lives WHERE layer = 1 AND head = 1";
        QTest::newRow("victims")
            << "UPDATE t_layers SET state = (SELECT state FROM t_layers WHERE "
               "key = (1 << 44) + (9 << 12)) WHERE key = (1 << 44) + (9 << 12) + 1";
        QTest::newRow("state") << "DELETE FROM t_layers WHERE key = (1 << 44) + (10 << 12)";
        QTest::newRow("damage") << "UPDATE t_layers SET state = substr(state, 1, 40)";
    }
    void lossesAreFound() {
        QFETCH(QString, sql);
        const QString path = m_folder.filePath(QTest::currentDataTag());
        record(path, MadeOptions(), {}, "damaged");
        sqlite3* database = nullptr;
        sqlite3_open(qPrintable(path), &database);
        QCOMPARE(sqlite3_exec(database, qPrintable(sql), nullptr, nullptr, nullptr), SQLITE_OK);
        QVERIFY(sqlite3_changes(database) > 0);
        sqlite3_close(database);
        auto reader = Reader::open(path);
        QVERIFY(reader.ok());
        const auto check = checkTrace(**reader, {}, {});
        QVERIFY(!check.ok() || !check->violations.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TraceExportTest)
#include "trace_export_test.moc"
