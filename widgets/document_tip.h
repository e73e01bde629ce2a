#pragma once

#include "widgets/document_memory.h"
#include "widgets/document_text.h"

#include <QString>

namespace attendre {

// One sentence about a token for the status bar, from what is on screen.
QString tokenSentence(const DocumentText& text, const DocumentMemory* memory, std::int32_t token);

// Everything about a token, as rich text for a tool tip.
struct TokenFacts {
    TokenInfo token;
    std::vector<Life> lives; // one per head of the layer
    bool waits = false;      // its query waits in the layer at this instant
    int answeredStep = -1;   // in which it had its answer there; -1: not yet, or nobody waits there
};
Result<TokenFacts> readTokenFacts(Reader& reader, const Point& point, std::int32_t position);
QString factsText(const TokenFacts& facts, const Point& point);

} // namespace attendre
