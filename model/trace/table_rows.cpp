#include "model/trace/table_rows.h"

#include "model/trace/layout.h"

#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

const Range& on(const Ranges& ranges, Axis axis) {
    return ranges[size_t(axis)];
}

Cell number(qint64 value) {
    return value;
}

Cell real(double value) {
    return std::isnan(value) ? Cell() : Cell(value);
}

Cell text(const QString& value) {
    return value.isEmpty() ? Cell() : Cell(value);
}

// The cells of the encoder-output memory have neither layer nor head: all decoder layers read it.
struct MemoryCells {
    Cell memory, layer;
    bool output = false;

    MemoryCells(const Unit& unit) : output(unit.layer == outputLayer(unit.run)) {
        memory = QString(output ? "output" : "kv");
        layer = output ? Cell() : number(unit.layer);
    }
    Cell head(qint64 index) const { return output ? Cell() : number(index); }
};

void addUsage(Row& row, const Usage& usage) {
    for (Cell cell :
         {number(usage.tickInserted), number(usage.lastTick), real(double(usage.mass)),
          real(double(usage.massSquared)), number(usage.hits), real(double(usage.lastMass))})
        row.push_back(std::move(cell));
}

Result<void> fillRuns(Store&, const Unit& unit, const Ranges&, std::vector<Row>& rows) {
    const RunInfo& r = unit.run;
    const QByteArray config = QJsonDocument(toJson(filledIn(r))).toJson(QJsonDocument::Compact);
    rows.push_back({number(r.run),
                    text(r.uuid),
                    r.parent > 0 ? number(r.parent) : Cell(),
                    r.parent > 0 ? number(r.parentStep) : Cell(),
                    text(r.label),
                    text(r.created.toUTC().toString(Qt::ISODateWithMs)),
                    text(r.model),
                    text(r.modelHash),
                    text(r.document),
                    text(r.documentHash),
                    text(r.configuration.mode),
                    text(r.device),
                    text(r.dtype),
                    number(r.threads),
                    text(r.build),
                    number(r.tokens),
                    number(r.shape.layers),
                    number(r.shape.heads),
                    number(r.shape.queryHeads),
                    text(QString::fromUtf8(config)),
                    text(r.command)});
    return {};
}

Result<void> fillSteps(Store& store, const Unit& unit, const Ranges&, std::vector<Row>& rows) {
    static const char* const kinds[] = {"chunk", "flush", "ask", "answer"};
    auto steps = store.steps(unit.run.run, unit.step, 1);
    if (!steps)
        return steps.error();
    for (const StepInfo& s : *steps)
        rows.push_back({number(s.run), number(s.step), QString(kinds[int(s.kind) & 3]),
                        number(s.arrived), real(s.milliseconds)});
    return {};
}

// NaN where no head has a value.
SeenNumbers meanOverHeads(const StepNumbers& numbers, int layer) {
    const auto mean = [&](float SeenNumbers::*member) {
        double sum = 0;
        int count = 0;
        for (int head = 0; head < numbers.headsPerLayer; ++head) {
            const float value =
                numbers.heads[size_t(layer * numbers.headsPerLayer + head)].seen.*member;
            if (std::isnan(value))
                continue;
            sum += double(value);
            ++count;
        }
        return count > 0 ? float(sum / count) : std::numeric_limits<float>::quiet_NaN();
    };
    SeenNumbers means;
    means.coverage = mean(&SeenNumbers::coverage);
    means.outputError = mean(&SeenNumbers::outputError);
    return means;
}

Result<void> fillLayerSteps(Store& store, const Unit& unit, const Ranges& ranges,
                            std::vector<Row>& rows) {
    auto numbers = store.numbers(unit.run.run, unit.step);
    if (!numbers)
        return numbers.error();
    for (const LayerStepInfo& l : numbers->layers)
        if (on(ranges, Axis::Layer).contains(l.layer)) {
            const SeenNumbers seen = meanOverHeads(*numbers, l.layer);
            rows.push_back({number(unit.run.run), number(l.step), number(l.layer),
                            l.arrived > 0 ? number(l.firstPosition) : Cell(),
                            l.arrived > 0 ? number(l.firstPosition + l.arrived - 1) : Cell(),
                            number(l.arrived), number(l.answered), number(l.waiting),
                            number(l.occupancy), number(l.evicted), real(double(seen.coverage)),
                            real(double(seen.outputError))});
        }
    return {};
}

Result<void> fillTokens(Store& store, const Unit& unit, const Ranges& ranges,
                        std::vector<Row>& rows) {
    static const char* const segments[] = {"bos", "template", "document", "question", "answer"};
    auto tokens =
        store.tokens(unit.run.run, unit.block * layout::tokensPerBlock, layout::tokensPerBlock);
    if (!tokens)
        return tokens.error();
    for (const TokenInfo& t : *tokens)
        if (on(ranges, Axis::Position).contains(t.position))
            rows.push_back({number(unit.run.run), number(t.position),
                            QString(segments[int(t.segment)]),
                            t.documentPosition >= 0 ? number(t.documentPosition) : Cell(),
                            number(t.id), QString::fromUtf8(t.text), number(t.byteBegin),
                            number(t.byteEnd), real(double(t.nll))});
    return {};
}

Result<void> fillEvictions(Store& store, const Unit& unit, const Ranges& ranges,
                           std::vector<Row>& rows) {
    const MemoryCells in(unit);
    for (int head = 0; head < headCount(unit.run, unit.layer); ++head) {
        if (!on(ranges, Axis::Head).contains(head))
            continue;
        auto evictions = store.evictions(unit.run.run, unit.step, unit.layer, head);
        if (!evictions)
            return evictions.error();
        for (const Eviction& e : *evictions)
            if (on(ranges, Axis::Position).contains(e.position))
                rows.push_back({number(unit.run.run), in.memory, number(e.step), in.layer,
                                in.head(e.head), number(e.slot), number(e.position),
                                number(e.insertedStep), real(e.rank), number(e.replacedBy)});
    }
    return {};
}

Result<void> fillEntries(Store& store, const Unit& unit, const Ranges& ranges,
                         std::vector<Row>& rows) {
    constexpr qint64 size = layout::positionsPerBlock;
    const MemoryCells in(unit);
    if (unit.head >= headCount(unit.run, unit.layer))
        return {};
    const Range& asked = on(ranges, Axis::Position);
    const qint64 first = std::max(asked.first, unit.block * size);
    const qint64 last = std::min({asked.last, (unit.block + 1) * size - 1, unit.run.tokens - 1});
    auto lives = store.lives(unit.run.run, unit.layer, unit.head, std::int32_t(first),
                             std::int32_t(last - first + 1));
    if (!lives)
        return lives.error();
    for (const Life& life : *lives) {
        if (life.insertedStep < 0)
            continue;
        Row row = {number(unit.run.run),
                   in.memory,
                   in.layer,
                   in.head(unit.head),
                   number(life.position),
                   number(life.slot),
                   number(life.insertedStep),
                   life.evictedStep >= 0 ? number(life.evictedStep) : Cell()};
        if (life.hasUsage)
            addUsage(row, life.usage);
        else
            row.push_back(number(life.usage.tickInserted));
        row.resize(14);
        rows.push_back(std::move(row));
    }
    return {};
}

Result<void> fillResidents(Store& store, const Unit& unit, const Ranges& ranges,
                           std::vector<Row>& rows) {
    auto snapshot = store.snapshot(unit.run.run, unit.step, unit.layer);
    if (!snapshot)
        return snapshot.error();
    const LayerRecord& r = (*snapshot)->record;
    const MemoryCells in(unit);
    auto cell = [](const auto& column, size_t i) {
        if (column.empty())
            return Cell();
        if constexpr (std::is_floating_point_v<std::decay_t<decltype(column[0])>>)
            return real(double(column[i]));
        else
            return number(qint64(column[i]));
    };
    for (size_t i = 0; i < r.position.size(); ++i) {
        const qint64 head = qint64(i) / r.capacity, slot = qint64(i) % r.capacity;
        if (r.position[i] == noPosition || !on(ranges, Axis::Head).contains(head) ||
            !on(ranges, Axis::Position).contains(r.position[i]))
            continue;
        rows.push_back({number(unit.run.run), in.memory, number(unit.step), in.layer, in.head(head),
                        number(slot), number(r.position[i]), number((*snapshot)->insertedStep[i]),
                        real(r.rank[i]), number(qint64(r.position[i]) + 1), cell(r.lastTick, i),
                        cell(r.mass, i), cell(r.massSquared, i), cell(r.hits, i),
                        cell(r.lastMass, i)});
    }
    return {};
}

// The step in which a position arrived in a layer: not later than the one that answered its query.
Result<int> arrivalStep(Store& store, int run, int step, int layer, std::int32_t position) {
    for (; step > 0; --step) {
        auto numbers = store.numbers(run, step);
        if (!numbers)
            return numbers.error();
        if (numbers->layers[size_t(layer)].arrived > 0 &&
            numbers->layers[size_t(layer)].firstPosition <= position)
            break;
    }
    return step;
}

Result<void> fillQueries(Store& store, const Unit& unit, const Ranges& ranges,
                         std::vector<Row>& rows) {
    auto numbers = store.numbers(unit.run.run, unit.step);
    if (!numbers)
        return numbers.error();
    for (const LayerStepInfo& l : numbers->layers) {
        if (!on(ranges, Axis::Layer).contains(l.layer))
            continue;
        int inserted = unit.step;
        const auto before = qsizetype(rows.size());
        for (int j = l.answered - 1; j >= 0; --j) { // backwards: the later ones arrived later
            const std::int32_t position = l.firstAnswered + j;
            if (l.arrived == 0 || position < l.firstPosition) {
                auto found = arrivalStep(store, unit.run.run, inserted, l.layer, position);
                if (!found)
                    return found.error();
                inserted = *found;
            }
            if (on(ranges, Axis::Position).contains(position))
                rows.push_back({number(unit.run.run), number(unit.step), number(l.layer),
                                number(position), number(inserted)});
        }
        std::reverse(rows.begin() + before, rows.end());
    }
    return {};
}

Result<void> fillAttention(Store& store, const Unit& unit, const Ranges& ranges,
                           std::vector<Row>& rows) {
    const MemoryCells in(unit);
    for (int head = 0; head < headCount(unit.run, unit.layer); ++head) {
        if (!on(ranges, Axis::Head).contains(head))
            continue;
        auto attention = store.attention(unit.run.run, unit.step, unit.layer, head);
        if (!attention)
            return attention.error();
        for (const QueryAttention& query : *attention) {
            auto add = [&](const Cell& position, float weight) {
                rows.push_back({number(unit.run.run), in.memory, number(unit.step), in.layer,
                                in.head(head), Cell(), number(query.queryPosition), position,
                                real(double(weight))});
            };
            for (const AttendedEntry& entry : query.top)
                add(number(entry.position), entry.weight);
            add(Cell(), query.rest);
        }
    }
    return {};
}

} // namespace

const std::vector<TableDefinition>& tableDefinitions() {
    static const std::vector<TableDefinition> tables = {
        {"runs",
         "CREATE TABLE x(run INTEGER, uuid TEXT, parent INTEGER, parent_step INTEGER, label TEXT, "
         "created TEXT, model TEXT, model_hash TEXT, document TEXT, document_hash TEXT, mode TEXT, "
         "device TEXT, dtype TEXT, threads INTEGER, build TEXT, tokens INTEGER, layers INTEGER, "
         "heads INTEGER, query_heads INTEGER, config TEXT, command TEXT)",
         {},
         1,
         1,
         {{0, Axis::Run}},
         fillRuns},
        {"steps",
         "CREATE TABLE x(run INTEGER, step INTEGER, kind TEXT, arrived INTEGER, milliseconds REAL)",
         {Axis::Step},
         1,
         4,
         {{0, Axis::Run}, {1, Axis::Step}},
         fillSteps},
        {"layer_steps",
         "CREATE TABLE x(run INTEGER, step INTEGER, layer INTEGER, first_position INTEGER, "
         "last_position INTEGER, arrived INTEGER, answered INTEGER, waiting INTEGER, "
         "occupancy INTEGER, evicted INTEGER, seen_coverage REAL, output_error REAL)",
         {Axis::Step},
         30,
         20,
         {{0, Axis::Run}, {1, Axis::Step}, {2, Axis::Layer}},
         fillLayerSteps},
        {"tokens",
         "CREATE TABLE x(run INTEGER, position INTEGER, segment TEXT, document_position INTEGER, "
         "id INTEGER, text TEXT, byte_begin INTEGER, byte_end INTEGER, nll REAL)",
         {Axis::Position},
         4096,
         4,
         {{0, Axis::Run}, {1, Axis::Position}},
         fillTokens},
        {"evictions",
         "CREATE TABLE x(run INTEGER, memory TEXT, step INTEGER, layer INTEGER, head INTEGER, "
         "slot INTEGER, position INTEGER, inserted_step INTEGER, rank REAL, replaced_by INTEGER)",
         {Axis::Layer, Axis::Step},
         200,
         200,
         {{0, Axis::Run}, {2, Axis::Step}, {3, Axis::Layer}, {4, Axis::Head}, {6, Axis::Position}},
         fillEvictions},
        {"entries",
         "CREATE TABLE x(run INTEGER, memory TEXT, layer INTEGER, head INTEGER, position INTEGER, "
         "slot INTEGER, inserted_step INTEGER, evicted_step INTEGER, tick_inserted INTEGER, "
         "last_tick INTEGER, mass REAL, mass_sq REAL, hits INTEGER, last_mass REAL)",
         {Axis::Layer, Axis::Head, Axis::Position},
         4096,
         100,
         {{0, Axis::Run}, {2, Axis::Layer}, {3, Axis::Head}, {4, Axis::Position}},
         fillEntries},
        {"residents",
         "CREATE TABLE x(run INTEGER, memory TEXT, step INTEGER, layer INTEGER, head INTEGER, "
         "slot INTEGER, position INTEGER, inserted_step INTEGER, rank REAL, tick_inserted INTEGER, "
         "last_tick INTEGER, mass REAL, mass_sq REAL, hits INTEGER, last_mass REAL)",
         {Axis::Layer, Axis::Step},
         1500,
         200,
         {{0, Axis::Run}, {2, Axis::Step}, {3, Axis::Layer}, {4, Axis::Head}, {6, Axis::Position}},
         fillResidents},
        {"queries",
         "CREATE TABLE x(run INTEGER, step INTEGER, layer INTEGER, position INTEGER, "
         "inserted_step INTEGER)",
         {Axis::Step},
         2000,
         20,
         {{0, Axis::Run}, {1, Axis::Step}, {2, Axis::Layer}, {3, Axis::Position}},
         fillQueries},
        {"attention",
         "CREATE TABLE x(run INTEGER, memory TEXT, step INTEGER, layer INTEGER, head INTEGER, "
         "query_head INTEGER, query_position INTEGER, position INTEGER, weight REAL)",
         {Axis::Layer, Axis::Step},
         2000,
         200,
         {{0, Axis::Run}, {2, Axis::Step}, {3, Axis::Layer}, {4, Axis::Head}},
         fillAttention},
    };
    return tables;
}

} // namespace attendre
