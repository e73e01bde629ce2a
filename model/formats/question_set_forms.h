#pragma once

#include "model/formats/question_set.h"

namespace attendre {

// The forms that QuestionSet::open() chooses among; each reads what it is given.
Result<std::unique_ptr<QuestionSet>> openTriviaQa(const QString& path, const QString& evidence);
Result<std::unique_ptr<QuestionSet>> openSquad(const QString& path);
// Lines of JSON: LongBench's or RULER's, told apart line by line.
Result<std::unique_ptr<QuestionSet>> openQuestionLines(const QString& path);

} // namespace attendre
