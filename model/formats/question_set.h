#pragma once

#include "model/trace/result.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace attendre {

class Tokenizer;

// A question about a document, as a published set has it.
struct SetQuestion {
    QString id; // the key of the official predictions
    QString question;
    QStringList answers; // accepted, as the set's scoring compares them; never empty
    QString scoring;     // "triviaqa", "squad", "ruler" or "longbench:DATASET"
    QStringList classes; // to choose among, where the set has such
    // The document: files, read one after the other, or a text in the set itself.
    QStringList files;
    QByteArray text;
    QString documentName;     // the same for all questions on one document
    qint64 evidenceByte = -1; // where an answer stands in text; -1: unknown
    QString promptTemplate;   // where the set has its own words; empty: the model's
    QString part; // what its result counts for beside the whole: LongBench's data set, a
                  // needle's length and depth; empty: nothing
};

// Needles in a haystack: a sentence is put into each document at each depth, and asked for. In
// needle, question and answer {city} and {number} stand for words drawn by seed.
struct NeedleRequest {
    QStringList haystacks;                             // documents
    std::vector<int> lengths;                          // tokens of document and needle
    std::vector<double> depths = {0, 25, 50, 75, 100}; // per cent of the document before the needle
    QString needle = QStringLiteral("The secret number of {city} is {number}.");
    QString question = QStringLiteral("What is the secret number of {city}?");
    QString answer = QStringLiteral("{number}");
    int repeats = 1; // needles of each document, length and depth
    std::uint64_t seed = 0;
};
// Of a file of JSON with these members; haystacks relative to its folder. Errors: an unknown
// member, no haystack.
Result<NeedleRequest> needleRequestOf(const QString& path);

// Something of a set that is not asked, and why: one sentence that names it.
struct LeftOut {
    QString id, sentence;
};

// A set, read question by question.
class QuestionSet {
  public:
    // Chooses the form by the file's contents: TriviaQA RC ("Data"), SQuAD ("data"), LongBench
    // ("context") or RULER ("outputs") lines. evidence: TriviaQA's folder of documents; empty: the
    // folder "evidence" beside the file's own. Errors: the file cannot be read, none of these
    // forms.
    static Result<std::unique_ptr<QuestionSet>> open(const QString& path,
                                                     const QString& evidence = {});
    // Likewise, and a file of JSON with "haystacks" is a set of needles, whose documents are cut to
    // length by a tokenizer, which outlives the set.
    static Result<std::unique_ptr<QuestionSet>> open(const QString& path, const QString& evidence,
                                                     const Tokenizer& tokenizer);
    virtual ~QuestionSet() = default;

    // Nothing at the end. What cannot be asked, or has a key that another question had before, is
    // passed over and told by leftOut(). Errors: the rest of the file cannot be read.
    Result<std::optional<SetQuestion>> next();
    // How much of the file has been read, in [0, 1].
    virtual double progress() const = 0;
    virtual QString form() const = 0; // "TriviaQA, Wikipedia"

    const std::vector<LeftOut>& leftOut() const { return m_leftOut; }

  protected:
    virtual Result<std::optional<SetQuestion>> readNext() = 0;
    void leaveOut(const QString& id, const QString& sentence) {
        m_leftOut.push_back({id, sentence});
    }

  private:
    std::vector<LeftOut> m_leftOut;
    std::set<QString> m_ids; // of the questions so far
};

// A set of needles. The place is the line's or sentence's end next to the depth; documents are cut
// so that they have the length with the needle. What is too short is left out by name. Errors:
// lengths, depths or repeats out of range, a needle without its answer, a document that cannot be
// read.
Result<std::unique_ptr<QuestionSet>> makeNeedles(const NeedleRequest& request,
                                                 const Tokenizer& tokenizer);

// The document of a question: its text, or its files joined by empty lines. Errors: a file cannot
// be read or is not UTF-8.
Result<QByteArray> documentOf(const SetQuestion& question);

} // namespace attendre
