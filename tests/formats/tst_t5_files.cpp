#include "model/formats/model_files.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

using namespace attendre;

// T5 folders: what config.json may say of the two stacks and the head, and which tensors that asks
// for. Weights are zeros in Hugging Face's names.
class T5FilesTest : public QObject {
    Q_OBJECT

  private slots:
    void describesVersion10();
    void describesVersion11();
    void readsTheNewerSpellingOfTheHead();
    void takesTheEmbeddingOfEitherStack();
    void describesAPrefixModel();
    void namesWhatIsMissing();
};

namespace {

using Names = QList<std::pair<QString, QList<qint64>>>;

constexpr qint64 hidden = 24, inner = 40, vocabulary = 50, heads = 4, headDimension = 8;

void addStack(Names& names, const QString& stack, int layers, bool gated) {
    const bool decoder = stack == QStringLiteral("decoder");
    for (int layer = 0; layer < layers; ++layer) {
        const QString block = QStringLiteral("%1.block.%2.layer.").arg(stack).arg(layer);
        QStringList attentions{block + QStringLiteral("0.SelfAttention")};
        if (decoder)
            attentions << block + QStringLiteral("1.EncDecAttention");
        for (const QString& attention : attentions) {
            for (const char* matrix : {".q.weight", ".k.weight", ".v.weight"})
                names << std::pair(attention + QLatin1String(matrix),
                                   QList<qint64>{heads * headDimension, hidden});
            names << std::pair(attention + QStringLiteral(".o.weight"),
                               QList<qint64>{hidden, heads * headDimension});
        }
        const QString dense =
            block + QLatin1String(decoder ? "2.DenseReluDense." : "1.DenseReluDense.");
        for (const char* matrix : {"wi_0.weight", "wi_1.weight", "wi.weight"})
            if (gated == (QLatin1String(matrix) != QLatin1String("wi.weight")))
                names << std::pair(dense + QLatin1String(matrix), QList<qint64>{inner, hidden});
        names << std::pair(dense + QStringLiteral("wo.weight"), QList<qint64>{hidden, inner});
        for (int part = 0; part < (decoder ? 3 : 2); ++part)
            names << std::pair(QStringLiteral("%1%2.layer_norm.weight").arg(block).arg(part),
                               QList<qint64>{hidden});
    }
    names << std::pair(
        stack + QStringLiteral(".block.0.layer.0.SelfAttention.relative_attention_bias.weight"),
        QList<qint64>{16, heads});
    names << std::pair(stack + QStringLiteral(".final_layer_norm.weight"), QList<qint64>{hidden});
}

Names t5Names(bool gated, const QStringList& tables) {
    Names names;
    for (const QString& table : tables)
        names << std::pair(table, QList<qint64>{vocabulary, hidden});
    addStack(names, QStringLiteral("encoder"), 2, gated);
    addStack(names, QStringLiteral("decoder"), 3, gated);
    return names;
}

const QString shared = QStringLiteral("shared.weight"), head = QStringLiteral("lm_head.weight");

QJsonObject t5Config() {
    return {{"model_type", "t5"},      {"d_model", hidden},
            {"d_ff", inner},           {"d_kv", headDimension},
            {"num_heads", heads},      {"num_layers", 2},
            {"num_decoder_layers", 3}, {"relative_attention_num_buckets", 16},
            {"vocab_size", vocabulary}};
}

QByteArray safetensors(const Names& names) {
    QJsonObject header;
    qint64 offset = 0;
    for (const auto& [name, shape] : names) {
        qint64 bytes = 4;
        QJsonArray sizes;
        for (const qint64 size : shape) {
            bytes *= size;
            sizes << size;
        }
        header[name] = QJsonObject{{"dtype", "F32"},
                                   {"shape", sizes},
                                   {"data_offsets", QJsonArray{offset, offset + bytes}}};
        offset += bytes;
    }
    const QByteArray json = QJsonDocument(header).toJson(QJsonDocument::Compact);
    QByteArray file(8, '\0');
    qToLittleEndian<quint64>(static_cast<quint64>(json.size()), file.data());
    return file + json + QByteArray(offset, '\0');
}

void write(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("%s cannot be written", qPrintable(path));
}

Result<std::shared_ptr<const ModelFiles>> open(const QJsonObject& config, const Names& names) {
    QTemporaryDir folder;
    write(folder.filePath(QStringLiteral("config.json")), QJsonDocument(config).toJson());
    write(folder.filePath(QStringLiteral("model.safetensors")), safetensors(names));
    return ModelFiles::open(folder.path());
}

} // namespace

void T5FilesTest::describesVersion10() {
    auto model = open(t5Config(), t5Names(false, {shared}));
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    const ModelDescription& description = (*model)->description();
    QCOMPARE(description.family, QStringLiteral("t5"));
    const NetworkShape& shape = description.shape;
    QCOMPARE(shape.layers, 2);
    QCOMPARE(shape.hidden, int(hidden));
    QCOMPARE(shape.feedForward, int(inner));
    QCOMPARE(shape.vocabulary, int(vocabulary));
    QCOMPARE(shape.queryHeads, int(heads));
    QCOMPARE(shape.heads, int(heads));
    QCOMPARE(shape.headDimension, int(headDimension)); // 4 heads of 8 in a hidden size of 24
    QCOMPARE(shape.trainedLength, 512);
    QCOMPARE(shape.positions, QStringLiteral("relative-bias"));
    QCOMPARE(shape.defaultMode, QStringLiteral("encoder-decoder"));
    QVERIFY(shape.bidirectional);
    const EncoderDecoder& network = description.encoderDecoder;
    QCOMPARE(network.decoderLayers, 3);
    QCOMPARE(network.buckets, 16);
    QCOMPARE(network.furthest, 128);
    QVERIFY(!network.gated);
    QCOMPARE(network.startToken, 0);
    QCOMPARE(network.endToken, 1);
    QVERIFY(description.tiedHead && network.scaledHead);
    QCOMPARE(description.normEpsilon, 1e-6);
}

void T5FilesTest::describesVersion11() {
    QJsonObject config = t5Config();
    config["feed_forward_proj"] = "gated-gelu";
    config["is_gated_act"] = true;
    config["dense_act_fn"] = "gelu_new";
    config["tie_word_embeddings"] = false;
    config["pad_token_id"] = 3;
    config["eos_token_id"] = 4;
    config["n_positions"] = 1024;
    config["num_decoder_layers"] = QJsonValue();
    config["num_layers"] = 2;
    Names names;
    names << std::pair(shared, QList<qint64>{vocabulary, hidden})
          << std::pair(head, QList<qint64>{vocabulary, hidden});
    addStack(names, QStringLiteral("encoder"), 2, true);
    addStack(names, QStringLiteral("decoder"), 2, true);
    auto model = open(config, names);
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    const ModelDescription& description = (*model)->description();
    QVERIFY(description.encoderDecoder.gated);
    QVERIFY(!description.tiedHead && !description.encoderDecoder.scaledHead);
    QCOMPARE(description.encoderDecoder.decoderLayers, 2);
    QCOMPARE(description.encoderDecoder.startToken, 3);
    QCOMPARE(description.encoderDecoder.endToken, 4);
    QCOMPARE(description.shape.trainedLength, 1024);
    config["decoder_start_token_id"] = 7;
    auto other = open(config, names);
    QVERIFY(other.ok());
    QCOMPARE((*other)->description().encoderDecoder.startToken, 7);
}

// transformers 5 writes tie_word_embeddings: true whatever the head is.
void T5FilesTest::readsTheNewerSpellingOfTheHead() {
    QJsonObject config = t5Config();
    config["tie_word_embeddings"] = true;
    config["scale_decoder_outputs"] = false;
    const auto tied = [&](const QStringList& tables) {
        auto model = open(config, t5Names(false, tables));
        if (!model)
            qFatal("%s", qPrintable(model.error().sentence));
        return std::pair((*model)->description().tiedHead,
                         (*model)->description().encoderDecoder.scaledHead);
    };
    QCOMPARE(tied({shared, head}), std::pair(false, false));
    QCOMPARE(tied({shared}), std::pair(true, false));
    config["scale_decoder_outputs"] = true;
    QCOMPARE(tied({shared, head}), std::pair(true, true)); // a copy of the embedding
    QCOMPARE(tied({shared}), std::pair(true, true));
}

void T5FilesTest::takesTheEmbeddingOfEitherStack() {
    for (const char* name : {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}) {
        auto model = open(t5Config(), t5Names(false, {QLatin1String(name)}));
        QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
        QCOMPARE((*model)->find(shared)->storedName, QLatin1String(name));
    }
}

void T5FilesTest::describesAPrefixModel() {
    const QString source = QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/models/gpt2-random/");
    QTemporaryDir folder;
    QFile config(source + QStringLiteral("config.json"));
    QVERIFY(config.open(QIODevice::ReadOnly));
    QJsonObject json = QJsonDocument::fromJson(config.readAll()).object();
    json["use_bidirectional_attention"] = true;
    write(folder.filePath(QStringLiteral("config.json")), QJsonDocument(json).toJson());
    QVERIFY(QFile::copy(source + QStringLiteral("model.safetensors"),
                        folder.filePath(QStringLiteral("model.safetensors"))));
    auto model = ModelFiles::open(folder.path());
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    QVERIFY((*model)->description().shape.bidirectional);
    QCOMPARE((*model)->description().shape.defaultMode, QStringLiteral("prefix"));
}

void T5FilesTest::namesWhatIsMissing() {
    const auto refusal = [](const QJsonObject& config, const Names& names) {
        auto model = open(config, names);
        return model ? QStringLiteral("opened") : model.error().sentence;
    };
    const Names all = t5Names(false, {shared});
    for (const auto& [name, shape] : all) {
        Names fewer = all;
        fewer.removeAll(std::pair(name, shape));
        const QString sentence = refusal(t5Config(), fewer);
        QVERIFY2(sentence.contains(QStringLiteral("lacks the tensor ") + name),
                 qPrintable(sentence));
    }
    QJsonObject config = t5Config();
    config["tie_word_embeddings"] = false;
    QVERIFY(refusal(config, all).contains(QStringLiteral("lacks the tensor lm_head.weight")));
    config = t5Config();
    config["d_kv"] = 6;
    QVERIFY(refusal(config, all).contains(QStringLiteral("its configuration implies [24, 24]")));
}

QTEST_GUILESS_MAIN(T5FilesTest)
#include "tst_t5_files.moc"
