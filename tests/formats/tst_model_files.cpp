#include "model/formats/gguf.h"
#include "model/formats/json_file.h"
#include "model/formats/mapped_file.h"
#include "model/formats/model_files.h"
#include "model/formats/safetensors.h"
#include "model/formats/tokenizer.h"

#include <QDir>
#include <QFile>
#include <QFloat16>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

using namespace attendre;

// Models on disk: both formats, and what dequantising yields, against gguf's own (written by
// scripts/reference/dequantised_golden.py).
class ModelFilesTest : public QObject {
    Q_OBJECT

  private slots:
    void dequantisesAModel();
    void dequantisesRandomBlocks();
    void readsEveryHalf();
    void readsRowsAlone();
    void opensFolders_data();
    void opensFolders();
    void describesBothSpellings();
    void rotates_data();
    void rotates();
    void llama3ScalingFromGguf();
    void refusesBadFolders();

  private:
    static std::vector<float> values(const Tensor& tensor);
    static qsizetype copyFolder(const QString& from, const QString& to);
};

namespace {

QString golden(const char* name) {
    return QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/") + QLatin1String(name);
}

struct Opened {
    std::shared_ptr<const MappedFile> file;
    std::vector<Tensor> tensors;
};

Opened openSafetensors(const char* name) {
    auto file = MappedFile::open(golden(name));
    if (!file)
        return {};
    auto tensors = parseSafetensors((*file)->bytes(), (*file)->path());
    return tensors ? Opened{file.take(), tensors.take()} : Opened{};
}

void replaceInFile(const QString& path, const QByteArray& before, const QByteArray& after) {
    QFile file(path);
    if (!file.open(QIODevice::ReadWrite))
        qFatal("%s cannot be opened", qPrintable(path));
    QByteArray bytes = file.readAll();
    bytes.replace(before, after);
    file.resize(0);
    file.seek(0);
    file.write(bytes);
}

} // namespace

std::vector<float> ModelFilesTest::values(const Tensor& tensor) {
    qint64 elements = 1;
    for (const qint64 size : tensor.shape)
        elements *= size;
    std::vector<float> out(static_cast<std::size_t>(elements));
    if (!readTensor(tensor, out.data()))
        out.clear();
    return out;
}

qsizetype ModelFilesTest::copyFolder(const QString& from, const QString& to) {
    qsizetype copied = 0;
    QDir().mkpath(to);
    for (const QString& name : QDir(from).entryList(QDir::Files)) {
        const QString target = QDir(to).filePath(name);
        QFile::remove(target);
        copied += QFile::copy(QDir(from).filePath(name), target);
        QFile::setPermissions(target, QFile::ReadOwner | QFile::WriteOwner);
    }
    return copied;
}

void ModelFilesTest::dequantisesAModel() {
    auto model = ModelFiles::open(golden("models/tiny-mixed.gguf"));
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    const Opened expected = openSafetensors("formats/tiny-mixed.safetensors");
    QCOMPARE((*model)->tensors().size(), expected.tensors.size());
    QVERIFY(!expected.tensors.empty());
    for (const Tensor& tensor : expected.tensors) {
        const Tensor* found = (*model)->find(tensor.name);
        QVERIFY2(found, qPrintable(tensor.name));
        QCOMPARE(found->shape, tensor.shape);
        QVERIFY2(values(*found) == values(tensor), qPrintable(tensor.name));
    }
    QVERIFY(
        (*model)->find(QStringLiteral("model.layers.0.self_attn.q_proj.weight"))->interleavedHeads >
        0);
    QVERIFY(!(*model)->find(QStringLiteral("absent")));
}

void ModelFilesTest::dequantisesRandomBlocks() {
    auto file = MappedFile::open(golden("formats/blocks.gguf"));
    QVERIFY(file.ok());
    auto contents = parseGguf((*file)->bytes(), (*file)->path());
    QVERIFY2(contents.ok(), contents.ok() ? "" : qPrintable(contents.error().sentence));
    const Opened expected = openSafetensors("formats/blocks.safetensors");
    QCOMPARE(expected.tensors.size(), std::size_t(10));
    for (const GgufTensor& stored : contents->tensors) {
        Tensor tensor;
        tensor.name =
            QString::fromUtf8(stored.name.data(), static_cast<qsizetype>(stored.name.size()));
        for (const TensorType type :
             {TensorType::F16, TensorType::BF16, TensorType::Q4_0, TensorType::Q4_1,
              TensorType::Q5_0, TensorType::Q5_1, TensorType::Q8_0, TensorType::Q4_K,
              TensorType::Q5_K, TensorType::Q6_K})
            if (tensorTypeName(type) == QLatin1String(stored.block->name))
                tensor.type = type;
        tensor.shape.assign(stored.shape.begin(), stored.shape.end());
        tensor.data = stored.data.data();
        tensor.bytes = static_cast<qint64>(stored.data.size());
        const auto found = std::find_if(expected.tensors.begin(), expected.tensors.end(),
                                        [&](const Tensor& t) { return t.name == tensor.name; });
        QVERIFY(found != expected.tensors.end());
        const auto actual = values(tensor), wanted = values(*found);
        QCOMPARE(actual.size(), wanted.size());
        for (std::size_t i = 0; i < actual.size(); ++i)
            QVERIFY2(actual[i] == wanted[i] || (std::isnan(actual[i]) && std::isnan(wanted[i])),
                     qPrintable(QStringLiteral("%1[%2]: %3, not %4")
                                    .arg(tensor.name)
                                    .arg(i)
                                    .arg(static_cast<double>(actual[i]))
                                    .arg(static_cast<double>(wanted[i]))));
    }
}

void ModelFilesTest::readsEveryHalf() {
    std::vector<std::uint16_t> halves(65536);
    for (std::size_t i = 0; i < halves.size(); ++i)
        halves[i] = static_cast<std::uint16_t>(i);
    Tensor tensor;
    tensor.type = TensorType::F16;
    tensor.shape = {256, 256};
    tensor.data = reinterpret_cast<const std::byte*>(halves.data());
    tensor.bytes = 131072;
    const auto read = values(tensor);
    for (std::size_t i = 0; i < halves.size(); ++i) {
        const float expected = static_cast<float>(std::bit_cast<qfloat16>(halves[i]));
        if (std::isnan(expected))
            QVERIFY(std::isnan(read[i]));
        else
            QCOMPARE(std::bit_cast<std::uint32_t>(read[i]), std::bit_cast<std::uint32_t>(expected));
    }
}

void ModelFilesTest::readsRowsAlone() {
    auto model = ModelFiles::open(golden("models/tiny-mixed.gguf"));
    QVERIFY(model.ok());
    for (const Tensor& tensor : (*model)->tensors()) {
        const auto whole = values(tensor);
        const qint64 rows = tensor.shape[0], row = static_cast<qint64>(whole.size()) / rows;
        for (qint64 first = 0; first < rows; first += 3) {
            const qint64 count = std::min<qint64>(5, rows - first);
            std::vector<float> part(static_cast<std::size_t>(count * row));
            QVERIFY(readTensor(tensor, part.data(), first, count).ok());
            QVERIFY(std::equal(part.begin(), part.end(), whole.begin() + first * row));
        }
        float unused = 0;
        QVERIFY(readTensor(tensor, &unused, rows, 0).ok());
        QVERIFY(!readTensor(tensor, &unused, rows, 1).ok());
        QVERIFY(!readTensor(tensor, &unused, -1, 1).ok());
        QVERIFY(!readTensor(tensor, &unused, 1, rows).ok());
    }
}

void ModelFilesTest::opensFolders_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("storedType");
    for (const char* name : {"bias", "llama-peaked", "llama-random", "mha-untied", "rope-linear",
                             "rope-llama3", "rope-llama3-old-spelling", "sharded", "smollm-peaked"})
        QTest::newRow(name) << golden("models/") + QLatin1String(name)
                            << (name == std::string_view("mha-untied") ? QStringLiteral("F16")
                                : name == std::string_view("smollm-peaked")
                                    ? QStringLiteral("BF16")
                                    : QStringLiteral("F32"));
}

void ModelFilesTest::opensFolders() {
    QFETCH(QString, path);
    QFETCH(QString, storedType);
    auto model = ModelFiles::open(path);
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    QCOMPARE((*model)->description().family, QStringLiteral("llama"));
    QCOMPARE((*model)->description().storedType, storedType);
    QCOMPARE((*model)->description().tiedHead, !(*model)->find(QStringLiteral("lm_head.weight")));
    QCOMPARE((*model)->description().name, QDir(path).dirName());
    qint64 values = 0;
    for (const Tensor& tensor : (*model)->tensors())
        values += tensor.bytes / (tensor.type == TensorType::F32 ? 4 : 2);
    QCOMPARE((*model)->description().parameters, values);
    auto tokenizer = Tokenizer::open(path);
    QVERIFY2(tokenizer.ok(), tokenizer.ok() ? "" : qPrintable(tokenizer.error().sentence));
    QVERIFY((*tokenizer)->vocabularySize() <= (*model)->description().shape.vocabulary);
    auto hash = (*model)->hash(Cancel());
    QVERIFY(hash.ok() && hash->size() == 71);
}

void ModelFilesTest::describesBothSpellings() {
    auto newer = ModelFiles::open(golden("models/rope-llama3"));
    auto older = ModelFiles::open(golden("models/rope-llama3-old-spelling"));
    QVERIFY(newer.ok() && older.ok());
    for (const auto& model : {*newer, *older}) {
        const ModelDescription& description = model->description();
        QCOMPARE(description.ropeTheta, 50000.0);
        QCOMPARE(description.ropeScaling.kind, RopeScaling::Kind::Llama3);
        QCOMPARE(description.ropeScaling.factor, 8.0);
        QCOMPARE(description.ropeScaling.lowFrequencyFactor, 1.0);
        QCOMPARE(description.ropeScaling.highFrequencyFactor, 4.0);
        QCOMPARE(description.ropeScaling.originalLength, 32);
        QCOMPARE(description.shape.trainedLength, 256);
        QCOMPARE(description.shape.headDimension, 16);
    }
}

void ModelFilesTest::rotates_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QList<double>>("expected"); // transformers' float32 values
    QTest::newRow("llama3") << golden("models/rope-llama3")
                            << QList<double>{1.0,
                                             0.05623774230480194,
                                             0.008359254337847233,
                                             0.0021617042366415262,
                                             0.0005590170039795339,
                                             0.00014456186909228563,
                                             3.738372106454335e-05,
                                             9.667434824223164e-06};
    QTest::newRow("linear") << golden("models/rope-linear")
                            << QList<double>{0.25, 0.02500000037252903, 0.0024999999441206455,
                                             0.0002500000118743628};
}

void ModelFilesTest::rotates() {
    QFETCH(QString, model);
    QFETCH(QList<double>, expected);
    auto opened = ModelFiles::open(model);
    QVERIFY(opened.ok());
    const auto frequencies = rotaryFrequencies((*opened)->description());
    QCOMPARE(static_cast<qsizetype>(frequencies.size()), expected.size());
    for (qsizetype i = 0; i < expected.size(); ++i)
        QVERIFY(std::abs(frequencies[static_cast<std::size_t>(i)] / expected[i] - 1) < 1e-6);
}

void ModelFilesTest::llama3ScalingFromGguf() {
    auto model = ModelFiles::open(golden("models/tiny-llama3.gguf"));
    QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
    const ModelDescription& description = (*model)->description();
    QCOMPARE(description.ropeScaling.kind, RopeScaling::Kind::Divisors);
    QCOMPARE(static_cast<int>(description.ropeScaling.divisors.size()),
             description.shape.headDimension / 2);
    ModelDescription plain = description;
    plain.ropeScaling = RopeScaling();
    const auto scaled = rotaryFrequencies(description), unscaled = rotaryFrequencies(plain);
    QCOMPARE(scaled.front(), unscaled.front());
    QVERIFY(scaled.back() < unscaled.back());
}

void ModelFilesTest::refusesBadFolders() {
    QTemporaryDir root;
    const auto refusal = [&](const char* from, const char* file, const QByteArray& before,
                             const QByteArray& after) {
        const QString folder = root.filePath(QStringLiteral("model"));
        QDir(folder).removeRecursively();
        if (copyFolder(golden(from), folder) == 0)
            return QStringLiteral("nothing copied");
        replaceInFile(folder + QLatin1Char('/') + QLatin1String(file), before, after);
        auto model = ModelFiles::open(folder);
        return model ? QStringLiteral("opened") : model.error().sentence;
    };
    const auto says = [](const QString& sentence, const char* what) {
        if (sentence.contains(QLatin1String(what)) && sentence.endsWith(u'.'))
            return true;
        qWarning("%s", qPrintable(sentence));
        return false;
    };
    const char* config = "config.json";
    QVERIFY(says(refusal("models/bias", config, "\"llama\"", "\"gemma\""), "a \"gemma\" network"));
    QVERIFY(says(refusal("models/bias", config, "\"silu\"", "\"gelu\""), "activation is \"gelu\""));
    QVERIFY(says(refusal("models/bias", config, "\"default\"", "\"yarn\""), "scaled by \"yarn\""));
    QVERIFY(says(refusal("models/bias", config, "\"mlp_bias\": false", "\"mlp_bias\": true"),
                 "mlp_bias"));
    QVERIFY(says(refusal("models/bias", config, "\"hidden_size\": 32", "\"hidden_size\": 48"),
                 "its configuration implies"));
    QVERIFY(
        says(refusal("models/bias", config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"),
             "lacks the tensor model.layers.2."));
    QVERIFY(says(
        refusal("models/bias", config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2.5"),
        "num_hidden_layers is 2.5"));
    QVERIFY(says(refusal("models/bias", config, "\"hidden_act\"", "\"hidden_size\""),
                 "\"hidden_size\" twice"));
    const char* index = "model.safetensors.index.json";
    QVERIFY(says(refusal("models/sharded", index, "model-00001", "../model-00001"),
                 "not the name of a file"));
    QVERIFY(says(refusal("models/sharded", index, "model-00001-of", "model-00007-of"),
                 "lacks the file model-00007-of"));
    QVERIFY(says(refusal("models/sharded", index, "\"lm_head.weight\"", "\"head.weight\""),
                 "lacks the tensor head.weight"));
    QVERIFY(
        says(ModelFiles::open(root.path()).error().sentence, "holds no config.json: name a model"));
    QVERIFY(says(ModelFiles::open(golden("absent")).error().sentence, "does not exist"));
}

QTEST_GUILESS_MAIN(ModelFilesTest)
#include "tst_model_files.moc"
