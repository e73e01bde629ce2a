#include "model/trace/bytes.h"
#include "model/trace/layout.h"
#include "model/trace/store.h"
#include "model/trace/token_block.h"

namespace attendre {

namespace {

constexpr qint64 rowsAtOnce = 256;

struct BlockTable {
    const char* sql;  // key and bytes of rows from a key on
    const char* what; // %1: the run, %2: the place in it
    qint64 (*first)(int run);
    qint64 (*place)(int run, qint64 key);
    bool always;  // compressed in every run, and decoded as it is stored
    bool archive; // of runs with an archive only
    Result<void> (*decode)(int run, qint64 key, const QByteArray& bytes);
};

template <class T> Result<void> known(const Result<T>& decoded) {
    return decoded ? Result<void>() : Result<void>(decoded.error());
}

// The levels of a run's series lie one behind the other.
qint64 seriesLevel(int run, qint64 key) {
    return (key >> 41) - qint64(run) * layout::seriesLevels;
}

const std::vector<BlockTable>& blockTables() {
    static const std::vector<BlockTable> tables = {
        {"SELECT key, data FROM t_tokens WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
         "the tokens of run %1 from position %2 on",
         [](int run) { return layout::blockKey(run, 0); },
         [](int run, qint64 key) {
             return (key - layout::blockKey(run, 0)) * layout::tokensPerBlock;
         },
         true, false,
         [](int, qint64, const QByteArray& bytes) { return known(tokensFromBytes(bytes)); }},
        {"SELECT key, data FROM t_archive WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
         "the archive of run %1, block %2", [](int run) { return layout::layerKey(run, 0, 0); },
         [](int run, qint64 key) { return key - layout::layerKey(run, 0, 0); }, true, true,
         [](int, qint64, const QByteArray& bytes) { return known(archivedStepFromBytes(bytes)); }},
        {"SELECT key, data FROM t_measured WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
         "what was measured in run %1, step %2", [](int run) { return layout::stepKey(run, 0); },
         [](int run, qint64 key) { return key - layout::stepKey(run, 0); }, true, true,
         [](int, qint64, const QByteArray& bytes) { return known(decompressed(bytes)); }},
        {"SELECT key, data FROM t_nll WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
         "the nll values of run %1 from position %2 on",
         [](int run) { return layout::blockKey(run, 0); },
         [](int run, qint64 key) { return key - layout::blockKey(run, 0); }, false, false,
         [](int, qint64, const QByteArray& bytes) { return known(valuesFromBytes(bytes)); }},
        {"SELECT key, next FROM t_steps WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
         "the likely next tokens of run %1, step %2",
         [](int run) { return layout::stepKey(run, 0); },
         [](int run, qint64 key) { return key - layout::stepKey(run, 0); }, false, false,
         [](int, qint64, const QByteArray& bytes) { return known(nextFromBytes(bytes)); }},
        {"SELECT (run << 40) | id AS key, text FROM t_vocabulary WHERE run = ?1 >> 40 AND "
         "id >= ?1 & 0xffffffffff AND ?2 > 0 ORDER BY id LIMIT ?3",
         "the text of run %1's token %2", [](int run) { return layout::blockKey(run, 0); },
         [](int run, qint64 key) { return key - layout::blockKey(run, 0); }, false, false,
         [](int, qint64, const QByteArray&) { return Result<void>(); }},
        {"SELECT key, data FROM t_series WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
         "the series of run %1, row %2", [](int run) { return layout::seriesKey(run, 0, 0, 0); },
         [](int run, qint64 key) { return key - layout::seriesKey(run, 0, 0, 0); }, false, false,
         [](int run, qint64 key, const QByteArray& bytes) {
             return seriesLevel(run, key) == 0 ? known(valuesFromBytes(bytes))
                                               : known(extentsFromBytes(bytes));
         }},
    };
    return tables;
}

} // namespace

int Store::blockTableCount() {
    return int(blockTables().size());
}

Result<std::optional<qint64>> Store::verify(int run, int number, std::optional<qint64> from) {
    const BlockTable& table = blockTables()[size_t(number)];
    if (table.archive) {
        auto has = hasArchive(run);
        if (!has || !*has)
            return has ? std::optional<qint64>() : Result<std::optional<qint64>>(has.error());
    }
    auto select = m_database->prepare(table.sql);
    if (!select)
        return select.error();
    select->bind(1, from.value_or(table.first(run))).bind(2, table.first(run + 1));
    select->bind(3, rowsAtOnce);
    qint64 rows = 0, last = 0;
    int code = SQLITE_DONE;
    while ((code = select->step()) == SQLITE_ROW) {
        last = select->integer(0);
        auto bytes =
            table.always ? Result<QByteArray>(select->blob(1)) : content(run, select->blob(1));
        if (!bytes || !table.decode(run, last, *bytes))
            return damaged(QString(table.what).arg(run).arg(table.place(run, last)));
        ++rows;
    }
    if (code != SQLITE_DONE)
        return m_database->error(code);
    return rows < rowsAtOnce ? std::optional<qint64>() : std::optional<qint64>(last + 1);
}

} // namespace attendre
