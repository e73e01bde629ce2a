#include "model/evaluation/scores.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace attendre {

namespace {

using Words = std::vector<QString>;

// What Python's str.split() splits at.
bool isSpace(char32_t c) {
    return QChar::isSpace(c) || (c >= 0x1c && c <= 0x1f);
}

QString joined(const Words& words) {
    QString text;
    for (const QString& word : words)
        text += (text.isEmpty() ? QString() : QStringLiteral(" ")) + word;
    return text;
}

Words split(const QString& text) {
    Words words;
    QString word;
    for (const QChar c : text) {
        if (!isSpace(c.unicode())) {
            word += c;
        } else if (!word.isEmpty()) {
            words.push_back(word);
            word.clear();
        }
    }
    if (!word.isEmpty())
        words.push_back(word);
    return words;
}

bool isAsciiPunctuation(char32_t c) {
    return c < 0x80 &&
           QStringLiteral("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~").contains(QChar(char16_t(c)));
}

// A word is a run of letters, digits and underscores; one that is an article becomes a space.
QString withoutArticles(const QString& text) {
    QString out;
    const auto ucs4 = text.toUcs4();
    for (qsizetype i = 0; i < ucs4.size();) {
        const auto isWord = [&](qsizetype at) {
            return at < ucs4.size() && (QChar::isLetterOrNumber(ucs4[at]) || ucs4[at] == '_');
        };
        if (!isWord(i)) {
            out += QString::fromUcs4(reinterpret_cast<const char32_t*>(&ucs4[i]), 1);
            ++i;
            continue;
        }
        qsizetype end = i;
        while (isWord(end))
            ++end;
        const QString word =
            QString::fromUcs4(reinterpret_cast<const char32_t*>(&ucs4[i]), end - i);
        const bool article = word == QStringLiteral("a") || word == QStringLiteral("an") ||
                             word == QStringLiteral("the");
        out += article ? QStringLiteral(" ") : word;
        i = end;
    }
    return out;
}

// The longest common subsequence of two sequences.
template <class T> std::size_t commonSubsequence(const T& a, const T& b) {
    std::vector<std::size_t> row(std::size_t(std::size(b)) + 1, 0);
    for (const auto& x : a) {
        std::size_t diagonal = 0;
        for (std::size_t j = 1; j < row.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                x == b[decltype(std::size(b))(j - 1)] ? diagonal + 1 : std::max(above, row[j - 1]);
            diagonal = above;
        }
    }
    return row.back();
}

double best(const QString& prediction, const QStringList& answers,
            double (*measure)(const QString&, const QString&)) {
    double most = 0;
    for (const QString& answer : answers)
        most = std::max(most, measure(prediction, answer));
    return most;
}

double squadF1(const QString& prediction, const QString& answer) {
    return wordsF1(normalizedSquad(prediction), normalizedSquad(answer));
}

} // namespace

QString normalizedTriviaQa(const QString& text) {
    QString plain = text;
    plain.replace(QLatin1Char('_'), QLatin1Char(' '));
    plain = plain.toLower();
    for (QChar& c : plain)
        if (isAsciiPunctuation(c.unicode()) || QStringLiteral("‘’´`").contains(c))
            c = QLatin1Char(' ');
    return joined(split(withoutArticles(plain)));
}

QString normalizedSquad(const QString& text) {
    QString plain;
    for (const QChar c : text.toLower())
        if (!isAsciiPunctuation(c.unicode()))
            plain += c;
    return joined(split(withoutArticles(plain)));
}

double wordsF1(const QString& prediction, const QString& answer) {
    const Words said = split(prediction), wanted = split(answer);
    std::map<QString, int> count;
    for (const QString& word : wanted)
        ++count[word];
    int same = 0;
    for (const QString& word : said)
        if (auto found = count.find(word); found != count.end() && found->second > 0) {
            --found->second;
            ++same;
        }
    if (same == 0)
        return 0;
    const double precision = double(same) / double(said.size());
    const double recall = double(same) / double(wanted.size());
    return 2 * precision * recall / (precision + recall);
}

double similarity(const QString& a, const QString& b) {
    const auto left = a.toUcs4(), right = b.toUcs4();
    if (left.isEmpty() && right.isEmpty())
        return 1;
    return 2.0 * double(commonSubsequence(left, right)) / double(left.size() + right.size());
}

namespace {

// A text's sentences as their words; a sentence of blanks alone has one word, the empty one.
std::vector<Words> sentences(const QString& text) {
    std::vector<Words> all;
    for (const QString& sentence : text.split(QLatin1Char('.'), Qt::SkipEmptyParts)) {
        Words words = split(sentence);
        all.push_back(words.empty() ? Words{QString()} : words);
    }
    return all;
}

// The words of one longest common subsequence; of several, the one that its backtracking meets.
void addCommonWords(const Words& a, const Words& b, std::set<QString>& words) {
    const std::size_t width = b.size() + 1;
    std::vector<int> table((a.size() + 1) * width, 0);
    const auto at = [&](std::size_t i, std::size_t j) -> int& { return table[i * width + j]; };
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j)
            at(i, j) =
                a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
    for (std::size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
        if (a[i - 1] == b[j - 1]) {
            words.insert(a[i - 1]);
            --i, --j;
        } else if (at(i - 1, j) > at(i, j - 1)) {
            --i;
        } else {
            --j;
        }
    }
}

} // namespace

double rougeL(const QString& prediction, const QString& answer) {
    const auto said = sentences(prediction), wanted = sentences(answer);
    if (said.empty() || wanted.empty())
        return 0;
    std::set<QString> saidWords, wantedWords, common;
    for (const Words& sentence : said)
        saidWords.insert(sentence.begin(), sentence.end());
    for (const Words& sentence : wanted) {
        wantedWords.insert(sentence.begin(), sentence.end());
        for (const Words& other : said)
            addCommonWords(sentence, other, common);
    }
    const double recall = double(common.size()) / double(wantedWords.size());
    const double precision = double(common.size()) / double(saidWords.size());
    return 2 * precision * recall / (precision + recall + 1e-8);
}

namespace {

Score triviaQa(const QString& prediction, const QStringList& answers) {
    const QString said = normalizedTriviaQa(prediction);
    Score score;
    for (const QString& answer : answers) {
        const QString wanted = normalizedTriviaQa(answer);
        score.exact = std::max(score.exact, said == wanted ? 1.0 : 0.0);
        score.score = std::max(score.score, wordsF1(said, wanted));
    }
    return score;
}

Score squad(const QString& prediction, const QStringList& answers) {
    const QString said = normalizedSquad(prediction);
    Score score;
    for (const QString& answer : answers) {
        const QString wanted = normalizedSquad(answer);
        const bool equal = said == wanted, none = said.isEmpty() || wanted.isEmpty();
        score.exact = std::max(score.exact, equal ? 1.0 : 0.0);
        score.score = std::max(score.score, none ? (equal ? 1.0 : 0.0) : wordsF1(said, wanted));
    }
    return score;
}

// The share of the expected texts that occur.
Score ruler(const QString& prediction, const QStringList& answers) {
    const QString said = prediction.toLower();
    double found = 0;
    for (const QString& answer : answers)
        found += said.contains(answer.toLower()) ? 1 : 0;
    const double share = found / double(answers.size());
    return {share == 1 ? 1.0 : 0.0, share};
}

// Of "Paragraph 7" in the answer, the share of the prediction's numbers that are 7.
double retrieved(const QString& prediction, const QString& answer) {
    QString wanted;
    for (const QChar c : answer)
        if (c.isDigit())
            wanted += c;
        else if (!wanted.isEmpty())
            break;
    int numbers = 0, right = 0;
    QString number;
    for (const QChar c : prediction + QLatin1Char(' ')) {
        if (c.isDigit()) {
            number += c;
            continue;
        }
        if (!number.isEmpty()) {
            ++numbers;
            right += number == wanted ? 1 : 0;
            number.clear();
        }
    }
    return numbers > 0 ? double(right) / numbers : 0;
}

// Of all numbers in the prediction, the share that are the answer.
double counted(const QString& prediction, const QString& answer) {
    return retrieved(prediction, answer);
}

// The first line of code that is no comment, against the answer.
double codeSimilarity(const QString& prediction, const QString& answer) {
    QString line;
    for (const QString& one : prediction.trimmed().split(QLatin1Char('\n')))
        if (!one.contains(QLatin1Char('`')) && !one.contains(QLatin1Char('#')) &&
            !one.contains(QStringLiteral("//"))) {
            line = one;
            break;
        }
    return std::nearbyint(100 * similarity(line, answer)) / 100;
}

// 1 / (the classes named) where the right one is among them. A class that is part of the right
// one's name is not counted; as published, the one behind it in the list then goes unlooked at.
double classified(const QString& prediction, const QString& answer, const QStringList& classes) {
    QStringList named;
    for (const QString& one : classes)
        if (prediction.contains(one))
            named << one;
    for (qsizetype i = 0; i < named.size(); ++i)
        if (answer.contains(named[i]) && named[i] != answer)
            named.removeAll(named[i]);
    return named.contains(answer) ? 1.0 / double(named.size()) : 0;
}

struct LongBenchSet {
    double (*measure)(const QString&, const QString&);
    bool firstLine = false;
};

const std::map<QString, LongBenchSet>& longBenchSets() {
    static const std::map<QString, LongBenchSet> sets{{"narrativeqa", {squadF1}},
                                                      {"qasper", {squadF1}},
                                                      {"multifieldqa_en", {squadF1}},
                                                      {"hotpotqa", {squadF1}},
                                                      {"2wikimqa", {squadF1}},
                                                      {"musique", {squadF1}},
                                                      {"triviaqa", {squadF1, true}},
                                                      {"gov_report", {rougeL}},
                                                      {"qmsum", {rougeL}},
                                                      {"multi_news", {rougeL}},
                                                      {"samsum", {rougeL, true}},
                                                      {"passage_retrieval_en", {retrieved}},
                                                      {"passage_count", {counted}},
                                                      {"lcc", {codeSimilarity}},
                                                      {"repobench-p", {codeSimilarity}}};
    return sets;
}

QString firstLine(QString text) {
    while (text.startsWith(QLatin1Char('\n')))
        text.remove(0, 1);
    return text.section(QLatin1Char('\n'), 0, 0);
}

Result<Score> longBench(const QString& dataset, const SetQuestion& question,
                        const QString& prediction) {
    QString name = dataset;
    if (name.endsWith(QStringLiteral("_e")))
        name.chop(2); // LongBench-E's subsets
    if (name == QStringLiteral("trec")) {
        double score = 0;
        for (const QString& answer : question.answers)
            score = std::max(score, classified(firstLine(prediction), answer, question.classes));
        return Score{score == 1 ? 1.0 : 0.0, score};
    }
    const auto set = longBenchSets().find(name);
    if (set == longBenchSets().end())
        return Error{QStringLiteral("The question \"%1\" is of LongBench's data set \"%2\", which "
                                    "cannot be scored here (those in Chinese need a segmentation "
                                    "of words): leave it out.")
                         .arg(question.id, dataset),
                     2};
    const QString said = set->second.firstLine ? firstLine(prediction) : prediction;
    const double score = best(said, question.answers, set->second.measure);
    return Score{score == 1 ? 1.0 : 0.0, score};
}

} // namespace

Result<Score> scoreOf(const SetQuestion& question, const QString& prediction) {
    if (question.scoring == QStringLiteral("triviaqa"))
        return triviaQa(prediction, question.answers);
    if (question.scoring == QStringLiteral("squad"))
        return squad(prediction, question.answers);
    if (question.scoring == QStringLiteral("ruler"))
        return ruler(prediction, question.answers);
    return longBench(question.scoring.section(QLatin1Char(':'), 1), question, prediction);
}

} // namespace attendre
