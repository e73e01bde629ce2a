#include "model/network/torch_headers.h"

#include "model/engine/asking_pipeline.h"
#include "model/engine/next_tokens.h"

#include <algorithm>

namespace attendre {

namespace {

Error refused(const QString& sentence) {
    return {sentence, 2};
}

std::optional<Error> doesNotFit(const ReadingPipeline& asked, const Question& question) {
    const NetworkShape& shape = asked.network().description.shape;
    const qint64 tokens = qint64(asked.tokensRead()) + qint64(question.tokens.size());
    const qint64 all = tokens + (asked.outputs() ? 0 : question.mostAnswerTokens);
    if (question.mostAnswerTokens < 1)
        return refused(QStringLiteral("An answer of at most %1 tokens was asked for: allow at "
                                      "least 1 with --max-answer-tokens.")
                           .arg(question.mostAnswerTokens));
    if (tokens == 0)
        return refused(QStringLiteral("Nothing was read and the question is empty: there is "
                                      "nothing to answer from."));
    for (const Question::Token& token : question.tokens)
        if (token.id < 0 || token.id >= shape.vocabulary)
            return refused(QStringLiteral("The token id %1 is not in the model's vocabulary of "
                                          "%2: the tokenizer belongs to another model.")
                               .arg(token.id)
                               .arg(shape.vocabulary));
    const bool relative = asked.configuration().asked.positions == QStringLiteral("relative");
    const auto& memory = asked.configuration().memory;
    const bool full = std::any_of(memory.begin(), memory.end(),
                                  [&](int m) { return qint64(m) >= asked.tokensRead(); });
    if (shape.trainedLength > 0 && all > shape.trainedLength &&
        (shape.positions == QStringLiteral("learned") || (relative && full)))
        return refused(
            QStringLiteral("What was read, the question and the answer need %1 positions, the "
                           "model has P = %2: read fewer --tokens, or allow a shorter answer with "
                           "--max-answer-tokens.")
                .arg(all)
                .arg(shape.trainedLength));
    return std::nullopt;
}

} // namespace

Error forkFailed(const std::exception& exception, qint64 bytes) {
    const auto shortage = memoryShortage(exception);
    return {QStringLiteral("The state of the run, %1, cannot be copied: %2; choose a smaller "
                           "--memory.")
                .arg(bytesInWords(bytes),
                     shortage
                         ? *shortage
                         : QString::fromUtf8(exception.what()).section(QLatin1Char('\n'), 0, 0))};
}

Result<std::unique_ptr<Pipeline>> AskingPipeline::start(const ReadingPipeline& asked,
                                                        Question question) {
    if (auto error = doesNotFit(asked, question))
        return *error;
    try {
        const c10::InferenceMode inference;
        return std::unique_ptr<Pipeline>(new AskingPipeline(asked.forked(), std::move(question)));
    } catch (const std::exception& exception) {
        return forkFailed(exception, asked.stateBytes());
    }
}

AskingPipeline::AskingPipeline(std::unique_ptr<ReadingPipeline> reading, Question question)
    : m_reading(std::move(reading)), m_question(std::move(question)),
      m_first(m_reading->tokensRead()), m_draws(m_question.seed) {
    readNextPart();
}

// What is left of the document is read in chunks of its own, so that the question begins one.
void AskingPipeline::readNextPart() {
    const auto& tokens = m_question.tokens;
    const auto document = [&](std::size_t i) { return tokens[i].segment == Segment::Document; };
    std::vector<std::int32_t> ids;
    const std::size_t from = m_given;
    while (m_given < tokens.size() && document(m_given) == document(from))
        ids.push_back(tokens[m_given++].id);
    const int rest = int(tokens.size() - m_given);
    m_reading->readInstead(ids, rest + (encoderDecoder() ? 0 : m_question.mostAnswerTokens),
                           m_steps);
}

int AskingPipeline::stepsTotal() const {
    if (finished())
        return m_steps;
    return m_reading->stepsTotal() + 1 + m_question.mostAnswerTokens;
}

int AskingPipeline::tokensRead() const {
    return m_reading->tokensRead() + (encoderDecoder() ? int(m_fed) : 0);
}

Result<StepRecord> AskingPipeline::step() {
    if (m_phase == Phase::Done)
        return Error{QStringLiteral("The question was answered: there is no further step.")};
    auto record =
        guardedStep(m_reading->network(), m_steps, [this]() -> StepRecord { return compute(); });
    if (!record) {
        m_phase = Phase::Done;
        return record;
    }
    record->step = m_steps++;
    return record;
}

StepRecord AskingPipeline::compute() {
    switch (m_phase) {
    case Phase::Begin: {
        StepRecord record = m_reading->recordAsItStands();
        m_phase = Phase::Read;
        if (m_reading->finished())
            feedDecoder(record);
        return record;
    }
    case Phase::Read:
        return readQuestion();
    default:
        return answerStep();
    }
}

StepRecord AskingPipeline::readQuestion() {
    if (m_given < m_question.tokens.size() && m_reading->tokensRead() == m_first + int(m_given))
        readNextPart();
    auto read = m_reading->step();
    // guardedStep() says it in its own words: the sentence is already one.
    TORCH_CHECK(read.ok(), read.ok() ? "" : read.error().sentence.toStdString());
    StepRecord record = read.take();
    if (record.kind == StepKind::Chunk)
        record.kind = StepKind::Ask;
    for (std::int32_t i = 0; i < record.arrived; ++i) {
        const Question::Token& asked =
            m_question.tokens[std::size_t(record.firstPosition + i - m_first)];
        TokenInfo token;
        token.position = record.firstPosition + i;
        token.segment = asked.segment;
        token.id = asked.id;
        record.tokens.push_back(token);
    }
    if (m_given == m_question.tokens.size() && m_reading->finished())
        feedDecoder(record);
    return record;
}

// Everything is read and flushed: a decoder's last query says what comes first, an
// encoder-decoder's decoder begins.
void AskingPipeline::feedDecoder(StepRecord& record) {
    m_phase = Phase::Answer;
    const at::Tensor logits = encoderDecoder() ? at::Tensor() : m_reading->lastLogits();
    m_reading->beginAnswer();
    if (encoderDecoder()) {
        TORCH_CHECK(m_reading->outputs()->occupancy() > 0, "no encoder output is resident");
        m_decoder = m_reading->network().layers.decoder->begin(m_reading->outputs()->outputs());
    } else {
        TORCH_CHECK(logits.defined(), "no query was answered before the answer");
        choose(logits, record);
    }
}

void AskingPipeline::choose(const at::Tensor& logits, StepRecord& record) {
    record.next = predictTokens(logits, {}, std::max(5, m_reading->wants().next)).next;
    const double draw = m_question.temperature > 0 ? double(m_draws() >> 11) * 0x1.0p-53 : 0;
    const std::int32_t id = chooseToken(logits, m_question.temperature, draw);
    const auto& ends = m_question.endTokens;
    if (std::find(ends.begin(), ends.end(), id) != ends.end()) {
        m_answer.ended = true;
        m_phase = Phase::Done;
        return;
    }
    m_pendingNll = predictTokens(logits, {id}, 0).nll.front();
    m_answer.ids.push_back(id);
    m_answer.likeliest.push_back(record.next);
}

StepRecord AskingPipeline::answerStep() {
    const auto limit = std::size_t(m_question.mostAnswerTokens);
    TokenInfo token;
    token.segment = Segment::Answer;
    StepRecord record;
    float nll = m_pendingNll;
    if (encoderDecoder()) {
        const AnswerDecoder& decoder = *m_reading->network().layers.decoder;
        const bool start = m_fed == 0;
        token.position = std::int32_t(m_reading->tokensRead() + int(m_fed));
        token.id = start ? decoder.startToken() : m_answer.ids[m_fed - 1];
        if (start)
            token.segment = Segment::Template;
        const Decoded decoded = decoder.step(token.id, *m_decoder);
        record = m_reading->recordCross(decoded.cross, token.position);
        if (start)
            nll = std::numeric_limits<float>::quiet_NaN();
        ++m_fed;
        choose(decoded.logits, record);
        if (m_answer.ids.size() == limit)
            m_phase = Phase::Done;
    } else {
        token.position = std::int32_t(m_reading->tokensRead());
        token.id = m_answer.ids[m_fed];
        record = m_reading->feedAnswer(token.id);
        ++m_fed;
        if (m_fed == limit)
            m_phase = Phase::Done;
        else
            choose(m_reading->lastLogits(), record);
    }
    record.tokens.push_back(token);
    record.firstNll = token.position;
    if (!std::isnan(nll) && token.position > 0)
        record.nll = {nll};
    return record;
}

Result<std::unique_ptr<Pipeline>> AskingPipeline::fork() const {
    return Error{QStringLiteral("A run that asks cannot be copied: ask the run that it asked.")};
}

Result<std::unique_ptr<Pipeline>> AskingPipeline::ask(Question) const {
    return Error{QStringLiteral("A run that asks cannot be asked itself: ask the run that it "
                                "asked.")};
}

} // namespace attendre
