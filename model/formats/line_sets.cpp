// Sets of one JSON object a line: LongBench (context, input, answers, dataset, _id) and RULER
// (index, input, outputs, length).
#include "model/formats/question_set_forms.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace attendre {

namespace {

class LineSet : public QuestionSet {
  public:
    explicit LineSet(const QString& path) : m_file(path) {}
    Result<void> open() {
        if (m_file.open(QIODevice::ReadOnly))
            return {};
        return Error{QStringLiteral("%1 cannot be read (%2): name a file that you can open.")
                         .arg(m_file.fileName(), m_file.errorString()),
                     2};
    }

    Result<std::optional<SetQuestion>> readNext() override {
        while (!m_file.atEnd()) {
            const QByteArray line = m_file.readLine();
            ++m_line;
            if (line.isEmpty() && m_file.error() != QFileDevice::NoError)
                return Error{QStringLiteral("%1 cannot be read further (%2): fetch it again.")
                                 .arg(m_file.fileName(), m_file.errorString())};
            if (line.trimmed().isEmpty())
                continue;
            if (auto question = take(line))
                return question;
        }
        return std::optional<SetQuestion>();
    }
    double progress() const override {
        return double(m_file.pos()) / double(std::max<qint64>(1, m_file.size()));
    }
    QString form() const override {
        return m_ruler ? QStringLiteral("RULER") : QStringLiteral("LongBench");
    }

  private:
    std::optional<SetQuestion> take(const QByteArray& line) {
        const QString place = QStringLiteral("line %1").arg(m_line);
        QJsonParseError error;
        const QJsonDocument json = QJsonDocument::fromJson(line, &error);
        if (error.error != QJsonParseError::NoError || !json.isObject()) {
            leaveOut(place, QStringLiteral("Line %1 of %2 is no JSON object (%3): mend it.")
                                .arg(m_line)
                                .arg(m_file.fileName(), error.errorString()));
            return std::nullopt;
        }
        const QJsonObject object = json.object();
        m_ruler = object.contains("outputs");
        SetQuestion question = m_ruler ? ruler(object) : longBench(object);
        if (question.text.isEmpty() || question.answers.isEmpty()) {
            leaveOut(question.id,
                     QStringLiteral("Line %1 of %2 has no %3: mend it.")
                         .arg(m_line)
                         .arg(m_file.fileName(), question.text.isEmpty()
                                                     ? (m_ruler ? "input" : "context")
                                                     : (m_ruler ? "outputs" : "answers")));
            return std::nullopt;
        }
        return question;
    }

    static QStringList texts(const QJsonValue& list) {
        QStringList all;
        for (const QJsonValue& value : list.toArray())
            all << (value.isDouble() ? QString::number(value.toDouble()) : value.toString());
        return all;
    }

    // The question stands at the end of the input.
    SetQuestion ruler(const QJsonObject& object) const {
        SetQuestion question;
        question.id = object["index"].isDouble() ? QString::number(object["index"].toInteger())
                                                 : QStringLiteral("line %1").arg(m_line);
        question.answers = texts(object["outputs"]);
        question.scoring = QStringLiteral("ruler");
        question.text = object["input"].toString().toUtf8();
        question.documentName = question.id;
        question.promptTemplate = QStringLiteral("{document}{question}");
        return question;
    }

    SetQuestion longBench(const QJsonObject& object) const {
        SetQuestion question;
        question.id = object["_id"].toString(QStringLiteral("line %1").arg(m_line));
        question.question = object["input"].toString();
        question.answers = texts(object["answers"]);
        question.classes = texts(object["all_classes"]);
        question.part = object["dataset"].toString();
        question.scoring = QStringLiteral("longbench:") + question.part;
        question.text = object["context"].toString().toUtf8();
        question.documentName = question.id;
        return question;
    }

    QFile m_file;
    qint64 m_line = 0;
    bool m_ruler = false;
};

} // namespace

Result<std::unique_ptr<QuestionSet>> openQuestionLines(const QString& path) {
    auto set = std::make_unique<LineSet>(path);
    if (auto opened = set->open(); !opened)
        return opened.error();
    return std::unique_ptr<QuestionSet>(std::move(set));
}

} // namespace attendre
