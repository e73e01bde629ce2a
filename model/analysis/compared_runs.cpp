#include "model/analysis/compared_runs.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace attendre {

namespace {

constexpr std::int32_t tokensAtOnce = 4096;

Result<ComparedReading> readingOf(Reader& reader, int number) {
    auto run = reader.run(number);
    if (!run)
        return run.error();
    const auto steps = reader.stepCount(number);
    if (!steps)
        return steps.error();
    return ComparedReading{&reader, run.take(), *steps};
}

QString named(const ComparedReading& reading) {
    return QString("run %1 of %2").arg(reading.run.run).arg(reading.reader->path());
}

Error refused(const ComparedRuns& runs, const QString& why) {
    QString sentence = QString("%1 and %2 cannot be compared: %3; choose two runs of one text with "
                               "one model.")
                           .arg(named(runs.a), named(runs.b), why);
    sentence[0] = sentence[0].toUpper();
    return {sentence, 2};
}

// The positions that have come by the end of the recorded steps.
Result<std::int32_t> tokensRead(const ComparedReading& reading) {
    if (reading.steps == 0)
        return 0;
    const auto last = reading.reader->steps(reading.run.run, reading.steps - 1, 1);
    if (!last)
        return last.error();
    return last->empty() ? 0 : last->front().firstPosition + last->front().arrived;
}

// The first position at which the ids differ; count: none does.
Result<std::int32_t> firstDifference(const ComparedRuns& runs, std::int32_t count) {
    for (std::int32_t first = 0; first < count; first += tokensAtOnce) {
        const std::int32_t now = std::min(tokensAtOnce, count - first);
        const auto a = runs.a.reader->tokens(runs.a.run.run, first, now);
        if (!a)
            return a.error();
        const auto b = runs.b.reader->tokens(runs.b.run.run, first, now);
        if (!b)
            return b.error();
        const std::size_t both = std::min(a->size(), b->size());
        for (std::size_t i = 0; i < both; ++i)
            if ((*a)[i].id != (*b)[i].id)
                return first + std::int32_t(i);
        if (std::int32_t(both) < now)
            return first + std::int32_t(both);
    }
    return count;
}

// An option as the explanations call it.
QString shortName(const QString& option) {
    if (option == "memory")
        return "M";
    if (option == "query-memory")
        return "N";
    if (option == "chunk")
        return "C";
    if (option == "sinks")
        return "s";
    if (option == "recent")
        return "r";
    return option == "tokens" ? "T" : option;
}

QString valueText(const QString& option, const QJsonValue& value) {
    if (value.isArray()) {
        QStringList parts;
        for (const QJsonValue part : value.toArray())
            parts << valueText(option, part);
        return parts.isEmpty() ? (option == "memory" ? "full" : "none") : parts.join(',');
    }
    if (value.isString())
        return value.toString().isEmpty() ? "none" : value.toString();
    if (value.isNull() || value.isUndefined())
        return "none";
    return QString::fromUtf8(
        QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact).chopped(1).mid(1));
}

} // namespace

Result<ComparedRuns> compareRuns(Reader& a, int runA, Reader& b, int runB) {
    auto readingA = readingOf(a, runA), readingB = readingOf(b, runB);
    if (!readingA)
        return readingA.error();
    if (!readingB)
        return readingB.error();
    ComparedRuns runs{readingA.take(), readingB.take()};
    const NetworkShape &one = runs.a.run.shape, &other = runs.b.run.shape;
    if (one.layers != other.layers || one.heads != other.heads)
        return refused(runs, QString("one has %1 layers of %2 K/V heads, the other %3 of %4")
                                 .arg(one.layers)
                                 .arg(one.heads)
                                 .arg(other.layers)
                                 .arg(other.heads));
    const auto readA = tokensRead(runs.a), readB = tokensRead(runs.b);
    if (!readA)
        return readA.error();
    if (!readB)
        return readB.error();
    runs.tokens = std::min(*readA, *readB);
    if (runs.tokens == 0)
        return refused(runs, "one of them has no step yet");
    const auto differs = firstDifference(runs, runs.tokens);
    if (!differs)
        return differs.error();
    if (*differs < runs.tokens)
        return refused(runs, QString("from position %1 on they read other tokens").arg(*differs));
    return runs;
}

bool mayCompare(const RunInfo& a, const RunInfo& b) {
    const auto asks = [](const RunInfo& run) {
        return run.parent > 0 && !run.configuration.replay;
    };
    return a.shape.layers == b.shape.layers && a.shape.heads == b.shape.heads &&
           a.documentHash == b.documentHash && !asks(a) && !asks(b);
}

QStringList differencesOf(const RunInfo& a, const RunInfo& b) {
    // What is kept of a run, and how fast it was, does not change what its memory held.
    static const QStringList without{"detail", "archive", "archive-limit", "threads",
                                     "pure",   "tokens",  "preset"};
    const QJsonObject one = toJson(filledIn(a)), other = toJson(filledIn(b));
    QStringList found;
    const auto tell = [&found](const QString& what, const QString& ofA, const QString& ofB) {
        if (ofA != ofB)
            found << QString("%1 %2 against %3").arg(what, ofA, ofB);
    };
    tell("policy", a.policy.name, b.policy.name);
    for (const char* option : {"memory", "sinks", "recent", "chunk", "query-memory"})
        tell(shortName(option), valueText(option, one[option]), valueText(option, other[option]));
    static const QStringList told{"policy", "memory", "sinks", "recent", "chunk", "query-memory"};
    for (const QString& option : one.keys())
        if (!without.contains(option) && !told.contains(option))
            tell(shortName(option), valueText(option, one[option]),
                 valueText(option, other[option]));
    tell("T", QString::number(a.tokens), QString::number(b.tokens));
    if (a.modelHash != b.modelHash)
        tell("model", QFileInfo(a.model).fileName(), QFileInfo(b.model).fileName());
    if (a.documentHash != b.documentHash)
        tell("document", QFileInfo(a.document).fileName(), QFileInfo(b.document).fileName());
    if (a.configuration.replay != b.configuration.replay)
        found << (a.configuration.replay ? "a replay against a run" : "a run against a replay");
    return found;
}

} // namespace attendre
