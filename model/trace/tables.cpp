#include "model/trace/tables.h"

#include "model/trace/layout.h"
#include "model/trace/row_blocks.h"
#include "model/trace/table_rows.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

namespace attendre {

namespace {

thread_local qint64 decodedHere = 0;

// The trace that is the connection's own main database.
class OwnStore : public HeldStore {
  public:
    explicit OwnStore(sqlite3* connection)
        : m_database(connection, QString::fromUtf8(sqlite3_db_filename(connection, "main"))) {
        m_store.attach(&m_database);
    }
    Result<Store*> hold() override { return &m_store; }
    void letGo() override {}

  private:
    Database m_database;
    Store m_store;
};

// What the tables of one connection share. It goes with the last of them, so that no prepared
// statement outlives the connection.
struct TraceContext {
    std::shared_ptr<HeldStore> held;
    sqlite3* own = nullptr; // the trace's connection where it may change between two statements
    RowBlocks blocks;
};

struct Registration {
    const TableDefinition* definition;
    std::shared_ptr<HeldStore> held; // null: the connection's own trace
    std::shared_ptr<std::weak_ptr<TraceContext>> context;
};

struct Table : sqlite3_vtab {
    const TableDefinition* definition = nullptr;
    std::shared_ptr<TraceContext> context;
};

int fail(sqlite3_vtab* table, const Error& error) {
    sqlite3_free(table->zErrMsg);
    table->zErrMsg = sqlite3_mprintf("%s", error.sentence.toUtf8().constData());
    return SQLITE_ERROR;
}

// Walks over the units of a table within the ranges.
class Walk {
  public:
    Walk(const TableDefinition& definition, Ranges ranges)
        : m_definition(definition), m_ranges(ranges) {}

    // The next unit; nothing at the end.
    Result<std::optional<Unit>> next(RowBlocks& blocks, Store& store) {
        if (!m_runs) {
            auto runs = blocks.runs(store);
            if (!runs)
                return runs.error();
            m_runs = runs.take();
        }
        while (m_run < m_runs->size()) {
            if (!m_inRun && !enter(blocks, store))
                return *m_error;
            if (!m_inRun || !advance()) {
                m_inRun = false;
                ++m_run;
                continue;
            }
            return std::optional<Unit>(unit());
        }
        return std::optional<Unit>();
    }

  private:
    // Bounds of the axes in the next run; leaves m_inRun false when it has nothing to give.
    bool enter(RowBlocks& blocks, Store& store) {
        const RunInfo& run = (*m_runs)[m_run];
        if (!m_ranges[size_t(Axis::Run)].contains(run.run))
            return true;
        auto steps = blocks.stepCount(store, run.run);
        if (!steps) {
            m_error = steps.error();
            return false;
        }
        m_first.clear();
        m_last.clear();
        for (Axis axis : m_definition.axes) {
            const Range& asked = m_ranges[size_t(axis)];
            const qint64 divisor = axis == Axis::Position ? layout::positionsPerBlock : 1;
            const qint64 count = axis == Axis::Step ? *steps
                                 : axis == Axis::Layer
                                     ? run.shape.layers + (outputLayer(run) >= 0 ? 1 : 0)
                                 : axis == Axis::Head ? run.shape.heads
                                                      : run.tokens;
            m_first.push_back(std::max<qint64>(0, asked.first) / divisor);
            m_last.push_back(std::min(asked.last, count - 1) < 0
                                 ? -1
                                 : std::min(asked.last, count - 1) / divisor);
            if (m_first.back() > m_last.back())
                return true;
        }
        m_inRun = true;
        m_fresh = true;
        return true;
    }

    bool advance() {
        if (m_fresh) {
            m_at = m_first;
            m_fresh = false;
            return true;
        }
        for (size_t i = m_at.size(); i-- > 0;) {
            if (++m_at[i] <= m_last[i])
                return true;
            m_at[i] = m_first[i];
        }
        return false;
    }

    Unit unit() const {
        Unit u;
        u.run = (*m_runs)[m_run];
        for (size_t i = 0; i < m_at.size(); ++i) {
            const int value = int(m_at[i]);
            switch (m_definition.axes[i]) {
            case Axis::Step:
                u.step = value;
                break;
            case Axis::Layer:
                u.layer = value;
                break;
            case Axis::Head:
                u.head = value;
                break;
            case Axis::Position:
                u.block = value;
                break;
            case Axis::Run:
                break;
            }
        }
        return u;
    }

    const TableDefinition& m_definition;
    Ranges m_ranges;
    RowBlocks::Runs m_runs; // null before the first unit
    size_t m_run = 0;
    bool m_inRun = false, m_fresh = false;
    std::vector<qint64> m_first, m_last, m_at;
    std::optional<Error> m_error;
};

struct Cursor : sqlite3_vtab_cursor {
    std::optional<Walk> walk;
    Ranges ranges;
    RowBlocks::Rows rows; // of the unit; those from row to last are within the ranges
    size_t row = 0, last = 0;
    qint64 number = 0;
    bool end = true;
};

Table& tableOf(sqlite3_vtab_cursor* cursor) {
    return *static_cast<Table*>(cursor->pVtab);
}

// The column that holds the position, where a table walks over positions in blocks.
std::optional<size_t> blockColumn(const TableDefinition& definition) {
    if (definition.axes.empty() || definition.axes.back() != Axis::Position)
        return {};
    for (const auto& [column, axis] : definition.constrained)
        if (axis == Axis::Position)
            return size_t(column);
    return {};
}

// The rows of a unit, and which of them lie within the ranges.
Result<void> decode(Cursor& cursor, Store& store, const Unit& unit) {
    Table& table = tableOf(&cursor);
    const auto column = blockColumn(*table.definition);
    if (!column) {
        std::vector<Row> rows;
        auto filled = table.definition->fill(store, unit, cursor.ranges, rows);
        cursor.row = 0;
        cursor.last = rows.size();
        cursor.rows = std::make_shared<const std::vector<Row>>(std::move(rows));
        return filled;
    }
    auto rows = table.context->blocks.rows(*table.definition, store, unit);
    if (!rows)
        return rows.error();
    cursor.rows = rows.take();
    const Range& asked = cursor.ranges[size_t(Axis::Position)];
    const auto from = [&](qint64 position) {
        const auto before = [&](const Row& row, qint64 value) {
            return std::get<qint64>(row[*column]) < value;
        };
        return std::lower_bound(cursor.rows->begin(), cursor.rows->end(), position, before);
    };
    const auto begin = from(asked.first);
    const auto end = asked.last == std::numeric_limits<qint64>::max() ? cursor.rows->end()
                                                                      : from(asked.last + 1);
    cursor.row = size_t(begin - cursor.rows->begin());
    cursor.last = size_t(end - cursor.rows->begin());
    return {};
}

// Decodes the next unit, or finds that there is none.
Result<void> decodeNext(Cursor& cursor, Store& store) {
    auto unit = cursor.walk->next(tableOf(&cursor).context->blocks, store);
    if (!unit)
        return unit.error();
    if (!*unit) {
        cursor.end = true;
        return {};
    }
    const qint64 before = store.decoded();
    auto decoded = decode(cursor, store, **unit);
    decodedHere += store.decoded() - before;
    return decoded;
}

// Goes on to the next row, decoding the next unit where the last one's rows are used up.
int goOn(Cursor& cursor) {
    Table& table = tableOf(&cursor);
    while (cursor.row >= cursor.last && !cursor.end) {
        auto store = table.context->held->hold();
        if (!store)
            return fail(&table, store.error());
        auto decoded = decodeNext(cursor, **store);
        table.context->held->letGo();
        if (!decoded)
            return fail(&table, decoded.error());
    }
    return SQLITE_OK;
}

int connectTable(sqlite3* connection, void* aux, int, const char* const*, sqlite3_vtab** out,
                 char**) {
    const auto* registration = static_cast<Registration*>(aux);
    const int code = sqlite3_declare_vtab(connection, registration->definition->schema);
    if (code != SQLITE_OK)
        return code;
    auto context = registration->context->lock();
    if (!context) {
        context = std::make_shared<TraceContext>();
        context->held = registration->held;
        if (!context->held) {
            context->held = std::make_shared<OwnStore>(connection);
            context->own = connection;
        }
        *registration->context = context;
    }
    auto* table = new Table;
    static_cast<sqlite3_vtab&>(*table) = {};
    table->definition = registration->definition;
    table->context = std::move(context);
    *out = table;
    return SQLITE_OK;
}

int disconnectTable(sqlite3_vtab* table) {
    delete static_cast<Table*>(table);
    return SQLITE_OK;
}

// The index string names each argument by its axis and comparison: "0=3<" is run = ?, head < ?.
char comparison(unsigned char op) {
    switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return '=';
    case SQLITE_INDEX_CONSTRAINT_GT:
        return '>';
    case SQLITE_INDEX_CONSTRAINT_GE:
        return 'g';
    case SQLITE_INDEX_CONSTRAINT_LT:
        return '<';
    case SQLITE_INDEX_CONSTRAINT_LE:
        return 'l';
    default:
        return 0;
    }
}

// Whether a table's rows are found by an axis: otherwise a constraint on it only drops rows.
bool isWalked(const TableDefinition& definition, Axis axis) {
    return axis == Axis::Run ||
           std::find(definition.axes.begin(), definition.axes.end(), axis) != definition.axes.end();
}

// Whether a constraint compares with a constant, neither with a list nor with another table.
bool isConstant(sqlite3_index_info* info, int constraint) {
    constexpr int since = 3038000;
    sqlite3_value* value = nullptr;
    return sqlite3_libversion_number() >= since &&
           sqlite3_vtab_rhs_value(info, constraint, &value) == SQLITE_OK;
}

// What the planner is told. Work goes by decoded units, so a constraint makes a plan cheaper only
// where the table walks over its axis. One on the position, in a table by steps, is left to SQLite
// unless it is a constant: handed down, a list would decode the whole table once for each position.
int bestIndex(sqlite3_vtab* vtab, sqlite3_index_info* info) {
    const TableDefinition& definition = *static_cast<Table*>(vtab)->definition;
    // Rough sizes of the axes: a run among few, hundreds of steps, dozens of layers. Positions come
    // in blocks where they are walked over.
    std::array<double, axisCount> size = {2, 500, 30, 3, 2};
    // The share of a unit's rows that is left by constraints.
    double left = 1;
    QByteArray arguments;
    for (int i = 0; i < info->nConstraint; ++i) {
        const auto& constraint = info->aConstraint[i];
        const char how = comparison(constraint.op);
        for (const auto& [column, axis] : definition.constrained) {
            if (!constraint.usable || how == 0 || constraint.iColumn != column)
                continue;
            const bool walked = isWalked(definition, axis);
            if (axis == Axis::Position) {
                left *= how == '=' ? 1.0 / definition.rowsPerUnit : 0.25;
                if (!walked && !isConstant(info, i))
                    continue;
            } else if (!walked) {
                left *= how == '=' ? 1 / size[size_t(axis)] : 0.5;
            }
            arguments.append(char('0' + int(axis))).append(how);
            info->aConstraintUsage[i].argvIndex = int(arguments.size() / 2);
            double& extent = size[size_t(axis)];
            extent = how == '=' ? 1 : std::max(1.0, extent / 4);
        }
    }
    double units = size[size_t(Axis::Run)];
    for (Axis axis : definition.axes)
        units *= size[size_t(axis)];
    const double rows = std::max(1.0, units * definition.rowsPerUnit * left);
    info->estimatedCost = units * definition.unitCost + rows;
    info->estimatedRows = sqlite3_int64(rows);
    info->idxStr = sqlite3_mprintf("%s", arguments.constData());
    info->needToFreeIdxStr = 1;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

int openCursor(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
    auto* cursor = new Cursor;
    static_cast<sqlite3_vtab_cursor&>(*cursor) = {};
    *out = cursor;
    return SQLITE_OK;
}

int closeCursor(sqlite3_vtab_cursor* cursor) {
    delete static_cast<Cursor*>(cursor);
    return SQLITE_OK;
}

// Narrows a range by one comparison. SQLite compares once more itself: too wide is allowed.
void narrow(Range& range, char how, sqlite3_value* value) {
    const int type = sqlite3_value_numeric_type(value);
    if (type == SQLITE_NULL) {
        range.last = -1; // nothing compares to null
        return;
    }
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT)
        return;
    constexpr double most = 9e18;
    const double wanted = std::clamp(sqlite3_value_double(value), -most, most);
    const bool whole = type == SQLITE_INTEGER;
    const qint64 low = whole ? sqlite3_value_int64(value) : qint64(std::floor(wanted));
    const qint64 high = whole ? low : qint64(std::ceil(wanted));
    if (how == '=' || how == '>' || how == 'g')
        range.first = std::max(range.first, how == '>' && whole && low < most ? low + 1 : low);
    if (how == '=' || how == '<' || how == 'l')
        range.last = std::min(range.last, how == '<' && whole && high > -most ? high - 1 : high);
}

int filter(sqlite3_vtab_cursor* base, int, const char* arguments, int count,
           sqlite3_value** values) {
    auto& cursor = *static_cast<Cursor*>(base);
    cursor.ranges = {};
    for (int i = 0; i < count; ++i)
        narrow(cursor.ranges[size_t(arguments[2 * i] - '0')], arguments[2 * i + 1], values[i]);
    TraceContext& trace = *tableOf(base).context;
    if (trace.own)
        trace.blocks.follow(trace.own);
    cursor.walk.emplace(*tableOf(base).definition, cursor.ranges);
    cursor.rows.reset();
    cursor.row = cursor.last = 0;
    cursor.number = 0;
    cursor.end = false;
    return goOn(cursor);
}

int next(sqlite3_vtab_cursor* base) {
    auto& cursor = *static_cast<Cursor*>(base);
    ++cursor.row;
    ++cursor.number;
    return goOn(cursor);
}

int atEnd(sqlite3_vtab_cursor* base) {
    return static_cast<Cursor*>(base)->end ? 1 : 0;
}

int cell(sqlite3_vtab_cursor* base, sqlite3_context* out, int column) {
    const auto& cursor = *static_cast<Cursor*>(base);
    const Cell& value = (*cursor.rows)[cursor.row][size_t(column)];
    if (const auto* number = std::get_if<qint64>(&value))
        sqlite3_result_int64(out, *number);
    else if (const auto* real = std::get_if<double>(&value))
        sqlite3_result_double(out, *real);
    else if (const auto* text = std::get_if<QString>(&value)) {
        const QByteArray utf8 = text->toUtf8();
        sqlite3_result_text(out, utf8.constData(), int(utf8.size()), SQLITE_TRANSIENT);
    }
    return SQLITE_OK;
}

int rowNumber(sqlite3_vtab_cursor* base, sqlite3_int64* number) {
    *number = static_cast<Cursor*>(base)->number;
    return SQLITE_OK;
}

const sqlite3_module& tableModule() {
    static const sqlite3_module callbacks = [] {
        sqlite3_module m{}; // without xCreate: the tables are there by themselves
        m.iVersion = 1;
        m.xConnect = connectTable;
        m.xBestIndex = bestIndex;
        m.xDisconnect = disconnectTable;
        m.xOpen = openCursor;
        m.xClose = closeCursor;
        m.xFilter = filter;
        m.xNext = next;
        m.xEof = atEnd;
        m.xColumn = cell;
        m.xRowid = rowNumber;
        return m;
    }();
    return callbacks;
}

} // namespace

Result<void> registerTables(sqlite3* connection) {
    return registerTables(connection, nullptr);
}

Result<void> registerTables(sqlite3* connection, std::shared_ptr<HeldStore> held) {
    auto context = std::make_shared<std::weak_ptr<TraceContext>>();
    for (const TableDefinition& definition : tableDefinitions()) {
        auto* registration = new Registration{&definition, held, context};
        const int code =
            sqlite3_create_module_v2(connection, definition.name, &tableModule(), registration,
                                     [](void* aux) { delete static_cast<Registration*>(aux); });
        if (code != SQLITE_OK)
            return Error{QString("The table %1 cannot be added: %2.")
                             .arg(definition.name, sqlite3_errmsg(connection))};
    }
    return {};
}

QStringList tableNames() {
    QStringList names;
    for (const TableDefinition& definition : tableDefinitions())
        names << definition.name;
    return names;
}

std::vector<PublicColumn> tableColumns(const QString& table) {
    std::vector<PublicColumn> columns;
    for (const TableDefinition& definition : tableDefinitions()) {
        if (table != QLatin1String(definition.name))
            continue;
        // "CREATE TABLE x(run INTEGER, label TEXT)"
        const QString schema = QString::fromLatin1(definition.schema);
        const QString list = schema.section('(', 1).chopped(1);
        for (const QString& column : list.split(','))
            columns.push_back({column.trimmed().section(' ', 0, 0), column.section(' ', -1)});
    }
    return columns;
}

qint64 decodedBlocks() {
    return decodedHere;
}

} // namespace attendre
