#include "model/trace/store.h"

#include "model/trace/bytes.h"
#include "model/trace/layout.h"

#include <algorithm>

namespace attendre {

namespace {
constexpr std::size_t mostTokenBlocks = 256; // kept: a million tokens, some 45 MB
} // namespace

Error Store::noSuch(const QString& what, int number) {
    auto known = what == "run" ? runs() : Result<std::vector<RunInfo>>(Error{});
    if (known && !known->empty()) {
        QStringList numbers;
        for (const RunInfo& run : *known)
            numbers << QString::number(run.run);
        const QString all =
            numbers.size() == 1 ? "its only run is " + numbers.first()
            : numbers.size() <= 5
                ? "its runs are " + numbers.join(", ")
                : QString("its runs are %1 to %2").arg(numbers.first(), numbers.last());
        return {QString("The trace %1 has no run %2; %3.")
                    .arg(m_database->path())
                    .arg(number)
                    .arg(all)};
    }
    return {QString("The trace %1 has no %2 %3.").arg(m_database->path(), what).arg(number)};
}

Error Store::damaged(const QString& what) {
    m_damage =
        QString("The trace %1 is damaged in %2: copy it again from where it was recorded, or "
                "record the run again.")
            .arg(m_database->path(), what);
    return {m_damage};
}

Error Store::damagedRun(int run) {
    return damaged(QString("the description of run %1").arg(run));
}

Result<QByteArray> Store::content(int run, const QByteArray& block) {
    auto known = m_checked.find(run);
    if (known == m_checked.end()) {
        auto checked = isChecked(*m_database, run);
        if (!checked)
            return checked.error();
        known = m_checked.emplace(run, *checked).first;
    }
    return known->second ? decompressed(block) : Result<QByteArray>(block);
}

Result<void> Store::freeze() {
    m_frozen.reset();
    Frozen frozen;
    auto all = runs();
    if (!all)
        return all.error();
    for (const RunInfo& run : *all) {
        auto count = stepCount(run.run);
        if (!count)
            return count.error();
        auto last = steps(run.run, *count - 1, *count > 0 ? 1 : 0);
        if (!last)
            return last.error();
        frozen.steps[run.run] = *count;
        frozen.readTo[run.run] =
            last->empty() ? 0 : last->front().firstPosition + last->front().arrived;
    }
    frozen.runs = all.take();
    m_frozen = std::move(frozen);
    return {};
}

Result<std::vector<RunInfo>> Store::runs() {
    if (m_frozen)
        return m_frozen->runs;
    static const QByteArray sql = QByteArray("SELECT ") + runColumns + " FROM t_runs ORDER BY run";
    auto select = m_database->prepare(sql.constData());
    if (!select)
        return select.error();
    std::vector<RunInfo> all;
    int code = SQLITE_DONE;
    while ((code = select->step()) == SQLITE_ROW) {
        auto run = runFromRow(*select);
        if (!run)
            return damagedRun(int(select->integer(0)));
        all.push_back(run.take());
    }
    return code == SQLITE_DONE ? Result<std::vector<RunInfo>>(std::move(all))
                               : m_database->error(code);
}

Result<RunInfo> Store::run(int run) {
    if (m_frozen) {
        for (const RunInfo& known : m_frozen->runs)
            if (known.run == run)
                return known;
        return noSuch("run", run);
    }
    static const QByteArray sql = QByteArray("SELECT ") + runColumns + " FROM t_runs WHERE run = ?";
    auto select = m_database->prepare(sql.constData());
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? noSuch("run", run) : m_database->error(code);
    auto info = runFromRow(*select);
    return info ? info : damagedRun(run);
}

Result<Store::Shape> Store::shape(int run) {
    auto select = m_database->prepare(
        "SELECT json_extract(shape, '$.layers'), json_extract(shape, '$.heads'), "
        "keyframe_interval, steps, json_extract(resolved, '$.output_memory') FROM t_runs "
        "WHERE run = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).step();
    if (code == SQLITE_DONE)
        return noSuch("run", run);
    if (code != SQLITE_ROW)
        return m_database->error(code);
    Shape known{int(select->integer(0)), int(select->integer(1)),
                std::max(1, int(select->integer(2))), int(select->integer(3)),
                select->integer(4) > 0};
    if (m_frozen) {
        const auto frozen = m_frozen->steps.find(run);
        if (frozen == m_frozen->steps.end())
            return noSuch("run", run);
        known.steps = std::min(known.steps, frozen->second);
    }
    return known;
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
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? noSuch("step", step) : m_database->error(code);
    auto numbers = numbersFromBytes(step, select->blob(0));
    if (!numbers)
        return damaged(QString("the numbers of step %1 of run %2").arg(step).arg(run));
    if (auto added = addMeasured(run, step, *numbers); !added)
        return added.error();
    return numbers;
}

Result<std::vector<NextToken>> Store::nextTokens(int run, int step) {
    auto select = m_database->prepare("SELECT next FROM t_steps WHERE key = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, layout::stepKey(run, step)).step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? noSuch("step", step) : m_database->error(code);
    auto bytes = content(run, select->blob(0));
    auto next = bytes ? nextFromBytes(*bytes) : bytes.error();
    return next
               ? next
               : damaged(QString("the likely next tokens of step %1 of run %2").arg(step).arg(run));
}

// A whole block stays as it is, whatever is recorded later; the last one may still grow.
Result<Store::Tokens> Store::tokenBlock(int run, qint64 number) {
    if (const auto known = m_tokens.find({run, number}); known != m_tokens.end())
        return known->second;
    auto select = m_database->prepare("SELECT data FROM t_tokens WHERE key = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, layout::blockKey(run, number)).step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? Result<Tokens>(Tokens()) : m_database->error(code);
    auto decoded = TokenBlock::fromBytes(select->blob(0));
    if (!decoded)
        return damaged(QString("the tokens of run %1 from position %2 on")
                           .arg(run)
                           .arg(number * layout::tokensPerBlock));
    auto block = std::make_shared<const TokenBlock>(decoded.take());
    if (block->count() < std::size_t(layout::tokensPerBlock))
        return Tokens(block);
    if (m_tokens.size() >= mostTokenBlocks)
        m_tokens.clear();
    m_tokens[{run, number}] = block;
    return Tokens(block);
}

Result<std::vector<TokenInfo>> Store::tokens(int run, std::int32_t first, std::int32_t count) {
    constexpr int perBlock = layout::tokensPerBlock;
    const qint64 from = std::max(0, first), to = qint64(first) + count;
    std::vector<TokenInfo> all;
    for (qint64 number = from / perBlock; to > from && number <= (to - 1) / perBlock; ++number) {
        const auto block = tokenBlock(run, number);
        if (!block)
            return block.error();
        if (!*block)
            break; // blocks are contiguous
        const qint64 start = (*block)->count() > 0 ? (*block)->position(0) : to;
        for (qint64 i = std::max<qint64>(0, from - start);
             i < qint64((*block)->count()) && start + i < to; ++i)
            all.push_back((*block)->token(std::size_t(i)));
    }
    if (auto done = addNll(run, all); !done)
        return done.error();
    return all;
}

Result<std::vector<QByteArray>> Store::texts(int run, const std::vector<std::int32_t>& positions) {
    std::vector<QByteArray> all;
    all.reserve(positions.size());
    Tokens block;
    qint64 number = -1;
    for (const std::int32_t position : positions) {
        if (position >= 0 && position / layout::tokensPerBlock != number) {
            number = position / layout::tokensPerBlock;
            auto next = tokenBlock(run, number);
            if (!next)
                return next.error();
            block = next.take();
        }
        const std::size_t i = block && position >= 0 ? block->indexOf(position) : 0;
        const bool held = block && position >= 0 && i < block->count();
        all.push_back(held ? block->text(i) : QByteArray());
    }
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
        const qint64 position = select->integer(0) - layout::blockKey(run, 0);
        if (m_frozen && position >= m_frozen->readTo[run])
            break;
        auto bytes = content(run, select->blob(1));
        auto values = bytes ? valuesFromBytes(*bytes) : bytes.error();
        if (!values)
            return damaged(
                QString("the nll values of run %1 from position %2 on").arg(run).arg(position));
        const qint64 at = position - first;
        for (qint64 i = std::max<qint64>(0, -at);
             i < qint64(values->size()) && at + i < qint64(tokens.size()); ++i)
            tokens[size_t(at + i)].nll = (*values)[size_t(i)];
    }
    return code == SQLITE_DONE || code == SQLITE_ROW ? Result<void>()
                                                     : Result<void>(m_database->error(code));
}

Result<QByteArray> Store::word(int run, std::int32_t id) {
    auto select = m_database->prepare("SELECT text FROM t_vocabulary WHERE run = ? AND id = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, qint64(run)).bind(2, qint64(id)).step();
    if (code == SQLITE_ROW) {
        auto text = content(run, select->blob(0));
        return text ? text : damaged(QString("the text of token %1 of run %2").arg(id).arg(run));
    }
    return code == SQLITE_DONE ? Error{QString("The trace %1 does not hold the text of token %2.")
                                           .arg(m_database->path())
                                           .arg(id)}
                               : m_database->error(code);
}

} // namespace attendre
