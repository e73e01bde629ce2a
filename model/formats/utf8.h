#pragma once

#include "model/trace/result.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attendre {

// One character of valid UTF-8.
struct Utf8Character {
    char32_t code = 0;
    int bytes = 1;
};

// The character that starts at text[at]; text must be valid UTF-8 there.
inline Utf8Character utf8At(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = byte(0);
    if (first < 0x80)
        return {first, 1};
    if (first < 0xE0)
        return {static_cast<char32_t>((first & 0x1F) << 6 | (byte(1) & 0x3F)), 2};
    if (first < 0xF0)
        return {
            static_cast<char32_t>((first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F)),
            3};
    return {static_cast<char32_t>((first & 0x07) << 18 | (byte(1) & 0x3F) << 12 |
                                  (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F)),
            4};
}

// The offset of the first byte that is no UTF-8 (overlong forms, surrogates and code points above
// U+10FFFF are none), or nothing when all of it is valid.
std::optional<std::size_t> firstInvalidUtf8(std::string_view text);
// Whether a tokenizer can cut a text. Errors: 2 GiB or more, not UTF-8, with the byte.
Result<void> checkTokenizable(std::string_view text);

// The text as QString; unlike QString::fromUtf8, a leading U+FEFF stays.
QString wholeString(std::string_view utf8);

// Appends one character.
void appendUtf8(std::string& text, char32_t code);

} // namespace attendre
