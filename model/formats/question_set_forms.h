#pragma once

#include "model/formats/json_elements.h"
#include "model/formats/question_set.h"
#include "model/formats/tokenizer.h"

#include <deque>

namespace attendre {

// A set whose file is one JSON object with a long array; an element may hold several questions.
class ElementSet : public QuestionSet {
  public:
    explicit ElementSet(std::unique_ptr<JsonElements> elements) : m_elements(std::move(elements)) {}
    double progress() const override;

  protected:
    Result<std::optional<SetQuestion>> readNext() override;
    // Adds an element's questions with add(), or leaves them out.
    virtual void take(const JsonElements::Element& element) = 0;
    void add(SetQuestion question) { m_ready.push_back(std::move(question)); }

  private:
    std::unique_ptr<JsonElements> m_elements;
    std::deque<SetQuestion> m_ready;
};

// The forms that QuestionSet::open() chooses among; each reads what it is given.
Result<std::unique_ptr<QuestionSet>> openTriviaQa(const QString& path, const QString& evidence);
Result<std::unique_ptr<QuestionSet>> openSquad(const QString& path);
// Lines of JSON: LongBench's or RULER's, told apart line by line.
Result<std::unique_ptr<QuestionSet>> openQuestionLines(const QString& path);

} // namespace attendre
