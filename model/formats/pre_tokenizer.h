#pragma once

#include "model/formats/aligned_text.h"
#include "model/trace/cancel.h"
#include "model/trace/result.h"

#include <QRegularExpression>
#include <QString>

#include <string>
#include <variant>
#include <vector>

namespace attendre {

// What is done with the parts of a piece that a pattern matches (the reference library's names).
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

// Splits at every match of a pattern, or, inverted, at every stretch between matches.
struct SplitStep {
    std::variant<std::string, QRegularExpression> pattern; // literal text, or an expression
    SplitBehavior behavior = SplitBehavior::Isolated;
    bool inverted = false;
};

// Splits around numeric characters (general category N), each alone or in runs.
struct DigitsStep {
    bool individual = false;
};

// GPT-2's splitting, without the spelling in the byte alphabet, which BpeModel does by itself.
struct ByteLevelStep {
    bool addPrefixSpace = false;
    bool useRegex = true;
};

using PreTokenizerStep = std::variant<SplitStep, DigitsStep, ByteLevelStep>;

// A regular expression as tokenizer.json writes it (Oniguruma's dialect) for QRegularExpression.
// Errors name the expression and what is not understood in it.
Result<QRegularExpression> tokenizerPattern(const QString& expression, const QString& path);

// The expressions of well-known tokenizers, as they stand in their files.
extern const char* const gpt2Expression;
extern const char* const llama3Expression;
extern const char* const qwen2Expression;

// Cuts text into pieces: first one piece, then each step in order cuts the pieces of the one before
// it. A step may insert a space at the beginning of a piece, so text may change. Errors: cancelled,
// or an expression that needs more than the matcher allows.
Result<std::vector<ByteRange>> preTokenize(const std::vector<PreTokenizerStep>& steps,
                                           AlignedText& text, const Cancel& cancel);

} // namespace attendre
