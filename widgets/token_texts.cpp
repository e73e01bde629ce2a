#include "widgets/token_texts.h"

namespace attendre {

Result<TokenTexts> readTokenTexts(Reader& reader, int run,
                                  const std::vector<std::int32_t>& positions) {
    TokenTexts texts;
    for (const std::int32_t position : positions) {
        if (position == noPosition || texts.contains(position))
            continue;
        const auto tokens = reader.tokens(run, position, 1);
        if (!tokens)
            return tokens.error();
        if (!tokens->empty())
            texts[position] = tokens->front().text;
    }
    return texts;
}

} // namespace attendre
