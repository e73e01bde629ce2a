#pragma once

#include "model/engine/reading_pipeline.h"

#include <random>

namespace attendre {

// A run that asks another one: it reads the question on a fork of that run's state, flushes it and
// answers token by token. Step 0 is the state that it began with; then come the question's chunks
// (ask), the flush, and one step for each token of the answer: a decoder feeds that token to its
// own memories, an encoder-decoder feeds its decoder the token before it.
class AskingPipeline : public Pipeline {
  public:
    // Errors: as Pipeline::ask().
    static Result<std::unique_ptr<Pipeline>> start(const ReadingPipeline& asked, Question question);

    const ResolvedConfiguration& configuration() const override {
        return m_reading->configuration();
    }
    bool finished() const override { return m_phase == Phase::Done; }
    int stepsDone() const override { return m_steps; }
    // At most: an answer may end before its limit.
    int stepsTotal() const override;
    Result<StepRecord> step() override;
    Result<std::unique_ptr<Pipeline>> fork() const override;
    Result<std::unique_ptr<Pipeline>> ask(Question question) const override;
    ArchivedAttention archivedAttention() const override { return m_reading->archivedAttention(); }
    const AnswerSoFar* answer() const override { return &m_answer; }
    int tokensRead() const override;
    qint64 stateBytes() const override { return m_reading->stateBytes(); }
    double residentShare(int first, int last) const override {
        return m_reading->residentShare(first, last);
    }
    std::vector<float> lastOutputs(int every) const override {
        return m_reading->lastOutputs(every);
    }

  private:
    enum class Phase { Begin, Read, Answer, Done };

    AskingPipeline(std::unique_ptr<ReadingPipeline> reading, Question question);

    StepRecord compute();
    void readNextPart();
    StepRecord readQuestion();
    StepRecord answerStep();
    // Takes the next token of the answer out of what could follow: [1, vocabulary].
    void choose(const at::Tensor& logits, StepRecord& record);
    void feedDecoder(StepRecord& record);
    bool encoderDecoder() const { return m_reading->outputs() != nullptr; }

    std::unique_ptr<ReadingPipeline> m_reading;
    Question m_question;
    AnswerSoFar m_answer;
    Phase m_phase = Phase::Begin;
    int m_steps = 0, m_first = 0; // position of the question's first token
    std::size_t m_given = 0;      // of its tokens, what the reading was given
    std::size_t m_fed = 0;        // tokens of the answer that were fed
    float m_pendingNll = 0;       // of the answer's last token
    std::optional<DecoderState> m_decoder;
    std::mt19937_64 m_draws;
};

Error forkFailed(const std::exception& exception, qint64 bytes);

} // namespace attendre
