#pragma once

#include "model/engine/engine.h"
#include "model/engine/run_input.h"

#include <QJsonObject>

namespace attendre {

// A question as a person asks it.
struct AskRequest {
    QString question;       // may be empty
    QString promptTemplate; // empty: the one that fits the model
    int mostAnswerTokens = 64;
    double temperature = 0; // 0: the likeliest tokens
    quint64 seed = 0;
};

// The request in a model's tokens.
struct Prompt {
    PromptTemplate promptTemplate;
    std::vector<PromptToken> before; // what stands before the document
    Question question;               // what follows it
};
// Errors: a template that lacks its marks, numbers out of range.
Result<Prompt> makePrompt(const AskRequest& request, const ModelDescription& model,
                          const Tokenizer& tokenizer);

// The answer as the command line prints it and the protocol sends it: {"answer": text, "ids": […],
// "top": [[[id, logprob], … five], …]}, one list of five a token.
QJsonObject answerToJson(const AnswerSoFar& answer, const Tokenizer& tokenizer);

} // namespace attendre
