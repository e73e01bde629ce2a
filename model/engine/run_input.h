#pragma once

#include "model/engine/open_model.h"
#include "model/formats/document.h"
#include "model/formats/prompt.h"
#include "model/formats/tokenizer.h"
#include "model/trace/values.h"

#include <QDateTime>

namespace attendre {

// A document as a model's tokenizer cuts it.
struct TokenizedDocument {
    Document document;
    Encoding encoding; // byte ranges refer to document.text
    QString model;     // whose tokenizer cut it
    QDateTime changed; // the file's time when it was read

    // Whether this is what a reading of the same names would give now.
    bool isStill(const QString& modelPath, const QString& documentPath) const;
};
Result<TokenizedDocument> tokenizeDocument(const QString& path, const Tokenizer& tokenizer,
                                           const QString& model, const Stage& stage,
                                           const Cancel& cancel);

// What the network is fed: BOS as --bos says, what a prompt puts before the document, the
// document's tokens, the first --tokens of them, and of an encoder-decoder the token that ends its
// input.
struct RunInput {
    std::vector<std::int32_t> ids;
    std::vector<TokenInfo> tokens;
    int documentEnd = 0; // the position behind the document's last token
};
// What the configuration's template puts before the document; auto is replaced by the text that
// fits the model. Empty where there is no template. Errors: a template that lacks its marks.
Result<std::vector<PromptToken>> readTemplate(Configuration& configuration,
                                              const ModelDescription& model,
                                              const Tokenizer& tokenizer);
// Errors: BOS asked for, but the tokenizer has none; a document without tokens.
Result<RunInput> assembleInput(const TokenizedDocument& document, const Tokenizer& tokenizer,
                               const Configuration& configuration,
                               const std::vector<PromptToken>& before = {});
// Refuses more tokens than the model has learned positions for, before the network is loaded; the
// remedy counts what is fed beside the document. asked: the tokens of a question and its answer.
Result<void> checkLearnedPositions(const RunInput& input, const ModelDescription& model,
                                   qint64 asked = 0);
// Appends the token that ends an encoder's input; a decoder's has none.
void endInput(RunInput& input, const ModelDescription& model);

} // namespace attendre
