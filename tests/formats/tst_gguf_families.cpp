#include "model/formats/gguf_names.h"
#include "model/formats/mapped_file.h"
#include "model/formats/mapped_model.h"
#include "model/formats/safetensors.h"
#include "model/formats/tokenizer.h"

#include <QFile>
#include <QTest>

using namespace attendre;

// GGUF files of Qwen2, GPT-2 and T5 (scripts/reference/gguf_families.py) against the same weights
// under Hugging Face's names.
class GgufFamiliesTest : public QObject {
    Q_OBJECT

  private slots:
    void equalsItsFolder_data();
    void equalsItsFolder();
    void t5_data();
    void t5();
    void keepsNamesItDoesNotKnow();

  private:
    static std::vector<float> values(const Tensor& tensor, bool turned);
};

namespace {

QString golden(const QString& name) {
    return QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/") + name;
}

} // namespace

// turned: the transpose of a matrix, row by row.
std::vector<float> GgufFamiliesTest::values(const Tensor& tensor, bool turned) {
    std::size_t elements = 1;
    for (const qint64 size : tensor.shape)
        elements *= static_cast<std::size_t>(size);
    std::vector<float> out(elements);
    if (!readTensor(tensor, out.data()))
        return {};
    if (!turned || tensor.shape.size() != 2)
        return out;
    const auto rows = static_cast<std::size_t>(tensor.shape[0]), columns = elements / rows;
    std::vector<float> transposed;
    for (std::size_t column = 0; column < columns; ++column)
        for (std::size_t row = 0; row < rows; ++row)
            transposed.push_back(out[row * columns + column]);
    return transposed;
}

void GgufFamiliesTest::equalsItsFolder_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("folder");
    QTest::newRow("Qwen2") << "models/qwen2.gguf"
                           << "models/qwen2";
    QTest::newRow("GPT-2") << "models/gpt2.gguf"
                           << "models/gpt2-random";
}

void GgufFamiliesTest::equalsItsFolder() {
    QFETCH(QString, file);
    QFETCH(QString, folder);
    auto one = ModelFiles::open(golden(file)), other = ModelFiles::open(golden(folder));
    QVERIFY2(one.ok(), one.ok() ? "" : qPrintable(one.error().sentence));
    QVERIFY2(other.ok(), other.ok() ? "" : qPrintable(other.error().sentence));
    const ModelDescription &a = (*one)->description(), &b = (*other)->description();
    QCOMPARE(a.family, b.family);
    QCOMPARE(a.tiedHead, b.tiedHead);
    QCOMPARE(a.attentionBias, b.attentionBias);
    QCOMPARE(a.parameters, b.parameters);
    QVERIFY(qFuzzyCompare(float(a.normEpsilon), float(b.normEpsilon)));
    QCOMPARE(rotaryFrequencies(a), rotaryFrequencies(b));
    QCOMPARE(a.shape.positions, b.shape.positions);
    QCOMPARE(a.shape.trainedLength, b.shape.trainedLength);
    QCOMPARE(a.shape.vocabulary, b.shape.vocabulary);
    QCOMPARE((*one)->tensors().size(), (*other)->tensors().size());
    for (const Tensor& tensor : (*other)->tensors()) {
        const Tensor* found = (*one)->find(tensor.name);
        QVERIFY2(found, qPrintable(tensor.name));
        QCOMPARE(found->interleavedHeads, 0);
        // GPT-2's matrices, c_attn, c_proj and c_fc, lie the other way round.
        const bool turned = tensor.name.contains(QStringLiteral(".c_"));
        QVERIFY2(values(*found, turned) == values(tensor, false), qPrintable(tensor.name));
    }
    auto first = Tokenizer::open(golden(file)), second = Tokenizer::open(golden(folder));
    QVERIFY(first.ok() && second.ok());
    QFile book(QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis.txt"));
    QVERIFY(book.open(QIODevice::ReadOnly));
    const QByteArray text = book.read(20000);
    QVERIFY((*first)->encode(text)->ids == (*second)->encode(text)->ids);
}

void GgufFamiliesTest::t5_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("gated");
    QTest::newRow("v1.0") << "formats/t5-plain" << false;
    QTest::newRow("v1.1") << "formats/t5-gated" << true;
}

void GgufFamiliesTest::t5() {
    QFETCH(QString, name);
    QFETCH(bool, gated);
    auto model = ModelFiles::open(golden(name + QStringLiteral(".gguf")));
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    const ModelDescription& description = (*model)->description();
    QCOMPARE(description.family, QStringLiteral("t5"));
    QCOMPARE(description.encoderDecoder.gated, gated);
    QCOMPARE(description.tiedHead, !gated);
    QCOMPARE(description.encoderDecoder.scaledHead, !gated);
    QCOMPARE(description.encoderDecoder.decoderLayers, 3);
    QCOMPARE(description.encoderDecoder.buckets, 8);
    QCOMPARE(description.encoderDecoder.furthest, 128);
    QCOMPARE(description.shape.layers, 2);
    QCOMPARE(description.shape.headDimension, 6);
    QCOMPARE(description.shape.defaultMode, QStringLiteral("encoder-decoder"));
    QVERIFY(description.shape.bidirectional);
    auto file = MappedFile::open(golden(name + QStringLiteral(".safetensors")));
    QVERIFY(file.ok());
    auto expected = parseSafetensors((*file)->bytes(), name);
    QVERIFY(expected.ok());
    QCOMPARE((*model)->tensors().size(), expected->size());
    for (const Tensor& tensor : *expected) {
        const Tensor* found = (*model)->find(tensor.name);
        QVERIFY2(found, qPrintable(tensor.name));
        QCOMPARE(found->shape, tensor.shape);
        QVERIFY2(values(*found, false) == values(tensor, false), qPrintable(tensor.name));
    }
}

void GgufFamiliesTest::keepsNamesItDoesNotKnow() {
    ModelDescription description;
    for (const char* family : {"llama", "gpt2", "t5"}) {
        description.family = QLatin1String(family);
        for (const char* name : {"", "weight", "blk.weight", "blk.0.strange.weight",
                                 "rope_freqs.weight", "enc.blk.0.strange.weight"})
            QCOMPARE(commonTensorName(description, QLatin1String(name)), QLatin1String(name));
    }
}

QTEST_GUILESS_MAIN(GgufFamiliesTest)
#include "tst_gguf_families.moc"
