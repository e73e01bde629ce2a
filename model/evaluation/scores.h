#pragma once

#include "model/formats/question_set.h"

#include <QString>
#include <QStringList>

namespace attendre {

// How right a prediction is, in [0, 1]. exact: the set's exact match; score: its finer measure (F1,
// ROUGE-L, a similarity), equal to exact where it has none.
struct Score {
    double exact = 0, score = 0;
};

// As the set's published script scores it: the best over the accepted answers. A prediction that is
// missing scores 0: that is the caller's. Errors: a LongBench data set whose measure needs a
// segmentation of Chinese, or that is not known.
Result<Score> scoreOf(const SetQuestion& question, const QString& prediction);

// TriviaQA's: underscores, case, punctuation (ASCII and ‘ ’ ´ `) and articles; by words.
QString normalizedTriviaQa(const QString& text);
// SQuAD's: case, ASCII punctuation (dropped, not spaced) and articles; by words.
QString normalizedSquad(const QString& text);
// F1 of the words of two texts that are normalised, as multisets.
double wordsF1(const QString& prediction, const QString& answer);
// LongBench's measures of two texts.
double rougeL(const QString& prediction, const QString& answer);
double similarity(const QString& a, const QString& b); // 2 · common / (|a| + |b|), of characters

} // namespace attendre
