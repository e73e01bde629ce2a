#pragma once

#include "model/formats/sentencepiece_model.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace attendre {

// Where a long text can be cut so that a sentencepiece model makes of its parts, one by one, what
// it makes of the whole: before a single space between two ASCII characters across which neither a
// rule of normalisation nor a piece reaches. What decides it is the model's own tables, not what
// models usually are; one that allows no cut is given the whole text at once. Among segmentations
// of the same score a unigram model's choice may differ: the library adds scores in single
// precision, so what it chooses there depends on all the text before.
class TextCuts {
  public:
    TextCuts() = default;
    // Also checks that no text can lead the library outside the tables, which it does not check
    // itself. Errors: tables that are damaged; path is only for the sentence.
    static Result<TextCuts> of(const SentencePieceModel& model, const QString& path);

    // The place of the first such space at or after `from`, or text.size().
    std::size_t next(std::string_view text, std::size_t from) const;

  private:
    bool m_possible = false;
    std::array<bool, 256> m_before{}, m_after{}; // the characters that may stand beside a cut
};

} // namespace attendre
