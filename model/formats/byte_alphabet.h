#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attendre {

// Byte-level BPE writes each byte as one printable character: printable Latin-1 stands for itself,
// the other 68 bytes for U+0100 onwards in ascending order (a space is "Ġ").
char32_t characterOfByte(unsigned char byte);

// The bytes that a token's spelling in that alphabet stands for; nothing when one of its characters
// is outside the alphabet. spelled must be valid UTF-8.
std::optional<std::string> bytesOfSpelling(std::string_view spelled);

} // namespace attendre
