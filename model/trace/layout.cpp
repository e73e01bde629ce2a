#include "model/trace/layout.h"

#include "model/trace/bytes.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QtEndian>

namespace attendre {

namespace layout {

const char* const schema = R"sql(
CREATE TABLE t_runs(
    run INTEGER PRIMARY KEY, uuid TEXT NOT NULL, parent INTEGER, parent_step INTEGER, label TEXT,
    created TEXT, model TEXT, model_hash TEXT, document TEXT, document_hash TEXT, mode TEXT,
    device TEXT, dtype TEXT, threads INTEGER, build TEXT, tokens INTEGER, shape TEXT, config TEXT,
    resolved TEXT, policy TEXT, command TEXT, detail INTEGER, keyframe_interval INTEGER,
    steps INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0, ended TEXT);
CREATE TABLE t_count(run INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE t_steps(
    key INTEGER PRIMARY KEY, kind INTEGER, first_position INTEGER, arrived INTEGER,
    milliseconds REAL, mean_nll REAL, numbers BLOB, next BLOB);
CREATE TABLE t_layers(key INTEGER PRIMARY KEY, state BLOB);
CREATE TABLE t_tokens(key INTEGER PRIMARY KEY, count INTEGER, data BLOB);
CREATE TABLE t_nll(key INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE t_vocabulary(run INTEGER, id INTEGER, text BLOB, PRIMARY KEY(run, id)) WITHOUT ROWID;
CREATE TABLE t_lives(
    run INTEGER, layer INTEGER, head INTEGER, block INTEGER, sequence INTEGER,
    data BLOB, PRIMARY KEY(run, layer, head, block, sequence));
CREATE TABLE t_lives_until(run INTEGER, layer INTEGER, until INTEGER, PRIMARY KEY(run, layer))
    WITHOUT ROWID;
CREATE TABLE t_series(key INTEGER PRIMARY KEY, data BLOB);
)sql";

} // namespace layout

namespace {

constexpr int markBytes = 16, countBytes = 8;

QString jsonText(const QJsonObject& object) {
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

QJsonObject jsonObject(const QString& text) {
    return QJsonDocument::fromJson(text.toUtf8()).object();
}

QJsonObject shapeToJson(const NetworkShape& s) {
    return {{"layers", s.layers},
            {"query_heads", s.queryHeads},
            {"heads", s.heads},
            {"head_dimension", s.headDimension},
            {"hidden", s.hidden},
            {"feed_forward", s.feedForward},
            {"vocabulary", s.vocabulary},
            {"trained_length", s.trainedLength},
            {"positions", s.positions},
            {"default_mode", s.defaultMode},
            {"bidirectional", s.bidirectional}};
}

NetworkShape shapeFromJson(const QJsonObject& json) {
    NetworkShape s;
    s.layers = json["layers"].toInt();
    s.queryHeads = json["query_heads"].toInt();
    s.heads = json["heads"].toInt();
    s.headDimension = json["head_dimension"].toInt();
    s.hidden = json["hidden"].toInt();
    s.feedForward = json["feed_forward"].toInt();
    s.vocabulary = json["vocabulary"].toInt();
    s.trainedLength = json["trained_length"].toInt();
    s.positions = json["positions"].toString();
    s.defaultMode = json["default_mode"].toString();
    s.bidirectional = json["bidirectional"].toBool();
    return s;
}

QJsonArray numbers(const std::vector<int>& values) {
    QJsonArray array;
    for (int value : values)
        array.append(value);
    return array;
}

std::vector<int> numbers(const QJsonArray& array) {
    std::vector<int> values;
    for (const QJsonValue& value : array)
        values.push_back(value.toInt());
    return values;
}

QJsonObject resolvedToJson(const ResolvedConfiguration& r) {
    QJsonObject json{{"mode", r.mode},
                     {"memory", numbers(r.memory)},
                     {"query_memory", numbers(r.queryMemory)},
                     {"sinks", r.sinks},
                     {"recent", r.recent},
                     {"granularity", r.granularity},
                     {"output_memory", r.outputMemory},
                     {"output_policy", r.outputPolicy},
                     {"output_sinks", r.outputSinks},
                     {"output_recent", r.outputRecent},
                     {"notices", QJsonArray::fromStringList(r.notices)}};
    if (r.replay)
        json["replay"] = true;
    return json;
}

Result<ResolvedConfiguration> resolvedFromJson(const QJsonObject& json, const QJsonObject& asked) {
    ResolvedConfiguration r;
    auto configuration = configurationFromJson(asked);
    if (!configuration)
        return configuration.error();
    r.asked = configuration.take();
    r.mode = json["mode"].toString();
    r.memory = numbers(json["memory"].toArray());
    r.queryMemory = numbers(json["query_memory"].toArray());
    r.sinks = json["sinks"].toInt();
    r.recent = json["recent"].toInt();
    r.granularity = json["granularity"].toString(r.asked.granularity);
    r.outputMemory = json["output_memory"].toInt();
    r.outputPolicy = json["output_policy"].toString();
    r.outputSinks = json["output_sinks"].toInt();
    r.outputRecent = json["output_recent"].toInt();
    r.replay = json["replay"].toBool();
    for (const QJsonValue& notice : json["notices"].toArray())
        r.notices << notice.toString();
    return r;
}

} // namespace

Result<void> StepCount::create(Database& database, int run, const QByteArray& mark) {
    auto insert = database.prepare("INSERT INTO t_count(run, bytes) VALUES(?, ?)");
    if (!insert)
        return insert.error();
    const QByteArray bytes = mark.leftJustified(markBytes, '\0', true) + QByteArray(countBytes, 0);
    const int code = insert->bind(1, qint64(run)).bind(2, bytes).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(database.error(code));
}

Result<StepCount> StepCount::find(Database& database, const QByteArray& mark) {
    StepCount count;
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &count.m_file);
    auto root = database.integer("SELECT rootpage FROM sqlite_schema WHERE name = 't_count'");
    auto pages = database.integer("PRAGMA page_count");
    auto size = database.integer("PRAGMA page_size");
    if (!root || !pages || !size || !count.m_file || !count.m_file->pMethods)
        return database.error(SQLITE_IOERR);
    // The row is on the root page, and on another one only when there are hundreds of runs.
    std::vector<qint64> order = {*root};
    for (qint64 page = 2; page <= *pages; ++page)
        order.push_back(page);
    QByteArray page(qsizetype(*size), 0);
    for (qint64 number : order) {
        const qint64 at = (number - 1) * *size;
        if (count.m_file->pMethods->xRead(count.m_file, page.data(), int(page.size()), at) !=
            SQLITE_OK)
            return database.error(SQLITE_IOERR);
        const qsizetype found = page.indexOf(mark.left(markBytes));
        if (found < 0)
            continue;
        count.m_offset = at + found + markBytes;
        return count;
    }
    return database.error(SQLITE_CORRUPT);
}

void StepCount::write(qint64 steps) {
    // A failure shows itself in the next transaction: nothing depends on this one alone.
    m_file->pMethods->xWrite(m_file, &steps, countBytes, m_offset);
}

Result<std::optional<qint64>> StepCount::read(Database& database, int run) {
    auto select = database.prepare("SELECT bytes FROM t_count WHERE run = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).step();
    if (code == SQLITE_DONE)
        return std::optional<qint64>();
    if (code != SQLITE_ROW)
        return database.error(code);
    const QByteArray bytes = select->blob(0);
    if (bytes.size() != markBytes + countBytes)
        return database.error(SQLITE_CORRUPT);
    ByteReader in(bytes.mid(markBytes));
    return std::optional<qint64>(in.get<qint64>());
}

FileHeader fileHeader(Database& database) {
    FileHeader header;
    sqlite3_file* file = nullptr;
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    QByteArray bytes(100, 0);
    if (!file || !file->pMethods || file->pMethods->xFileSize(file, &header.bytes) != SQLITE_OK ||
        file->pMethods->xRead(file, bytes.data(), int(bytes.size()), 0) != SQLITE_OK)
        return header;
    auto big = [&bytes](int at) { return qFromBigEndian<quint32>(bytes.constData() + at); };
    header.database = bytes.startsWith("SQLite format 3");
    header.wal = bytes[18] == 2;
    header.applicationId = int(big(68));
    const int page = qFromBigEndian<quint16>(bytes.constData() + 16);
    if (big(24) == big(92)) // only then the number of pages counts
        header.statedBytes = qint64(big(28)) * (page == 1 ? 65536 : page);
    return header;
}

Result<void> checkFormat(Database& database) {
    auto application = database.integer("PRAGMA application_id");
    if (!application)
        return application.error();
    if (*application != layout::applicationId)
        return database.error(SQLITE_NOTADB);
    auto version = database.integer("PRAGMA user_version");
    if (!version)
        return version.error();
    if (*version > layout::formatVersion)
        return Error{QString("The trace %1 has format %2, newer than format %3 that this program "
                             "reads; update the program.")
                         .arg(database.path())
                         .arg(*version)
                         .arg(layout::formatVersion)};
    // What a stranger's file may hold instead of plain tables: SQL of its own.
    auto strange = database.integer(
        "SELECT (SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index') OR "
        "ifnull(rootpage, 0) = 0) + (SELECT count(*) FROM sqlite_schema AS s, "
        "pragma_table_xinfo(s.name) AS c WHERE s.type = 'table' AND c.hidden <> 0)");
    if (!strange)
        return strange.error();
    if (*strange > 0)
        return Error{QString("%1 holds views, triggers, virtual tables or computed columns, which "
                             "no trace does: it is not read; get the trace from whoever recorded "
                             "it.")
                         .arg(database.path())};
    return {};
}

Result<void> markChecked(Database& database, int run) {
    if (auto made =
            database.execute("CREATE TABLE IF NOT EXISTS t_checked(run INTEGER PRIMARY KEY)");
        !made)
        return made;
    auto insert = database.prepare("INSERT INTO t_checked(run) VALUES(?)");
    if (!insert)
        return insert.error();
    const int code = insert->bind(1, qint64(run)).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(database.error(code));
}

Result<bool> isChecked(Database& database, int run) {
    auto table = database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 't_checked'");
    if (!table || *table == 0)
        return table ? Result<bool>(false) : Result<bool>(table.error());
    auto select = database.prepare("SELECT count(*) FROM t_checked WHERE run = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).step();
    return code == SQLITE_ROW ? Result<bool>(select->integer(0) > 0)
                              : Result<bool>(database.error(code));
}

Result<void> insertArchive(Database& database, int run, const ArchivedAttention& attention) {
    auto made = database.execute(
        "CREATE TABLE IF NOT EXISTS t_archives(run INTEGER PRIMARY KEY, attention BLOB);"
        "CREATE TABLE IF NOT EXISTS t_archive(key INTEGER PRIMARY KEY, data BLOB);"
        "CREATE TABLE IF NOT EXISTS t_measured(key INTEGER PRIMARY KEY, data BLOB);");
    if (!made)
        return made;
    auto insert = database.prepare("INSERT INTO t_archives(run, attention) VALUES(?, ?)");
    if (!insert)
        return insert.error();
    const QByteArray bytes = toBytes(attention);
    const int code = insert->bind(1, qint64(run)).bind(2, bytes).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(database.error(code));
}

Result<std::optional<ArchivedAttention>> archiveOf(Database& database, int run) {
    using Found = std::optional<ArchivedAttention>;
    auto table = database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 't_archives'");
    if (!table || *table == 0)
        return table ? Result<Found>(Found()) : Result<Found>(table.error());
    auto select = database.prepare("SELECT attention FROM t_archives WHERE run = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? Result<Found>(Found()) : Result<Found>(database.error(code));
    auto attention = archivedAttentionFromBytes(select->blob(0));
    return attention ? Result<Found>(Found(attention.take())) : Result<Found>(attention.error());
}

const char* const runColumns =
    "run, uuid, parent, parent_step, label, created, model, model_hash, document, document_hash, "
    "device, dtype, threads, build, tokens, shape, config, resolved, policy, command, finished, "
    "ended";

Result<void> insertRun(Database& database, const RunInfo& run) {
    auto insert = database.prepare(
        "INSERT INTO t_runs(run, uuid, parent, parent_step, label, created, model, model_hash, "
        "document, document_hash, device, dtype, threads, build, tokens, shape, config, resolved, "
        "policy, command, mode, detail) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (!insert)
        return insert.error();
    const ResolvedConfiguration& c = run.configuration;
    insert->bind(1, qint64(run.run)).bind(2, run.uuid);
    if (run.parent > 0)
        insert->bind(3, qint64(run.parent)).bind(4, qint64(run.parentStep));
    insert->bind(5, run.label).bind(6, run.created.toUTC().toString(Qt::ISODateWithMs));
    insert->bind(7, run.model).bind(8, run.modelHash);
    insert->bind(9, run.document).bind(10, run.documentHash);
    insert->bind(11, run.device).bind(12, run.dtype).bind(13, qint64(run.threads));
    insert->bind(14, run.build).bind(15, run.tokens).bind(16, jsonText(shapeToJson(run.shape)));
    insert->bind(17, jsonText(toJson(c.asked))).bind(18, jsonText(resolvedToJson(c)));
    insert->bind(19, jsonText(toJson(run.policy))).bind(20, run.command).bind(21, c.mode);
    insert->bind(22, qint64(c.asked.detail == "full" ? Detail::Full : Detail::Summary));
    const int code = insert->step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(database.error(code));
}

Result<RunInfo> runFromRow(const Statement& row) {
    RunInfo run;
    run.run = int(row.integer(0));
    run.uuid = row.text(1);
    run.parent = int(row.integer(2));
    run.parentStep = row.isNull(3) ? -1 : int(row.integer(3));
    run.label = row.text(4);
    run.created = QDateTime::fromString(row.text(5), Qt::ISODateWithMs);
    run.model = row.text(6);
    run.modelHash = row.text(7);
    run.document = row.text(8);
    run.documentHash = row.text(9);
    run.device = row.text(10);
    run.dtype = row.text(11);
    run.threads = int(row.integer(12));
    run.build = row.text(13);
    run.tokens = row.integer(14);
    run.shape = shapeFromJson(jsonObject(row.text(15)));
    auto configuration = resolvedFromJson(jsonObject(row.text(17)), jsonObject(row.text(16)));
    const bool described =
        run.shape.layers > 0 && run.shape.heads > 0 && !jsonObject(row.text(16)).isEmpty() &&
        !jsonObject(row.text(17)).isEmpty() && !jsonObject(row.text(18)).isEmpty();
    if (!configuration || !described)
        return Error{"The description of a run is damaged; record it again."};
    run.configuration = configuration.take();
    run.policy = policyFromJson(jsonObject(row.text(18)));
    run.command = row.text(19);
    run.finished = row.integer(20) != 0;
    run.ended = row.text(21);
    return run;
}

} // namespace attendre
