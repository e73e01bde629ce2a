#pragma once

#include "model/formats/aligned_text.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attendre {

// A token that is found in the text as it stands, before anything is split or merged.
struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool leftStrip = false, rightStrip = false; // takes the white space before, after it
    bool singleWord = false;                    // only where no word character touches it
    bool normalized = false;                    // found after normalisation, not before
};

// Finds one set of added tokens in text.
class AddedTokenFinder {
  public:
    struct Found {
        ByteRange range;
        std::int32_t id = -1; // -1: text between added tokens
    };

    AddedTokenFinder() = default;
    explicit AddedTokenFinder(std::vector<AddedToken> tokens);

    bool empty() const { return m_tokens.empty(); }
    // The text cut at its added tokens, leftmost-longest. text is valid UTF-8.
    std::vector<Found> split(std::string_view text) const;

  private:
    const AddedToken* longestAt(std::string_view text) const;
    bool standsAlone(std::string_view text, std::size_t begin, std::size_t end) const;

    std::vector<AddedToken> m_tokens;
    std::unordered_map<std::string_view, std::size_t> m_byContent;
    // By first byte: the lengths of the tokens that begin with it, longest first.
    std::array<std::vector<std::size_t>, 256> m_lengths;
};

} // namespace attendre
