#include "model/formats/byte_alphabet.h"

#include "model/formats/utf8.h"

#include <array>

namespace attendre {

namespace {

struct Alphabet {
    std::array<char32_t, 256> characters{};
    std::array<int, 0x144> bytes{};

    Alphabet() {
        bytes.fill(-1);
        char32_t next = 0x100;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
            characters[byte] = printable ? static_cast<char32_t>(byte) : next++;
            bytes[characters[byte]] = static_cast<int>(byte);
        }
    }
};

const Alphabet& alphabet() {
    static const Alphabet instance;
    return instance;
}

} // namespace

char32_t characterOfByte(unsigned char byte) {
    return alphabet().characters[byte];
}

std::optional<std::string> bytesOfSpelling(std::string_view spelled) {
    std::string bytes;
    bytes.reserve(spelled.size());
    for (std::size_t at = 0; at < spelled.size();) {
        const auto [code, length] = utf8At(spelled, at);
        if (code >= alphabet().bytes.size() || alphabet().bytes[code] < 0)
            return std::nullopt;
        bytes.push_back(static_cast<char>(alphabet().bytes[code]));
        at += static_cast<std::size_t>(length);
    }
    return bytes;
}

} // namespace attendre
