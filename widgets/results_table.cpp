#include "widgets/results_table.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ResultsTable", text);
}

// Columns that say the same in every row, or nothing, are left out.
bool manyWays(const EvaluationResults& results) {
    return std::any_of(results.rows.begin(), results.rows.end(), [](const ResultRow& row) {
        return !row.isBaseline() && row.row.way != "memory";
    });
}

bool manySets(const EvaluationResults& results) {
    return std::any_of(results.rows.begin(), results.rows.end(), [&](const ResultRow& row) {
        return row.row.subject != results.rows.front().row.subject;
    });
}

TableCell settingCell(const QJsonValue& value) {
    if (value.isUndefined())
        return {};
    return {settingText(value),
            {},
            value.isDouble() ? QVariant(value.toDouble()) : QVariant(settingText(value))};
}

TableCell measureCell(const ResultMeasure& measure, const SweepRow& row) {
    const Estimate e = measure.shown(row);
    if (std::isnan(e.value))
        return {};
    TableCell cell{measure.text(row), measure.interval(row), e.value};
    const bool survival = QLatin1String(measure.id).startsWith(QLatin1String("survival"));
    if (survival && !survivalTells(row)) {
        cell.isQuiet = true;
        cell.tip = survivalSentence(row);
    }
    return cell;
}

} // namespace

std::vector<TableColumn> resultColumns(const EvaluationResults& results) {
    std::vector<TableColumn> columns;
    if (results.rows.empty())
        return columns;
    columns.push_back(
        {tr("policy"), tr("What decides who is evicted; for other ways of reading, which it is.")});
    if (manySets(results))
        columns.push_back({tr("set"), tr("The set of questions; empty: documents.")});
    for (const QString& name : results.settings)
        if (name != "policy") {
            const bool isNumber =
                std::any_of(results.rows.begin(), results.rows.end(),
                            [&](const ResultRow& row) { return row.settings[name].isDouble(); });
            columns.push_back({settingTitle(name), settingDefinition(name), isNumber});
        }
    if (manyWays(results))
        columns.push_back({tr("way"), tr("How the document is read, where that is not through "
                                         "the memories as they are asked for.")});
    columns.push_back({tr("count"),
                       tr("The documents or questions with numbers; in brackets those "
                          "left out."),
                       true});
    for (const ResultMeasure* measure : measuresOf(results))
        columns.push_back({measure->title, measure->definition, true});
    return columns;
}

std::vector<TableRow> resultCells(const EvaluationResults& results) {
    std::vector<TableRow> rows;
    const bool ways = !results.rows.empty() && manyWays(results);
    const bool sets = !results.rows.empty() && manySets(results);
    const auto measures = measuresOf(results);
    for (const ResultRow& one : results.rows) {
        const QString name = one.isBaseline() ? one.label : one.settings["policy"].toString();
        TableRow row{{name, {}, name, false, one.label}};
        if (sets)
            row.push_back({one.row.subject, {}, one.row.subject});
        for (const QString& setting : results.settings)
            if (setting != "policy")
                row.push_back(settingCell(one.settings[setting]));
        if (ways) {
            const QString way =
                one.isBaseline() || one.row.way == "memory" ? QString() : one.row.way;
            row.push_back({way, {}, way.isEmpty() ? QVariant() : QVariant(way)});
        }
        const int left = one.row.leftOut;
        row.push_back({QString::number(one.row.count),
                       left > 0 ? QStringLiteral("(−%1)").arg(left) : QString(), one.row.count,
                       false, left > 0 ? tr("%1 were left out").arg(left) : QString()});
        for (const ResultMeasure* measure : measures)
            row.push_back(measureCell(*measure, one.row));
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace attendre
