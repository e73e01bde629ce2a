#include "widgets/token_texts.h"

namespace attendre {

Result<TokenTexts> readTokenTexts(Reader& reader, int run,
                                  const std::vector<std::int32_t>& positions) {
    auto read = reader.texts(run, positions);
    if (!read)
        return read.error();
    TokenTexts texts;
    for (std::size_t i = 0; i < positions.size(); ++i)
        if (positions[i] != noPosition && !(*read)[i].isEmpty())
            texts[positions[i]] = std::move((*read)[i]);
    return texts;
}

} // namespace attendre
