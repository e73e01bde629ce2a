#include "tests/app/run_program.h"
#include "widgets/attention_view.h"
#include "widgets/document_memory.h"
#include "widgets/losses_source.h"
#include "widgets/memory_view.h"
#include "widgets/query_memory_content.h"
#include "widgets/theme.h"
#include "widgets/timeline_view.h"
#include "widgets/view.h"
#include "widgets/why_evicted_view.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// Runs that ask, of an encoder-decoder and of a prefix model, as the program records them here:
// what the views say of a state that was inherited and of steps in which no key arrives.
class AskingViewsTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    Theme m_theme;
    std::unique_ptr<TraceSource> m_source;
    std::unique_ptr<CurrentPoint> m_point;
    std::unique_ptr<LossesSource> m_losses;

    ViewContext context() {
        return {m_source.get(), m_point.get(), &m_theme, nullptr, nullptr, m_losses.get()};
    }
    void ask(const QString& name, const QStringList& options) {
        const auto ran =
            run(QStringList{"ask", options.front(), genesis(), "-o", m_folder.filePath(name),
                            "--tokens", "150", "--chunk", "16", "--memory", "48", "--question",
                            "Who made the light and the firmament?", "--detail", "full",
                            "--max-answer-tokens", "4", "--query-memory", "20"} +
                options.mid(1));
        QVERIFY2(ran.exitCode == 0, ran.err);
        const auto check = run({"trace", "check", m_folder.filePath(name)});
        QVERIFY2(check.exitCode == 0, check.out + check.err);
    }
    void settle() {
        QTest::qWait(1);
        QTRY_VERIFY_WITH_TIMEOUT(m_source->pending() == 0, 20'000);
        QTest::qWait(1);
    }
    void open(const QString& name, const Point& point) {
        QSignalSpy opened(m_source.get(), &TraceSource::opened);
        m_source->open(m_folder.filePath(name));
        QVERIFY(opened.count() || opened.wait());
        m_point->reset(point);
        settle();
    }
    std::unique_ptr<Reader> reader(const QString& name) {
        return Reader::open(m_folder.filePath(name)).take();
    }
    // The run's first step of a kind, and how many steps it has.
    std::pair<int, int> stepOf(const QString& name, int run, StepKind kind) {
        auto from = reader(name);
        const int count = from->stepCount(run).take();
        for (const StepInfo& step : from->steps(run, 0, count).take())
            if (step.kind == kind)
                return {step.step, count};
        return {-1, count};
    }

  private slots:
    void initTestCase() {
        ask("t5.trace", {tinyModel("t5-v11-peaked"), "--output-memory", "60"});
        ask("prefix.trace", {tinyModel("gpt2-peaked"), "--mode", "prefix", "--policy", "h2o"});
    }
    void init() {
        m_source = std::make_unique<TraceSource>();
        m_point = std::make_unique<CurrentPoint>();
        m_losses = std::make_unique<LossesSource>(m_source.get());
    }
    void cleanup() {
        m_losses.reset();
        m_point.reset();
        m_source.reset();
    }

    // Nothing falls over, whatever the instant.
    void everyViewShowsEveryStep_data() {
        QTest::addColumn<QString>("trace");
        QTest::newRow("encoder-decoder") << "t5.trace";
        QTest::newRow("prefix") << "prefix.trace";
    }
    void everyViewShowsEveryStep() {
        QFETCH(QString, trace);
        open(trace, {1, 0, Phase::Record, 0, 0, -1, -1});
        std::vector<std::unique_ptr<View>> views;
        for (const ViewDefinition& definition : viewDefinitions()) {
            views.emplace_back(definition.make(context(), nullptr));
            views.back()->headerWidget();
            views.back()->resize(420, 260);
            views.back()->show();
        }
        for (const RunInfo& run : m_source->runs())
            for (int step = 0; step < m_source->stepCount(run.run); ++step)
                for (const Phase phase : {Phase::Evict, Phase::Record}) {
                    m_point->move({run.run, step, phase, run.shape.layers - 1, 0, 8, -1});
                    settle();
                    for (const auto& view : views)
                        view->grab();
                }
    }

    void whatLeftBeforeTheQuestion() {
        auto from = reader("prefix.trace");
        const int last = from->run(2)->parentStep;
        std::int32_t gone = noPosition;
        for (const Life& life : from->lives(1, 1, 0, 0, 150).take())
            if (life.evictedStep >= 0 && life.evictedStep <= last)
                gone = life.position;
        QVERIFY(gone != noPosition);
        open("prefix.trace", {2, 1, Phase::Record, 1, 0, gone, -1});
        WhyEvictedView why(context());
        why.resize(400, 300);
        why.show();
        settle();
        QVERIFY2(why.emptySentence().contains("before the question") &&
                     why.emptySentence().contains("run 1"),
                 qPrintable(why.emptySentence()));
        // One that comes with the question has not arrived.
        const auto toCome = std::int32_t(from->run(2)->tokens - 1);
        m_point->move({2, 0, Phase::Record, 1, 0, toCome, -1});
        settle();
        QVERIFY2(why.emptySentence().contains("has not arrived"), qPrintable(why.emptySentence()));
    }

    // Step 0 of a run that asks is what another run has done.
    void nothingBeginsWithTheInheritedState() {
        open("prefix.trace", {2, 0, Phase::Record, 1, 0, -1, -1});
        TimelineView timeline(context());
        timeline.resize(700, 300);
        timeline.show();
        settle();
        QVERIFY(!timeline.events().contains(0));
    }

    void stepsWithoutArrivalsHaveNoRoomToSpeakOf() {
        const auto [flush, count] = stepOf("prefix.trace", 1, StepKind::Flush);
        QVERIFY(flush > 0);
        open("prefix.trace", {1, flush, Phase::Record, 0, 0, -1, -1});
        WhyEvictedView why(context());
        why.resize(400, 300);
        why.show();
        settle();
        QVERIFY2(why.summary().contains("no key came"), qPrintable(why.summary()));
    }

    // In an answer's steps decoder and outputs meet: that is shown unless a person chose otherwise.
    void answersShowTheEncodersOutputs() {
        const auto [answer, count] = stepOf("t5.trace", 2, StepKind::Answer);
        QVERIFY(answer > 0);
        open("t5.trace", {2, answer - 1, Phase::Record, 1, 0, -1, -1});
        MemoryView memory(context());
        AttentionView attention(context());
        attention.headerWidget();
        for (QWidget* view : std::initializer_list<QWidget*>{&memory, &attention}) {
            view->resize(420, 260);
            view->show();
        }
        settle();
        m_point->move({2, answer - 1, Phase::Record, 0, 0, -1, -1});
        settle();
        QCOMPARE(memory.content()->capacity, 48);
        m_point->move({2, answer, Phase::Record, 0, 0, -1, -1});
        settle();
        QCOMPARE(memory.content()->capacity, 60);
        QCOMPARE(attention.content()->whose, Whose::Outputs);
        QVERIFY(!attention.content()->queries.empty());
        memory.showOutputs(false);
        attention.setWhose(Whose::Head);
        settle();
        m_point->move({2, count - 1, Phase::Record, 0, 0, -1, -1});
        settle();
        QCOMPARE(memory.content()->capacity, 48);
        QCOMPARE(attention.content()->whose, Whose::Head);
    }

    void decodedTokensAreNotToCome() {
        const auto [answer, count] = stepOf("t5.trace", 2, StepKind::Answer);
        auto from = reader("t5.trace");
        const RunInfo run = from->run(2).take();
        const auto outputs = from->outputStep(2, answer).take();
        const std::int32_t fed = outputs.firstAnswered;
        const Point before{2, answer - 1, Phase::Record, 0, 0, -1, -1};
        const Point now{2, answer, Phase::Record, 0, 0, -1, -1};
        QCOMPARE(readDocumentMemory(*from, run, before)->stateOf(fed, false), TokenState::ToCome);
        const DocumentMemory memory = readDocumentMemory(*from, run, now).take();
        QCOMPARE(memory.stateOf(fed, false), TokenState::InChunk);
        QCOMPARE(memory.stateOf(fed + 1, false), TokenState::ToCome);
    }

    // A query's own key lies neither behind nor ahead.
    void behindAndAhead() {
        auto from = reader("prefix.trace");
        const RunInfo run = from->run(1).take();
        const auto content = readQueryMemory(*from, run, {1, 1, Phase::Wait, 0, 0, -1, -1}).take();
        QVERIFY(!content.queries.empty());
        const WaitingQuery& first = content.queries.front();
        QCOMPARE(first.behind, int(first.position)); // everything is still there
        QCOMPARE(first.behind + 1 + first.ahead, content.residents);
    }
};

QTEST_MAIN(AskingViewsTest)
#include "asking_views_test.moc"
