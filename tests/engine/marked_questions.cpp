#include "tests/engine/marked_questions.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <cmath>

namespace attendre::slow {

Result<std::vector<MarkedQuestion>> readMarkedQuestions(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{QStringLiteral("%1 cannot be read: name a file of questions that "
                                    "scripts/train/held_out.py wrote.")
                         .arg(path)};
    std::vector<MarkedQuestion> questions;
    while (!file.atEnd()) {
        const QJsonObject line = QJsonDocument::fromJson(file.readLine()).object();
        MarkedQuestion question{
            line["document"].toString().toUtf8(), line["question"].toString().toUtf8(),
            line["answer"].toString().toUtf8(), line["back"].toInt(), line["waits"].toInt()};
        if (question.document.isEmpty() || question.question.isEmpty() || question.answer.isEmpty())
            return Error{QStringLiteral("Line %1 of %2 has no document, question and answer: make "
                                        "the file again with scripts/train/held_out.py.")
                             .arg(questions.size() + 1)
                             .arg(path)};
        questions.push_back(std::move(question));
    }
    return questions;
}

Result<std::vector<MarkedInput>> markedInputs(const std::vector<MarkedQuestion>& questions,
                                              const Tokenizer& tokenizer) {
    std::vector<MarkedInput> inputs;
    for (const MarkedQuestion& question : questions) {
        auto text = tokenizer.encode(question.document + ' ' + question.question);
        auto answer = tokenizer.encode(' ' + question.answer);
        if (!text || !answer)
            return text ? answer.error() : text.error();
        if (answer->ids.size() != 1)
            return Error{QStringLiteral("The answer \"%1\" is not one token of this model: choose "
                                        "one that scripts/train made.")
                             .arg(QString::fromUtf8(question.answer))};
        MarkedInput input{std::move(text->ids), answer->ids.front()};
        if (tokenizer.addsBos())
            input.ids.insert(input.ids.begin(), *tokenizer.bos());
        if (tokenizer.addsEos())
            input.ids.push_back(*tokenizer.eos());
        inputs.push_back(std::move(input));
    }
    return inputs;
}

namespace {

// The likeliest token after the last one that is read.
Result<std::int32_t> nextToken(Pipeline& pipeline) {
    std::int32_t next = -1;
    while (!pipeline.finished()) {
        auto step = pipeline.step();
        if (!step)
            return step.error();
        if (!step->next.empty())
            next = step->next.front().id;
    }
    return next;
}

// The decoder repeats the question's word, then answers.
Result<std::int32_t> secondToken(Pipeline& reading, int tokens) {
    while (reading.tokensRead() < tokens)
        if (auto step = reading.step(); !step)
            return step.error();
    Question question; // it was read with the document
    question.mostAnswerTokens = 2;
    auto asking = reading.ask(question);
    if (!asking)
        return asking.error();
    while (!(*asking)->finished())
        if (auto step = (*asking)->step(); !step)
            return step.error();
    const std::vector<std::int32_t>& ids = (*asking)->answer()->ids;
    return ids.size() == 2 ? ids[1] : -1;
}

} // namespace

Result<bool> answersRight(attendre::Network& network, const Configuration& configuration,
                          const MarkedInput& input) {
    const bool decoder = network.description().encoderDecoder.decoderLayers > 0;
    const StepWants wants{
        .usage = false, .attention = false, .nll = false, .next = decoder ? 0 : 1};
    auto pipeline = network.start(configuration, input.ids, wants);
    if (!pipeline)
        return pipeline.error();
    auto answer = decoder ? secondToken(**pipeline, int(input.ids.size())) : nextToken(**pipeline);
    if (!answer)
        return answer.error();
    return *answer == input.answer;
}

Interval wilson(int right, int of) {
    if (of == 0)
        return {};
    const double z = 1.959964, n = of, share = right / n;
    const double middle = share + z * z / (2 * n);
    const double half = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    const double whole = 1 + z * z / n;
    return {(middle - half) / whole, (middle + half) / whole};
}

} // namespace attendre::slow
