#include "tests/engine/marked_questions.h"

#include <QTest>

using namespace attendre;
using namespace attendre::slow;

// The model that scripts/train made, on held-out questions whose answer is marked only after it was
// read.
class RetrievalTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase();
    void prefix();

  private:
    // The share of the first questions that are answered, or NaN with a warning.
    double accuracy(const Configuration& configuration) const;

    std::shared_ptr<attendre::Network> m_network;
    std::vector<MarkedInput> m_inputs;
};

void RetrievalTest::initTestCase() {
    const QString model = ATTENDRE_SOURCE_DIR "/resources/models/marked-prefix";
    auto questions =
        readMarkedQuestions(ATTENDRE_SOURCE_DIR "/tests/golden/retrieval/prefix.jsonl");
    QVERIFY2(questions.ok(), questions ? "" : qPrintable(questions.error().sentence));
    QVERIFY(questions->size() >= 100);
    questions->resize(60);
    auto tokenizer = Tokenizer::open(model);
    QVERIFY2(tokenizer.ok(), tokenizer ? "" : qPrintable(tokenizer.error().sentence));
    auto inputs = markedInputs(*questions, **tokenizer);
    QVERIFY2(inputs.ok(), inputs ? "" : qPrintable(inputs.error().sentence));
    m_inputs = inputs.take();
    for (std::size_t i = 0; i < m_inputs.size(); ++i)
        QCOMPARE(int(m_inputs[i].ids.size()), 256); // every word is one token
    auto engine = loadEngine();
    QVERIFY2(engine.ok(), engine ? "" : qPrintable(engine.error().sentence));
    auto files = ModelFiles::open(model);
    QVERIFY2(files.ok(), files ? "" : qPrintable(files.error().sentence));
    auto network = (*engine)->load(*files, "cpu", "f32", 1, {}, {});
    QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
    m_network = network.take();
}

double RetrievalTest::accuracy(const Configuration& configuration) const {
    int right = 0;
    for (const MarkedInput& input : m_inputs) {
        auto answered = answersRight(*m_network, configuration, input);
        if (!answered) {
            qWarning("%s", qPrintable(answered.error().sentence));
            return std::numeric_limits<double>::quiet_NaN();
        }
        right += *answered;
    }
    return double(right) / double(m_inputs.size());
}

// With everything in memory a query that waits long enough sees its mark; one that does not wait
// cannot.
void RetrievalTest::prefix() {
    QVERIFY(m_network->description().shape.bidirectional);
    Configuration configuration; // the mode is the model's own
    configuration.memory = {};
    configuration.chunk = 64;
    configuration.queryMemory = {256};
    const double waited = accuracy(configuration);
    QVERIFY2(waited > 0.95, qPrintable(QString::number(waited)));
    configuration.chunk = 8;
    configuration.queryMemory = {0};
    const double atOnce = accuracy(configuration);
    QVERIFY2(atOnce < 0.6, qPrintable(QString::number(atOnce)));
}

QTEST_GUILESS_MAIN(RetrievalTest)
#include "retrieval_test.moc"
