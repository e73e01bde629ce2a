#include "model/analysis/trace_check.h"
#include "model/analysis/trace_digest.h"
#include "model/trace/bytes.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

using namespace attendre;

// A byte that is changed in whatever block of a trace is noticed and told; and what was recorded
// before there were checksums is read as ever.
class DamageTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_path;

    QString copy(const QString& name) {
        const QString path = m_folder.filePath(name);
        QFile::remove(path);
        return QFile::copy(m_path, path) ? path : QString();
    }

    // Calls change with every value of a column, and writes back what it leaves.
    static void change(const QString& path, const QByteArray& table, const QByteArray& column,
                       const std::function<void(QByteArray&)>& change) {
        sqlite3* database = nullptr;
        QCOMPARE(sqlite3_open(qPrintable(path), &database), SQLITE_OK);
        const auto call = [](sqlite3_context* out, int, sqlite3_value** values) {
            QByteArray bytes(static_cast<const char*>(sqlite3_value_blob(values[0])),
                             sqlite3_value_bytes(values[0]));
            (*static_cast<const std::function<void(QByteArray&)>*>(sqlite3_user_data(out)))(bytes);
            sqlite3_result_blob(out, bytes.constData(), int(bytes.size()), SQLITE_TRANSIENT);
        };
        sqlite3_create_function(database, "changed", 1, SQLITE_UTF8,
                                const_cast<std::function<void(QByteArray&)>*>(&change), call,
                                nullptr, nullptr);
        const QByteArray sql = "UPDATE " + table + " SET " + column + " = changed(" + column + ")";
        char* message = nullptr;
        sqlite3_exec(database, sql.constData(), nullptr, nullptr, &message);
        QVERIFY2(!message, message);
        QCOMPARE(sqlite3_close(database), SQLITE_OK);
    }

    static QString checked(const QString& path) {
        auto reader = Reader::open(path);
        if (!reader)
            return reader.error().sentence;
        auto check = checkTrace(**reader, {}, {});
        return check ? check->violations.join("; ") : check.error().sentence;
    }

    static QString digest(const QString& path) {
        auto reader = Reader::open(path);
        auto digested = reader ? traceDigest(**reader, {}, {}) : reader.error();
        return digested ? *digested : digested.error().sentence;
    }

  private slots:
    void initTestCase() {
        m_path = m_folder.filePath("whole.trace");
        MadeOptions options;
        options.tokens = 4 * 80; // a full row of a series, one of the level above
        RecorderOptions how;
        how.tokenBytes = [](std::int32_t id) { return QByteArray::number(id); };
        auto recorder = Recorder::open(m_path, madeRun(options),
                                       madeTokens(options, "Let there be light: and "), how);
        QVERIFY(recorder.ok());
        MadeSteps steps(options);
        while (auto step = steps.next())
            QVERIFY((*recorder)->add(std::move(*step)).ok());
        QVERIFY((*recorder)->finish().ok());
        QCOMPARE(checked(m_path), QString());
    }

    void everyKindOfBlock_data() {
        QTest::addColumn<QByteArray>("table");
        QTest::addColumn<QByteArray>("column");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* table, const char* column, const char* says) {
            QTest::newRow(table + QByteArray(" ") + column)
                << QByteArray(table) << QByteArray(column) << QString(says);
        };
        row("t_layers", "state", "layer 0 in step 0 of run 1");
        row("t_steps", "numbers", "the numbers of step 0 of run 1");
        row("t_steps", "next", "the likely next tokens of run 1, step 0");
        row("t_tokens", "data", "the tokens of run 1 from position 0 on");
        row("t_nll", "data", "the nll values of run 1 from position 1 on");
        row("t_vocabulary", "text", "the text of run 1's token");
        row("t_lives", "data", "the entries that left layer 0, head 0 of run 1");
        row("t_series", "data", "the series of run 1, row 0");
        row("t_runs", "shape", "the description of run 1");
        row("t_runs", "config", "the description of run 1");
        row("t_runs", "resolved", "the description of run 1");
        row("t_runs", "policy", "the description of run 1");
    }

    void everyKindOfBlock() {
        QFETCH(QByteArray, table);
        QFETCH(QByteArray, column);
        QFETCH(QString, says);
        // The frame's first byte, one in its middle, its checksum.
        for (const double where : {0.0, 0.5, 1.0}) {
            const QString path = copy("damaged.trace");
            change(path, table, column, [&](QByteArray& bytes) {
                char& byte = bytes[qsizetype(where * double(bytes.size() - 1))];
                byte = table == "t_runs" ? '}' : char(~byte);
            });
            if (QTest::currentTestFailed())
                return;
            const QString sentence = checked(path);
            if (table == "t_runs" && sentence.isEmpty())
                continue; // a brace stood there, or in the middle of a text
            QVERIFY2(sentence.contains(says), qPrintable(sentence));
            QVERIFY2(sentence.startsWith("The trace " + path + " is damaged in"),
                     qPrintable(sentence));
            QVERIFY2(sentence.contains("copy it again") && sentence.endsWith("again."),
                     qPrintable(sentence));
            QVERIFY(!sentence.contains("trace check") && !sentence.contains(".."));
        }
    }

    // Whatever byte of a block changes: the content is told to be wrong, or is what was written.
    void everyByteOfABlock() {
        for (const QByteArray& content :
             {QByteArray("light and light and light and light"), QByteArray(),
              QByteArray(4096, 'a'), QByteArray("\x01")}) {
            const QByteArray block = compressed(content);
            QCOMPARE(*decompressed(block), content);
            int told = 0;
            for (qsizetype i = 0; i < block.size(); ++i)
                for (int bit = 0; bit < 8; ++bit) {
                    QByteArray changed = block;
                    changed[i] = char(changed[i] ^ (1 << bit));
                    const auto read = decompressed(changed);
                    QVERIFY2(!read || *read == content, qPrintable(QString::number(i)));
                    told += read ? 0 : 1;
                }
            QVERIFY2(told > int(block.size()) * 6, qPrintable(QString::number(told)));
        }
    }

    void tracesWithoutChecksums() {
        const QString path = copy("old.trace");
        const auto raw = [](QByteArray& bytes) { bytes = *decompressed(bytes); };
        // The frame's descriptor without its checksum's bit, and the four bytes behind the frame.
        const auto bare = [](qsizetype from) {
            return [from](QByteArray& bytes) {
                QVERIFY(bytes[from + 4] & 4);
                bytes[from + 4] = char(bytes[from + 4] & ~4);
                bytes.chop(4);
            };
        };
        change(path, "t_layers", "state", bare(2));
        change(path, "t_steps", "numbers", bare(0));
        change(path, "t_tokens", "data", bare(0));
        change(path, "t_lives", "data", bare(0));
        for (const char* table : {"t_nll", "t_series"})
            change(path, table, "data", raw);
        change(path, "t_steps", "next", raw);
        change(path, "t_vocabulary", "text", raw);
        QVERIFY(!checked(path).isEmpty());
        sqlite3* database = nullptr;
        sqlite3_open(qPrintable(path), &database);
        sqlite3_exec(database, "DROP TABLE t_checked", nullptr, nullptr, nullptr);
        sqlite3_close(database);
        QCOMPARE(checked(path), QString());
        QCOMPARE(digest(path), digest(m_path));
        auto old = Reader::open(path), now = Reader::open(m_path);
        const auto id = (*now)->nextTokens(1, 3)->front().first;
        QCOMPARE((*old)->nextTokens(1, 3)->front().first, id);
        QCOMPARE((*old)->tokenText(1, id).take(), (*now)->tokenText(1, id).take());
        const auto a = (*old)->extents(1, Series::Nll, -1, -1, 0, 79, 3);
        const auto b = (*now)->extents(1, Series::Nll, -1, -1, 0, 79, 3);
        for (size_t i = 0; i < 3; ++i)
            QVERIFY((*a)[i].count > 0 && (*a)[i].mean == (*b)[i].mean);
    }
};

QTEST_GUILESS_MAIN(DamageTest)
#include "damage_test.moc"
