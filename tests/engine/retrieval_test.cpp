#include "tests/engine/marked_questions.h"

#include <QTest>

using namespace attendre;
using namespace attendre::slow;

// The models that scripts/train made, on held-out questions whose answer is marked only after it
// was read.
class RetrievalTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase();
    void waitingAnswers_data();
    void waitingAnswers();

  private:
    Engine* m_engine = nullptr;
};

namespace {

std::vector<MarkedInput> inputsOf(const QString& questions, const QString& model) {
    auto read = readMarkedQuestions(questions);
    if (!read) {
        qWarning("%s", qPrintable(read.error().sentence));
        return {};
    }
    read->resize(60);
    auto tokenizer = Tokenizer::open(model);
    auto inputs = tokenizer ? markedInputs(*read, **tokenizer) : tokenizer.error();
    if (!inputs) {
        qWarning("%s", qPrintable(inputs.error().sentence));
        return {};
    }
    return inputs.take();
}

// The share that is answered, or NaN with a warning.
double accuracy(attendre::Network& network, const std::vector<MarkedInput>& inputs, int chunk,
                int waiting) {
    Configuration configuration; // the mode is the model's own
    configuration.memory = {};
    configuration.chunk = chunk;
    configuration.queryMemory = {waiting};
    int right = 0;
    for (const MarkedInput& input : inputs) {
        auto answered = answersRight(network, configuration, input);
        if (!answered) {
            qWarning("%s", qPrintable(answered.error().sentence));
            return std::numeric_limits<double>::quiet_NaN();
        }
        right += *answered;
    }
    return double(right) / double(inputs.size());
}

} // namespace

void RetrievalTest::initTestCase() {
    auto engine = loadEngine();
    QVERIFY2(engine.ok(), engine ? "" : qPrintable(engine.error().sentence));
    m_engine = engine.value();
}

void RetrievalTest::waitingAnswers_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("questions");
    QTest::addRow("prefix") << "marked-prefix"
                            << "prefix.jsonl";
    QTest::addRow("encoder-decoder") << "marked-t5"
                                     << "encoder-decoder.jsonl";
}

// With everything in memory a query that waits long enough sees its mark; one that does not wait
// cannot.
void RetrievalTest::waitingAnswers() {
    QFETCH(QString, model);
    QFETCH(QString, questions);
    model = ATTENDRE_SOURCE_DIR "/resources/models/" + model;
    const auto inputs = inputsOf(ATTENDRE_SOURCE_DIR "/tests/golden/retrieval/" + questions, model);
    QCOMPARE(int(inputs.size()), 60);
    for (const MarkedInput& input : inputs)
        QCOMPARE(int(input.ids.size()), 256); // every word is one token
    auto files = ModelFiles::open(model);
    QVERIFY2(files.ok(), files ? "" : qPrintable(files.error().sentence));
    auto network = m_engine->load(*files, "cpu", "f32", 1, {}, {});
    QVERIFY2(network.ok(), network ? "" : qPrintable(network.error().sentence));
    QVERIFY((*network)->description().shape.bidirectional);
    const double waited = accuracy(**network, inputs, 64, 256);
    QVERIFY2(waited > 0.95, qPrintable(QString::number(waited)));
    const double atOnce = accuracy(**network, inputs, 8, 0);
    QVERIFY2(atOnce < 0.6, qPrintable(QString::number(atOnce)));
}

QTEST_GUILESS_MAIN(RetrievalTest)
#include "retrieval_test.moc"
