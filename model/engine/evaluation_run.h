#pragma once

#include "model/engine/question_reading.h"
#include "model/evaluation/result_file.h"
#include "model/formats/question_set.h"

#include <functional>

namespace attendre {

// How a set is evaluated.
struct EvaluationRequest {
    QString set, evidence;               // as QuestionSet::open() takes them
    std::optional<NeedleRequest> needle; // instead: needles hidden in set, a document
    int first = 0;                       // only so many questions; 0: all
    int mostAnswerTokens = 32;
    double temperature = 0;
    Configuration configuration;
};

// The request's set. Errors: as QuestionSet::open() and makeNeedles().
Result<std::unique_ptr<QuestionSet>> openSet(const EvaluationRequest& request,
                                             const Tokenizer& tokenizer);

// How the request's questions are asked. Errors: a template that lacks its marks.
AskRequest askRequestOf(const EvaluationRequest& request);

// What must be the same for results to stand in one file. Errors: set or model cannot be read;
// cancelled.
Result<QJsonObject> evaluationHead(const EvaluationRequest& request, OpenModel& model,
                                   const Stage& stage, const Cancel& cancel);

// Called for each question that was not answered before in every way, with the new answers.
using QuestionTold = std::function<void(const SetQuestion& question, int number,
                                        const std::vector<const Answered*>& answers)>;

// Answers what results lacks of a set's questions, in the order of the set, and scores it. Returns
// the questions, without their texts. Errors: what ends an evaluation; what was answered before is
// in results.
Result<std::vector<SetQuestion>> evaluate(const EvaluationRequest& request, QuestionSet& set,
                                          const std::vector<WayOfReading>& ways, OpenModel& model,
                                          ResultFile& results, const QuestionTold& told,
                                          const Stage& stage, const Cancel& cancel);

// Records some of the request's questions in the way "memory" into traceFileOf(), each with its
// document as a text beside it; a trace that is whole is left as it is. told: called with the id of
// each that is there. Errors: the set has no such question, its document cannot be read, what
// Recording refuses.
Result<void> recordQuestions(const EvaluationRequest& request, const QString& results,
                             const QStringList& ids, OpenModel& model,
                             const std::function<void(const QString& id)>& told, const Stage& stage,
                             const Cancel& cancel);

} // namespace attendre
