// SQuAD 1.1 and 2.0: {"data": [{title, paragraphs: [{context, qas: [{id, question, answers}]}]}]}.
#include "model/formats/question_set_forms.h"

#include <QJsonArray>

namespace attendre {

namespace {

class SquadSet : public ElementSet {
  public:
    explicit SquadSet(std::unique_ptr<JsonElements> elements) : ElementSet(std::move(elements)) {}

    QString form() const override { return QStringLiteral("SQuAD"); }

  private:
    void take(const JsonElements::Element& element) override {
        const QString place = QStringLiteral("at byte %1").arg(element.begin);
        if (!element.problem.isEmpty())
            return leaveOut(place, QStringLiteral("An article cannot be read (%1): mend the file.")
                                       .arg(element.problem));
        const QString title = element.object["title"].toString(place);
        const QJsonArray paragraphs = element.object["paragraphs"].toArray();
        for (qsizetype i = 0; i < paragraphs.size(); ++i) {
            const QJsonObject paragraph = paragraphs[i].toObject();
            const QString name = QStringLiteral("%1, paragraph %2").arg(title).arg(i + 1);
            const QString context = paragraph["context"].toString();
            if (context.isEmpty()) {
                leaveOut(name, QStringLiteral("%1 has no context: mend the file.").arg(name));
                continue;
            }
            for (const QJsonValue& asked : paragraph["qas"].toArray())
                take(asked.toObject(), context, name);
        }
    }

    void take(const QJsonObject& asked, const QString& context, const QString& name) {
        SetQuestion question;
        question.id = asked["id"].toString();
        question.question = asked["question"].toString();
        question.scoring = QStringLiteral("squad");
        question.text = context.toUtf8();
        question.documentName = name;
        // A question that cannot be answered from its text (2.0) is right with an empty answer.
        if (asked["is_impossible"].toBool())
            question.answers << QString();
        else
            for (const QJsonValue& value : asked["answers"].toArray()) {
                const QJsonObject answer = value.toObject();
                if (!question.answers.contains(answer["text"].toString()))
                    question.answers << answer["text"].toString();
                if (question.evidenceByte < 0 && answer["answer_start"].isDouble())
                    question.evidenceByte = byteOf(context, answer["answer_start"].toInt());
            }
        if (question.id.isEmpty() || question.question.isEmpty())
            return leaveOut(name, QStringLiteral("A question on %1 has no id or no question: mend "
                                                 "the file.")
                                      .arg(name));
        if (question.answers.isEmpty())
            return leaveOut(question.id,
                            QStringLiteral("Question %1 has no answers: give it some, or leave it "
                                           "out of the set.")
                                .arg(question.id));
        add(std::move(question));
    }

    // answer_start counts characters of Unicode, not UTF-16's units.
    static qint64 byteOf(const QString& text, int characters) {
        qsizetype at = 0;
        for (int i = 0; i < characters && at < text.size(); ++i)
            at += text[at].isHighSurrogate() ? 2 : 1;
        return text.left(at).toUtf8().size();
    }
};

} // namespace

Result<std::unique_ptr<QuestionSet>> openSquad(const QString& path) {
    auto elements = JsonElements::open(path, "data");
    if (!elements)
        return elements.error();
    return std::unique_ptr<QuestionSet>(new SquadSet(elements.take()));
}

} // namespace attendre
