// Needles in a haystack: a sentence put into a document at chosen depths, made on the spot.
#include "model/formats/document.h"
#include "model/formats/json_file.h"
#include "model/formats/question_set_forms.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>
#include <random>

namespace attendre {

namespace {

// The places at which a sentence may stand: the beginning, and behind each line's or sentence's
// end.
std::vector<qint64> placesIn(const QByteArray& text) {
    std::vector<qint64> places{0};
    for (qint64 i = 0; i + 1 < text.size(); ++i)
        if (text[i] == '\n' || (text[i + 1] == ' ' && QByteArrayView(".!?").contains(text[i])))
            places.push_back(text[i] == '\n' ? i + 1 : i + 2);
    places.push_back(text.size());
    return places;
}

// The words that may stand for {city}: real ones, all of them known to small models.
const QStringList& cities() {
    static const QStringList all{"Paris",  "London", "Berlin", "Rome",   "Madrid", "Vienna",
                                 "Athens", "Cairo",  "Moscow", "Boston", "Tokyo",  "Dublin"};
    return all;
}

class NeedleSet : public QuestionSet {
  public:
    NeedleSet(NeedleRequest request, const Tokenizer& tokenizer)
        : m_request(std::move(request)), m_tokenizer(tokenizer) {}

    // Errors: a haystack that cannot be read.
    Result<void> read() {
        for (const QString& path : m_request.haystacks) {
            auto document = readDocument(path);
            if (!document)
                return document.error();
            auto encoding = m_tokenizer.encode(document->text);
            if (!encoding)
                return encoding.error();
            m_haystacks.push_back(
                {QFileInfo(path).completeBaseName(), document->text, std::move(encoding->bytes)});
        }
        return {};
    }

    Result<std::optional<SetQuestion>> readNext() override {
        while (m_next < count()) {
            const int number = m_next++;
            auto question = at(number);
            if (!question || *question)
                return question;
        }
        return std::optional<SetQuestion>();
    }
    double progress() const override { return count() > 0 ? double(m_next) / count() : 1; }
    QString form() const override { return QStringLiteral("needle in a haystack"); }

  private:
    struct Haystack {
        QString name;
        QByteArray text;
        std::vector<std::pair<std::int64_t, std::int64_t>> bytes; // of its tokens
    };

    int count() const {
        return int(m_haystacks.size() * m_request.lengths.size() * m_request.depths.size()) *
               m_request.repeats;
    }

    Result<std::optional<SetQuestion>> at(int number) {
        const int repeat = number % m_request.repeats;
        number /= m_request.repeats;
        const double depth = m_request.depths[std::size_t(number) % m_request.depths.size()];
        number /= int(m_request.depths.size());
        const int length = m_request.lengths[std::size_t(number) % m_request.lengths.size()];
        const Haystack& haystack = m_haystacks[std::size_t(number) / m_request.lengths.size()];

        SetQuestion question;
        question.id = QStringLiteral("%1, %2 tokens, %3%, %4")
                          .arg(haystack.name)
                          .arg(length)
                          .arg(depth)
                          .arg(repeat + 1);
        // The needle's own words, the same on every machine.
        std::mt19937_64 random(m_request.seed * 1'000'003 + std::uint64_t(m_next));
        const QString city = cities()[qsizetype(random() % std::uint64_t(cities().size()))];
        const QString secret = QString::number(10'000 + random() % 90'000);
        const auto filled = [&](QString text) {
            return text.replace("{city}", city).replace("{number}", secret);
        };
        const QByteArray needle = filled(m_request.needle).toUtf8();
        question.question = filled(m_request.question);
        question.answers = {filled(m_request.answer)};
        question.scoring = QStringLiteral("ruler");
        question.part = QStringLiteral("%1 tokens, %2%").arg(length).arg(depth);
        question.documentName = question.id;

        auto inside = m_tokenizer.encode(needle);
        if (!inside)
            return inside.error();
        const auto room = qint64(length) - qint64(inside->ids.size());
        if (room < 1 || room > qint64(haystack.bytes.size())) {
            leaveOut(question.id,
                     QStringLiteral("%1 cannot hold %2 tokens: it has %3, the needle %4.")
                         .arg(haystack.name)
                         .arg(length)
                         .arg(haystack.bytes.size())
                         .arg(inside->ids.size()));
            return std::optional<SetQuestion>();
        }
        const QByteArray hay = haystack.text.left(haystack.bytes[std::size_t(room) - 1].second);
        put(needle, hay, depth, question);
        return std::optional<SetQuestion>(std::move(question));
    }

    // Into the place next to the depth.
    static void put(const QByteArray& needle, const QByteArray& hay, double depth,
                    SetQuestion& question) {
        const std::vector<qint64> places = placesIn(hay);
        const double wanted = depth / 100 * double(hay.size());
        const qint64 place =
            *std::min_element(places.begin(), places.end(), [&](qint64 a, qint64 b) {
                return std::abs(double(a) - wanted) < std::abs(double(b) - wanted);
            });
        const QByteArray before = hay.left(place), behind = hay.mid(place);
        const bool gap = !before.isEmpty() && !QByteArrayView(" \n").contains(before.back());
        question.text = before + (gap ? " " : "") + needle + ' ' + behind;
        const qint64 inNeedle = needle.indexOf(question.answers.front().toUtf8());
        if (inNeedle >= 0)
            question.evidenceByte = before.size() + gap + inNeedle;
    }

    NeedleRequest m_request;
    const Tokenizer& m_tokenizer;
    std::vector<Haystack> m_haystacks;
    int m_next = 0;
};

Error wrong(const QString& path, const QString& what) {
    return {QStringLiteral("%1: %2.").arg(path, what), 2};
}

} // namespace

Result<NeedleRequest> needleRequestOf(const QString& path) {
    auto json = readJsonObject(path);
    if (!json)
        return json.error();
    const QJsonObject object = json.take();
    const QStringList known{"haystacks", "lengths", "depths",  "needle",
                            "question",  "answer",  "repeats", "seed"};
    for (const QString& key : object.keys())
        if (!known.contains(key))
            return wrong(path, QStringLiteral("\"%1\" is not known here; there are %2")
                                   .arg(key, known.join(", ")));
    NeedleRequest request;
    const QDir folder = QFileInfo(path).absoluteDir();
    for (const QJsonValue& one : object["haystacks"].toArray())
        request.haystacks << QDir::cleanPath(folder.absoluteFilePath(one.toString()));
    for (const QJsonValue& one : object["lengths"].toArray())
        request.lengths.push_back(one.toInt());
    if (object.contains("depths")) {
        request.depths.clear();
        for (const QJsonValue& one : object["depths"].toArray())
            request.depths.push_back(one.toDouble(-1));
    }
    request.needle = object["needle"].toString(request.needle);
    request.question = object["question"].toString(request.question);
    request.answer = object["answer"].toString(request.answer);
    request.repeats = object["repeats"].toInt(request.repeats);
    request.seed = std::uint64_t(object["seed"].toInteger());
    if (request.haystacks.isEmpty())
        return wrong(path, "\"haystacks\" is missing: name the documents to hide needles in");
    return request;
}

Result<std::unique_ptr<QuestionSet>> makeNeedles(const NeedleRequest& request,
                                                 const Tokenizer& tokenizer) {
    const auto refused = [](const QString& what) { return Error{what, 2}; };
    if (request.lengths.empty() ||
        std::any_of(request.lengths.begin(), request.lengths.end(), [](int n) { return n < 1; }))
        return refused("A needle in a haystack needs lengths, whole numbers of tokens from 1 on: "
                       "give --lengths, as in 1024,4096.");
    if (request.depths.empty() ||
        std::any_of(request.depths.begin(), request.depths.end(),
                    [](double depth) { return !(depth >= 0 && depth <= 100); }))
        return refused("A needle's depth is a share of the document in per cent, from 0 to 100: "
                       "give --depths, as in 0,25,50,75,100.");
    if (request.repeats < 1)
        return refused("Each needle is asked for at least once: give 1 or more repeats.");
    if (!request.needle.contains(request.answer))
        return refused(QStringLiteral("The needle \"%1\" does not hold its answer \"%2\": write "
                                      "the answer into it.")
                           .arg(request.needle, request.answer));
    auto set = std::make_unique<NeedleSet>(request, tokenizer);
    if (auto read = set->read(); !read)
        return read.error();
    return std::unique_ptr<QuestionSet>(std::move(set));
}

} // namespace attendre
