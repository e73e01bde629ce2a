#pragma once

#include "model/trace/result.h"
#include "model/trace/values.h"

#include <QByteArray>

#include <vector>

namespace attendre {

// A block of consecutive tokens as bytes (docs/trace-format.md, "Tokens"); nll is kept elsewhere.
QByteArray tokensToBytes(const std::vector<TokenInfo>& tokens);
Result<std::vector<TokenInfo>> tokensFromBytes(const QByteArray& bytes);

} // namespace attendre
