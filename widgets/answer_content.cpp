#include "widgets/answer_content.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

constexpr std::size_t shownLikeliest = 5;

// The likeliest next tokens after a step.
Result<std::vector<std::pair<QByteArray, double>>> likeliest(Reader& reader, int run, int step) {
    std::vector<std::pair<QByteArray, double>> found;
    if (step < 0)
        return found;
    const auto next = reader.nextTokens(run, step);
    if (!next)
        return next.error();
    for (std::size_t i = 0; i < std::min(shownLikeliest, next->size()); ++i) {
        auto text = reader.tokenText(run, (*next)[i].first);
        if (!text)
            return text.error();
        found.emplace_back(text.take(), std::exp(double((*next)[i].second)));
    }
    return found;
}

} // namespace

Result<std::vector<AnswerToken>> readAnswer(Reader& reader, const RunInfo& run) {
    std::vector<AnswerToken> answer;
    const auto count = reader.stepCount(run.run);
    if (!count)
        return count.error();
    const auto steps = reader.steps(run.run, 0, *count);
    if (!steps)
        return steps.error();
    const auto first = std::find_if(steps->begin(), steps->end(), [](const StepInfo& step) {
        return step.kind == StepKind::Answer;
    });
    const auto answers = std::int32_t(steps->end() - first);
    const auto from = std::int32_t(std::max<qint64>(0, run.tokens - answers - 1));
    auto tokens = reader.tokens(run.run, from, std::int32_t(run.tokens) - from);
    if (!tokens)
        return tokens.error();
    // A decoder is fed a token in one step and chose it in the one before; an encoder-decoder's is
    // fed its start token first.
    const bool apart = run.configuration.mode == QStringLiteral("encoder-decoder");
    const int firstStep = int(first - steps->begin()) - (apart ? 0 : 1);
    for (TokenInfo& token : *tokens) {
        if (token.segment != Segment::Answer)
            continue;
        AnswerToken said;
        said.position = token.position;
        said.text = std::move(token.text);
        said.probability = std::isnan(token.nll) ? std::numeric_limits<double>::quiet_NaN()
                                                 : std::exp(-double(token.nll));
        const int step = firstStep + int(answer.size());
        said.step = step < *count ? step : -1;
        auto others = likeliest(reader, run.run, said.step);
        if (!others)
            return others.error();
        said.likeliest = others.take();
        answer.push_back(std::move(said));
    }
    return answer;
}

} // namespace attendre
