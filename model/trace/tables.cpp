#include "model/trace/tables.h"

#include "model/trace/layout.h"
#include "model/trace/table_rows.h"

#include <cmath>
#include <memory>
#include <optional>

namespace attendre {

namespace {

thread_local qint64 decodedHere = 0;

// What the tables of one connection share. It goes with the last of them, so that no prepared
// statement outlives the connection.
struct TraceContext {
    explicit TraceContext(sqlite3* connection)
        : database(connection, QString::fromUtf8(sqlite3_db_filename(connection, "main"))) {
        store.attach(&database);
    }
    Database database;
    Store store;
};

struct Registration {
    const TableDefinition* definition;
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
    Result<std::optional<Unit>> next(Store& store) {
        if (!m_started) {
            auto runs = store.runs();
            if (!runs)
                return runs.error();
            m_runs = runs.take();
            m_started = true;
        }
        while (m_run < m_runs.size()) {
            if (!m_inRun && !enter(store))
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
    bool enter(Store& store) {
        const RunInfo& run = m_runs[m_run];
        if (!m_ranges[size_t(Axis::Run)].contains(run.run))
            return true;
        auto steps = store.stepCount(run.run);
        if (!steps) {
            m_error = steps.error();
            return false;
        }
        m_first.clear();
        m_last.clear();
        for (Axis axis : m_definition.axes) {
            const Range& asked = m_ranges[size_t(axis)];
            const qint64 divisor = axis == Axis::Position ? layout::positionsPerBlock : 1;
            const qint64 count = axis == Axis::Step    ? *steps
                                 : axis == Axis::Layer ? run.shape.layers
                                 : axis == Axis::Head  ? run.shape.heads
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
        u.run = m_runs[m_run];
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
    std::vector<RunInfo> m_runs;
    size_t m_run = 0;
    bool m_started = false, m_inRun = false, m_fresh = false;
    std::vector<qint64> m_first, m_last, m_at;
    std::optional<Error> m_error;
};

struct Cursor : sqlite3_vtab_cursor {
    std::optional<Walk> walk;
    Ranges ranges;
    std::vector<Row> rows;
    size_t row = 0;
    qint64 number = 0;
    bool end = true;
};

Table& tableOf(sqlite3_vtab_cursor* cursor) {
    return *static_cast<Table*>(cursor->pVtab);
}

// Goes on to the next row, decoding the next unit where the last one's rows are used up.
int goOn(Cursor& cursor) {
    Table& table = tableOf(&cursor);
    while (cursor.row >= cursor.rows.size()) {
        auto unit = cursor.walk->next(table.context->store);
        if (!unit)
            return fail(&table, unit.error());
        if (!*unit) {
            cursor.end = true;
            return SQLITE_OK;
        }
        cursor.rows.clear();
        cursor.row = 0;
        const qint64 before = table.context->store.decoded();
        auto filled =
            table.definition->fill(table.context->store, **unit, cursor.ranges, cursor.rows);
        decodedHere += table.context->store.decoded() - before;
        if (!filled)
            return fail(&table, filled.error());
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
        context = std::make_shared<TraceContext>(connection);
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

int bestIndex(sqlite3_vtab* vtab, sqlite3_index_info* info) {
    const TableDefinition& definition = *static_cast<Table*>(vtab)->definition;
    // Rough sizes of the axes: a run among few, thousands of steps, dozens of layers.
    std::array<double, axisCount> size = {3, 1000, 30, 4, 1000};
    QByteArray arguments;
    for (int i = 0; i < info->nConstraint; ++i) {
        const auto& constraint = info->aConstraint[i];
        const char how = comparison(constraint.op);
        for (const auto& [column, axis] : definition.constrained) {
            if (!constraint.usable || how == 0 || constraint.iColumn != column)
                continue;
            arguments.append(char('0' + int(axis))).append(how);
            info->aConstraintUsage[i].argvIndex = int(arguments.size() / 2);
            double& left = size[size_t(axis)];
            left = how == '=' ? 1 : std::max(1.0, left / 4);
        }
    }
    double cost = 1;
    for (const auto& [column, axis] : definition.constrained)
        cost *= size[size_t(axis)];
    info->estimatedCost = cost;
    info->estimatedRows = sqlite3_int64(cost);
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
    cursor.walk.emplace(*tableOf(base).definition, cursor.ranges);
    cursor.rows.clear();
    cursor.row = 0;
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
    const Cell& value = cursor.rows[cursor.row][size_t(column)];
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
    auto context = std::make_shared<std::weak_ptr<TraceContext>>();
    for (const TableDefinition& definition : tableDefinitions()) {
        auto* registration = new Registration{&definition, context};
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

qint64 decodedBlocks() {
    return decodedHere;
}

} // namespace attendre
