#pragma once

#include "model/engine/engine.h"
#include "model/formats/tokenizer.h"

#include <QByteArray>

#include <vector>

namespace attendre::slow {

// One held-out document of the retrieval task (scripts/train/task.py) with its question.
struct MarkedQuestion {
    QByteArray document, question, answer;
    int back = 0;  // words from the asked record's tree to the end of the document
    int waits = 0; // words from that tree to the mark that says that the record matters
};

// A file of one JSON object a line. Errors: no such file, a line that is none.
Result<std::vector<MarkedQuestion>> readMarkedQuestions(const QString& path);

// What the network is fed, and the token that is right.
struct MarkedInput {
    std::vector<std::int32_t> ids; // document and question, with what the tokenizer adds
    std::int32_t answer = 0;
};
// Errors: an answer of more than one token.
Result<std::vector<MarkedInput>> markedInputs(const std::vector<MarkedQuestion>& questions,
                                              const Tokenizer& tokenizer);

// Whether the network, read with these memories, finds the right token likeliest after the
// question. Errors: what Network::start refuses.
Result<bool> answersRight(attendre::Network& network, const Configuration& configuration,
                          const MarkedInput& input);

// The Wilson score interval of a share at 95%.
struct Interval {
    double low = 0, high = 1;
};
Interval wilson(int right, int of);

} // namespace attendre::slow
