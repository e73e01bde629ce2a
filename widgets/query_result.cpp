#include "widgets/query_result.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

const QStringList stepNames = {QStringLiteral("step"), QStringLiteral("evicted_step"),
                               QStringLiteral("inserted_step")};

double numberOf(const OutputValue& value) {
    if (const auto* whole = std::get_if<qint64>(&value))
        return double(*whole);
    if (const auto* real = std::get_if<double>(&value))
        return *real;
    return std::numeric_limits<double>::quiet_NaN();
}

} // namespace

int QueryResult::column(const QString& name) const {
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i].name.compare(name, Qt::CaseInsensitive) == 0)
            return int(i);
    return -1;
}

std::optional<qint64> QueryResult::whole(int row, int column) const {
    if (column < 0)
        return {};
    const auto* number = std::get_if<qint64>(&at(row, column));
    return number ? std::optional(*number) : std::nullopt;
}

Result<void> ResultRows::begin(const std::vector<OutputColumn>& columns) {
    m_result->columns = columns;
    return {};
}

Result<void> ResultRows::add(const std::vector<OutputValue>& row) {
    m_result->values.insert(m_result->values.end(), row.begin(), row.end());
    return {};
}

std::optional<Point> pointOf(const QueryResult& result, int row, int column, const Point& now,
                             const std::function<const RunInfo*(int run)>& run,
                             const std::function<int(int run)>& stepCount) {
    if (row < 0 || row >= result.rows())
        return {};
    Point point = now;
    bool leads = false;
    const auto take = [&](const QString& name, qint64 end, auto& part) {
        const auto value = result.whole(row, result.column(name));
        if (!value || *value < 0 || *value >= end)
            return false;
        part = std::remove_reference_t<decltype(part)>(*value);
        leads = true;
        return true;
    };
    const auto ofRun = result.whole(row, result.column(QStringLiteral("run")));
    if (ofRun && *ofRun > 0 && *ofRun <= std::numeric_limits<int>::max()) {
        if (!run(int(*ofRun)))
            return {}; // of a run that is not there
        point.run = int(*ofRun);
        leads = true;
    }
    const RunInfo* info = run(point.run);
    if (!info)
        return {};
    QStringList names = stepNames;
    if (column >= 0 && column < int(result.columns.size()))
        if (const QString own = result.columns[std::size_t(column)].name.toLower();
            names.removeOne(own))
            names.prepend(own);
    const int steps = stepCount(point.run);
    for (const QString& name : names)
        if (take(name, steps, point.step)) {
            point.phase = Phase::Record;
            break;
        }
    take(QStringLiteral("layer"), info->shape.layers, point.layer);
    take(QStringLiteral("head"), info->shape.heads, point.head);
    if (!take(QStringLiteral("position"), info->tokens, point.entry))
        take(QStringLiteral("entry"), info->tokens, point.entry);
    take(QStringLiteral("query_position"), info->tokens, point.query);
    if (!leads)
        return {};
    // What the run before had and this one has not.
    point.step = std::clamp(point.step, 0, std::max(0, steps - 1));
    point.layer = std::clamp(point.layer, 0, std::max(0, info->shape.layers - 1));
    point.head = std::clamp(point.head, 0, std::max(0, info->shape.heads - 1));
    return point;
}

int stepColumn(const QueryResult& result) {
    for (const QString& name : stepNames)
        if (const int column = result.column(name); column >= 0)
            return column;
    return -1;
}

std::vector<int> summableColumns(const QueryResult& result) {
    static const QStringList places = {QStringLiteral("run"),
                                       QStringLiteral("layer"),
                                       QStringLiteral("head"),
                                       QStringLiteral("query_head"),
                                       QStringLiteral("slot"),
                                       QStringLiteral("position"),
                                       QStringLiteral("query_position"),
                                       QStringLiteral("replaced_by"),
                                       QStringLiteral("id")};
    std::vector<int> columns;
    const int rows = std::min(result.rows(), 1000);
    for (int column = 0; column < int(result.columns.size()); ++column) {
        const QString name = result.columns[std::size_t(column)].name.toLower();
        if (places.contains(name) || stepNames.contains(name))
            continue;
        bool numbers = false, texts = false;
        for (int row = 0; row < rows; ++row) {
            const OutputValue& value = result.at(row, column);
            texts = texts || std::holds_alternative<QByteArray>(value);
            numbers = numbers || !std::isnan(numberOf(value));
        }
        if (numbers && !texts)
            columns.push_back(column);
    }
    return columns;
}

std::vector<float> valuesPerStep(const QueryResult& result, PerStep how, int column, int run,
                                 int steps) {
    std::vector<double> sums(std::size_t(std::max(0, steps)));
    std::vector<qint64> counts(sums.size());
    const int at = stepColumn(result), runs = result.column(QStringLiteral("run"));
    for (int row = 0; row < result.rows(); ++row) {
        const auto step = result.whole(row, at);
        if (!step || *step < 0 || *step >= steps)
            continue;
        if (runs >= 0 && result.whole(row, runs) != std::optional<qint64>(run))
            continue;
        const double value = how == PerStep::Rows ? 1 : numberOf(result.at(row, column));
        if (std::isnan(value))
            continue;
        sums[std::size_t(*step)] += value;
        ++counts[std::size_t(*step)];
    }
    std::vector<float> values(sums.size(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < sums.size(); ++i)
        if (how == PerStep::Rows || counts[i] > 0)
            values[i] = float(how == PerStep::Mean ? sums[i] / double(counts[i]) : sums[i]);
    return values;
}

} // namespace attendre
