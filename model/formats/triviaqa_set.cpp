// TriviaQA RC: qa/wikipedia-*.json and qa/web-*.json with the documents in evidence/.
#include "model/formats/question_set_forms.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>

namespace attendre {

namespace {

struct Page {
    QString name, path;
};

class TriviaQaSet : public ElementSet {
  public:
    TriviaQaSet(std::unique_ptr<JsonElements> elements, const QString& evidence, bool web)
        : ElementSet(std::move(elements)), m_evidence(evidence), m_web(web) {}

    QString form() const override {
        return m_web ? QStringLiteral("TriviaQA, web") : QStringLiteral("TriviaQA, Wikipedia");
    }

  private:
    std::vector<Page> pages(const QJsonObject& datum, const char* list, const char* folder,
                            const QString& id) {
        std::vector<Page> found;
        for (const QJsonValue& value : datum[QLatin1String(list)].toArray()) {
            const QString name = value.toObject()["Filename"].toString();
            const QString path = QDir(m_evidence).filePath(QLatin1String(folder) + '/' + name);
            // The set is a stranger's: its names stay within its folder.
            if (name.isEmpty() || QDir::cleanPath(name).startsWith(QStringLiteral("..")) ||
                QDir::isAbsolutePath(name))
                leaveOut(id, QStringLiteral("Question %1 names a document \"%2\" outside its set: "
                                            "mend its Filename.")
                                 .arg(id, name));
            else if (!QFileInfo(path).isFile())
                leaveOut(id, QStringLiteral("The document %1 of question %2 is missing: fetch the "
                                            "set's evidence, or name its folder with --evidence.")
                                 .arg(path, id));
            else
                found.push_back({name, path});
        }
        return found;
    }

    static QStringList answersOf(const QJsonObject& answer) {
        QStringList answers;
        for (const char* list : {"NormalizedAliases", "HumanAnswers"})
            for (const QJsonValue& alias : answer[QLatin1String(list)].toArray())
                if (!answers.contains(alias.toString()))
                    answers << alias.toString();
        return answers;
    }

    void take(const JsonElements::Element& element) override {
        const QJsonObject& datum = element.object;
        const QString id = datum["QuestionId"].toString();
        const QString named = id.isEmpty() ? QStringLiteral("at byte %1").arg(element.begin) : id;
        SetQuestion question;
        question.question = datum["Question"].toString();
        question.answers = answersOf(datum["Answer"].toObject());
        question.scoring = QStringLiteral("triviaqa");
        if (!element.problem.isEmpty())
            return leaveOut(named, QStringLiteral("A question cannot be read (%1): mend the file.")
                                       .arg(element.problem));
        if (id.isEmpty() || question.question.isEmpty())
            return leaveOut(named, QStringLiteral("Question %1 has no QuestionId or no Question: "
                                                  "mend the file.")
                                       .arg(named));
        if (question.answers.isEmpty())
            return leaveOut(id, QStringLiteral("Question %1 has no answers (Answer.Normalized"
                                               "Aliases): the test sets publish none, score them "
                                               "with their authors.")
                                    .arg(id));
        std::vector<Page> all = pages(datum, "EntityPages", "wikipedia", id);
        if (m_web) {
            // A key of its own for every document.
            for (Page& page : pages(datum, "SearchResults", "web", id))
                all.push_back(std::move(page));
            for (const Page& page : all) {
                question.id = id + QStringLiteral("--") + page.name;
                question.files = {page.path};
                question.documentName = page.name;
                add(question);
            }
            return;
        }
        if (all.empty())
            return; // told above, or there is nothing to read
        question.id = id;
        QStringList names;
        for (const Page& page : all) {
            question.files << page.path;
            names << page.name;
        }
        question.documentName = names.join(QStringLiteral(" + "));
        add(question);
    }

    QString m_evidence;
    bool m_web;
};

// The official names say it; "Domain" stands behind the questions, so it is asked second.
bool isWeb(const QString& path) {
    const QString name = QFileInfo(path).fileName();
    if (name.contains(QStringLiteral("wikipedia")))
        return false;
    return name.contains(QStringLiteral("web")) ||
           JsonElements::word(path, "Domain") == QStringLiteral("Web");
}

} // namespace

Result<std::unique_ptr<QuestionSet>> openTriviaQa(const QString& path, const QString& evidence) {
    auto elements = JsonElements::open(path, "Data");
    if (!elements)
        return elements.error();
    // qa/wikipedia-dev.json and evidence/ lie side by side.
    const QDir folder = QFileInfo(path).absoluteDir();
    QString documents = evidence;
    if (documents.isEmpty())
        documents = folder.exists(QStringLiteral("evidence"))
                        ? folder.filePath(QStringLiteral("evidence"))
                        : folder.filePath(QStringLiteral("../evidence"));
    return std::unique_ptr<QuestionSet>(
        new TriviaQaSet(elements.take(), QDir::cleanPath(documents), isWeb(path)));
}

} // namespace attendre
