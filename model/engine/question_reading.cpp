#include "model/engine/question_reading.h"

#include <QElapsedTimer>

#include <algorithm>
#include <random>

namespace attendre {

namespace {

using What = WayOfReading::What;

// The bytes of the paragraph around a place: up to the next line ends.
std::pair<qint64, qint64> paragraphAround(const QByteArray& text, qint64 at) {
    const qint64 begin = text.lastIndexOf('\n', at) + 1;
    const qint64 end = text.indexOf('\n', at);
    return {begin, end < 0 ? qint64(text.size()) : end};
}

// The bytes at which an answer stands in a text: where the set says and it does stand there, else
// its first occurrence; an empty range: nowhere.
std::pair<qint64, qint64> evidenceIn(const SetQuestion& question, const QByteArray& text) {
    if (question.evidenceByte >= 0) {
        for (const QString& answer : question.answers)
            if (const QByteArray bytes = answer.toUtf8();
                text.mid(question.evidenceByte, bytes.size()) == bytes)
                return {question.evidenceByte, question.evidenceByte + bytes.size()};
    }
    const QString whole = QString::fromUtf8(text);
    qsizetype first = -1, length = 0;
    for (const QString& answer : question.answers) {
        const qsizetype found =
            answer.isEmpty() ? -1 : whole.indexOf(answer, 0, Qt::CaseInsensitive);
        if (found >= 0 && (first < 0 || found < first)) {
            first = found;
            length = answer.size();
        }
    }
    if (first < 0)
        return {0, 0};
    const qint64 begin = whole.left(first).toUtf8().size();
    return {begin, begin + whole.mid(first, length).toUtf8().size()};
}

// The first and last of the tokens that bytes touch; nothing: none does.
std::optional<std::pair<int, int>> tokensAt(const Encoding& encoding,
                                            std::pair<qint64, qint64> bytes) {
    int first = -1, last = -1;
    for (std::size_t i = 0; i < encoding.bytes.size(); ++i)
        if (encoding.bytes[i].second > bytes.first && encoding.bytes[i].first < bytes.second) {
            first = first < 0 ? int(i) : first;
            last = int(i);
        }
    if (first < 0)
        return std::nullopt;
    return std::pair{first, last};
}

// A text's lines; its sentences where those are few; else its words.
QList<QByteArray> partsOf(const QByteArray& text, QByteArray& between) {
    constexpr qsizetype few = 8;
    for (const char* separator : {"\n", ". "}) {
        between = separator;
        QList<QByteArray> parts;
        for (qsizetype from = 0; from <= text.size();) {
            const qsizetype found = text.indexOf(between, from);
            parts << text.mid(from, found < 0 ? -1 : found - from);
            from = found < 0 ? text.size() + 1 : found + between.size();
        }
        if (parts.size() >= few)
            return parts;
    }
    between = " ";
    return text.split(' ');
}

QByteArray shuffled(const QByteArray& text, quint64 seed) {
    QByteArray between;
    QList<QByteArray> parts = partsOf(text, between);
    std::mt19937_64 random(seed + 1);
    for (qsizetype i = parts.size() - 1; i > 0; --i)
        parts.swapItemsAt(i, qsizetype(random() % quint64(i + 1)));
    return parts.join(between);
}

} // namespace

const std::vector<WayDefinition>& wayDefinitions() {
    static const std::vector<WayDefinition> ways{
        {"memory", "the document through the memories as they are asked for"},
        {"closed-book", "no document"},
        {"first", "the document's beginning, as much as the trained length has room for"},
        {"last", "the document's end, as much as the trained length has room for"},
        {"fifo", "as memory, by the policy fifo at the same sizes and protections"},
        {"full", "the whole document with whole memories, where it fits the trained length"},
        {"passage", "the paragraph alone in which an answer stands"},
        {"shuffled",
         "as memory, the document's lines in another order (sentences or words where it has few)"}};
    return ways;
}

Result<std::vector<WayOfReading>> waysOfReading(const QStringList& names,
                                                const Configuration& asked) {
    Configuration whole = asked;
    whole.memory.clear();
    whole.policy = "fifo";
    whole.expression.clear();
    whole.future.clear();
    whole.outputMemory.reset();
    Configuration fifo = asked;
    fifo.policy = "fifo";
    fifo.expression.clear();
    fifo.future.clear();
    std::vector<WayOfReading> ways;
    for (const QString& name : names) {
        if (name == "memory")
            ways.push_back({name, What::Whole, asked});
        else if (name == "closed-book")
            ways.push_back({name, What::Nothing, whole});
        else if (name == "first")
            ways.push_back({name, What::First, whole});
        else if (name == "last")
            ways.push_back({name, What::Last, whole});
        else if (name == "fifo")
            ways.push_back({name, What::Whole, fifo});
        else if (name == "full")
            ways.push_back({name, What::Short, whole});
        else if (name == "passage")
            ways.push_back({name, What::Passage, whole});
        else if (name == "shuffled")
            ways.push_back({name, What::Shuffled, asked});
        else {
            QStringList known;
            for (const WayDefinition& way : wayDefinitions())
                known << way.name;
            return Error{
                QString("\"%1\" is no way of reading; there are %2.").arg(name, known.join(", ")),
                2};
        }
    }
    return ways;
}

Result<const QuestionReader::Document*> QuestionReader::documentFor(const SetQuestion& question,
                                                                    const Cancel& cancel) {
    if (m_documentName == question.documentName && !m_documentName.isEmpty())
        return &m_document;
    m_documentName.clear();
    m_reading.reset();
    auto text = documentOf(question);
    if (!text)
        return text.error();
    auto encoding = m_model.tokenizer().encode(*text, cancel, {});
    if (!encoding)
        return encoding.error();
    m_document = {text.take(), encoding.take()};
    m_documentName = question.documentName;
    return &m_document;
}

// The document's tokens that a way reads. room: for how many there is within P.
Result<std::vector<std::int32_t>> QuestionReader::choose(const SetQuestion& question,
                                                         const WayOfReading& way,
                                                         const Document& document, int room,
                                                         Answered& answered) {
    const std::vector<std::int32_t>& all = document.encoding.ids;
    const int trained = m_model.description().shape.trainedLength;
    const auto needsLength =
        way.what == What::First || way.what == What::Last || way.what == What::Short;
    if (needsLength && trained == 0) {
        answered.leftOut = "The model says no trained length.";
        return std::vector<std::int32_t>();
    }
    const auto kept = std::min(all.size(), std::size_t(std::max(0, room)));
    switch (way.what) {
    case What::Nothing:
        return std::vector<std::int32_t>();
    case What::First:
        return std::vector<std::int32_t>(all.begin(), all.begin() + std::ptrdiff_t(kept));
    case What::Last:
        return std::vector<std::int32_t>(all.end() - std::ptrdiff_t(kept), all.end());
    case What::Short:
        if (all.size() > kept)
            answered.leftOut =
                QString("The document has %1 tokens, there is room for %2 within the "
                        "trained length.")
                    .arg(all.size())
                    .arg(kept);
        return all;
    case What::Shuffled: {
        auto encoding = m_model.tokenizer().encode(shuffled(document.text, m_how.seed));
        if (!encoding)
            return encoding.error();
        return std::move(encoding->ids);
    }
    case What::Passage: {
        const auto [at, behind] = evidenceIn(question, document.text);
        std::vector<std::int32_t> passage;
        const bool found = behind > at;
        if (!found)
            answered.leftOut = "No answer stands in the document.";
        const auto [begin, end] =
            found ? paragraphAround(document.text, at) : std::pair<qint64, qint64>{0, 0};
        for (std::size_t i = 0; i < all.size(); ++i)
            if (document.encoding.bytes[i].second > begin && document.encoding.bytes[i].first < end)
                passage.push_back(all[i]);
        return passage;
    }
    case What::Whole:
        break;
    }
    const int limit = way.configuration.tokens;
    return limit > 0 && std::size_t(limit) < all.size()
               ? std::vector<std::int32_t>(all.begin(), all.begin() + limit)
               : all;
}

std::vector<std::int32_t> QuestionReader::beginning(const WayOfReading& way,
                                                    const Prompt& prompt) const {
    std::vector<std::int32_t> ids;
    const Tokenizer& tokenizer = m_model.tokenizer();
    const QString& bos = way.configuration.bos;
    if (tokenizer.bos() && (bos == "yes" || (bos == "auto" && tokenizer.addsBos())))
        ids.push_back(*tokenizer.bos());
    for (const PromptToken& token : prompt.before)
        ids.push_back(token.id);
    return ids;
}

// Reads to the document's end, or takes what was read of the same before.
Result<void> QuestionReader::read(const WayOfReading& way, std::vector<std::int32_t> ids,
                                  const Stage& stage, const Cancel& cancel) {
    const QString name = way.name + '\n' + m_documentName;
    if (m_reading && m_readName == name && m_readIds == ids)
        return {};
    m_reading.reset();
    Configuration configuration = way.configuration;
    const auto tokens = int(ids.size());
    const bool whole = configuration.memory.empty();
    // Whole memories attend both ways only where every query waits for all that comes.
    if (whole && configuration.mode != "causal" &&
        (!configuration.mode.isEmpty() || m_model.description().shape.defaultMode != "causal"))
        configuration.queryMemory = {tokens + 1};
    auto network = m_model.network(configuration, stage, cancel);
    if (!network)
        return network.error();
    m_network = network.take();
    StepWants wants;
    wants.nll = false;
    wants.usage = !whole;
    m_readIds = ids;
    auto started = m_network->start(configuration, std::move(ids), wants);
    if (!started)
        return started.error();
    std::unique_ptr<Pipeline> reading = started.take();
    while (reading->tokensRead() < tokens) {
        if (cancel.requested())
            return Error{"The evaluation was interrupted: start it again, it goes on here."};
        if (auto step = reading->step(); !step)
            return step.error();
        if (stage)
            stage("reading " + m_documentName, reading->tokensRead(), tokens);
    }
    m_reading = std::move(reading);
    m_readName = name;
    return {};
}

// before: tokens that were read before the document's.
void QuestionReader::findEvidence(const SetQuestion& question, const Document& document, int before,
                                  Answered& answered) const {
    const auto span = tokensAt(document.encoding, evidenceIn(question, document.text));
    if (!span || before + span->second >= m_reading->tokensRead())
        return;
    answered.evidenceFirst = before + span->first;
    answered.evidenceLast = before + span->second;
    answered.survival = m_reading->residentShare(answered.evidenceFirst, answered.evidenceLast);
}

Result<Answered> QuestionReader::answer(const SetQuestion& question, const WayOfReading& way,
                                        const Stage& stage, const Cancel& cancel) {
    QElapsedTimer timer;
    timer.start();
    Answered answered;
    answered.id = question.id;
    answered.reading = way.name;
    answered.document = question.documentName;
    answered.question = question.question;
    answered.answers = question.answers.mid(0, 3).join(" | ");
    answered.part = question.part;
    AskRequest asked = m_how;
    asked.question = question.question;
    if (!question.promptTemplate.isEmpty())
        asked.promptTemplate = question.promptTemplate;
    auto prompt = makePrompt(asked, m_model.description(), m_model.tokenizer());
    if (!prompt)
        return prompt.error();
    auto document = documentFor(question, cancel);
    if (!document) {
        answered.leftOut = document.error().sentence; // of this one only
        return answered;
    }
    std::vector<std::int32_t> ids = beginning(way, *prompt);
    std::vector<Question::Token>& tokens = prompt->question.tokens;
    const int room = m_model.description().shape.trainedLength - int(ids.size()) -
                     int(tokens.size()) - asked.mostAnswerTokens;
    auto chosen = choose(question, way, **document, room, answered);
    if (!chosen)
        return chosen.error();
    if (!answered.leftOut.isEmpty())
        return answered;
    ids.insert(ids.end(), chosen->begin(), chosen->end());
    if (ids.empty() && !tokens.empty()) { // something has to be read first
        ids.push_back(tokens.front().id);
        tokens.erase(tokens.begin());
    }
    if (ids.empty()) {
        answered.leftOut = "There is nothing to read.";
        return answered;
    }
    answered.tokens = qint64(ids.size()) + qint64(tokens.size());
    const int before = int(ids.size() - chosen->size());
    if (auto done = read(way, std::move(ids), stage, cancel); !done)
        return done.error();
    answered.bytes = m_reading->stateBytes();
    if (way.what == What::Whole || way.what == What::Short)
        findEvidence(question, **document, before, answered);
    auto asking = m_reading->ask(std::move(prompt->question));
    if (!asking)
        return asking.error();
    while (!(*asking)->finished()) {
        if (cancel.requested())
            return Error{"The evaluation was interrupted: start it again, it goes on here."};
        if (auto step = (*asking)->step(); !step)
            return step.error();
    }
    answered.prediction =
        QString::fromUtf8(m_model.tokenizer().decode((*asking)->answer()->ids)).trimmed();
    answered.seconds = double(timer.nsecsElapsed()) * 1e-9;
    return answered;
}

} // namespace attendre
