#include "widgets/query_examples.h"

#include <QCoreApplication>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("QueryExamples", text);
}

const char* const holds = R"sql(
-- what the current head holds after the step
SELECT step, position, text, inserted_step, rank, hits, mass
FROM residents JOIN tokens USING (run, position)
WHERE run = :run AND step = :step AND layer = :layer AND head = :head
ORDER BY rank, position)sql";

const char* const saved = R"sql(
-- the first survivors of each eviction in the last 32 steps: their ranks were next
WITH cut AS (
    SELECT run, layer, head, step, max(rank) AS rank FROM evictions
    WHERE run = :run AND layer = :layer AND head = :head AND step BETWEEN :step - 31 AND :step
    GROUP BY step),
survivors AS (
    SELECT cut.step, r.position, r.rank - cut.rank AS margin,
        row_number() OVER (PARTITION BY cut.step ORDER BY r.rank, r.position) AS place
    FROM cut CROSS JOIN residents AS r ON r.run = cut.run AND r.layer = cut.layer
        AND r.head = cut.head AND r.step = cut.step - 1
    WHERE r.rank >= cut.rank AND r.position NOT IN (
        SELECT e.position FROM evictions AS e WHERE e.run = cut.run AND e.layer = cut.layer
            AND e.head = cut.head AND e.step = cut.step))
SELECT step, position, text, margin, place, evicted_step
FROM survivors JOIN entries USING (position) JOIN tokens USING (run, position)
WHERE run = :run AND layer = :layer AND head = :head AND place <= 3
ORDER BY margin, evicted_step IS NULL DESC, evicted_step - step DESC)sql";

const char* const lost = R"sql(
-- the tokens that left the most heads in the last 16 steps
SELECT position, text, count(*) AS heads, count(DISTINCT layer) AS layers,
    min(step) AS evicted_step, max(step) AS last_step
FROM evictions JOIN tokens USING (run, position)
WHERE run = :run AND memory = 'kv' AND step BETWEEN :step - 15 AND :step
GROUP BY position ORDER BY heads DESC, position LIMIT 200)sql";

const char* const fifo = R"sql(
-- FIFO evicts at one age: the head whose victims' ages differ least in the last 16 steps
SELECT layer, head, count(*) AS evictions, avg(age) AS mean_age,
    sqrt(max(0, avg(age * age) - avg(age) * avg(age))) AS spread
FROM (SELECT layer, head, replaced_by - position AS age FROM evictions
    WHERE run = :run AND memory = 'kv' AND step BETWEEN :step - 15 AND :step)
GROUP BY layer, head ORDER BY spread, mean_age)sql";

const char* const worst = R"sql(
-- the worst predicted tokens of the last 64 steps, and what the current head evicted as they came
WITH arrivals AS (
    SELECT step, first_position, last_position FROM layer_steps
    WHERE run = :run AND layer = 0 AND step BETWEEN :step - 63 AND :step),
worst AS (
    SELECT step, position, text, nll FROM arrivals CROSS JOIN tokens
        ON position BETWEEN first_position AND last_position
    WHERE run = :run AND nll IS NOT NULL ORDER BY nll DESC LIMIT 20)
SELECT step, position, text, nll,
    (SELECT group_concat(t.text, '|') FROM evictions AS e JOIN tokens AS t USING (run, position)
        WHERE e.run = :run AND e.step = worst.step AND e.layer = :layer AND e.head = :head)
        AS evicted_text
FROM worst ORDER BY nll DESC)sql";

const char* const readers = R"sql(
-- at full detail: which queries read the selected entry, in the current step
SELECT a.step, a.layer, a.head, a.query_position, t.text AS query_text, a.position, a.weight
FROM attention AS a JOIN tokens AS t ON t.run = a.run AND t.position = a.query_position
WHERE a.run = :run AND a.step = :step AND a.position = :entry
ORDER BY a.weight DESC)sql";

const char* const waited = R"sql(
-- how long queries waited, by step and layer, in the last 64 steps
SELECT step, layer, count(*) AS answered, max(step - inserted_step) AS longest_wait,
    avg(step - inserted_step) AS mean_wait
FROM queries WHERE run = :run AND step BETWEEN :step - 63 AND :step
GROUP BY step, layer ORDER BY step, layer)sql";

const char* const times = R"sql(
-- steps that took longest
SELECT step, kind, arrived, milliseconds, milliseconds / max(arrived, 1) AS per_token
FROM steps WHERE run = :run ORDER BY milliseconds DESC LIMIT 1000)sql";

} // namespace

const std::vector<SavedQuery>& exampleQueries() {
    static const std::vector<SavedQuery> queries = [] {
        std::vector<SavedQuery> made = {
            {tr("What the head holds"), QString::fromUtf8(holds)},
            {tr("Nearly evicted, and saved"), QString::fromUtf8(saved)},
            {tr("Lost from the most heads"), QString::fromUtf8(lost)},
            {tr("The head most like FIFO"), QString::fromUtf8(fifo)},
            {tr("Worst predicted, and what had gone"), QString::fromUtf8(worst)},
            {tr("Who reads the selected entry"), QString::fromUtf8(readers)},
            {tr("How long queries waited"), QString::fromUtf8(waited)},
            {tr("Where the time went"), QString::fromUtf8(times)}};
        for (SavedQuery& query : made)
            query.sql = query.sql.trimmed();
        return made;
    }();
    return queries;
}

} // namespace attendre
