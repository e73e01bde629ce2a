#include "model/formats/aligned_text.h"

#include "model/formats/utf8.h"

#include <QChar>
#include <QString>

#include <algorithm>

namespace attendre {

AlignedText::AlignedText(std::string_view source, std::int64_t sourceBegin) {
    append(source, {sourceBegin, sourceBegin + static_cast<std::int64_t>(source.size())}, true);
}

void AlignedText::append(std::string_view bytes, ByteRange source, bool copied) {
    if (bytes.empty())
        return;
    const auto begin = static_cast<std::int64_t>(m_text.size());
    m_text.append(bytes);
    const auto end = static_cast<std::int64_t>(m_text.size());
    if (copied && !m_runs.empty() && m_runs.back().copied &&
        m_runs.back().source.end == source.begin) {
        m_runs.back().text.end = end;
        m_runs.back().source.end = source.end;
        return;
    }
    m_runs.push_back({{begin, end}, source, copied});
}

std::size_t AlignedText::runAt(std::int64_t at) const {
    const auto after =
        std::upper_bound(m_runs.begin(), m_runs.end(), at,
                         [](std::int64_t a, const Run& run) { return a < run.text.begin; });
    return static_cast<std::size_t>(after - m_runs.begin()) - 1;
}

ByteRange AlignedText::source(ByteRange range) const {
    const Run& first = m_runs[runAt(range.begin)];
    const Run& last = m_runs[runAt(range.end - 1)];
    ByteRange found{first.source.begin, last.source.end};
    if (first.copied)
        found.begin += range.begin - first.text.begin;
    if (last.copied)
        found.end = last.source.begin + (range.end - last.text.begin);
    return found;
}

void AlignedText::keep(const AlignedText& from, ByteRange range) {
    if (range.size() <= 0)
        return;
    for (std::size_t i = from.runAt(range.begin); i < from.m_runs.size(); ++i) {
        const Run& run = from.m_runs[i];
        if (run.text.begin >= range.end)
            break;
        const ByteRange part{std::max(range.begin, run.text.begin),
                             std::min(range.end, run.text.end)};
        append(from.view(part), run.copied ? from.source(part) : run.source, run.copied);
    }
}

void AlignedText::replace(const AlignedText& from, ByteRange range, std::string_view by) {
    append(by, from.source(range), false);
}

void AlignedText::insert(std::string_view added, std::int64_t sourceAt) {
    append(added, {sourceAt, sourceAt}, false);
}

namespace {

// Whether a character can change when something stands before it: combining marks, and the vowels
// and final consonants of Hangul.
bool joinsBackwards(char32_t code) {
    if (code < 0x300)
        return false;
    if (QChar::combiningClass(code) != 0 || QChar::isMark(code))
        return true;
    return (code >= 0x1160 && code <= 0x11FF) || (code >= 0xD7B0 && code <= 0xD7FF);
}

} // namespace

AlignedText composed(const AlignedText& text) {
    const std::string& bytes = text.text();
    // Characters below U+0300 are their own composition, and their bytes are below 0xCC.
    const bool plain = std::all_of(bytes.begin(), bytes.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
    if (plain)
        return text;
    AlignedText out;
    const auto size = static_cast<std::int64_t>(bytes.size());
    std::int64_t keptUntil = 0;
    for (std::int64_t at = 0; at < size;) {
        std::int64_t end = at;
        bool low = true; // nothing in this stretch can change
        do {
            const auto [code, length] = utf8At(bytes, static_cast<std::size_t>(end));
            low = low && code < 0x300;
            end += length;
        } while (end < size && joinsBackwards(utf8At(bytes, static_cast<std::size_t>(end)).code));
        const ByteRange stretch{at, end};
        at = end;
        if (low)
            continue;
        const std::string_view before = text.view(stretch);
        const QByteArray after =
            wholeString(before).normalized(QString::NormalizationForm_C).toUtf8();
        const std::string_view composedBytes(after.constData(),
                                             static_cast<std::size_t>(after.size()));
        if (composedBytes == before)
            continue;
        out.keep(text, {keptUntil, stretch.begin});
        out.replace(text, stretch, composedBytes);
        keptUntil = stretch.end;
    }
    out.keep(text, {keptUntil, size});
    return out;
}

} // namespace attendre
