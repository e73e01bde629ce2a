#include "model/analysis/trace_query.h"

#include "model/analysis/trace_sql.h"
#include "model/trace/tables.h"

#include <QElapsedTimer>
#include <QRegularExpression>

#include <sqlite3.h>

namespace attendre {

namespace {

// Rows are gathered before they are given: until then nothing of the trace is held.
constexpr size_t rowsGathered = 1024;
constexpr qint64 bytesGathered = 1 << 20;
constexpr qint64 gatheredFor = 50; // ms

// What a person may try instead.
QString remedy(const QString& sql, const QString& reason) {
    if (reason.startsWith("no such table"))
        return QString("there are %1").arg(tableNames().join(", "));
    if (reason.startsWith("no such column") || reason.startsWith("ambiguous column")) {
        QString plain = sql;
        plain.remove(QRegularExpression("--[^\n]*"));
        QStringList known;
        for (const QString& table : tableNames()) {
            if (!plain.contains(QRegularExpression("\\b" + table + "\\b",
                                                   QRegularExpression::CaseInsensitiveOption)))
                continue;
            QStringList columns;
            for (const PublicColumn& column : tableColumns(table))
                columns << column.name;
            known << QString("%1 has %2").arg(table, columns.join(", "));
        }
        return known.isEmpty() ? QString("a text stands in 'single quotes'") : known.join("; ");
    }
    if (reason.startsWith("no such function"))
        return "write one of SQLite's functions";
    if (reason.endsWith("is not allowed here") || reason.startsWith("there is"))
        return QString("write one SELECT over %1").arg(tableNames().join(", "));
    return "mend it there";
}

// Fills a row's values in; gives their bytes.
qint64 takeRow(sqlite3_stmt* statement, std::vector<OutputValue>& row) {
    qint64 bytes = qint64(row.size() * sizeof(OutputValue));
    for (size_t i = 0; i < row.size(); ++i) {
        row[i] = valueOf(statement, int(i));
        if (const auto* text = std::get_if<QByteArray>(&row[i]))
            bytes += text->size();
    }
    return bytes;
}

class Query {
  public:
    Query(const QString& trace, const QueryRequest& request, const QueryLimits& limits,
          RowFormat& out, const Progress& progress, const Cancel& cancel)
        : m_path(trace), m_request(request), m_limits(limits), m_out(out), m_progress(progress),
          m_cancel(cancel) {}

    QueryOutcome run() {
        QElapsedTimer since;
        since.start();
        if (auto opened = TraceSql::open(m_path, m_cancel, m_limits.milliseconds); !opened) {
            m_outcome.error = opened.error();
        } else {
            m_sql = opened.take();
            runStatement();
        }
        m_outcome.seconds = double(since.nsecsElapsed()) * 1e-9;
        return m_outcome;
    }

  private:
    void runStatement() {
        SqlRefusal refusal;
        auto statement = m_sql->prepare(m_request.sql, refusal);
        if (!statement)
            return refuse(refusal);
        if (!bind(statement.get()))
            return;
        if (auto begun = m_out.begin(columnsOf(statement.get())); !begun)
            return fail(begun.error());
        const int code = gather(statement.get());
        if (!m_outcome.error && code != SQLITE_DONE && code != SQLITE_ROW) {
            fail(m_sql->failure(code));
            m_outcome.stopped = m_sql->trace().stopped() != HeldTrace::Stop::None;
        }
        if (m_outcome.error && m_outcome.rows == 0)
            return;
        if (auto ended = m_out.end(); !ended && !m_outcome.error)
            fail(ended.error());
    }

    void fail(const Error& error) { m_outcome.error = error; }

    void refuse(const SqlRefusal& refusal) {
        const QString where = refusal.at < 0
                                  ? QString()
                                  : QString(" (%1)").arg(placeInText(m_request.sql, refusal.at));
        m_outcome.errorAt = refusal.at;
        fail({QString("The query cannot be run: %1%2; %3.")
                  .arg(refusal.reason, where, remedy(m_request.sql, refusal.reason)),
              2});
    }

    bool bind(sqlite3_stmt* statement) {
        for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
            const QString name = QString::fromUtf8(sqlite3_bind_parameter_name(statement, i));
            const auto value = m_request.parameters.constFind(name.mid(1));
            if (value == m_request.parameters.cend()) {
                m_outcome.errorAt = int(m_request.sql.indexOf(name.isEmpty() ? "?" : name));
                QStringList known;
                for (const QString& parameter : m_request.parameters.keys())
                    known << ":" + parameter;
                fail({QString("The query cannot be run: nothing is known of the parameter %1%2.")
                          .arg(name.isEmpty() ? "?" : name,
                               known.isEmpty() ? QString("; write its value")
                                               : "; there are " + known.join(", ")),
                      2});
                return false;
            }
            if (*value)
                sqlite3_bind_int64(statement, i, **value);
        }
        return true;
    }

    // Steps through the rows, as far as the limits allow.
    int gather(sqlite3_stmt* statement) {
        const size_t columns = size_t(sqlite3_column_count(statement));
        QElapsedTimer since;
        since.start();
        qint64 rows = 0, bytes = 0, gathered = 0;
        int code = SQLITE_DONE;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW && !m_outcome.error) {
            if (m_limits.rows > 0 && rows >= m_limits.rows) {
                m_outcome.cut = QueryOutcome::Cut::Rows;
                break;
            }
            std::vector<OutputValue> row(columns);
            const qint64 size = takeRow(statement, row);
            if (m_limits.bytes > 0 && bytes + size > m_limits.bytes) {
                m_outcome.cut = QueryOutcome::Cut::Bytes;
                break;
            }
            ++rows;
            bytes += size;
            gathered += size;
            m_gathered.push_back(std::move(row));
            if (m_gathered.size() >= rowsGathered || gathered > bytesGathered ||
                since.elapsed() > gatheredFor) {
                give();
                gathered = 0;
                since.start();
            }
        }
        if (!m_outcome.error)
            give();
        return code;
    }

    void give() {
        m_sql->trace().rest();
        for (const std::vector<OutputValue>& row : m_gathered) {
            if (auto added = m_out.add(row); !added)
                return fail(added.error());
            ++m_outcome.rows;
        }
        m_gathered.clear();
        if (m_progress)
            m_progress(m_outcome.rows, 0);
    }

    const QString m_path;
    const QueryRequest& m_request;
    const QueryLimits& m_limits;
    RowFormat& m_out;
    const Progress& m_progress;
    const Cancel m_cancel;
    std::unique_ptr<TraceSql> m_sql;
    std::vector<std::vector<OutputValue>> m_gathered;
    QueryOutcome m_outcome;
};

} // namespace

QueryOutcome runQuery(const QString& trace, const QueryRequest& request, const QueryLimits& limits,
                      RowFormat& out, const Progress& progress, const Cancel& cancel) {
    return Query(trace, request, limits, out, progress, cancel).run();
}

QString placeInText(const QString& text, int at) {
    const QString before = text.left(at);
    return QString("line %1, column %2")
        .arg(before.count('\n') + 1)
        .arg(at - before.lastIndexOf('\n'));
}

} // namespace attendre
