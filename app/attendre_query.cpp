// attendre trace query: a SELECT over the public tables.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/analysis/trace_query.h"
#include "model/engine/stop_signals.h"
#include "model/trace/tables.h"

#include <QFile>

#include <limits>

namespace attendre {

namespace {

struct QueryOptions {
    std::string trace, sql, format = "table";
    std::vector<std::string> set;
    int timeout = 10, rows = 100'000;
};

// "step=9" as the value of :step.
Result<QueryRequest> requestOf(const QueryOptions& options) {
    QueryRequest request;
    request.sql = fromArgument(options.sql);
    for (const std::string& typed : options.set) {
        const QString text = fromArgument(typed);
        bool whole = false;
        const qint64 value = text.section('=', 1).toLongLong(&whole);
        const QString name = text.section('=', 0, 0);
        if (!whole || name.isEmpty())
            return Error{QString("The option --set has the value \"%1\"; it takes a parameter's "
                                 "name and a whole number, such as step=9 for :step.")
                             .arg(text),
                         2};
        request.parameters[name] = value;
    }
    return request;
}

Result<std::unique_ptr<RowFormat>> formatOf(const QString& name, QIODevice& out) {
    if (name == "table")
        return alignedFormat(out);
    if (name == "csv")
        return csvFormat(out);
    if (name == "jsonl")
        return jsonLinesFormat(out);
    return Error{QString("There is no format %1; choose table, csv or jsonl.").arg(name), 2};
}

int query(const QueryOptions& options) {
    auto request = requestOf(options);
    if (!request)
        return report(request.error());
    QFile out;
    if (!out.open(stdout, QIODevice::WriteOnly))
        return report({QString("Standard output cannot be written (%1).").arg(out.errorString())});
    auto format = formatOf(fromArgument(options.format), out);
    if (!format)
        return report(format.error());
    QueryLimits limits;
    limits.milliseconds =
        int(std::min<qint64>(options.timeout * qint64(1000), std::numeric_limits<int>::max()));
    limits.rows = options.rows;
    // The other formats keep nothing.
    limits.bytes = options.format == "table" ? limits.bytes : 0;
    QueryOutcome outcome;
    {
        ProgressLine progress;
        StopSignals stopSignals;
        outcome = runQuery(
            fromArgument(options.trace), *request, limits, **format,
            [&progress](qint64 rows, qint64) { progress.show("reading, rows", rows, 0); },
            stopSignals.cancel());
    }
    if (outcome.error)
        return report(*outcome.error);
    if (!out.flush())
        return report({QString("Standard output cannot be written (%1).").arg(out.errorString())});
    if (outcome.cut == QueryOutcome::Cut::Rows)
        remark(QString("These are the first %1; allow more with --rows, 0 for all.")
                   .arg(counted(outcome.rows, "row")));
    else if (outcome.cut == QueryOutcome::Cut::Bytes)
        remark(QString("These are the first %1, %2 MB of them; the formats csv and jsonl give all.")
                   .arg(counted(outcome.rows, "row"))
                   .arg(limits.bytes >> 20));
    return 0;
}

} // namespace

void addQuery(CLI::App& parent, Action& action) {
    auto options = std::make_shared<QueryOptions>();
    CLI::App* command =
        parent.add_subcommand("query", "Runs one SELECT over the tables of a trace: " +
                                           tableNames().join(", ").toStdString() +
                                           ". It can read nothing else and write nothing.");
    command->add_option("trace", options->trace, "A trace that `attendre record` wrote.")
        ->type_name("TRACE")
        ->required();
    command
        ->add_option("sql", options->sql,
                     "One SELECT; run, step, layer, head and position in its conditions keep the "
                     "rest from being decoded.")
        ->type_name("SQL")
        ->required();
    command
        ->add_option("--format", options->format,
                     "table (aligned, for people), csv (RFC 4180, a line of names first) or jsonl "
                     "(an object a line).")
        ->type_name("table|csv|jsonl");
    command
        ->add_option("--set", options->set,
                     "The value of a parameter: step=9 for :step. May be given several times.")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    takesWhole(command->add_option("--timeout", options->timeout,
                                   "How many seconds it may take, 10 unless said; 0: any."),
               0);
    takesWhole(command->add_option("--rows", options->rows,
                                   "How many rows are given, 100,000 unless said; 0: all."),
               0);
    command->callback([options, &action] { action = [options] { return query(*options); }; });
}

} // namespace attendre
