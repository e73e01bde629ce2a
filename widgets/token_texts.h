#pragma once

#include "model/trace/reader.h"

#include <QByteArray>

#include <map>
#include <vector>

namespace attendre {

// The texts of some tokens, by position.
using TokenTexts = std::map<std::int32_t, QByteArray>;
// Those of the positions that the run's input has; noPosition is left out.
Result<TokenTexts> readTokenTexts(Reader& reader, int run,
                                  const std::vector<std::int32_t>& positions);

} // namespace attendre
