#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attendre {

// A range of bytes, end exclusive.
struct ByteRange {
    std::int64_t begin = 0, end = 0;
    std::int64_t size() const { return end - begin; }
};

// Text that remembers from which bytes of the source each of its bytes came, through normalisation
// and insertions.
class AlignedText {
  public:
    AlignedText() = default;
    // A copy of the source's bytes from sourceBegin on.
    AlignedText(std::string_view source, std::int64_t sourceBegin);

    const std::string& text() const { return m_text; }
    std::string_view view(ByteRange range) const {
        return std::string_view(m_text).substr(static_cast<std::size_t>(range.begin),
                                               static_cast<std::size_t>(range.size()));
    }
    // The smallest range of the source that the non-empty range came from; empty for bytes that
    // were inserted.
    ByteRange source(ByteRange range) const;

    // A new text is built from left to right out of another's parts.
    void keep(const AlignedText& from, ByteRange range);
    void replace(const AlignedText& from, ByteRange range, std::string_view by);
    void insert(std::string_view added, std::int64_t sourceAt);

  private:
    // A stretch of text; copied: byte i of it is byte i of its source range.
    struct Run {
        ByteRange text, source;
        bool copied = true;
    };
    std::size_t runAt(std::int64_t at) const;
    void append(std::string_view bytes, ByteRange source, bool copied);

    std::string m_text;
    std::vector<Run> m_runs; // ascending, without gaps
};

// The canonical composition (NFC) of a text.
AlignedText composed(const AlignedText& text);

} // namespace attendre
