#include "tests/replay/recorded_case.h"
#include "tests/widgets/recorded_traces.h"

#include "widgets/what_if_view.h"

#include <QSlider>

#include <cmath>

using namespace attendre;

// What if over a run that kept everything and has an archive, and over runs that have none.
class WhatIfTest : public QObject {
    Q_OBJECT
    RecordedTraces m_traces;

    WhatIfView* show(const QString& trace, const Point& point, QSize size = {620, 240}) {
        m_traces.open(trace);
        m_traces.to(point);
        auto* view = m_traces.show<WhatIfView>(size);
        m_traces.settle();
        return view;
    }
    // Asks and waits for the answer.
    const WhatIfContent* ask(WhatIfView* view, const WhatIfAsked& asked) {
        view->ask(asked);
        m_traces.settle();
        return view->content();
    }

  private slots:
    void initTestCase() {
        QVERIFY(m_traces.recordAll());
        RecordedCase recorded(4);
        QVERIFY(recorded.made.queryMemory == 0);
        QCOMPARE(recorded.record(m_traces.filePath("archived.trace")), QString());
    }
    void init() { m_traces.begin(); }
    void cleanup() { m_traces.end(); }

    void repliesToWhatIsAsked() {
        WhatIfView* view = show("archived.trace", {1, 3, Phase::Record, 1, 0, -1, -1});
        QVERIFY2(!view->isBlank(), qPrintable(view->emptySentence()));
        WhatIfAsked asked = view->asked();
        asked.policy = "lra";
        asked.sinks = 1;
        asked.recent = 0;
        double before = 2;
        for (const int memory : {40, 24, 14}) { // less room keeps less
            asked.memory = memory;
            const WhatIfContent* content = ask(view, asked);
            QVERIFY2(content && content->refusal.isEmpty(), qPrintable(content->refusal));
            QCOMPARE(content->asked, asked);
            const double kept = content->replay.meanKept();
            QVERIFY(kept > 0 && kept < before);
            before = kept;
        }
        QVERIFY(view->summary().contains("is kept"));
        QVERIFY(view->csv().startsWith("step,kept"));
    }

    // The counts of survivors against the replay and the run themselves.
    void survivorsOfTheStep() {
        WhatIfView* view = show("archived.trace", {1, 5, Phase::Record, 0, 0, -1, -1});
        WhatIfAsked asked = view->asked();
        asked.memory = 14;
        asked.sinks = asked.recent = 0;
        const WhatIfContent* content = ask(view, asked);
        QVERIFY2(content->refusal.isEmpty(), qPrintable(content->refusal));
        auto reader = Reader::open(m_traces.filePath("archived.trace")).take();
        const auto state = reader->layerState(1, 5, 0).take();
        int arrived = 0, here = 0;
        for (const std::int32_t position : state.heads[0].position)
            arrived += position != noPosition;
        for (int position = 0; position < content->source.tokens; ++position)
            here += content->replay.isResident(position, 5);
        QCOMPARE(here, std::min(14, arrived));
        QCOMPARE(content->both, here); // the run keeps everything
        QCOMPARE(content->onlyHere, 0);
        QCOMPARE(content->onlyRecorded, arrived - here);
    }

    void aSliderAsks() {
        WhatIfView* view = show("archived.trace", {1, 5, Phase::Record, 0, 0, -1, -1});
        auto* memory = view->findChildren<QSlider*>().first();
        QCOMPARE(memory->value(), view->asked().memory);
        memory->setValue(memory->maximum());
        m_traces.settle();
        QCOMPARE(view->content()->asked.memory, int(view->content()->source.tokens));
        QVERIFY(std::abs(view->content()->replay.meanKept() - 1) < 1e-4);
    }

    void whatIsRefusedIsSaid() {
        WhatIfView* view = show("archived.trace", {1, 5, Phase::Record, 0, 0, -1, -1});
        WhatIfAsked asked = view->asked();
        asked.recent = asked.memory;
        const WhatIfContent* content = ask(view, asked);
        QVERIFY(content->refusal.contains("s + pins + r + C"));
        QVERIFY(view->command().isEmpty());
        QVERIFY(!view->isBlank()); // the sentence stands there
    }

    void theCommandMakesTheRun() {
        WhatIfView* view = show("archived.trace", {1, 5, Phase::Record, 0, 0, -1, -1});
        WhatIfAsked asked = view->asked();
        asked.policy = "h2o";
        asked.memory = 20;
        asked.sinks = 2;
        asked.recent = 3;
        ask(view, asked);
        const QString command = view->command();
        QVERIFY2(command.startsWith("attendre replay ") && command.endsWith("--append"),
                 qPrintable(command));
        for (const char* word :
             {"--run 1", "--memory 20", "--policy h2o", "--sinks 2", "--recent 3"})
            QVERIFY2(command.contains(word), qPrintable(command));
        QVERIFY(!command.contains("--archive"));
    }

    void aRunWithoutAnArchive() {
        WhatIfView* view = show("full.trace", {1, 5, Phase::Record, 0, 0, -1, -1});
        QVERIFY(view->isBlank());
        QVERIFY(view->emptySentence().contains("--archive all"));
        const RunInfo* run = m_traces.source().run(1);
        QVERIFY(!hasWhatIf(*run));
    }
};

QTEST_MAIN(WhatIfTest)
#include "what_if_test.moc"
