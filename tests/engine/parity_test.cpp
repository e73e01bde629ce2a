#include "tests/engine/engine_run.h"
#include "tests/engine/slow_pipeline.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <cmath>

using namespace attendre;
using namespace attendre::slow;

namespace {

const QString golden = QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/");

struct Expected {
    QString model;
    std::vector<int> ids;
    std::vector<double> nll; // of true double precision
};

Expected expected(const QString& name) {
    QFile file(golden + "parity/" + name);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s cannot be read", qPrintable(file.fileName()));
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    Expected result{golden + "models/" + json["model"].toString(), {}, {}};
    for (const QJsonValue& id : json["ids"].toArray())
        result.ids.push_back(id.toInt());
    for (const QJsonValue& value : json["nll_f64"].toArray())
        result.nll.push_back(value.toDouble());
    return result;
}

template <class Number>
double worstError(const std::vector<Number>& nll, const std::vector<double>& reference) {
    if (nll.empty() || nll.size() != reference.size())
        return INFINITY;
    double worst = 0;
    for (size_t i = 0; i < reference.size(); ++i) {
        const double error = std::abs(nll[i] - reference[i]) / reference[i];
        worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
    return worst;
}

// Every golden file, with the name of its model.
QStringList files() {
    return QDir(golden + "parity").entryList({"*.json"}, QDir::Files, QDir::Name);
}

} // namespace

// Whole attention (M >= T, causal) against transformers, however the input is cut into chunks.
class ParityTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        QVERIFY(files().size() >= 10);
        auto engine = loadEngine();
        QVERIFY2(engine.ok(), engine ? "" : qPrintable(engine.error().sentence));
        m_engine = engine.value();
    }

    void engine_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<double>("tolerance");
        for (const QString& file : files()) {
            const QByteArray name = file.chopped(5).toUtf8();
            QTest::addRow("%s f32", name.constData()) << file << "f32" << 1e-4;
            // Recorded in single precision, hence 6e-8 at best.
            QTest::addRow("%s f64", name.constData()) << file << "f64" << 1e-6;
        }
    }

    void engine() {
        QFETCH(QString, file);
        QFETCH(QString, dtype);
        QFETCH(double, tolerance);
        const Expected reference = expected(file);
        auto network = loadModel(*m_engine, reference.model, dtype);
        QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
        const int tokens = int(reference.ids.size());
        for (int chunk : {1, 7, 64, tokens}) {
            Configuration configuration;
            configuration.memory = {};
            configuration.chunk = chunk;
            configuration.dtype = dtype;
            const StepWants wants{.usage = chunk == 7, .attention = false, .nll = true, .next = 0};
            auto run = record(**network, configuration, reference.ids, wants);
            QVERIFY2(run.ok(), run ? "" : qPrintable(run.error().sentence));
            QCOMPARE(int(run->steps.size()), (tokens + chunk - 1) / chunk);
            const double worst = worstError(run->nll(tokens), reference.nll);
            QVERIFY2(worst < tolerance,
                     qPrintable(QString("chunk %1: relative error %2").arg(chunk).arg(worst)));
        }
    }

    void slowPipeline_data() {
        QTest::addColumn<QString>("file");
        for (const QString& file : files())
            QTest::addRow("%s", qPrintable(file.chopped(5))) << file;
    }

    // The other judge of the engine must itself agree with transformers.
    void slowPipeline() {
        QFETCH(QString, file);
        const Expected reference = expected(file);
        auto model = ModelFiles::open(reference.model);
        QVERIFY2(model.ok(), model ? "" : qPrintable(model.error().sentence));
        auto tensors = readTensors(**model);
        QVERIFY2(tensors.ok(), tensors ? "" : qPrintable(tensors.error().sentence));
        const auto network = makeNetwork((*model)->description(), *tensors);
        const int tokens = int(reference.ids.size());
        for (bool relative : {false, true}) {
            Options options;
            options.memory.assign(network.shape.layers, tokens);
            options.chunk = 40;
            options.policy = "fifo";
            options.relativePositions = relative;
            const slow::Run run = runPipeline(network, options, reference.ids);
            QVERIFY(worstError(run.nll, reference.nll) < 1e-9);
        }
    }

  private:
    Engine* m_engine = nullptr;
};

QTEST_GUILESS_MAIN(ParityTest)
#include "parity_test.moc"
