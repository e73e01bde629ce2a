#include "model/trace/store.h"

#include "model/trace/layout.h"
#include "model/trace/token_block.h"

#include <algorithm>

namespace attendre {

Error Store::noSuch(const QString& what, int number) const {
    return {QString("The trace %1 has no %2 %3.").arg(m_database->path(), what).arg(number)};
}

Result<std::vector<RunInfo>> Store::runs() {
    static const QByteArray sql = QByteArray("SELECT ") + runColumns + " FROM t_runs ORDER BY run";
    auto select = m_database->prepare(sql.constData());
    if (!select)
        return select.error();
    std::vector<RunInfo> all;
    int code = SQLITE_DONE;
    while ((code = select->step()) == SQLITE_ROW)
        all.push_back(runFromRow(*select));
    return code == SQLITE_DONE ? Result<std::vector<RunInfo>>(std::move(all))
                               : m_database->error(code);
}

Result<RunInfo> Store::run(int run) {
    static const QByteArray sql = QByteArray("SELECT ") + runColumns + " FROM t_runs WHERE run = ?";
    auto select = m_database->prepare(sql.constData());
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).step();
    if (code == SQLITE_ROW)
        return runFromRow(*select);
    return code == SQLITE_DONE ? noSuch("run", run) : m_database->error(code);
}

Result<Store::Shape> Store::shape(int run) {
    auto select = m_database->prepare(
        "SELECT json_extract(shape, '$.layers'), json_extract(shape, '$.heads'), "
        "keyframe_interval, steps FROM t_runs WHERE run = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).step();
    if (code == SQLITE_DONE)
        return noSuch("run", run);
    if (code != SQLITE_ROW)
        return m_database->error(code);
    return Shape{int(select->integer(0)), int(select->integer(1)),
                 std::max(1, int(select->integer(2))), int(select->integer(3))};
}

Result<int> Store::stepCount(int run) {
    auto known = shape(run);
    return known ? Result<int>(known->steps) : Result<int>(known.error());
}

Result<std::vector<StepInfo>> Store::steps(int run, int first, int count) {
    auto select = m_database->prepare(
        "SELECT key, kind, first_position, arrived, milliseconds, mean_nll FROM t_steps "
        "WHERE key >= ? AND key < ? ORDER BY key");
    if (!select)
        return select.error();
    const qint64 from = std::max(0, first), to = std::max<qint64>(from, qint64(first) + count);
    select->bind(1, layout::stepKey(run, from)).bind(2, layout::stepKey(run, to));
    std::vector<StepInfo> all;
    int code = SQLITE_DONE;
    while ((code = select->step()) == SQLITE_ROW)
        all.push_back({run, int(select->integer(0) & 0xffffffff), StepKind(select->integer(1)),
                       std::int32_t(select->integer(2)), std::int32_t(select->integer(3)),
                       select->real(4), select->real(5)});
    return code == SQLITE_DONE ? Result<std::vector<StepInfo>>(std::move(all))
                               : m_database->error(code);
}

Result<StepNumbers> Store::numbers(int run, int step) {
    auto select = m_database->prepare("SELECT numbers FROM t_steps WHERE key = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, layout::stepKey(run, step)).step();
    if (code == SQLITE_ROW)
        return numbersFromBytes(step, select->blob(0));
    return code == SQLITE_DONE ? noSuch("step", step) : m_database->error(code);
}

Result<std::vector<NextToken>> Store::nextTokens(int run, int step) {
    auto select = m_database->prepare("SELECT next FROM t_steps WHERE key = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, layout::stepKey(run, step)).step();
    if (code == SQLITE_ROW)
        return nextFromBytes(select->blob(0));
    return code == SQLITE_DONE ? noSuch("step", step) : m_database->error(code);
}

Result<std::vector<TokenInfo>> Store::tokens(int run, std::int32_t first, std::int32_t count) {
    const qint64 from = std::max(0, first), to = qint64(first) + count;
    std::vector<TokenInfo> all;
    if (to <= from)
        return all;
    auto select =
        m_database->prepare("SELECT data FROM t_tokens WHERE key >= ? AND key <= ? ORDER BY key");
    if (!select)
        return select.error();
    constexpr int block = layout::tokensPerBlock;
    select->bind(1, layout::blockKey(run, from / block));
    select->bind(2, layout::blockKey(run, (to - 1) / block));
    int code = SQLITE_DONE;
    while ((code = select->step()) == SQLITE_ROW) {
        auto part = tokensFromBytes(select->blob(0));
        if (!part)
            return part.error();
        for (TokenInfo& token : *part)
            if (token.position >= from && token.position < to)
                all.push_back(std::move(token));
    }
    if (code != SQLITE_DONE)
        return m_database->error(code);
    if (auto done = addNll(run, all); !done)
        return done.error();
    return all;
}

Result<void> Store::addNll(int run, std::vector<TokenInfo>& tokens) {
    if (tokens.empty())
        return {};
    auto select = m_database->prepare(
        "SELECT key, data FROM t_nll WHERE key <= ?2 AND key >= coalesce((SELECT max(key) FROM "
        "t_nll WHERE key <= ?1 AND key >= ?3), ?1) ORDER BY key");
    if (!select)
        return select.error();
    const std::int32_t first = tokens.front().position;
    select->bind(1, layout::blockKey(run, first));
    select->bind(2, layout::blockKey(run, tokens.back().position));
    select->bind(3, layout::blockKey(run, 0));
    int code = SQLITE_DONE;
    while ((code = select->step()) == SQLITE_ROW) {
        auto values = valuesFromBytes(select->blob(1));
        if (!values)
            return values.error();
        const qint64 at = select->integer(0) - layout::blockKey(run, 0) - first;
        for (qint64 i = std::max<qint64>(0, -at);
             i < qint64(values->size()) && at + i < qint64(tokens.size()); ++i)
            tokens[size_t(at + i)].nll = (*values)[size_t(i)];
    }
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
}

Result<QByteArray> Store::word(int run, std::int32_t id) {
    auto select = m_database->prepare("SELECT text FROM t_vocabulary WHERE run = ? AND id = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).bind(2, qint64(id)).step();
    if (code == SQLITE_ROW)
        return select->blob(0);
    return code == SQLITE_DONE ? Error{QString("The trace %1 does not hold the text of token %2.")
                                           .arg(m_database->path())
                                           .arg(id)}
                               : m_database->error(code);
}

} // namespace attendre
