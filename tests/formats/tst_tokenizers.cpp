#include "model/formats/bpe_tokenizer.h"
#include "model/formats/tokenizer.h"
#include "tests/formats/model_path.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <QTest>

using namespace attendre;

// Tokenizers against what the reference library made of the same texts (tests/golden/tokenizers,
// written by scripts/reference/tokenizers_golden.py).
class TokenizersTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void dialects_data();
    void dialects();
    void components_data();
    void components();
    void realVocabulary();
    void declaredTokens();
    void roundTrip_data() { dialects_data(); }
    void roundTrip();
    void composedTextKeepsItsSource();

  private:
    struct Case {
        std::vector<std::int32_t> ids;
        std::vector<std::pair<std::int64_t, std::int64_t>> bytes;
    };
    static QByteArray readFile(const QString& name);
    static std::vector<Case> cases(const QJsonArray& json);
    void compare(const Tokenizer& tokenizer, const std::vector<Case>& expected, int stride,
                 bool composes) const;

    std::vector<QByteArray> m_texts;
};

namespace {

QString golden(const QString& name) {
    return QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/tokenizers/") + name;
}

bool insideCharacter(const QByteArray& text, std::int64_t at) {
    return at < text.size() && (static_cast<uchar>(text.at(at)) & 0xC0) == 0x80;
}

// The range widened to whole characters, which is all that the reference library can say.
std::pair<std::int64_t, std::int64_t> wholeCharacters(const QByteArray& text,
                                                      std::pair<std::int64_t, std::int64_t> range) {
    if (range.first == range.second)
        return range;
    while (insideCharacter(text, range.first))
        --range.first;
    while (insideCharacter(text, range.second))
        ++range.second;
    return range;
}

} // namespace

QByteArray TokenizersTest::readFile(const QString& name) {
    QFile file(golden(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::vector<TokenizersTest::Case> TokenizersTest::cases(const QJsonArray& json) {
    std::vector<Case> all;
    for (const QJsonValue& value : json) {
        Case one;
        const QJsonArray parts = value.toArray();
        const QJsonArray ids = parts[0].toArray(), begins = parts[1].toArray(),
                         ends = parts[2].toArray();
        for (int i = 0; i < ids.size(); ++i) {
            one.ids.push_back(ids[i].toInt());
            one.bytes.emplace_back(begins[i].toInteger(), ends[i].toInteger());
        }
        all.push_back(std::move(one));
    }
    return all;
}

void TokenizersTest::initTestCase() {
    const QJsonArray texts =
        QJsonDocument::fromJson(readFile(QStringLiteral("texts.json"))).array();
    for (const QJsonValue& text : texts)
        m_texts.push_back(text.toString().toUtf8());
    QCOMPARE(m_texts.size(), std::size_t(360));
}

// expected[i] belongs to text i * stride.
void TokenizersTest::compare(const Tokenizer& tokenizer, const std::vector<Case>& expected,
                             int stride, bool composes) const {
    QCOMPARE(expected.size(), (m_texts.size() + static_cast<std::size_t>(stride) - 1) /
                                  static_cast<std::size_t>(stride));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const QByteArray& text = m_texts[i * static_cast<std::size_t>(stride)];
        auto encoding = tokenizer.encode(text);
        QVERIFY2(encoding.ok(), encoding.ok() ? "" : qPrintable(encoding.error().sentence));
        QVERIFY2(encoding->ids == expected[i].ids,
                 qPrintable(QStringLiteral("text %1: %2")
                                .arg(i)
                                .arg(QString::fromUtf8(
                                    QJsonDocument(QJsonArray{QString::fromUtf8(text)}).toJson()))));
        QCOMPARE(encoding->bytes.size(), encoding->ids.size());
        const QString decoded = QString::fromUtf8(text);
        // The reference counts the bytes of dropped characters nowhere, so its ranges slip there.
        const bool dropped = !composes && tokenizer.decode(encoding->ids) != text;
        if (dropped || (composes && decoded.normalized(QString::NormalizationForm_C) != decoded))
            continue;
        for (std::size_t k = 0; k < encoding->ids.size(); ++k)
            QVERIFY2(encoding->bytes[k].first == encoding->bytes[k].second || // an inserted space
                         wholeCharacters(text, encoding->bytes[k]) == expected[i].bytes[k],
                     qPrintable(QStringLiteral("text %1 token %2: [%3, %4), not [%5, %6): %7")
                                    .arg(i)
                                    .arg(k)
                                    .arg(encoding->bytes[k].first)
                                    .arg(encoding->bytes[k].second)
                                    .arg(expected[i].bytes[k].first)
                                    .arg(expected[i].bytes[k].second)
                                    .arg(decoded)));
    }
}

void TokenizersTest::dialects_data() {
    QTest::addColumn<QString>("dialect");
    for (const char* dialect : {"gpt2", "smollm2", "llama3", "qwen2"})
        QTest::newRow(dialect) << QString::fromLatin1(dialect);
}

void TokenizersTest::dialects() {
    QFETCH(QString, dialect);
    auto tokenizer = Tokenizer::open(golden(dialect));
    QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : qPrintable(tokenizer.error().sentence));
    const auto expected = cases(
        QJsonDocument::fromJson(readFile(dialect + QStringLiteral("/expected.json"))).array());
    compare(**tokenizer, expected, 1, dialect == QStringLiteral("qwen2"));
}

void TokenizersTest::components_data() {
    QTest::addColumn<QJsonObject>("row");
    const QJsonArray rows =
        QJsonDocument::fromJson(readFile(QStringLiteral("components.json"))).array();
    QCOMPARE(rows.size(), 13);
    for (const QJsonValue& row : rows)
        QTest::newRow(qPrintable(row[QLatin1String("name")].toString())) << row.toObject();
}

void TokenizersTest::components() {
    QFETCH(QJsonObject, row);
    const QByteArray json =
        QJsonDocument(row[QLatin1String("tokenizer")].toObject()).toJson(QJsonDocument::Compact);
    auto parts = readTokenizerJson(json, QStringLiteral("tokenizer.json"));
    QVERIFY2(parts.ok(), parts.ok() ? "" : qPrintable(parts.error().sentence));
    const bool composes = parts->composes;
    auto tokenizer = makeBpeTokenizer(parts.take(), QStringLiteral("tokenizer.json"));
    QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : qPrintable(tokenizer.error().sentence));
    compare(**tokenizer, cases(row[QLatin1String("expected")].toArray()), 2, composes);
}

void TokenizersTest::realVocabulary() {
    auto tokenizer = Tokenizer::open(defaultModelPath());
    QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : qPrintable(tokenizer.error().sentence));
    compare(
        **tokenizer,
        cases(QJsonDocument::fromJson(readFile(QStringLiteral("smollm2-vocabulary.json"))).array()),
        1, false);
}

void TokenizersTest::declaredTokens() {
    auto llama3 = Tokenizer::open(golden(QStringLiteral("llama3")));
    QVERIFY(llama3.ok());
    QVERIFY((*llama3)->addsBos());
    QVERIFY(!(*llama3)->addsEos());
    QVERIFY((*llama3)->bos());
    QCOMPARE((*llama3)->tokenBytes(*(*llama3)->bos()), QByteArray("<|begin_of_text|>"));
    QCOMPARE((*llama3)->description(),
             QStringLiteral("byte-level BPE, %1 tokens, pre-tokenizer Split, ByteLevel")
                 .arg(QLocale(QLocale::English).toString((*llama3)->vocabularySize())));
    auto gpt2 = Tokenizer::open(golden(QStringLiteral("gpt2")));
    QVERIFY(gpt2.ok());
    QVERIFY(!(*gpt2)->addsBos());
}

void TokenizersTest::roundTrip() {
    QFETCH(QString, dialect);
    auto tokenizer = Tokenizer::open(golden(dialect));
    QVERIFY(tokenizer.ok());
    const bool composes = dialect == QStringLiteral("qwen2");
    for (const QByteArray& text : m_texts) {
        auto encoding = (*tokenizer)->encode(text);
        QVERIFY(encoding.ok());
        QByteArray joined;
        std::int64_t until = 0;
        for (std::size_t i = 0; i < encoding->ids.size(); ++i) {
            joined += (*tokenizer)->tokenBytes(encoding->ids[i]);
            const auto [begin, end] = encoding->bytes[i];
            QVERIFY(begin <= until && end >= until); // nothing is skipped
            if (!composes)
                QCOMPARE((*tokenizer)->tokenBytes(encoding->ids[i]), text.mid(begin, end - begin));
            until = end;
        }
        QCOMPARE(until, text.size());
        QCOMPARE((*tokenizer)->decode(encoding->ids), joined);
        const QString whole = QString::fromUtf8(text);
        QCOMPARE(QString::fromUtf8(joined),
                 composes ? whole.normalized(QString::NormalizationForm_C) : whole);
    }
}

void TokenizersTest::composedTextKeepsItsSource() {
    const std::string source = "ab e\u0301c \u1112\u1161\u11ab \u0915\u093c x";
    const AlignedText text = composed(AlignedText(source, 100));
    QCOMPARE(QString::fromStdString(text.text()),
             QString::fromStdString(source).normalized(QString::NormalizationForm_C));
    const auto at = static_cast<std::int64_t>(text.text().find("\u00e9"));
    QCOMPARE(at, 3);
    const ByteRange letter = text.source({at, at + 2});
    QCOMPARE(letter.begin, 103);
    QCOMPARE(letter.end, 106); // e and the accent
    const ByteRange next = text.source({at + 2, at + 3});
    QCOMPARE(next.begin, 106);
    QCOMPARE(next.end, 107);
    const auto end = static_cast<std::int64_t>(text.text().size());
    QCOMPARE(text.source({end - 1, end}).end, 100 + static_cast<std::int64_t>(source.size()));
}

QTEST_GUILESS_MAIN(TokenizersTest)
#include "tst_tokenizers.moc"
