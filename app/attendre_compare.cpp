// attendre trace compare: where two runs part, and which tokens cost them different losses.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/analysis/loss_difference.h"
#include "model/analysis/parted_entries.h"
#include "model/engine/stop_signals.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <map>

namespace attendre {

namespace {

constexpr int mostTokens = 16; // whose loss is told

struct CompareOptions {
    std::vector<std::string> traces;
    std::string runs;
    bool json = false;
};

// What is told of a comparison, with the bytes of the tokens that it names.
struct Told {
    ComparedRuns runs;
    RunDivergence divergence;
    std::optional<Parting> parting;
    LossDifferences losses;
    std::vector<LossCause> causes; // of losses.largest
    std::map<std::int32_t, QByteArray> texts;
};

// --- which runs

Result<std::pair<int, int>> runsAsked(const std::string& typed) {
    static const QRegularExpression form("^([1-9][0-9]{0,8}),([1-9][0-9]{0,8})$");
    const auto match = form.match(fromArgument(typed));
    if (!match.hasMatch())
        return Error{
            QString("--runs takes two numbers as in 1,2, not '%1'.").arg(fromArgument(typed)), 2};
    return std::pair(match.captured(1).toInt(), match.captured(2).toInt());
}

// The first run of A, and of the runs behind it in B (in another file: of all) the first that may
// be compared with it.
Result<std::pair<int, int>> runsThatGoTogether(Reader& a, Reader& b, bool oneFile) {
    const auto ofA = a.runs(), ofB = b.runs();
    if (!ofA)
        return ofA.error();
    if (!ofB)
        return ofB.error();
    for (const RunInfo& one : *ofA)
        for (const RunInfo& other : *ofB)
            if (mayCompare(one, other) && (!oneFile || other.run > one.run))
                return std::pair(one.run, other.run);
    if (oneFile)
        return Error{QString("The trace %1 has no two runs of one text: name another trace behind "
                             "it, or record a run into it with --append.")
                         .arg(a.path()),
                     2};
    return Error{QString("%1 and %2 have no two runs of one text with one model: name two that "
                         "have.")
                     .arg(a.path(), b.path()),
                 2};
}

// --- what is told

Result<void> readText(Told& told, std::int32_t position) {
    if (position == noPosition || told.texts.contains(position))
        return {};
    const auto token = told.runs.a.reader->tokens(told.runs.a.run.run, position, 1);
    if (!token)
        return token.error();
    told.texts[position] = token->empty() ? QByteArray() : token->front().text;
    return {};
}

Result<void> readLosses(Told& told, ProgressLine& line, const Cancel& cancel) {
    auto losses = lossDifferences(told.runs, mostTokens, cancel);
    if (!losses)
        return losses.error();
    told.losses = losses.take();
    for (const LossDifference& token : told.losses.largest) {
        line.show("looking for causes, token", qint64(told.causes.size()),
                  qint64(told.losses.largest.size()));
        const auto cause = lossCause(told.runs, told.divergence, token, cancel);
        if (!cause)
            return cause.error();
        told.causes.push_back(*cause);
        if (auto read = readText(told, cause->entry); !read)
            return read;
    }
    return {};
}

Result<Told> compareAll(const ComparedRuns& runs, ProgressLine& line, const Cancel& cancel) {
    Told told{runs, {}, {}, {}, {}, {}};
    auto divergence = readDivergence(
        runs, [&line](qint64 done, qint64 total) { line.show("comparing, layer", done, total); },
        cancel);
    if (!divergence)
        return divergence.error();
    told.divergence = divergence.take();
    if (const auto first = told.divergence.first()) {
        const auto parting = partedEntries(runs, *first);
        if (!parting)
            return parting.error();
        told.parting = *parting;
        for (const auto& left : {parting->leftA, parting->leftB})
            if (auto read = readText(told, left ? left->position : noPosition); !read)
                return read.error();
    }
    if (auto read = readLosses(told, line, cancel); !read)
        return read.error();
    return told;
}

// --- as JSON

QJsonObject runToJson(const ComparedReading& reading) {
    return {{"trace", reading.reader->path()},
            {"run", reading.run.run},
            {"policy", reading.run.policy.name},
            {"steps", reading.steps}};
}

QJsonValue orNull(const std::optional<double>& number) {
    return number ? QJsonValue(*number) : QJsonValue();
}

QJsonObject standingToJson(const EntryStanding& standing) {
    return {
        {"step", standing.step},         {"evicted", standing.victim},
        {"rank", orNull(standing.rank)}, {"cut", orNull(standing.cut)},
        {"place", standing.place},       {"candidates", standing.candidates},
        {"victims", standing.victims},   {"protected", standing.protection != ProtectedBy::None}};
}

QJsonValue partedToJson(const Told& told, const std::optional<PartedEntry>& entry) {
    if (!entry)
        return {};
    return QJsonObject{{"position", entry->position},
                       {"text", QString::fromUtf8(told.texts.at(entry->position))},
                       {"a", standingToJson(entry->a)},
                       {"b", standingToJson(entry->b)}};
}

QJsonObject divergenceToJson(const HeadDivergence& at) {
    const bool parted = at.parted();
    return {{"layer", at.layer},
            {"head", at.head},
            {"step_a", parted ? QJsonValue(at.stepA) : QJsonValue()},
            {"step_b", parted ? QJsonValue(at.stepB) : QJsonValue()},
            {"only_a", at.onlyA},
            {"only_b", at.onlyB}};
}

const char* kindName(LossCause::Kind kind) {
    switch (kind) {
    case LossCause::Kind::LostEntry:
        return "lost-entry";
    case LossCause::Kind::NothingLost:
        return "nothing-lost";
    case LossCause::Kind::NotRecorded:
        return "not-recorded";
    case LossCause::Kind::NotParted:
        break;
    }
    return "not-parted";
}

QJsonObject causeToJson(const LossCause& cause) {
    QJsonObject json{{"kind", kindName(cause.kind)}};
    if (cause.step < 0)
        return json;
    json["lost_in"] = cause.inA ? "a" : "b";
    json["step"] = cause.step;
    json["layer"] = cause.layer;
    json["head"] = cause.head;
    json["position"] = cause.entry == noPosition ? QJsonValue() : QJsonValue(cause.entry);
    if (cause.kind == LossCause::Kind::LostEntry) {
        json["weight"] = cause.weight;
        json["heads"] = cause.heads;
    }
    return json;
}

void printAsJson(const Told& told) {
    QJsonObject json{{"a", runToJson(told.runs.a)},
                     {"b", runToJson(told.runs.b)},
                     {"differences",
                      QJsonArray::fromStringList(differencesOf(told.runs.a.run, told.runs.b.run))},
                     {"tokens", told.runs.tokens},
                     {"shared", told.divergence.meanShared()}};
    json["parting"] = QJsonValue();
    if (told.parting) {
        QJsonObject parting = divergenceToJson(told.parting->at);
        parting["left_a"] = partedToJson(told, told.parting->leftA);
        parting["left_b"] = partedToJson(told, told.parting->leftB);
        json["parting"] = parting;
    }
    QJsonArray heads, largest;
    for (const HeadDivergence& head : told.divergence.heads)
        heads << divergenceToJson(head);
    for (std::size_t i = 0; i < told.causes.size(); ++i) {
        const LossDifference& token = told.losses.largest[i];
        largest << QJsonObject{
            {"position", token.position},       {"text", QString::fromUtf8(token.text)},
            {"nll_a", double(token.a)},         {"nll_b", double(token.b)},
            {"difference", token.difference()}, {"cause", causeToJson(told.causes[i])}};
    }
    json["heads"] = heads;
    const bool predicted = told.losses.tokens > 0;
    json["nll"] = QJsonObject{{"tokens", qint64(told.losses.tokens)},
                              {"mean_a", predicted ? QJsonValue(told.losses.meanA) : QJsonValue()},
                              {"mean_b", predicted ? QJsonValue(told.losses.meanB) : QJsonValue()},
                              {"largest", largest}};
    printJson(json);
}

// --- as text

// A token's bytes in double quotes, with what would break a line escaped.
QString quoted(const QByteArray& text) {
    const QByteArray list =
        QJsonDocument(QJsonArray{QString::fromUtf8(text)}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(list.sliced(1, list.size() - 2));
}

QString number(double value) {
    return QString::number(value, 'g', 6);
}

QString standingText(const RunInfo& run, const EntryStanding& standing) {
    if (standing.step < 0)
        return "its first step";
    if (standing.protection != ProtectedBy::None)
        return "protected";
    if (!standing.ranked)
        return "it had only come";
    if (!standing.rank)
        return "the lot fell on others";
    const QString rank = run.policy.rankLabel + ' ' + number(*standing.rank);
    if (standing.cut)
        return rank + ", the cut at " + number(*standing.cut);
    return standing.victims == 0 ? rank + ", nobody had to go" : rank;
}

void printParted(const Told& told, const std::optional<PartedEntry>& entry, bool leftA) {
    if (!entry)
        return;
    const ComparedReading &from = leftA ? told.runs.a : told.runs.b,
                          &to = leftA ? told.runs.b : told.runs.a;
    print(QString("  %1 (position %2) left %3 (%4: %5) and stayed in %6 (%7: %8)")
              .arg(quoted(told.texts.at(entry->position)))
              .arg(entry->position)
              .arg(leftA ? "A" : "B", from.run.policy.name,
                   standingText(from.run, leftA ? entry->a : entry->b), leftA ? "B" : "A",
                   to.run.policy.name, standingText(to.run, leftA ? entry->b : entry->a)));
}

QString causeText(const Told& told, const LossCause& cause) {
    const QString where =
        QString("step %1, layer %2, head %3").arg(cause.step).arg(cause.layer).arg(cause.head);
    switch (cause.kind) {
    case LossCause::Kind::LostEntry:
        return QString("%1 lost %2 (position %3) at %4; the other gave it %5 over %6")
            .arg(cause.inA ? "A" : "B", quoted(told.texts.at(cause.entry)))
            .arg(cause.entry)
            .arg(where, number(cause.weight), counted(cause.heads, "head"));
    case LossCause::Kind::NothingLost:
        return "nothing lost was in the other's top 8; they part at " + where;
    case LossCause::Kind::NotRecorded:
        return "no attention at summary detail; they part at " + where;
    case LossCause::Kind::NotParted:
        break;
    }
    return "the memories were still the same";
}

void printLosses(const Told& told) {
    const LossDifferences& losses = told.losses;
    if (losses.tokens == 0)
        return print("Both know the nll of no token: nothing is predicted in a replay or in the "
                     "mode prefix.");
    print(QString("Mean nll of %1: A %2, B %3, B - A %4")
              .arg(counted(losses.tokens, "token"), number(losses.meanA), number(losses.meanB),
                   number(losses.meanB - losses.meanA)));
    print("Largest differences (position, token, nll in A and B, B - A, likely cause):");
    for (std::size_t i = 0; i < told.causes.size(); ++i) {
        const LossDifference& token = losses.largest[i];
        print(QString("  %1 %2 %3 %4 %5  %6")
                  .arg(token.position)
                  .arg(quoted(token.text), number(double(token.a)), number(double(token.b)),
                       number(token.difference()), causeText(told, told.causes[i])));
    }
}

void printAsText(const Told& told) {
    for (const auto& [name, reading] : {std::pair("A", &told.runs.a), std::pair("B", &told.runs.b)})
        print(QString("%1: run %2 of %3, %4")
                  .arg(name)
                  .arg(reading->run.run)
                  .arg(reading->reader->path(), reading->run.policy.title));
    const QStringList differences = differencesOf(told.runs.a.run, told.runs.b.run);
    print(differences.isEmpty() ? QString("They were asked for alike.")
                                : "A against B: " + differences.join(", "));
    print(QString("Both read %1; of the entries that either holds, both hold %2 % on average.")
              .arg(counted(told.runs.tokens, "token"))
              .arg(100 * told.divergence.meanShared(), 0, 'f', 1));
    if (!told.parting) {
        print("They hold the same entries wherever they meet.");
    } else {
        const HeadDivergence& at = told.parting->at;
        print(
            QString("They part at step %1%2, layer %3, head %4: %5 only in A, %6 only in B.")
                .arg(at.stepA)
                .arg(at.stepA == at.stepB ? QString() : QString(" of A and %1 of B").arg(at.stepB))
                .arg(at.layer)
                .arg(at.head)
                .arg(at.onlyA)
                .arg(at.onlyB));
        printParted(told, told.parting->leftA, true);
        printParted(told, told.parting->leftB, false);
    }
    printLosses(told);
}

int compare(const CompareOptions& options) {
    const QString pathA = fromArgument(options.traces.front());
    const QString pathB = fromArgument(options.traces.back());
    auto a = Reader::open(pathA);
    if (!a)
        return report(a.error());
    auto b = Reader::open(pathB);
    if (!b)
        return report(b.error());
    const bool oneFile =
        QFileInfo(pathA).canonicalFilePath() == QFileInfo(pathB).canonicalFilePath();
    const auto asked =
        options.runs.empty() ? runsThatGoTogether(**a, **b, oneFile) : runsAsked(options.runs);
    if (!asked)
        return report(asked.error());
    const auto runs = compareRuns(**a, asked->first, **b, asked->second);
    if (!runs)
        return report(runs.error());
    StopSignals stopSignals;
    Result<Told> told = Error{};
    {
        ProgressLine line;
        told = compareAll(*runs, line, stopSignals.cancel());
    }
    if (!told)
        return report(told.error());
    if (options.json)
        printAsJson(*told);
    else
        printAsText(*told);
    return 0;
}

} // namespace

void addCompare(CLI::App& parent, Action& action) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* command = parent.add_subcommand(
        "compare",
        "Where two runs of one text part, in one trace or two: the first entry that one evicted "
        "and the other kept, with both policies' ranks, and the tokens whose loss differs most, "
        "each with its likely cause.");
    command->add_option("traces", options->traces, "One trace, or the two that hold the runs.")
        ->type_name("TRACE [TRACE2]")
        ->required()
        ->expected(1, 2);
    command
        ->add_option("--runs", options->runs,
                     "Which runs, as in 1,2; without it, the first two that go together.")
        ->type_name("A,B");
    command->add_flag("--json", options->json, "Everything as one JSON object.");
    command->callback([options, &action] { action = [options] { return compare(*options); }; });
}

} // namespace attendre
