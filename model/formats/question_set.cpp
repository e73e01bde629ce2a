#include "model/formats/question_set.h"

#include "model/formats/document.h"
#include "model/formats/json_elements.h"
#include "model/formats/question_set_forms.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace attendre {

namespace {

// A whole object on the first line that is not empty: a file of lines.
bool isOfLines(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return false;
    QByteArray line;
    while (!file.atEnd() && line.trimmed().isEmpty())
        line = file.readLine(256 << 20);
    const QJsonObject object = QJsonDocument::fromJson(line).object();
    return object.contains("outputs") || object.contains("context");
}

} // namespace

Result<std::unique_ptr<QuestionSet>> QuestionSet::open(const QString& path,
                                                       const QString& evidence) {
    if (QFileInfo(path).isDir())
        return Error{QStringLiteral("%1 is a folder: name the file of questions in it.").arg(path),
                     2};
    if (QFile file(path); !file.open(QIODevice::ReadOnly))
        return Error{QStringLiteral("%1 cannot be read (%2): name a file of questions.")
                         .arg(path, file.errorString()),
                     2};
    if (isOfLines(path) || path.endsWith(QStringLiteral(".jsonl")))
        return openQuestionLines(path);
    if (JsonElements::open(path, "Data"))
        return openTriviaQa(path, evidence);
    if (JsonElements::open(path, "data"))
        return openSquad(path);
    return Error{QStringLiteral("%1 is of no form that is known: TriviaQA RC (an object with "
                                "\"Data\"), SQuAD (with \"data\"), or lines of LongBench (with "
                                "\"context\") or RULER (with \"outputs\").")
                     .arg(path),
                 2};
}

Result<std::unique_ptr<QuestionSet>> QuestionSet::open(const QString& path, const QString& evidence,
                                                       const Tokenizer& tokenizer) {
    constexpr qint64 large = 1 << 20; // of a file that only names documents
    if (QFileInfo(path).size() > large || !JsonElements::open(path, "haystacks"))
        return open(path, evidence);
    auto request = needleRequestOf(path);
    if (!request)
        return request.error();
    return makeNeedles(*request, tokenizer);
}

Result<std::optional<SetQuestion>> QuestionSet::next() {
    for (;;) {
        auto question = readNext();
        if (!question || !*question || m_ids.insert((*question)->id).second)
            return question;
        leaveOut(
            (*question)->id,
            QStringLiteral("The key \"%1\" stands in the set a second time: the first question "
                           "with it is asked, give the other a key of its own.")
                .arg((*question)->id));
    }
}

Result<std::optional<SetQuestion>> ElementSet::readNext() {
    while (m_ready.empty()) {
        auto element = m_elements->next();
        if (!element)
            return element.error();
        if (!*element)
            return std::optional<SetQuestion>();
        take(**element);
    }
    SetQuestion question = std::move(m_ready.front());
    m_ready.pop_front();
    return std::optional<SetQuestion>(std::move(question));
}

double ElementSet::progress() const {
    return double(m_elements->position()) / double(std::max<qint64>(1, m_elements->size()));
}

Result<QByteArray> documentOf(const SetQuestion& question) {
    if (question.files.isEmpty())
        return question.text;
    QByteArray text;
    for (const QString& file : question.files) {
        auto document = readDocument(file);
        if (!document)
            return document.error();
        if (!text.isEmpty())
            text += "\n\n";
        text += document->text;
    }
    return text;
}

} // namespace attendre
