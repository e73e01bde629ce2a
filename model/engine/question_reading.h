#pragma once

#include "model/engine/asking.h"
#include "model/engine/open_model.h"
#include "model/evaluation/result_file.h"
#include "model/formats/question_set.h"

#include <memory>

namespace attendre {

// A way of reading a question's document before it is answered.
struct WayOfReading {
    enum class What {
        Whole,    // the document
        Nothing,  // closed book
        First,    // as much of its beginning as the trained length P has room for
        Last,     // as much of its end
        Passage,  // the paragraph in which an answer stands
        Shuffled, // its lines in another order
        Short     // the whole, where it is no longer than P
    };
    QString name; // "memory"
    What what = What::Whole;
    Configuration configuration;
};

// The names of all ways, "memory" first, with what they are in words.
struct WayDefinition {
    QString name, definition;
};
const std::vector<WayDefinition>& wayDefinitions();
// The ways under a configuration. Baselines other than fifo and shuffled read with whole memories,
// both ways where the mode is not causal. Errors: a name that is not known.
Result<std::vector<WayOfReading>> waysOfReading(const QStringList& names,
                                                const Configuration& asked);

// Answers questions of sets. Questions that follow each other on the same document share what was
// read of it, by forks of its state. Belongs to one thread.
class QuestionReader {
  public:
    // how: template, limit of the answer, temperature and seed of every question. model outlives
    // it.
    QuestionReader(OpenModel& model, AskRequest how) : m_model(model), m_how(std::move(how)) {}

    // The answer, not scored; leftOut says why a way does not suit a question (no passage holds an
    // answer, the document is longer than P, it cannot be read). Errors: what ends an evaluation:
    // the configuration, the device, cancelled.
    Result<Answered> answer(const SetQuestion& question, const WayOfReading& way,
                            const Stage& stage, const Cancel& cancel);

  private:
    struct Document {
        QByteArray text;
        Encoding encoding;
    };
    Result<const Document*> documentFor(const SetQuestion& question, const Cancel& cancel);
    Result<std::vector<std::int32_t>> choose(const SetQuestion& question, const WayOfReading& way,
                                             const Document& document, int room,
                                             Answered& answered);
    void findEvidence(const SetQuestion& question, const Document& document, int before,
                      Answered& answered) const;
    Result<void> read(const WayOfReading& way, std::vector<std::int32_t> ids, const Stage& stage,
                      const Cancel& cancel);
    std::vector<std::int32_t> beginning(const WayOfReading& way, const Prompt& prompt) const;

    OpenModel& m_model;
    AskRequest m_how;
    QString m_documentName; // of m_document
    Document m_document;
    QString m_readName; // way and document of m_reading
    std::vector<std::int32_t> m_readIds;
    std::shared_ptr<Network> m_network; // outlives its pipelines
    std::unique_ptr<Pipeline> m_reading;
};

} // namespace attendre
