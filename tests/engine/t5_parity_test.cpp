#include "model/network/torch_headers.h"

#include "model/engine/next_tokens.h"
#include "model/engine/reading_pipeline.h"
#include "tests/engine/engine_run.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace attendre;

namespace {

const QString golden = QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/");

QJsonObject read(const QString& name) {
    QFile file(golden + "parity-t5/" + name);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s cannot be read", qPrintable(file.fileName()));
    return QJsonDocument::fromJson(file.readAll()).object();
}

std::vector<std::int32_t> numbers(const QJsonArray& array) {
    std::vector<std::int32_t> result;
    for (const QJsonValue& value : array)
        result.push_back(value.toInt());
    return result;
}

at::Tensor matrix(const QJsonArray& rows) {
    std::vector<double> values;
    for (const QJsonValue& row : rows)
        for (const QJsonValue& value : row.toArray())
            values.push_back(value.toDouble());
    return at::tensor(values, at::kDouble).view({rows.size(), -1});
}

// The largest relative error of the five likeliest tokens' log-probabilities; -1 where the tokens
// are others.
double worst(const std::vector<NextToken>& found, const QJsonArray& expected) {
    double error = 0;
    for (int i = 0; i < 5; ++i) {
        const double reference = expected[i].toArray()[1].toDouble();
        if (found[size_t(i)].id != expected[i].toArray()[0].toInt())
            return -1;
        // A probability of nearly 1 has a logarithm of nearly 0.
        error = std::max(error, std::abs(double(found[size_t(i)].logProbability) - reference) /
                                    std::max(std::abs(reference), 1e-3));
    }
    return error;
}

} // namespace

// T5 v1.0 and v1.1 with whole memories (M, N, E >= T) against transformers, however the input is
// cut into chunks.
class T5ParityTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        auto engine = loadEngine();
        QVERIFY2(engine.ok(), engine ? "" : qPrintable(engine.error().sentence));
        m_engine = engine.value();
    }

    void models_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<double>("tolerance");
        const QStringList files =
            QDir(golden + "parity-t5").entryList({"*.json"}, QDir::Files, QDir::Name);
        QCOMPARE(files.size(), 4);
        for (const QString& file : files) {
            QTest::newRow(qPrintable(file + " f32")) << file << "f32" << 1e-4;
            QTest::newRow(qPrintable(file + " f64")) << file << "f64" << 1e-6;
        }
    }

    void encoder_data() { models_data(); }
    void encoder() {
        QFETCH(QString, file);
        QFETCH(QString, dtype);
        QFETCH(double, tolerance);
        const QJsonObject json = read(file);
        const auto ids = numbers(json["ids"].toArray());
        const at::Tensor expected = matrix(json["encoded_f64"].toArray());
        const auto network = load(json["model"].toString(), dtype);
        for (const int chunk : {1, 7, 64, int(ids.size())}) {
            ReadingPipeline pipeline(network, resolved(network->description, chunk, ids.size()),
                                     {ranking(), ranking()}, ids, {.usage = chunk == 7});
            while (!pipeline.finished()) {
                const auto step = pipeline.step();
                QVERIFY2(step.ok(), step ? "" : qPrintable(step.error().sentence));
            }
            const OutputMemory& memory = *pipeline.outputs();
            QCOMPARE(memory.occupancy(), int(ids.size()));
            for (int slot = 0; slot < memory.occupancy(); ++slot)
                QCOMPARE(memory.columns().position[size_t(slot)], slot);
            const double error =
                ((memory.outputs().to(at::kDouble) - expected).norm() / expected.norm())
                    .item<double>();
            const double most =
                ((memory.outputs().to(at::kDouble) - expected).abs().amax() / expected.abs().amax())
                    .item<double>();
            QVERIFY2(error < tolerance && most < tolerance,
                     qPrintable(QString("chunk %1: %2, worst %3").arg(chunk).arg(error).arg(most)));
        }
    }

    void decoder_data() { models_data(); }
    void decoder() {
        QFETCH(QString, file);
        QFETCH(QString, dtype);
        QFETCH(double, tolerance);
        const QJsonObject json = read(file);
        const auto network = load(json["model"].toString(), dtype);
        const c10::InferenceMode inference;
        const at::Tensor outputs = matrix(json["encoded_f64"].toArray()).to(network->options);
        DecoderState state = network->layers.decoder->begin(outputs);
        const auto given = numbers(json["forced"].toArray());
        const QJsonArray expected = json["forced_likeliest_f64"].toArray();
        QVERIFY(given.size() > 64); // beyond the furthest distance
        for (size_t i = 0; i < given.size(); ++i) {
            const Decoded decoded = network->layers.decoder->step(given[i], state);
            QCOMPARE(decoded.cross.size(0), outputs.size(0));
            QVERIFY(std::abs(decoded.cross.sum().item<double>() - 1) < 1e-5);
            const auto next = predictTokens(decoded.logits, {}, 5).next;
            const double error = worst(next, expected[qsizetype(i)].toArray());
            QVERIFY2(error >= 0 && error < tolerance,
                     qPrintable(QString("step %1: relative error %2").arg(i).arg(error)));
        }
    }

    void answer_data() { models_data(); }
    // The same through the engine's interface: the last tokens are the question.
    void answer() {
        QFETCH(QString, file);
        QFETCH(QString, dtype);
        QFETCH(double, tolerance);
        const QJsonObject json = read(file);
        const auto ids = numbers(json["ids"].toArray());
        const auto expected = numbers(json["answer"].toArray());
        const QJsonArray likeliest = json["likeliest_f64"].toArray();
        auto network =
            slow::loadModel(*m_engine, golden + "models/" + json["model"].toString(), dtype);
        QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
        for (const int asked : {0, 1, 20}) {
            Configuration configuration;
            configuration.memory = {};
            configuration.queryMemory = {int(ids.size())};
            configuration.chunk = 13;
            configuration.dtype = dtype;
            const std::vector<std::int32_t> document(ids.begin(), ids.end() - asked);
            auto reading = (*network)->start(configuration, document, {.next = 5});
            QVERIFY2(reading.ok(), reading ? "" : qPrintable(reading.error().sentence));
            while ((*reading)->tokensRead() < int(document.size()))
                QVERIFY((*reading)->step().ok());
            Question question;
            for (auto id = ids.end() - asked; id != ids.end(); ++id)
                question.tokens.push_back({*id});
            question.mostAnswerTokens = int(expected.size());
            auto asking = (*reading)->ask(question);
            QVERIFY2(asking.ok(), asking ? "" : qPrintable(asking.error().sentence));
            while (!(*asking)->finished()) {
                const auto step = (*asking)->step();
                QVERIFY2(step.ok(), step ? "" : qPrintable(step.error().sentence));
            }
            const AnswerSoFar& answer = *(*asking)->answer();
            QCOMPARE(answer.ids, expected);
            for (size_t i = 0; i < expected.size(); ++i) {
                const double error = worst(answer.likeliest[i], likeliest[qsizetype(i)].toArray());
                QVERIFY2(error >= 0 && error < tolerance,
                         qPrintable(QString("step %1: relative error %2").arg(i).arg(error)));
            }
            // The run that was asked is left as it was: it goes on to its own end.
            while (!(*reading)->finished())
                QVERIFY((*reading)->step().ok());
        }
    }

  private:
    static const Policy& policy() {
        const auto& all = allPolicies();
        return *std::find_if(all.begin(), all.end(), [](const Policy& candidate) {
            return candidate.description.name == QStringLiteral("lra");
        });
    }

    static Ranking ranking() { return policy().prepare({}).take(); }

    static std::shared_ptr<const LoadedNetwork> load(const QString& model, const QString& dtype) {
        const c10::InferenceMode inference;
        auto files = ModelFiles::open(golden + "models/" + model);
        if (!files)
            qFatal("%s", qPrintable(files.error().sentence));
        const auto options =
            at::TensorOptions().dtype(dtype == QStringLiteral("f64") ? at::kDouble : at::kFloat);
        auto layers = loadLayers(**files, options, 64, {}, {});
        if (!layers)
            qFatal("%s", qPrintable(layers.error().sentence));
        return std::make_shared<const LoadedNetwork>(
            LoadedNetwork{(*files)->description(), layers.take(), options, 1});
    }

    static ResolvedConfiguration resolved(const ModelDescription& model, int chunk, size_t tokens) {
        Configuration configuration;
        configuration.memory = {};
        configuration.queryMemory = {chunk == int(tokens) ? 0 : int(tokens)};
        configuration.chunk = chunk;
        auto result = resolve(configuration, model.shape, policy().description, qint64(tokens));
        if (!result)
            qFatal("%s", qPrintable(result.error().sentence));
        return result.take();
    }

    Engine* m_engine = nullptr;
};

QTEST_GUILESS_MAIN(T5ParityTest)
#include "t5_parity_test.moc"
