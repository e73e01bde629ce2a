#include "tests/engine/parity_golden.h"
#include "tests/engine/random_network.h"
#include "tests/engine/slow_pipeline.h"

#include <QTemporaryDir>
#include <QTest>

using namespace attendre;
using namespace attendre::slow;

// The slow pipeline judges the engine; so it must itself agree with transformers.
class SlowReferenceTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void wholeAttention_data() {
        QTest::addColumn<QString>("file");
        QVERIFY(parityFiles().size() >= 10);
        for (const QString& file : parityFiles())
            if (!file.startsWith("gpt2")) // the slow network is one of rotation and gates
                QTest::addRow("%s", qPrintable(file.chopped(5))) << file;
    }

    void wholeAttention() {
        QFETCH(QString, file);
        const ParityGolden golden = parityGolden(file);
        auto model = ModelFiles::open(golden.model);
        QVERIFY2(model.ok(), model ? "" : qPrintable(model.error().sentence));
        auto tensors = readTensors(**model);
        QVERIFY2(tensors.ok(), tensors ? "" : qPrintable(tensors.error().sentence));
        const auto network = makeNetwork((*model)->description(), *tensors);
        // While nothing is evicted, relative positions are the absolute ones.
        for (bool relative : {false, true}) {
            Options options;
            options.memory.assign(network.shape.layers, int(golden.ids.size()));
            options.waiting.assign(network.shape.layers, 0);
            options.chunk = 40;
            options.policy = "fifo";
            options.relativePositions = relative;
            const slow::Run run = runPipeline(network, options, golden.ids);
            const double worst = worstError(run.nll, golden.nll);
            QVERIFY2(worst < 1e-9, qPrintable(QString("relative error %1").arg(worst)));
        }
    }

    // The random networks of the other tests reach the engine through the files' reader.
    void randomNetworksAreReadBack() {
        Random random(21);
        for (int i = 0; i < 40; ++i) {
            const NetworkRecipe recipe = randomNetwork(random);
            QTemporaryDir folder;
            writeModel(recipe, folder.path());
            auto model = ModelFiles::open(folder.path());
            QVERIFY2(model.ok(), model ? "" : qPrintable(model.error().sentence));
            const ModelDescription read = (*model)->description();
            const ModelDescription made = description(recipe);
            if (!recipe.encoderDecoder)
                QCOMPARE(frequencies(read), frequencies(made));
            QCOMPARE(read.tiedHead, made.tiedHead);
            QCOMPARE(read.attentionBias, made.attentionBias);
            QCOMPARE(read.shape.headDimension, made.shape.headDimension);
            QCOMPARE(read.shape.heads, made.shape.heads);
            QCOMPARE(read.shape.trainedLength, made.shape.trainedLength);
            auto values = readTensors(**model);
            QVERIFY2(values.ok(), values ? "" : qPrintable(values.error().sentence));
            QVERIFY2(*values == tensors(recipe), qPrintable(recipe.text()));
        }
    }
};

QTEST_GUILESS_MAIN(SlowReferenceTest)
#include "slow_reference_test.moc"
