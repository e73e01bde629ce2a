#include "model/trace/trace_writer.h"

#include "model/trace/bytes.h"
#include "model/trace/frame_numbers.h"
#include "model/trace/recording_process.h"
#include "model/trace/token_block.h"

#include <QFile>
#include <QFileInfo>
#include <QThread>
#include <QUuid>

namespace attendre {

namespace {

constexpr int checkpointPages = 4096; // 32 MiB of WAL
constexpr int leaveWalAttempts = 100, leaveWalPause = 20;

const char* const orphanSentence =
    "The recorder ended without closing the trace (it was killed or it crashed).";

} // namespace

Result<std::unique_ptr<TraceWriter>> TraceWriter::open(const QString& name, RunInfo run,
                                                       const std::vector<TokenInfo>& tokens,
                                                       const RecorderOptions& options) {
    if (run.shape.layers > layout::mostLayers)
        return Error{QString("The model has %1 layers; a trace holds at most %2.")
                         .arg(run.shape.layers)
                         .arg(layout::mostLayers)};
    if (!options.beside)
        if (auto place = checkTracePlace(name, options.append, options.overwrite); !place)
            return place.error();
    // A link and the file behind it are one trace with one lock.
    const QString path = QFileInfo::exists(name) ? QFileInfo(name).canonicalFilePath() : name;
    std::unique_ptr<TraceWriter> writer(new TraceWriter);
    writer->m_options = options;
    writer->m_options.keyframeInterval = std::max(1, options.keyframeInterval);
    writer->m_run = std::move(run);
    if (!options.beside) {
        auto lock = lockTrace(path);
        if (!lock)
            return lock.error();
        writer->m_lock = lock.take();
    }
    if (auto prepared = writer->prepareFile(path); !prepared)
        return prepared.error();
    if (auto begun = writer->begin(tokens); !begun)
        return begun.error();
    return writer;
}

// An existing file is only touched when it is a trace.
Result<void> TraceWriter::checkTrace(const QString& path) {
    if (!QFileInfo::exists(path) || QFileInfo(path).size() == 0)
        return {};
    auto opened = Database::open(path, SQLITE_OPEN_READONLY);
    if (!opened)
        return opened.error();
    if (fileHeader(**opened).applicationId == layout::applicationId)
        return {};
    return Error{QString("%1 is not a trace and is left as it is; choose another name.").arg(path),
                 2};
}

Result<void> TraceWriter::prepareFile(const QString& path) {
    if (auto trace = checkTrace(path); !trace)
        return trace;
    if (!m_options.append)
        for (const char* suffix : {"", "-wal", "-shm", "-journal"})
            QFile::remove(path + suffix);
    const bool fresh = !QFileInfo::exists(path) || QFileInfo(path).size() == 0;
    auto opened = Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!opened)
        return opened.error();
    m_database = opened.take();
    if (!fresh)
        return checkFormat(*m_database);
    const QByteArray pragmas = QString("PRAGMA page_size = %1; PRAGMA application_id = %2; "
                                       "PRAGMA user_version = %3;")
                                   .arg(layout::pageSize)
                                   .arg(layout::applicationId)
                                   .arg(layout::formatVersion)
                                   .toUtf8();
    if (auto set = m_database->execute(pragmas.constData()); !set)
        return set;
    return inTransaction([this] { return m_database->execute(layout::schema); });
}

Result<void> TraceWriter::begin(const std::vector<TokenInfo>& tokens) {
    auto last = m_database->integer("SELECT max(run) FROM t_runs");
    if (!last)
        return last.error();
    m_run.run = int(*last) + 1;
    if (m_run.uuid.isEmpty())
        m_run.uuid = QUuid::createUuid().toString(QUuid::WithoutBraces);
    if (!m_run.created.isValid())
        m_run.created = QDateTime::currentDateTimeUtc();
    const QByteArray mark = QUuid::createUuid().toRfc4122();
    auto done = inTransaction([&]() -> Result<void> {
        const QByteArray orphans = QString("UPDATE t_runs SET ended = '%1' WHERE finished = 0 AND "
                                           "ended IS NULL")
                                       .arg(orphanSentence)
                                       .toUtf8();
        if (!m_options.beside)
            if (auto marked = m_database->execute(orphans.constData()); !marked)
                return marked;
        if (auto row = insertRun(*m_database, m_run); !row)
            return row;
        if (auto checked = markChecked(*m_database, m_run.run); !checked)
            return checked;
        if (m_options.archive)
            if (auto archive = insertArchive(*m_database, m_run.run, *m_options.archive); !archive)
                return archive;
        auto interval =
            m_database->prepare("UPDATE t_runs SET keyframe_interval = ? WHERE run = ?");
        if (!interval)
            return interval.error();
        interval->bind(1, qint64(m_options.keyframeInterval)).bind(2, qint64(m_run.run)).step();
        if (auto counted = StepCount::create(*m_database, m_run.run, mark); !counted)
            return counted;
        return addTokens(tokens);
    });
    if (!done)
        return done;
    // The count's page must lie in the file itself, also when an orphaned WAL was recovered.
    if (auto plain = m_database->execute("PRAGMA wal_checkpoint(TRUNCATE)"); !plain)
        return plain;
    auto count = StepCount::find(*m_database, mark);
    if (!count)
        return count.error();
    m_count = *count;
    const QByteArray wal = QString("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                                   "PRAGMA wal_autocheckpoint = %1;")
                               .arg(checkpointPages)
                               .toUtf8();
    if (auto set = m_database->execute(wal.constData()); !set)
        return set;
    m_series = std::make_unique<SeriesWriter>(*m_database, m_run.run, m_run.shape.layers,
                                              m_run.shape.heads, m_options.archive.has_value());
    m_lives = std::make_unique<LifeWriter>(*m_database, m_run.run, m_options.keyframeInterval);
    return {};
}

// Tokens come in the order of their positions, all of the input's before the first step.
Result<void> TraceWriter::addTokens(std::vector<TokenInfo> tokens) {
    for (TokenInfo& token : tokens) {
        if (token.text.isEmpty() && m_options.tokenBytes)
            token.text = m_options.tokenBytes(token.id);
        if (m_words.insert(token.id).second)
            if (auto word = insertWord(token.id, token.text); !word)
                return word;
        m_tail.push_back(std::move(token));
        if (m_tail.size() < size_t(layout::tokensPerBlock))
            continue;
        if (auto written = writeTail(); !written)
            return written;
        m_tail.clear();
        ++m_tailBlock;
    }
    return m_tail.empty() ? Result<void>() : writeTail();
}

Result<void> TraceWriter::writeTail() {
    auto row =
        m_database->prepare("INSERT OR REPLACE INTO t_tokens(key, count, data) VALUES(?, ?, ?)");
    if (!row)
        return row.error();
    const QByteArray data = tokensToBytes(m_tail);
    row->bind(1, layout::blockKey(m_run.run, m_tailBlock));
    const int code = row->bind(2, qint64(m_tail.size())).bind(3, data).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
}

Result<void> TraceWriter::insertWord(std::int32_t id, const QByteArray& text) {
    auto row =
        m_database->prepare("INSERT OR IGNORE INTO t_vocabulary(run, id, text) VALUES(?,?,?)");
    if (!row)
        return row.error();
    const QByteArray block = compressed(text);
    const int code = row->bind(1, qint64(m_run.run)).bind(2, qint64(id)).bind(3, block).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
}

Result<void> TraceWriter::insertNext(const std::vector<NextToken>& next) {
    if (!m_options.tokenBytes)
        return {};
    for (const NextToken& token : next)
        if (m_words.insert(token.id).second)
            if (auto word = insertWord(token.id, m_options.tokenBytes(token.id)); !word)
                return word;
    return {};
}

FrameOptions TraceWriter::frameOptions() const {
    return {m_run.configuration.asked.detail == "full", m_options.keyframeInterval,
            m_run.policy.rankColumn, headRules(m_run.configuration)};
}

Result<void> TraceWriter::write(const StepFrame& frame) {
    auto done = inTransaction([&]() -> Result<void> {
        if (auto step = insertStep(frame); !step)
            return step;
        if (m_options.archive)
            if (auto archived = insertArchived(frame); !archived)
                return archived;
        if (auto next = insertNext(frame.next); !next)
            return next;
        if (auto lives = m_lives->add(frame); !lives)
            return lives;
        return m_series->add(frame);
    });
    if (done)
        m_count.write(++m_steps);
    return done;
}

Result<void> TraceWriter::insertStep(const StepFrame& frame) {
    const int run = m_run.run;
    auto row =
        m_database->prepare("INSERT INTO t_steps(key, kind, first_position, arrived, "
                            "milliseconds, mean_nll, numbers, next) VALUES(?,?,?,?,?,?,?,?)");
    auto nll = m_database->prepare("INSERT INTO t_nll(key, data) VALUES(?, ?)");
    auto count = m_database->prepare("UPDATE t_runs SET steps = ? WHERE run = ?");
    if (!row || !nll || !count)
        return m_database->error(SQLITE_ERROR);
    const StepInfo& s = frame.info;
    const QByteArray numbers = numbersToBytes(frame), next = compressed(nextToBytes(frame.next));
    row->bind(1, layout::stepKey(run, s.step)).bind(2, qint64(s.kind));
    row->bind(3, qint64(s.firstPosition)).bind(4, qint64(s.arrived));
    row->bind(5, s.milliseconds).bind(6, s.meanNll).bind(7, numbers).bind(8, next);
    if (const int code = row->step(); code != SQLITE_DONE)
        return m_database->error(code);
    for (const LayerFrame& layer : frame.layers)
        if (auto inserted = insertLayer(s.step, layer); !inserted)
            return inserted;
    if (frame.output)
        if (auto inserted = insertLayer(s.step, *frame.output); !inserted)
            return inserted;
    if (!frame.tokens.empty()) {
        if (auto added = addTokens(frame.tokens); !added)
            return added;
        auto length = m_database->prepare("UPDATE t_runs SET tokens = ? WHERE run = ?");
        if (!length)
            return length.error();
        const qint64 tokens = m_tailBlock * layout::tokensPerBlock + qint64(m_tail.size());
        if (const int code = length->bind(1, tokens).bind(2, qint64(run)).step();
            code != SQLITE_DONE)
            return m_database->error(code);
    }
    if (!frame.nll.empty()) {
        const QByteArray data = compressed(valuesToBytes(frame.nll));
        nll->bind(1, layout::blockKey(run, frame.firstNll)).bind(2, data);
        if (const int code = nll->step(); code != SQLITE_DONE)
            return m_database->error(code);
    }
    const int code = count->bind(1, qint64(s.step) + 1).bind(2, qint64(run)).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
}

Result<void> TraceWriter::insertLayer(int step, const LayerFrame& layer) {
    auto state = m_database->prepare("INSERT INTO t_layers(key, state) VALUES(?, ?)");
    if (!state)
        return state.error();
    state->bind(1, layout::layerKey(m_run.run, step, layer.info.layer)).bind(2, layer.state);
    const int code = state->step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
}

Result<void> TraceWriter::insertArchived(const StepFrame& frame) {
    const auto insert = [this](const char* sql, qint64 key, const QByteArray& data) {
        auto row = m_database->prepare(sql);
        if (!row)
            return Result<void>(row.error());
        const int code = row->bind(1, key).bind(2, data).step();
        return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
    };
    for (const LayerFrame& layer : frame.layers)
        if (!layer.archived.isEmpty())
            if (auto done = insert("INSERT INTO t_archive(key, data) VALUES(?, ?)",
                                   layout::layerKey(m_run.run, frame.info.step, layer.info.layer),
                                   toBytes(layer.archived));
                !done)
                return done;
    const QByteArray measured = measuredToBytes(frame);
    return measured.isEmpty() ? Result<void>()
                              : insert("INSERT INTO t_measured(key, data) VALUES(?, ?)",
                                       layout::stepKey(m_run.run, frame.info.step), measured);
}

Result<void> TraceWriter::inTransaction(const std::function<Result<void>()>& work) {
    if (auto begun = m_database->execute("BEGIN IMMEDIATE"); !begun)
        return begun;
    auto done = work();
    if (done)
        done = m_database->execute("COMMIT");
    if (!done && !sqlite3_get_autocommit(m_database->handle()))
        sqlite3_exec(m_database->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return done;
}

Result<void> TraceWriter::finish(const QString& reason) {
    auto closed = inTransaction([&]() -> Result<void> {
        if (auto lives = m_lives->finish(m_steps - 1); !lives)
            return lives;
        return m_series->finish();
    });
    // Why a run ended is told even where its last blocks found no room.
    auto ended = inTransaction([&]() -> Result<void> {
        auto row = m_database->prepare("UPDATE t_runs SET finished = ?, ended = ? WHERE run = ?");
        if (!row)
            return row.error();
        row->bind(1, qint64(reason.isEmpty() ? 1 : 0)).bind(2, reason);
        const int code = row->bind(3, qint64(m_run.run)).step();
        return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
    });
    auto left = leaveWal();
    m_database.reset();
    if (m_lock)
        m_lock->unlock();
    if (!closed)
        return closed;
    return ended ? left : ended;
}

// Another program may have the trace open, which keeps it in WAL mode: then everything is put into
// the file at least, and that program's end removes the WAL.
Result<void> TraceWriter::leaveWal() {
    m_series.reset();
    m_lives.reset();
    if (m_options.beside) // the other recorder leaves it
        return {};
    for (int attempt = 0; attempt < leaveWalAttempts; ++attempt) {
        auto left = m_database->execute("PRAGMA journal_mode = DELETE");
        if (left)
            return left;
        if (!left.error().sentence.contains("locked"))
            return left;
        QThread::msleep(leaveWalPause);
    }
    return m_database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

} // namespace attendre
