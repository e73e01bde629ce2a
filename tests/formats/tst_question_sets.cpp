#include "model/formats/json_elements.h"
#include "model/formats/question_set.h"
#include "model/formats/tokenizer.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// The published forms of question sets, small and true to form, and broken ones.
class TestQuestionSets : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString write(const QString& name, const QByteArray& bytes) {
        const QString path = m_folder.filePath(name);
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("%s cannot be written", qPrintable(path));
        return path;
    }
    static QByteArray trivia(const QJsonArray& data, const QString& domain) {
        return QJsonDocument(QJsonObject{{"Data", data},
                                         {"Domain", domain},
                                         {"Split", "dev"},
                                         {"VerifiedEval", false},
                                         {"Version", 1.0}})
            .toJson();
    }
    static QJsonObject datum(const QString& id, const QJsonArray& wikipedia,
                             const QJsonArray& web = {}) {
        QJsonObject made{{"QuestionId", id},
                         {"Question", "Who \"made\" {it}?"},
                         {"Answer", QJsonObject{{"Value", "God"},
                                                {"Aliases", QJsonArray{"God", "The Lord"}},
                                                {"NormalizedAliases", QJsonArray{"god", "lord"}},
                                                {"HumanAnswers", QJsonArray{"Elohim"}}}},
                         {"EntityPages", wikipedia}};
        if (!web.isEmpty())
            made["SearchResults"] = web;
        return made;
    }
    static QJsonObject page(const QString& name) {
        return {{"Filename", name}, {"Title", name}, {"Url", "http://x/" + name}};
    }
    static std::vector<SetQuestion> all(QuestionSet& set) {
        std::vector<SetQuestion> questions;
        for (;;) {
            auto next = set.next();
            if (!next || !*next)
                return questions;
            questions.push_back(**next);
        }
    }
    static std::unique_ptr<QuestionSet> opened(const QString& path) {
        auto set = QuestionSet::open(path);
        if (!set)
            qWarning("%s", qPrintable(set.error().sentence));
        return set ? set.take() : nullptr;
    }

  private slots:
    void triviaQaOfWikipedia() {
        write("evidence/wikipedia/Genesis.txt", "In the beginning");
        write("evidence/wikipedia/Light.txt", "Let there be");
        const QString path = write(
            "qa/wikipedia-dev.json",
            trivia({datum("tc_1", {page("Genesis.txt"), page("Light.txt")}),
                    datum("tc_2", {page("Missing.txt")}),
                    datum("tc_3", {page("Light.txt"), page("Missing.txt")}), datum("tc_4", {})},
                   "Wikipedia"));
        auto set = opened(path);
        QVERIFY(set);
        QCOMPARE(set->form(), QString("TriviaQA, Wikipedia"));
        const auto questions = all(*set);
        QCOMPARE(questions.size(), std::size_t(2));
        QCOMPARE(questions[0].id, QString("tc_1"));
        QCOMPARE(questions[0].question, QString("Who \"made\" {it}?"));
        QCOMPARE(questions[0].answers, QStringList({"god", "lord", "Elohim"}));
        QCOMPARE(*documentOf(questions[0]), QByteArray("In the beginning\n\nLet there be"));
        QCOMPARE(questions[1].id, QString("tc_3"));
        QCOMPARE(set->leftOut().size(), std::size_t(2));
        for (const LeftOut& one : set->leftOut())
            QVERIFY2(one.sentence.contains("Missing.txt") && one.sentence.contains(one.id),
                     qPrintable(one.sentence));
        QVERIFY(set->progress() > 0.9);
    }

    void triviaQaOfTheWeb() {
        write("evidence/web/1/a.txt", "A");
        write("evidence/wikipedia/Genesis.txt", "In the beginning");
        const QString path =
            write("qa/web-dev.json", trivia({datum("tc_1", {page("Genesis.txt")},
                                                   {page("1/a.txt"), page("../../secret.txt")})},
                                            "Web"));
        auto set = opened(path);
        QVERIFY(set);
        const auto questions = all(*set);
        QCOMPARE(questions.size(), std::size_t(2));
        QCOMPARE(questions[0].id, QString("tc_1--Genesis.txt"));
        QCOMPARE(questions[1].id, QString("tc_1--1/a.txt"));
        QCOMPARE(*documentOf(questions[1]), QByteArray("A"));
        QCOMPARE(set->leftOut().size(), std::size_t(1));
        QVERIFY(set->leftOut().front().sentence.contains("outside its set"));
    }

    // The domain counts where the name says nothing.
    void triviaQaUnderAnotherName() {
        write("evidence/web/1/a.txt", "A");
        const QString path =
            write("qa/mine.json", trivia({datum("tc_1", {}, {page("1/a.txt")})}, "Web"));
        auto set = opened(path);
        QVERIFY(set);
        QCOMPARE(all(*set).front().id, QString("tc_1--1/a.txt"));
    }

    void brokenTriviaQa() {
        QJsonObject unanswered = datum("tc_5", {page("Genesis.txt")});
        unanswered["Answer"] = QJsonObject();
        QByteArray bytes =
            trivia({datum("tc_1", {page("Genesis.txt")}), unanswered, 7,
                    datum("", {page("Genesis.txt")}), datum("tc_6", {page("Genesis.txt")})},
                   "Wikipedia");
        bytes.replace("\"tc_6\"", "\"tc_6\" oops"); // one element, by its brackets
        auto set = opened(write("qa/wikipedia-broken.json", bytes));
        QVERIFY(set);
        QCOMPARE(all(*set).size(), std::size_t(1));
        QCOMPARE(set->leftOut().size(), std::size_t(4));
        QVERIFY(set->leftOut()[0].sentence.contains("has no answers"));
        QVERIFY(set->leftOut()[3].sentence.contains("at byte"));

        const QString cut = write("qa/wikipedia-cut.json", bytes.left(bytes.size() / 4));
        auto short_ = opened(cut);
        QVERIFY(short_);
        auto next = short_->next();
        while (next && *next)
            next = short_->next();
        QVERIFY(!next.ok());
        QVERIFY2(next.error().sentence.contains("wikipedia-cut.json ends at byte"),
                 qPrintable(next.error().sentence));
    }

    void squad() {
        const QJsonObject answer{{"text", "light"}, {"answer_start", 16}};
        const QJsonArray qas{
            QJsonObject{
                {"id", "s1"}, {"question", "What?"}, {"answers", QJsonArray{answer, answer}}},
            QJsonObject{{"id", "s2"},
                        {"question", "Why?"},
                        {"is_impossible", true},
                        {"answers", QJsonArray()}},
            QJsonObject{{"id", "s3"}, {"question", "When?"}, {"answers", QJsonArray()}}};
        const QJsonArray paragraphs{
            QJsonObject{{"context", "🦊é Let there be light"}, {"qas", qas}},
            QJsonObject{{"qas", qas}}};
        auto set = opened(
            write("squad.json",
                  QJsonDocument(
                      QJsonObject{{"version", "2.0"},
                                  {"data", QJsonArray{QJsonObject{{"title", "Genesis"},
                                                                  {"paragraphs", paragraphs}}}}})
                      .toJson()));
        QVERIFY(set);
        const auto questions = all(*set);
        QCOMPARE(questions.size(), std::size_t(2));
        QCOMPARE(questions[0].answers, QStringList{"light"});
        // 16 characters in, of which the first has four bytes and the second two.
        QCOMPARE(questions[0].text.mid(questions[0].evidenceByte, 5), QByteArray("light"));
        QCOMPARE(questions[1].answers, QStringList{QString()});
        QCOMPARE(questions[0].documentName, questions[1].documentName);
        QCOMPARE(set->leftOut().size(), std::size_t(2));
        QVERIFY(set->leftOut()[0].sentence.contains("s3"));
        QVERIFY(set->leftOut()[1].sentence.contains("Genesis, paragraph 2"));
    }

    void lines() {
        auto set = opened(write(
            "hotpotqa.jsonl",
            R"({"input":"Who?","context":"A long text","answers":["him"],"dataset":"hotpotqa","_id":"x1"})"
            "\n\n{\"input\":\n"
            R"({"input":"Which?","context":"Text","answers":["a"],"dataset":"trec","all_classes":["a","b"],"_id":"x2"})"
            "\n"
            R"({"input":"No answers","context":"Text","answers":[],"dataset":"trec","_id":"x3"})"));
        QVERIFY(set);
        const auto questions = all(*set);
        QCOMPARE(questions.size(), std::size_t(2));
        QCOMPARE(questions[0].scoring, QString("longbench:hotpotqa"));
        QCOMPARE(questions[1].classes, QStringList({"a", "b"}));
        QCOMPARE(set->leftOut().size(), std::size_t(2));
        QVERIFY(set->leftOut()[0].sentence.contains("Line 3 of"));
        QVERIFY(set->leftOut()[1].id == "x3");

        auto ruler = opened(write(
            "niah.jsonl", R"({"index":3,"input":"… What is it?","outputs":["12","13"],"length":9})"
                          "\n"));
        QVERIFY(ruler);
        const auto found = all(*ruler);
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(found[0].id, QString("3"));
        QCOMPARE(found[0].scoring, QString("ruler"));
        QCOMPARE(ruler->form(), QString("RULER"));
    }

    // The needle stands next to its depth, at a line's or sentence's end, and its answer where the
    // set says; the context has its length in tokens.
    void needlesInAHaystack() {
        const auto tokenizer =
            Tokenizer::open(ATTENDRE_SOURCE_DIR "/tests/golden/models/llama-peaked");
        QVERIFY(tokenizer.ok());
        QByteArray text;
        for (int i = 0; i < 200; ++i)
            text += "This is sentence " + QByteArray::number(i) + ". ";
        NeedleRequest request;
        request.haystacks = {write("hay.txt", text), write("small.txt", "Too short.")};
        request.lengths = {400, 900};
        request.depths = {0, 30, 100};
        request.repeats = 2;
        auto set = makeNeedles(request, **tokenizer);
        QVERIFY2(set.ok(), set.ok() ? "" : qPrintable(set.error().sentence));
        const auto questions = all(**set);
        QCOMPARE(questions.size(), std::size_t(2 * 3 * 2));
        QCOMPARE((*set)->leftOut().size(), std::size_t(2 * 3 * 2)); // of the short one
        QVERIFY((*set)->leftOut()[0].sentence.contains("small cannot hold 400 tokens"));
        QStringList ids, answers;
        for (std::size_t i = 0; i < questions.size(); ++i) {
            const SetQuestion& question = questions[i];
            ids << question.id;
            answers << question.answers.first();
            const int length = i < 6 ? 400 : 900;
            const double depth = request.depths[i / 2 % 3];
            const auto encoding = (*tokenizer)->encode(question.text);
            QVERIFY(encoding.ok());
            QVERIFY2(std::abs(int(encoding->ids.size()) - length) <= 3,
                     qPrintable(QString::number(encoding->ids.size())));
            const QByteArray answer = question.answers.first().toUtf8();
            QCOMPARE(question.text.mid(question.evidenceByte, answer.size()), answer);
            QCOMPARE(question.text.count(answer), 1);
            const qint64 needle = question.text.indexOf("The secret number of ");
            const double at = 100.0 * double(needle) / double(question.text.size() - 40);
            QVERIFY2(std::abs(at - depth) < 5, qPrintable(QString::number(at)));
            QVERIFY(needle == 0 || question.text.mid(needle - 2, 2) == ". " ||
                    question.text[needle - 1] == ' '); // the last sentence may be cut
            QVERIFY(question.question.startsWith("What is the secret number of "));
        }
        ids.removeDuplicates();
        answers.removeDuplicates();
        QCOMPARE(int(ids.size()), 12);
        QVERIFY(answers.size() > 8); // drawn anew for each
        // The same request makes the same set, another seed another.
        const auto again = all(**makeNeedles(request, **tokenizer));
        request.seed = 1;
        const auto other = all(**makeNeedles(request, **tokenizer));
        QCOMPARE(again[5].text, questions[5].text);
        QVERIFY(other[5].text != questions[5].text);
    }

    void needlesOfAFile() {
        const auto tokenizer =
            Tokenizer::open(ATTENDRE_SOURCE_DIR "/tests/golden/models/llama-peaked");
        write("hay.txt", QByteArray("All work and no play. ").repeated(60));
        const auto set = QuestionSet::open(
            write("needles.json", R"({"haystacks": ["hay.txt"], "lengths": [300], "depths": [50],
                "needle": "The key is under the {number}th stone.",
                "question": "Where is the key?", "answer": "under the {number}th stone"})"),
            {}, **tokenizer);
        QVERIFY2(set.ok(), set.ok() ? "" : qPrintable(set.error().sentence));
        QCOMPARE((*set)->form(), QString("needle in a haystack"));
        const auto questions = all(**set);
        QCOMPARE(questions.size(), std::size_t(1));
        QVERIFY(questions[0].answers[0].startsWith("under the ") &&
                questions[0].scoring == "ruler");
        const auto refused = [&](const char* json) {
            const auto wrong = QuestionSet::open(write("wrong.json", json), {}, **tokenizer);
            return wrong ? QString() : wrong.error().sentence;
        };
        QVERIFY(refused(R"({"haystacks": ["hay.txt"]})").contains("lengths"));
        QVERIFY(
            refused(R"({"haystacks": [], "lengths": [9]})").contains("\"haystacks\" is missing"));
        QVERIFY(refused(R"({"haystacks": ["no.txt"], "lengths": [9]})").contains("no.txt"));
        QVERIFY(refused(R"({"haystacks": ["hay.txt"], "lengths": [9], "depths": [101]})")
                    .contains("from 0 to 100"));
        QVERIFY(refused(R"({"haystacks": ["hay.txt"], "lengths": [9], "answer": "42"})")
                    .contains("does not hold its answer"));
        QVERIFY(refused(R"({"haystacks": ["hay.txt"], "lenghts": [9]})").contains("\"lenghts\""));
    }

    void otherFilesAreRefused() {
        for (const char* bytes : {"", "[]", "hello", "{\"data\": 3}", "{\"Data\"", "\xff\xfe{}"}) {
            const auto set = QuestionSet::open(write("other.json", bytes));
            QVERIFY2(!set.ok(), bytes);
            QVERIFY2(set.error().sentence.contains("other.json"), qPrintable(set.error().sentence));
        }
        QVERIFY(QuestionSet::open(m_folder.path()).error().sentence.contains("is a folder"));
        QVERIFY(QuestionSet::open(m_folder.filePath("none")).error().sentence.contains("none"));
    }

    // A file larger than what is held at a time: elements across blocks, in any spelling.
    void elementsAcrossBlocks() {
        QByteArray bytes = "\xEF\xBB\xBF { \"other\" : [ {\"Data\":[1]}, \"]\" ] , "
                           "\"x\\\"y\":-1.5e3,\n\"Data\"  : [";
        constexpr int count = 3000;
        for (int i = 0; i < count; ++i) {
            bytes += i ? " ,\n" : "";
            bytes += "{\"n\":" + QByteArray::number(i) + ",\"t\":\"" + QByteArray(i % 1999, 'x') +
                     "\\\\\\\"}]\",\"deep\":[[{\"a\":[]}]]}";
        }
        bytes += " ] , \"Domain\" : \"Web\" }";
        const QString path = write("large.json", bytes);
        QVERIFY(bytes.size() > 2 << 20);
        auto elements = JsonElements::open(path, "Data").take();
        for (int i = 0; i < count; ++i) {
            const auto element = elements->next();
            QVERIFY(element.ok() && *element && (*element)->problem.isEmpty());
            QCOMPARE((*element)->object["n"].toInt(), i);
            QCOMPARE((*element)->object["t"].toString().size(), i % 1999 + 4);
        }
        QVERIFY(!*elements->next());
        QVERIFY(!*elements->next());
        QCOMPARE(JsonElements::word(path, "Domain"), QString("Web"));
    }
};

QTEST_GUILESS_MAIN(TestQuestionSets)
#include "tst_question_sets.moc"
