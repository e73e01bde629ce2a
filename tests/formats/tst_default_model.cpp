#include "model/formats/document.h"
#include "model/formats/model_files.h"
#include "model/formats/tokenizer.h"
#include "tests/formats/model_path.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>

using namespace attendre;

// The real model and the real book, read whole.
class DefaultModelTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void describesSmolLM2();
    void tokenizesGenesisAsTheReference();
    void everyByteOfGenesisBelongsToOneToken();
    void dequantisesEverythingInTime();
    void tokenizesFiveMegabytesInTime();
    void cancelStopsTokenizing();
    void hashIsTheFilesOwn();

  private:
    QString m_path = defaultModelPath();
    Document m_genesis;
    std::shared_ptr<const ModelFiles> m_model;
    std::shared_ptr<const Tokenizer> m_tokenizer;
};

void DefaultModelTest::initTestCase() {
    QVERIFY2(QFile::exists(m_path),
             qPrintable(QStringLiteral("The default model is not at %1: run ./run.sh once, or set "
                                       "ATTENDRE_MODEL.")
                            .arg(m_path)));
    auto model = ModelFiles::open(m_path);
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    m_model = model.take();
    auto tokenizer = Tokenizer::open(m_path);
    QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : qPrintable(tokenizer.error().sentence));
    m_tokenizer = tokenizer.take();
    auto document = readDocument(QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis.txt"));
    QVERIFY(document.ok());
    m_genesis = document.take();
}

void DefaultModelTest::describesSmolLM2() {
    const ModelDescription& description = m_model->description();
    QCOMPARE(description.family, QStringLiteral("llama"));
    QCOMPARE(description.shape.layers, 30);
    QCOMPARE(description.shape.hidden, 576);
    QCOMPARE(description.shape.feedForward, 1536);
    QCOMPARE(description.shape.queryHeads, 9);
    QCOMPARE(description.shape.heads, 3);
    QCOMPARE(description.shape.headDimension, 64);
    QCOMPARE(description.shape.vocabulary, 49152);
    QCOMPARE(description.shape.trainedLength, 8192);
    QCOMPARE(description.ropeTheta, 100000.0);
    QVERIFY(qAbs(description.normEpsilon - 1e-5) < 1e-11);
    QVERIFY(description.tiedHead);
    QVERIFY(!description.attentionBias);
    QCOMPARE(description.parameters, 134515008);
    QCOMPARE(description.fileBytes, 98362432);
    QCOMPARE(description.storedType, QStringLiteral("Q4_1"));
    QCOMPARE(m_tokenizer->vocabularySize(), 49152);
    QCOMPARE(m_tokenizer->bos(), std::optional<std::int32_t>(1));
    QCOMPARE(m_tokenizer->eos(), std::optional<std::int32_t>(2));
    QVERIFY(!m_tokenizer->addsBos());
    QVERIFY(!m_tokenizer->addsEos());
    QCOMPARE(m_tokenizer->description(),
             QStringLiteral("byte-level BPE, 49,152 tokens, pre-tokenizer smollm"));
}

void DefaultModelTest::tokenizesGenesisAsTheReference() {
    QFile file(QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/smollm2-genesis.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonArray expected = QJsonDocument::fromJson(file.readAll()).object()["ids"].toArray();
    QCOMPARE(expected.size(), 1024);
    auto encoding = m_tokenizer->encode(m_genesis.text);
    QVERIFY(encoding.ok());
    QCOMPARE(encoding->ids.size(), std::size_t(50035));
    for (int i = 0; i < expected.size(); ++i)
        QCOMPARE(encoding->ids[static_cast<std::size_t>(i)], expected[i].toInt());
    QCOMPARE(m_tokenizer->decode(encoding->ids), m_genesis.text);
}

void DefaultModelTest::everyByteOfGenesisBelongsToOneToken() {
    auto encoding = m_tokenizer->encode(m_genesis.text);
    QVERIFY(encoding.ok());
    std::int64_t until = 0;
    for (std::size_t i = 0; i < encoding->ids.size(); ++i) {
        const auto [begin, end] = encoding->bytes[i];
        QCOMPARE(begin, until);
        QCOMPARE(m_tokenizer->tokenBytes(encoding->ids[i]), m_genesis.text.mid(begin, end - begin));
        until = end;
    }
    QCOMPARE(until, m_genesis.text.size());
}

void DefaultModelTest::dequantisesEverythingInTime() {
    std::vector<float> values;
    QElapsedTimer timer;
    timer.start();
    double sum = 0;
    for (const Tensor& tensor : m_model->tensors()) {
        qint64 elements = 1;
        for (const qint64 size : tensor.shape)
            elements *= size;
        values.resize(static_cast<std::size_t>(elements));
        QVERIFY(readTensor(tensor, values.data()).ok());
        sum += static_cast<double>(values.front() + values.back());
    }
    QVERIFY(std::isfinite(sum));
    qInfo("dequantised 134,515,008 parameters in %lld ms", timer.elapsed());
    QVERIFY(timer.elapsed() < 5000); // a tenth of that is usual; a loaded machine may be slow
}

void DefaultModelTest::tokenizesFiveMegabytesInTime() {
    QByteArray book;
    while (book.size() < 5'000'000)
        book += m_genesis.text;
    QElapsedTimer timer;
    timer.start();
    qint64 lastDone = -1, lastTotal = 0;
    auto encoding = m_tokenizer->encode(book, {}, [&](qint64 done, qint64 total) {
        QVERIFY(done > lastDone);
        lastDone = done;
        lastTotal = total;
    });
    QVERIFY(encoding.ok());
    qInfo("tokenized %lld bytes into %zu tokens in %lld ms", static_cast<long long>(book.size()),
          encoding->ids.size(), timer.elapsed());
    QCOMPARE(lastDone, book.size());
    QCOMPARE(lastTotal, book.size());
    QVERIFY(timer.elapsed() < 10000); // about a second is usual
}

void DefaultModelTest::cancelStopsTokenizing() {
    Cancel cancel;
    cancel.request();
    QByteArray book;
    while (book.size() < 1'000'000)
        book += m_genesis.text;
    auto encoding = m_tokenizer->encode(book, cancel);
    QVERIFY(!encoding.ok());
    QCOMPARE(encoding.error().sentence, QStringLiteral("Tokenizing was cancelled."));
    QVERIFY(!m_model->hash(cancel).ok());
}

void DefaultModelTest::hashIsTheFilesOwn() {
    auto hash = m_model->hash(Cancel());
    QVERIFY(hash.ok());
    QVERIFY(hash->startsWith(QStringLiteral("sha256:")));
    QCOMPARE(hash->size(), 7 + 64);
}

QTEST_GUILESS_MAIN(DefaultModelTest)
#include "tst_default_model.moc"
