#include "widgets/result_lines.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace attendre {

namespace {

std::set<QString> valuesOf(const EvaluationResults& results, const std::vector<bool>& shown,
                           const QString& name) {
    std::set<QString> values;
    for (std::size_t i = 0; i < results.rows.size(); ++i)
        if ((shown.empty() || shown[i]) && results.rows[i].settings.contains(name))
            values.insert(settingText(results.rows[i].settings[name]));
    return values;
}

// M is R and C: where one of M and R is drawn over, the other says nothing more.
QStringList variantNames(const EvaluationResults& results, const std::vector<bool>& shown,
                         const QString& x) {
    QStringList names;
    for (const QString& name : results.settings) {
        const bool size = name == "survives" || name == "memory";
        const bool sizeDrawn = x == "survives" || x == "memory";
        if (name == "policy" || name == x || (size && (sizeDrawn || name == "memory")))
            continue;
        if (valuesOf(results, shown, name).size() > 1)
            names << name;
    }
    return names;
}

QString variantOf(const ResultRow& one, const QStringList& names, bool sets) {
    QStringList parts;
    for (const QString& name : names) {
        const QString value = settingText(one.settings[name]);
        parts << (name == "positions" ? value : settingTitle(name) + QLatin1Char(' ') + value);
    }
    if (one.row.way != "memory" && one.row.way != one.settings["policy"].toString())
        parts << one.row.way;
    if (sets)
        parts << one.row.subject;
    return parts.join(QStringLiteral(", "));
}

int indexIn(QStringList& list, const QString& text) {
    if (!list.contains(text))
        list << text;
    return int(list.indexOf(text));
}

std::set<QString> subjectsOf(const EvaluationResults& results, const std::vector<bool>& shown) {
    std::set<QString> subjects;
    for (std::size_t i = 0; i < results.rows.size(); ++i)
        if (shown.empty() || shown[i])
            subjects.insert(results.rows[i].row.subject);
    return subjects;
}

} // namespace

QString ResultLines::lineLabel(const ResultLine& line) const {
    const QString& variant = variants[line.variant];
    const QString& policy = policies[line.policy];
    return variant.isEmpty() ? policy : policy + QStringLiteral(", ") + variant;
}

QStringList plottableSettings(const EvaluationResults& results) {
    QStringList numbers, varying;
    for (const QString& name : results.settings) {
        const bool isNumber =
            std::any_of(results.rows.begin(), results.rows.end(),
                        [&](const ResultRow& one) { return one.settings[name].isDouble(); });
        if (!isNumber)
            continue;
        numbers << name;
        if (valuesOf(results, {}, name).size() > 1)
            varying << name;
    }
    return varying.isEmpty() ? numbers : varying;
}

ResultLines resultLines(const EvaluationResults& results, const std::vector<bool>& shown,
                        const QString& x, const ResultMeasure& measure) {
    ResultLines made;
    made.x = x;
    made.measure = &measure;
    const QStringList names = variantNames(results, shown, x);
    const bool sets = subjectsOf(results, shown).size() > 1;
    std::map<std::pair<int, int>, ResultLine> lines;
    for (std::size_t i = 0; i < results.rows.size(); ++i) {
        const ResultRow& one = results.rows[i];
        const QString policy = one.settings["policy"].toString();
        const int colour = one.isBaseline() ? -1 : indexIn(made.policies, policy);
        const Estimate y = measure.shown(one.row);
        if (std::isnan(y.value) || (!shown.empty() && !shown[i]))
            continue;
        if (one.isBaseline() || !one.settings[x].isDouble()) {
            const QString label = sets && !one.row.subject.isEmpty()
                                      ? one.label + QStringLiteral(", ") + one.row.subject
                                      : one.label;
            made.levels.push_back({label, y, int(i)});
            continue;
        }
        const int variant = indexIn(made.variants, variantOf(one, names, sets));
        ResultLine& line = lines[{colour, variant}];
        line.policy = colour;
        line.variant = variant;
        line.points.push_back({one.settings[x].toDouble(), y, int(i)});
    }
    for (auto& [key, line] : lines) {
        std::stable_sort(line.points.begin(), line.points.end(),
                         [](const auto& a, const auto& b) { return a.x < b.x; });
        made.lines.push_back(std::move(line));
    }
    return made;
}

QString ResultLines::csv(const EvaluationResults& results) const {
    QString text = QStringLiteral("line,%1,%2,low,high,count\n")
                       .arg(x, QLatin1String(measure ? measure->id : ""));
    const auto add = [&](const QString& label, const QString& at, const Estimate& y, int row) {
        text +=
            QStringList{
                csvText(label),     at,
                csvNumber(y.value), csvNumber(y.low),
                csvNumber(y.high),  QString::number(results.rows[std::size_t(row)].row.count)}
                .join(QLatin1Char(',')) +
            QLatin1Char('\n');
    };
    for (const ResultLine& line : lines)
        for (const ResultLine::Point& point : line.points)
            add(lineLabel(line), csvNumber(point.x), point.y, point.row);
    for (const ResultLevel& level : levels)
        add(level.label, {}, level.y, level.row);
    return text;
}

} // namespace attendre
