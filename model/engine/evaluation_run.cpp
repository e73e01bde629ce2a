#include "model/engine/evaluation_run.h"

#include "model/evaluation/scores.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

namespace attendre {

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

Result<QString> hashOfFile(const QString& path, const QString& what) {
    QFile file(path);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
        return Error{
            QString("%1 cannot be read (%2): name %3.").arg(path, file.errorString(), what), 2};
    return "sha256:" + QString::fromLatin1(hash.result().toHex());
}

Result<QJsonObject> evaluationHead(const EvaluationRequest& request, OpenModel& model,
                                   const Stage& stage, const Cancel& cancel) {
    auto setHash = hashOfFile(request.set, "a file of questions");
    auto modelHash = model.hash(stage, cancel);
    if (!setHash || !modelHash)
        return setHash ? modelHash.error() : setHash.error();
    Configuration configuration = request.configuration;
    configuration.threads = 0; // answers do not depend on it
    return QJsonObject{
        {"attendre_eval", 1},
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
}

namespace {

// The answer with its score.
Result<Answered> scored(QuestionReader& reader, const SetQuestion& question,
                        const WayOfReading& way, const Stage& stage, const Cancel& cancel) {
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

} // namespace attendre
