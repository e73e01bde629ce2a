#pragma once

#include "model/formats/model_files.h"
#include "model/formats/tokenizer.h"
#include "model/trace/values.h"

#include <QString>

#include <vector>

namespace attendre {

// How a document and a question become what a model reads: a text in which {document} and
// {question} stand once each, in either order. Nothing of a model's own files is ever executed.
class PromptTemplate {
  public:
    // Errors: a mark that is missing or stands twice.
    static Result<PromptTemplate> parse(const QString& text);
    // What fits the model: the chat form of models that know its marks (<|im_start|>, <|im_end|>),
    // the two texts alone for encoder-decoders, question and answer named for all others.
    static PromptTemplate fitting(const ModelDescription& model, const Tokenizer& tokenizer);

    QString text() const { return m_text; }

    struct Piece {
        QString text;
        Segment segment = Segment::Template;
    };
    // What stands before the document and behind it, the question put in; without empty pieces.
    // With an empty question {question} stands for nothing.
    std::vector<Piece> before(const QString& question) const;
    std::vector<Piece> behind(const QString& question) const;

  private:
    explicit PromptTemplate(const QString& text);
    std::vector<Piece> filled(const QString& part, const QString& question) const;

    QString m_text, m_before, m_behind;
};

struct PromptToken {
    std::int32_t id = 0;
    Segment segment = Segment::Template;
};
// The pieces cut as one text; a token belongs to the piece in which it begins, a space before it
// aside.
Result<std::vector<PromptToken>> tokenizePieces(const std::vector<PromptTemplate::Piece>& pieces,
                                                const Tokenizer& tokenizer);

} // namespace attendre
