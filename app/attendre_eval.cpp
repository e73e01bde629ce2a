// attendre eval: a set of questions about documents, read through the memories and beside them.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/evaluation_run.h"
#include "model/engine/stop_signals.h"
#include "model/evaluation/question_traces.h"
#include "model/evaluation/summary.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <cmath>
#include <cstdio>

namespace attendre {

namespace {

struct EvalOptions {
    std::string set, model, output, evidence, ways, record, depths, lengths;
    NeedleRequest needle;
    std::string needleText, needleQuestion, needleAnswer;
    int first = 0;
    int mostAnswerTokens = 32;
    double temperature = 0;
    bool json = false;
    PipelineOptions pipeline;
};

QStringList waysOf(const EvalOptions& options) {
    if (!options.ways.empty())
        return fromArgument(options.ways).split(',', Qt::SkipEmptyParts);
    QStringList all;
    for (const WayDefinition& way : wayDefinitions())
        all << way.name;
    return all;
}

QString shareText(const Estimate& e) {
    return estimateText(e, 100, 1);
}

void printTable(const QString& title, const std::vector<WayResult>& ways) {
    print(title);
    print(QString("  %1 %2 %3 %4 %5 %6")
              .arg("read", -12)
              .arg("asked", 6)
              .arg("left out", 9)
              .arg("exact, %", 20)
              .arg("score, %", 20)
              .arg("memory is better by", 22));
    for (const WayResult& way : ways)
        print(QString("  %1 %2 %3 %4 %5 %6")
                  .arg(way.reading, -12)
                  .arg(way.answered, 6)
                  .arg(way.leftOut, 9)
                  .arg(shareText(way.exact), 20)
                  .arg(shareText(way.score), 20)
                  .arg(way.reading == "memory" ? QString() : shareText(way.advantage), 22));
}

// One line of a question as it goes.
class Teller {
  public:
    Teller(const QuestionSet& set, int first) : m_set(set), m_first(first) { m_timer.start(); }

    void tell(const SetQuestion& question, int number,
              const std::vector<const Answered*>& answers) {
        const double done = m_first > 0 ? double(number) / m_first : m_set.progress();
        if (m_begun < 0)
            m_begun = done - (number > 0 ? done / number : 0); // what was there before
        QString line = QString("%1% %2").arg(int(100 * done), 3).arg(question.id);
        for (const Answered* one : answers)
            line += one->leftOut.isEmpty()
                        ? QString(" · %1 %2").arg(one->reading).arg(one->score, 0, 'f', 2)
                        : QString(" · %1 –").arg(one->reading);
        const double share = m_begun < 1 ? (done - m_begun) / (1 - m_begun) : 1;
        line += timeLeft(double(m_timer.elapsed()) * 1e-3, share);
        print(line);
        std::fflush(stdout); // whoever reads a log sees it as it goes
    }

  private:
    const QuestionSet& m_set;
    int m_first;
    double m_begun = -1;
    QElapsedTimer m_timer;
};

// The predictions in the form in which the set's own scoring reads them.
Result<void> writePredictions(const QString& path, const std::vector<SetQuestion>& questions,
                              const ResultFile& results) {
    std::map<QString, QString> said;
    for (const Answered& answered : results.all())
        if (answered.reading == "memory" && answered.leftOut.isEmpty())
            said[answered.id] = answered.prediction;
    const bool lines = !questions.empty() && (questions.front().scoring == "ruler" ||
                                              questions.front().scoring.startsWith("longbench"));
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return Error{QString("%1 cannot be written (%2).").arg(path, file.errorString())};
    QJsonObject object;
    for (const SetQuestion& question : questions) {
        const auto found = said.find(question.id);
        if (found == said.end())
            continue;
        object[question.id] = found->second;
        if (!lines)
            continue;
        const QJsonObject line{{question.scoring == "ruler" ? "index" : "_id", question.id},
                               {"pred", found->second},
                               {question.scoring == "ruler" ? "outputs" : "answers",
                                QJsonArray::fromStringList(question.answers)},
                               {"all_classes", QJsonArray::fromStringList(question.classes)}};
        file.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
    }
    if (!lines)
        file.write(QJsonDocument(object).toJson());
    if (!file.commit())
        return Error{QString("%1 cannot be written (%2).").arg(path, file.errorString())};
    return {};
}

// What was resident, and whether that says anything.
void tellSurvival(const Summary& summary) {
    for (const WayResult& way : summary.ways) {
        if (way.reading != "memory" || std::isnan(way.survival))
            continue;
        print(QString("\nThe answer's words were resident in %1% of the heads when the question "
                      "came.")
                  .arg(100 * way.survival, 0, 'f', 1));
        const Estimate& auc = way.survivalAuc;
        if (std::isnan(auc.value) || std::isnan(auc.low))
            print("Whether that tells right answers from wrong cannot be said: there is one kind "
                  "only.");
        else
            print(QString(auc.low > 0.5 ? "That tells right answers from wrong with an AUC of %1 "
                                          "(%2 to %3)."
                                        : "That is no better than chance at telling right answers "
                                          "from wrong: AUC %1 (%2 to %3).")
                      .arg(auc.value, 0, 'f', 2)
                      .arg(auc.low, 0, 'f', 2)
                      .arg(auc.high, 0, 'f', 2));
    }
}

// Why something is not in the tables: what the set could not give, and what a way does not suit.
void tellLeftOut(const QuestionSet& set, const ResultFile& results, const QString& output) {
    constexpr std::size_t most = 10;
    const std::vector<LeftOut>& leftOut = set.leftOut();
    for (std::size_t i = 0; i < std::min(most, leftOut.size()); ++i)
        print((i == 0 ? "\nleft out of the set: " : "left out of the set: ") + leftOut[i].sentence);
    if (leftOut.size() > most)
        print(QString("left out of the set: %1 more, all in %2.left-out.")
                  .arg(counted(qint64(leftOut.size() - most), "question"), output));
    QStringList ways;
    for (const Answered& answered : results.all())
        if (!answered.leftOut.isEmpty() && !ways.contains(answered.reading)) {
            print(QString("%1left out by %2, the first: %3")
                      .arg(ways.isEmpty() ? "\n" : "", answered.reading, answered.leftOut));
            ways << answered.reading;
        }
}

// By part of the set: a row for each, a column for each way.
void printParts(const Summary& summary) {
    if (summary.parts.empty())
        return;
    QString heading = QString("\n%1").arg("score, %", -24);
    for (const WayResult& way : summary.ways)
        heading += QString(" %1").arg(way.reading, 22);
    print(heading);
    for (const auto& [part, ways] : summary.parts) {
        QString line = QString("%1").arg(part, -23);
        for (const WayResult& way : ways)
            line += QString(" %1").arg(shareText(way.score), 22);
        print(line);
    }
}

int tellResults(const EvalOptions& options, const QuestionSet& set, const ResultFile& results) {
    const Summary summary = summaryOf(results.all());
    if (options.json) {
        QJsonObject json = toJson(summary);
        QJsonArray leftOut;
        for (const LeftOut& one : set.leftOut())
            leftOut << QJsonObject{{"id", one.id}, {"why", one.sentence}};
        json["left_out"] = leftOut;
        json["form"] = set.form();
        printJson(json);
        return 0;
    }
    printTable(QString("\n%1: %2").arg(fromArgument(options.set), set.form()), summary.ways);
    if (!summary.wrongClosedBook.empty())
        printTable("\nof these the questions that are wrong without the document:",
                   summary.wrongClosedBook);
    printParts(summary);
    tellSurvival(summary);
    tellLeftOut(set, results, fromArgument(options.output));
    return 0;
}

// "1024,4096" as numbers. Errors: a part that is none.
Result<std::vector<double>> numbersIn(const std::string& typed, const char* option) {
    std::vector<double> numbers;
    for (const QString& part : fromArgument(typed).split(',', Qt::SkipEmptyParts)) {
        bool ok = false;
        numbers.push_back(part.toDouble(&ok));
        if (!ok)
            return Error{QString("The option --%1 has the value \"%2\"; it takes numbers, "
                                 "separated by commas.")
                             .arg(option, fromArgument(typed)),
                         2};
    }
    return numbers;
}

// The needles that the options ask for; nothing: the set is a file of questions.
Result<std::optional<NeedleRequest>> needleOf(const EvalOptions& options, quint64 seed) {
    if (options.lengths.empty()) {
        if (options.depths.empty() && options.needleText.empty())
            return std::optional<NeedleRequest>();
        return Error{"Needles in a haystack need --lengths beside --depths and --needle: give the "
                     "tokens of the context, as in --lengths 1024,4096.",
                     2};
    }
    NeedleRequest needle = options.needle;
    needle.seed = seed;
    auto lengths = numbersIn(options.lengths, "lengths"),
         depths = numbersIn(options.depths, "depths");
    if (!lengths || !depths)
        return !lengths ? lengths.error() : depths.error();
    for (const double length : *lengths)
        needle.lengths.push_back(length == std::floor(length) && length < 1e9 ? int(length) : 0);
    if (!options.depths.empty())
        needle.depths = depths.take();
    if (!options.needleText.empty())
        needle.needle = fromArgument(options.needleText);
    if (!options.needleQuestion.empty())
        needle.question = fromArgument(options.needleQuestion);
    if (!options.needleAnswer.empty())
        needle.answer = fromArgument(options.needleAnswer);
    return std::optional<NeedleRequest>(needle);
}

Result<EvaluationRequest> requestOf(const EvalOptions& options) {
    auto configuration = options.pipeline.configuration();
    if (!configuration)
        return configuration.error();
    auto needle = needleOf(options, configuration->seed);
    if (!needle)
        return needle.error();
    EvaluationRequest request;
    request.set = fromArgument(options.set);
    request.evidence = fromArgument(options.evidence);
    request.needle = needle.take();
    request.first = options.first;
    request.mostAnswerTokens = options.mostAnswerTokens;
    request.temperature = options.temperature;
    request.configuration = configuration.take();
    return request;
}

// The questions whose traces are asked for: "worst:20", or "id:KEY".
QStringList chosen(const QString& record, const ResultFile& results) {
    if (record.startsWith("id:"))
        return {record.mid(int(sizeof("id:") - 1))};
    return worstOf(results.all(), record.mid(int(sizeof("worst:") - 1)).toInt());
}

Result<void> recordChosen(const EvalOptions& options, const EvaluationRequest& request,
                          const ResultFile& results, OpenModel& model, ProgressLine& progress,
                          const Cancel& cancel) {
    if (options.record.empty())
        return {};
    const QString output = fromArgument(options.output);
    const auto told = [&](const QString& id) {
        if (!options.json)
            print(QString("recorded %1: %2").arg(id, traceFileOf(output, id)));
    };
    return recordQuestions(request, output, chosen(fromArgument(options.record), results), model,
                           told, progress.stage(), cancel);
}

int eval(const EvalOptions& options) {
    auto request = requestOf(options);
    if (!request)
        return report(request.error());
    auto ways = waysOfReading(waysOf(options), request->configuration);
    if (!ways)
        return report(ways.error());
    auto model = OpenModel::open(fromArgument(options.model));
    if (!model)
        return report(model.error());
    auto set = openSet(*request, (*model)->tokenizer());
    if (!set)
        return report(set.error());
    StopSignals stopSignals;
    ProgressLine progress;
    auto head = evaluationHead(*request, **model, progress.stage(), stopSignals.cancel());
    if (!head)
        return report(head.error());
    auto results = ResultFile::open(fromArgument(options.output), *head);
    if (!results)
        return report(results.error());
    const bool recordsOnly = options.record.starts_with("id:");
    if (recordsOnly) {
        auto recorded =
            recordChosen(options, *request, **results, **model, progress, stopSignals.cancel());
        return recorded ? 0 : report(recorded.error());
    }
    Teller teller(**set, options.first);
    const auto tell = [&](const SetQuestion& question, int number,
                          const std::vector<const Answered*>& answers) {
        if (!options.json)
            teller.tell(question, number, answers);
    };
    auto questions = evaluate(*request, **set, *ways, **model, **results, tell, progress.stage(),
                              stopSignals.cancel());
    if (!questions)
        return report(questions.error());
    if (auto written = writeLeftOut(fromArgument(options.output), (*set)->leftOut()); !written)
        return report(written.error());
    if (auto written =
            writePredictions(fromArgument(options.output) + ".predictions", *questions, **results);
        !written)
        return report(written.error());
    if (auto recorded =
            recordChosen(options, *request, **results, **model, progress, stopSignals.cancel());
        !recorded)
        return report(recorded.error());
    return tellResults(options, **set, **results);
}

void addNeedleOptions(CLI::App& command, EvalOptions& options) {
    const std::string group = "Needles in a haystack (SET is then any text document)";
    command
        .add_option("--lengths", options.lengths,
                    "Hides needles in the document's beginning: so many tokens with the needle, "
                    "separated by commas.")
        ->type_name("TOKENS")
        ->group(group);
    command
        .add_option("--depths", options.depths,
                    "How deep, in per cent of the context. By default 0,25,50,75,100.")
        ->type_name("SHARES")
        ->group(group);
    takesWhole(command.add_option("--needles", options.needle.repeats,
                                  "Needles of each length and depth. By default 1."),
               1);
    command.get_option("--needles")->group(group);
    command
        .add_option("--needle", options.needleText,
                    "The sentence that is hidden; {city} and {number} are drawn by --seed. By "
                    "default: " +
                        options.needle.needle.toStdString())
        ->type_name("TEXT")
        ->group(group);
    command
        .add_option("--needle-question", options.needleQuestion,
                    "By default: " + options.needle.question.toStdString())
        ->type_name("TEXT")
        ->group(group);
    command
        .add_option("--needle-answer", options.needleAnswer,
                    "What the answer has to contain. By default: " +
                        options.needle.answer.toStdString())
        ->type_name("TEXT")
        ->group(group);
}

} // namespace

void addEval(CLI::App& program, Action& action) {
    auto options = std::make_shared<EvalOptions>();
    CLI::App* command = program.add_subcommand(
        "eval",
        "Answers a set of questions about documents: read through the memories, and beside "
        "that without the document, by its beginning, its end and more. Interrupted, it goes "
        "on where it was.");
    command
        ->add_option(
            "set", options->set,
            "TriviaQA RC or SQuAD (.json), LongBench or RULER (.jsonl); with --lengths any "
            "text document.")
        ->type_name("SET")
        ->required();
    command->add_option("model", options->model, "A model folder or a .gguf file.")
        ->type_name("MODEL")
        ->required();
    command
        ->add_option(
            "-o,--output", options->output,
            "The results, a line of JSON each; beside it FILE.predictions, in the form that "
            "the set's own scoring reads.")
        ->type_name("FILE")
        ->required();
    command
        ->add_option("--evidence", options->evidence,
                     "TriviaQA's folder of documents. By default the folder evidence of the set.")
        ->type_name("FOLDER");
    QStringList definitions;
    for (const WayDefinition& way : wayDefinitions())
        definitions << way.name + ", " + way.definition;
    command
        ->add_option("--ways", options->ways,
                     ("Which ways of reading, separated by commas: " + definitions.join("; ") +
                      ". By default all.")
                         .toStdString())
        ->type_name("NAMES");
    takesWhole(
        command->add_option("--first", options->first, "Only the set's first so many questions."),
        1);
    command
        ->add_option("--max-answer-tokens", options->mostAnswerTokens,
                     "The answer ends after so many tokens. By default 32.")
        ->type_name("COUNT");
    command
        ->add_option(
            "--temperature", options->temperature,
            "Above 0, tokens are drawn with --seed. By default 0: the likeliest each time.")
        ->type_name("X");
    command
        ->add_option("--record", options->record,
                     "Keeps traces in FILE.traces: worst:20 those of the 20 questions that memory "
                     "answers worst, beside other ways; id:ID only that of one question, and "
                     "nothing else is asked.")
        ->type_name("worst:COUNT|id:ID")
        ->check([](const std::string& typed) {
            const QString text = fromArgument(typed);
            bool ok = text.startsWith("id:") && text.size() > 3;
            if (text.startsWith("worst:"))
                text.mid(6).toInt(&ok);
            return ok ? std::string()
                      : QString("The option --record has the value \"%1\"; it takes worst:COUNT "
                                "or id:ID.")
                            .arg(text)
                            .toStdString();
        });
    addNeedleOptions(*command, *options);
    command->add_flag("--json", options->json, "The summary as one JSON object.");
    options->pipeline.addTo(*command, {"archive", "archive-limit", "detail"});
    command->callback([options, &action] { action = [options] { return eval(*options); }; });
}

} // namespace attendre
