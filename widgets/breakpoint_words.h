#pragma once

#include "model/analysis/breakpoint_scan.h"
#include "widgets/token_texts.h"

#include <QString>

#include <optional>
#include <utility>

namespace attendre {

// “greater” · 417; the position alone where its text is not known.
QString tokenWords(std::int32_t position, const TokenTexts& texts);

// What a breakpoint waits for: "“greater” · 417 leaves layer 14, head 1", "margin < 1 in layer 14".
QString breakpointWords(const Breakpoint& breakpoint, const TokenTexts& texts);

// Where it was met: "step 9: “greater” · 417 leaves layer 14, head 1".
QString hitWords(const BreakpointHit& hit, const Breakpoint* breakpoint, const TokenTexts& texts);

// What the condition read there: "margin 0.5, coverage 0.91".
QString valueWords(const BreakpointHit& hit, const std::vector<ConditionValue>& reads);

// "417" or "410-420", en dash allowed; nothing where it is neither.
std::optional<std::pair<std::int32_t, std::int32_t>> spanOf(const QString& text);

} // namespace attendre
