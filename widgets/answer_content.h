#pragma once

#include "model/trace/reader.h"

#include <QByteArray>

#include <cstdint>
#include <utility>
#include <vector>

namespace attendre {

// One token of an answer.
struct AnswerToken {
    std::int32_t position = 0;
    QByteArray text;
    double probability = 0; // with which it was expected; NaN where that is not recorded
    int step = -1;          // of the asking run, in which it was chosen: whose attention led to it
    // The likeliest tokens at that place, best first, with their probabilities.
    std::vector<std::pair<QByteArray, double>> likeliest;
};

// The answer that an asking run recorded; empty while it has none yet.
Result<std::vector<AnswerToken>> readAnswer(Reader& reader, const RunInfo& run);

} // namespace attendre
