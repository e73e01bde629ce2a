#include "model/engine/run_input.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>

namespace attendre {

bool TokenizedDocument::isStill(const QString& modelPath, const QString& documentPath) const {
    return model == modelPath && document.path == documentPath &&
           QFileInfo(documentPath).lastModified() == changed;
}

Result<TokenizedDocument> tokenizeDocument(const QString& path, const Tokenizer& tokenizer,
                                           const QString& model, const Stage& stage,
                                           const Cancel& cancel) {
    TokenizedDocument result;
    result.model = model;
    result.changed = QFileInfo(path).lastModified();
    auto document = readDocument(path);
    if (!document)
        return document.error();
    result.document = document.take();
    auto encoding = tokenizer.encode(result.document.text, cancel, progressOf(stage, "tokenizing"));
    if (!encoding)
        return encoding.error();
    result.encoding = encoding.take();
    return result;
}

Result<RunInput> assembleInput(const TokenizedDocument& document, const Tokenizer& tokenizer,
                               const Configuration& configuration,
                               const std::vector<PromptToken>& before) {
    const std::vector<std::int32_t>& ids = document.encoding.ids;
    size_t count = ids.size();
    if (configuration.tokens > 0)
        count = std::min(count, size_t(configuration.tokens));
    if (count == 0)
        return Error{QString("%1 has no tokens: choose a document with text in it.")
                         .arg(document.document.path)};
    const bool bos =
        configuration.bos == "yes" || (configuration.bos == "auto" && tokenizer.addsBos());
    if (bos && !tokenizer.bos())
        return Error{
            QString("The option --bos has the value \"%1\", but the tokenizer of %2 has no "
                    "beginning-of-sequence token: choose --bos no.")
                .arg(configuration.bos, document.model),
            2};
    RunInput input;
    input.ids.reserve(count + 1);
    input.tokens.reserve(count + 1);
    if (bos) {
        TokenInfo token;
        token.segment = Segment::Bos;
        token.id = *tokenizer.bos();
        token.text = tokenizer.tokenBytes(token.id);
        input.ids.push_back(token.id);
        input.tokens.push_back(token);
    }
    for (const PromptToken& piece : before) {
        TokenInfo token;
        token.position = std::int32_t(input.tokens.size());
        token.segment = piece.segment;
        token.id = piece.id;
        token.text = tokenizer.tokenBytes(piece.id);
        input.ids.push_back(token.id);
        input.tokens.push_back(std::move(token));
    }
    for (size_t i = 0; i < count; ++i) {
        TokenInfo token;
        token.position = std::int32_t(input.tokens.size());
        token.documentPosition = std::int32_t(i);
        token.id = ids[i];
        token.text = tokenizer.tokenBytes(ids[i]);
        token.byteBegin = document.encoding.bytes[i].first + document.document.bomBytes;
        token.byteEnd = document.encoding.bytes[i].second + document.document.bomBytes;
        input.ids.push_back(token.id);
        input.tokens.push_back(std::move(token));
    }
    input.documentEnd = int(input.tokens.size());
    return input;
}

Result<std::vector<PromptToken>> readTemplate(Configuration& configuration,
                                              const ModelDescription& model,
                                              const Tokenizer& tokenizer) {
    if (configuration.promptTemplate.isEmpty())
        return std::vector<PromptToken>();
    auto parsed = configuration.promptTemplate == "auto"
                      ? Result<PromptTemplate>(PromptTemplate::fitting(model, tokenizer))
                      : PromptTemplate::parse(configuration.promptTemplate.replace("\\n", "\n"));
    if (!parsed)
        return parsed.error();
    configuration.promptTemplate = parsed->text();
    return tokenizePieces(parsed->before(QString()), tokenizer);
}

Result<void> checkLearnedPositions(const RunInput& input, const ModelDescription& model,
                                   qint64 asked) {
    const qint64 learned = model.shape.trainedLength;
    const qint64 all = qint64(input.ids.size()) + asked;
    if (model.shape.positions != "learned" || learned <= 0 || all <= learned)
        return {};
    const QLocale english(QLocale::English);
    const qint64 document =
        std::count_if(input.tokens.begin(), input.tokens.end(),
                      [](const TokenInfo& token) { return token.segment == Segment::Document; });
    const qint64 beside = all - document;
    const QString need =
        beside == 0
            ? QString("The input has T = %1 tokens").arg(english.toString(all))
            : QString("The document's %1 tokens and %2 more (%3) need %4 positions")
                  .arg(english.toString(document), english.toString(beside),
                       asked > 0 ? "template, question and the longest answer" : "BOS and template",
                       english.toString(all));
    const QString remedy =
        beside < learned ? QString("choose --tokens %1 or fewer").arg(learned - beside)
        : asked > 0      ? QString("ask a shorter question or lower --max-answer-tokens")
                         : QString("choose a shorter --template");
    return Error{QString("%1, but the model has learned positions for P = %2 only; %3.")
                     .arg(need, english.toString(learned), remedy),
                 2};
}

void endInput(RunInput& input, const ModelDescription& model) {
    if (model.encoderDecoder.decoderLayers == 0)
        return;
    TokenInfo token;
    token.position = std::int32_t(input.tokens.size());
    token.segment = Segment::Template;
    token.id = model.encoderDecoder.endToken;
    input.ids.push_back(token.id);
    input.tokens.push_back(token);
}

} // namespace attendre
