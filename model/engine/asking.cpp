#include "model/engine/asking.h"

#include <QJsonArray>

#include <cmath>

namespace attendre {

Result<Prompt> makePrompt(const AskRequest& request, const ModelDescription& model,
                          const Tokenizer& tokenizer) {
    if (!(request.temperature >= 0) || std::isinf(request.temperature))
        return Error{QString("The option --temperature has the value %1; it takes 0, the likeliest "
                             "tokens, or a number above it.")
                         .arg(request.temperature),
                     2};
    if (request.mostAnswerTokens < 1)
        return Error{QString("The option --max-answer-tokens has the value %1; it must be at least "
                             "1.")
                         .arg(request.mostAnswerTokens),
                     2};
    Prompt prompt{PromptTemplate::fitting(model, tokenizer), {}, {}};
    if (!request.promptTemplate.isEmpty()) {
        auto parsed = PromptTemplate::parse(request.promptTemplate);
        if (!parsed)
            return parsed.error();
        prompt.promptTemplate = parsed.take();
    }
    auto before = tokenizePieces(prompt.promptTemplate.before(request.question), tokenizer);
    auto behind = tokenizePieces(prompt.promptTemplate.behind(request.question), tokenizer);
    if (!before || !behind)
        return before ? behind.error() : before.error();
    prompt.before = before.take();
    Question& question = prompt.question;
    for (const PromptToken& token : *behind)
        question.tokens.push_back({token.id, token.segment});
    question.mostAnswerTokens = request.mostAnswerTokens;
    question.temperature = request.temperature;
    question.seed = request.seed;
    if (model.encoderDecoder.decoderLayers > 0) {
        question.endTokens = {model.encoderDecoder.endToken};
        question.tokens.push_back({model.encoderDecoder.endToken, Segment::Template});
    } else if (tokenizer.eos()) {
        question.endTokens = {*tokenizer.eos()};
    }
    return prompt;
}

QJsonObject answerToJson(const AnswerSoFar& answer, const Tokenizer& tokenizer) {
    QJsonArray ids, top;
    for (const std::int32_t id : answer.ids)
        ids << id;
    for (const std::vector<NextToken>& likeliest : answer.likeliest) {
        QJsonArray five;
        for (std::size_t i = 0; i < std::min<std::size_t>(5, likeliest.size()); ++i)
            five << QJsonArray{likeliest[i].id, double(likeliest[i].logProbability)};
        top << five;
    }
    return {
        {"answer", QString::fromUtf8(tokenizer.decode(answer.ids))}, {"ids", ids}, {"top", top}};
}

} // namespace attendre
