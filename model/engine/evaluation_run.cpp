#include "model/engine/evaluation_run.h"

#include "model/engine/asked_recording.h"
#include "model/evaluation/question_traces.h"
#include "model/evaluation/scores.h"
#include "model/evaluation/sweep_folder.h"
#include "model/trace/reader.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>
#include <QSaveFile>

#include <algorithm>

namespace attendre {

namespace {

QJsonObject needleJson(const NeedleRequest& needle) {
    QJsonArray lengths, depths;
    for (const int length : needle.lengths)
        lengths << length;
    for (const double depth : needle.depths)
        depths << depth;
    return {{"lengths", lengths},          {"depths", depths},        {"needle", needle.needle},
            {"question", needle.question}, {"answer", needle.answer}, {"repeats", needle.repeats},
            {"seed", qint64(needle.seed)}};
}

} // namespace

Result<std::unique_ptr<QuestionSet>> openSet(const EvaluationRequest& request,
                                             const Tokenizer& tokenizer) {
    if (!request.needle)
        return QuestionSet::open(request.set, request.evidence, tokenizer);
    NeedleRequest needle = *request.needle;
    needle.haystacks = {request.set};
    return makeNeedles(needle, tokenizer);
}

AskRequest askRequestOf(const EvaluationRequest& request) {
    const Configuration& configuration = request.configuration;
    AskRequest how;
    how.promptTemplate = configuration.promptTemplate == "auto"
                             ? QString()
                             : QString(configuration.promptTemplate).replace("\\n", "\n");
    how.mostAnswerTokens = request.mostAnswerTokens;
    how.temperature = request.temperature;
    how.seed = configuration.seed;
    return how;
}

Result<QJsonObject> evaluationHead(const EvaluationRequest& request, OpenModel& model,
                                   const Stage& stage, const Cancel& cancel) {
    auto setHash = hashOfFile(request.set);
    auto modelHash = model.hash(stage, cancel);
    if (!setHash || !modelHash)
        return setHash ? modelHash.error() : setHash.error();
    Configuration configuration = request.configuration;
    configuration.threads = 0; // answers do not depend on it
    QJsonObject head{{"attendre_eval", 1},
                     {"set", QFileInfo(request.set).fileName()},
                     {"set_hash", *setHash},
                     {"model", QFileInfo(model.path()).fileName()},
                     {"model_hash", *modelHash},
                     {"max_answer_tokens", request.mostAnswerTokens},
                     {"temperature", request.temperature},
                     {"config", toJson(configuration)},
                     {"paths", QJsonObject{{"set", QFileInfo(request.set).absoluteFilePath()},
                                           {"evidence", request.evidence},
                                           {"model", QFileInfo(model.path()).absoluteFilePath()}}}};
    if (request.needle)
        head["needle"] = needleJson(*request.needle);
    return head;
}

namespace {

// The answer with its score.
Result<Answered> scored(QuestionReader& reader, const SetQuestion& question,
                        const WayOfReading& way, const Stage& stage, const Cancel& cancel) {
    if (const auto can = scoreOf(question, QString()); !can) { // of this one only
        Answered answered;
        answered.id = question.id;
        answered.reading = way.name;
        answered.document = question.documentName;
        answered.part = question.part;
        answered.leftOut = can.error().sentence;
        return answered;
    }
    auto answered = reader.answer(question, way, stage, cancel);
    if (!answered || !answered->leftOut.isEmpty())
        return answered;
    const auto score = scoreOf(question, answered->prediction);
    if (!score)
        return score.error();
    answered->exact = score->exact;
    answered->score = score->score;
    return answered;
}

} // namespace

Result<std::vector<SetQuestion>> evaluate(const EvaluationRequest& request, QuestionSet& set,
                                          const std::vector<WayOfReading>& ways, OpenModel& model,
                                          ResultFile& results, const QuestionTold& told,
                                          const Stage& stage, const Cancel& cancel) {
    QuestionReader reader(model, askRequestOf(request));
    std::vector<SetQuestion> questions;
    while (request.first == 0 || int(questions.size()) < request.first) {
        auto next = set.next();
        if (!next)
            return next.error();
        if (!*next)
            break;
        const SetQuestion& question = **next;
        std::vector<const Answered*> news;
        std::vector<Answered> now;
        now.reserve(ways.size());
        for (const WayOfReading& way : ways) {
            if (results.has(question.id, way.name))
                continue;
            auto answered = scored(reader, question, way, stage, cancel);
            if (!answered)
                return answered.error();
            if (auto added = results.add(*answered); !added)
                return added.error();
            now.push_back(answered.take());
            news.push_back(&now.back());
        }
        questions.push_back(question);
        questions.back().text.clear(); // what is kept is small
        if (!news.empty() && told)
            told(question, int(questions.size()), news);
    }
    return questions;
}

namespace {

// Whether reading and answer are there to their end: a recording may have been stopped.
bool isWhole(const QString& trace) {
    auto reader = Reader::open(trace);
    if (!reader)
        return false;
    const auto runs = (*reader)->runs();
    return runs && runs->size() == 2 &&
           std::all_of(runs->begin(), runs->end(),
                       [](const RunInfo& run) { return run.finished && run.ended.isEmpty(); });
}

Result<void> writeText(const QString& path, const SetQuestion& question) {
    auto text = documentOf(question);
    if (!text)
        return text.error();
    QSaveFile file(path);
    if (!QDir().mkpath(QFileInfo(path).path()) || !file.open(QIODevice::WriteOnly) ||
        file.write(*text) != text->size() || !file.commit())
        return Error{QString("%1 cannot be written (%2): make room and start again.")
                         .arg(path, file.errorString())};
    return {};
}

Result<void> recordQuestion(const EvaluationRequest& request, const QString& results,
                            const SetQuestion& question, OpenModel& model, const Stage& stage,
                            const Cancel& cancel) {
    RecordingRequest recording;
    recording.trace = QFileInfo(traceFileOf(results, question.id)).absoluteFilePath();
    if (QFile::exists(recording.trace) && isWhole(recording.trace))
        return {};
    for (const char* ending : {"", "-wal", "-shm"}) // what a recording that was stopped left
        QFile::remove(recording.trace + ending);
    recording.document = QString(recording.trace).replace(QRegularExpression("trace$"), "txt");
    if (auto written = writeText(recording.document, question); !written)
        return written;
    recording.model = model.path();
    recording.label = question.id;
    recording.configuration = request.configuration;
    AskRequest asked = askRequestOf(request);
    asked.question = question.question;
    if (!question.promptTemplate.isEmpty())
        asked.promptTemplate = question.promptTemplate;
    const auto prompt = makePrompt(asked, model.description(), model.tokenizer());
    if (!prompt)
        return prompt.error();
    auto document =
        tokenizeDocument(recording.document, model.tokenizer(), model.path(), stage, cancel);
    if (!document)
        return document.error();
    auto answered = recordAsked(recording, asked, *prompt, model, *document, stage, cancel);
    return answered ? Result<void>() : answered.error();
}

} // namespace

Result<void> recordQuestions(const EvaluationRequest& request, const QString& results,
                             const QStringList& ids, OpenModel& model,
                             const std::function<void(const QString& id)>& told, const Stage& stage,
                             const Cancel& cancel) {
    auto set = openSet(request, model.tokenizer());
    if (!set)
        return set.error();
    QStringList left = ids;
    while (!left.isEmpty()) {
        auto next = (*set)->next();
        if (!next)
            return next.error();
        if (!*next)
            return Error{QString("%1 has no question \"%2\" that can be asked: name one of the "
                                 "results' ids with --record id:ID.")
                             .arg(request.set, left.first()),
                         2};
        if (!left.removeOne((*next)->id))
            continue;
        if (auto recorded = recordQuestion(request, results, **next, model, stage, cancel);
            !recorded)
            return recorded;
        told((*next)->id);
    }
    return {};
}

} // namespace attendre
