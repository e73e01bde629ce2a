#include "model/engine/document_measuring.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace attendre;

// What a sweep measures of a document beside the nll, against other ways to the same numbers.
class DivergenceTest : public QObject {
    Q_OBJECT
    std::unique_ptr<OpenModel> m_model;
    QTemporaryDir m_folder;

    static Configuration small(int memory) {
        Configuration configuration;
        configuration.memory = {memory};
        configuration.chunk = 4;
        configuration.policy = "fifo";
        configuration.threads = 1;
        configuration.tokens = 180; // P is 256
        return configuration;
    }
    TokenizedDocument document() {
        return tokenizeDocument(ATTENDRE_SOURCE_DIR "/resources/genesis.txt", m_model->tokenizer(),
                                m_model->path(), {}, {})
            .take();
    }
    // The distributions of what follows each position, in double: read token by token, all of the
    // vocabulary told as likely next tokens.
    std::vector<std::vector<double>> distributions(const Configuration& asked, int memory) {
        Configuration configuration = asked;
        configuration.memory = {memory};
        auto network = m_model->network(configuration, {}, {});
        auto input = assembleInput(document(), m_model->tokenizer(), configuration);
        StepWants wants;
        wants.next = m_model->description().shape.vocabulary;
        auto pipeline = (*network)->start(configuration, input->ids, wants).take();
        std::vector<std::vector<double>> all;
        while (!pipeline->finished()) {
            const auto record = pipeline->step();
            std::vector<double> logs(std::size_t(wants.next), -1e9);
            for (const NextToken& next : record->next)
                logs[std::size_t(next.id)] = double(next.logProbability);
            all.push_back(std::move(logs));
        }
        return all;
    }

  private slots:
    void initTestCase() {
        auto model = OpenModel::open(ATTENDRE_SOURCE_DIR "/tests/golden/models/llama-peaked");
        QVERIFY2(model.ok(), model.ok() ? "" : qPrintable(model.error().sentence));
        m_model = model.take();
    }

    void againstWholeDistributions() {
        Configuration configuration = small(24);
        configuration.chunk = 1; // a step's last token is every token
        Measuring measuring;
        measuring.fullOutputs = m_folder.filePath("full.f32");
        CellResult result;
        const auto done =
            measureDocument(*m_model, document(), configuration, measuring, {}, {}, result);
        QVERIFY2(done.ok(), done.ok() ? "" : qPrintable(done.error().sentence));
        const auto full = distributions(configuration, 180),
                   mine = distributions(configuration, 24);
        QCOMPARE(full.size(), std::size_t(180));
        QCOMPARE(result.kl.size(), std::size_t(3)); // blocks of 64
        for (std::size_t block = 0; block < 3; ++block) {
            double sum = 0;
            int count = 0;
            for (std::size_t i = 64 * block; i < std::min<std::size_t>(180, 64 * (block + 1));
                 i += 8) {
                for (std::size_t id = 0; id < full[i].size(); ++id)
                    sum += std::exp(full[i][id]) * (full[i][id] - mine[i][id]);
                ++count;
            }
            const double expected = sum / count;
            QVERIFY2(std::abs(result.kl[block] - expected) < 1e-4 * (1 + expected),
                     qPrintable(QString("%1 and %2").arg(result.kl[block]).arg(expected)));
        }
        QVERIFY(result.kl[0] < result.kl[1]); // nothing was evicted in the first 24 positions
        QVERIFY(result.kl[1] > 0.01);
    }

    // With a memory that holds all there is no difference; read again from the file or made anew,
    // by the full reading itself or for it, the outputs are the same.
    void whatIsWholeDoesNotDiffer() {
        for (const bool first : {true, false}) {
            const QString path = m_folder.filePath(first ? "a.f32" : "b.f32");
            Measuring measuring;
            measuring.fullOutputs = path;
            CellResult whole;
            if (!first) { // the baseline's own cell writes them
                Configuration full = small(0);
                full.memory.clear();
                QVERIFY(measureDocument(*m_model, document(), full, measuring, {}, {}, whole).ok());
                QVERIFY(whole.kl.empty());
            }
            CellResult result;
            QVERIFY(
                measureDocument(*m_model, document(), small(180), measuring, {}, {}, result).ok());
            for (const double kl : result.kl)
                QVERIFY(kl >= 0 && kl < 1e-5);
            QVERIFY(result.bytes > 0 && result.tokens == 180 && result.trainedLength == 256);
        }
        QFile a(m_folder.filePath("a.f32")), b(m_folder.filePath("b.f32"));
        QVERIFY(a.open(QIODevice::ReadOnly) && b.open(QIODevice::ReadOnly));
        QCOMPARE(a.size(), b.size());
        QCOMPARE(a.size(), qint64(23 * 32 * 4)); // every 8th of 180 positions, hidden 32, float
    }

    void coverageIsMeasured() {
        Measuring measuring;
        measuring.coverage = true;
        measuring.scratch = m_folder.path();
        CellResult whole, bounded;
        QVERIFY(measureDocument(*m_model, document(), small(180), measuring, {}, {}, whole).ok());
        QVERIFY(measureDocument(*m_model, document(), small(24), measuring, {}, {}, bounded).ok());
        QVERIFY(std::abs(whole.coverage - 1) < 1e-5);
        QVERIFY(whole.outputError < 1e-4);
        QVERIFY2(bounded.coverage < 0.99 && bounded.coverage > 0,
                 qPrintable(QString::number(bounded.coverage)));
        QVERIFY(bounded.outputError > 0.01);
    }

    // Resident: all of the span in a head, by what the memory holds.
    void theShareOfHeadsThatHoldASpan() {
        const Configuration configuration = small(24);
        auto network = m_model->network(configuration, {}, {});
        auto input = assembleInput(document(), m_model->tokenizer(), configuration);
        auto pipeline = (*network)->start(configuration, input->ids, {}).take();
        for (int i = 0; i < 20; ++i)
            QVERIFY(pipeline->step().ok());
        QCOMPARE(pipeline->tokensRead(), 80);
        // FIFO with s = 4 and M = 24 holds the first four and the last twenty.
        QCOMPARE(pipeline->residentShare(0, 3), 1.0);
        QCOMPARE(pipeline->residentShare(60, 79), 1.0);
        QCOMPARE(pipeline->residentShare(59, 61), 0.0);
        QCOMPARE(pipeline->residentShare(3, 4), 0.0);
        // What has not arrived yet is not lost.
        QCOMPARE(pipeline->residentShare(79, 80), 1.0);
        QCOMPARE(pipeline->residentShare(59, 80), 0.0);
    }
};

QTEST_GUILESS_MAIN(DivergenceTest)
#include "divergence_test.moc"
