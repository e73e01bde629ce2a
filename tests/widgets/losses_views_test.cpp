#include "app/replay_process.h"
#include "model/analysis/layer_course.h"
#include "model/analysis/series.h"
#include "tests/app/run_program.h"
#include "widgets/document_canvas.h"
#include "widgets/document_view.h"
#include "widgets/losses_source.h"
#include "widgets/replays.h"
#include "widgets/theme.h"
#include "widgets/timeline_tracks.h"
#include "widgets/timeline_view.h"
#include "widgets/what_if_view.h"

#include <QComboBox>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <cmath>

using namespace attendre;

// What a memory lost, as the Document's colours and the Timeline show it, and What if as a run:
// over traces that the program records here.
class LossesViewsTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    Theme m_theme;
    std::unique_ptr<TraceSource> m_source;
    std::unique_ptr<CurrentPoint> m_point;
    std::unique_ptr<LossesSource> m_losses;
    std::unique_ptr<Replays> m_replays;

    ViewContext context() {
        return {m_source.get(), m_point.get(),  &m_theme,       nullptr,
                nullptr,        m_losses.get(), m_replays.get()};
    }
    void record(const QString& name, const QStringList& options) {
        const auto ran =
            run(QStringList{"record", tinyModel(), genesis(), "-o", m_folder.filePath(name),
                            "--tokens", "160", "--chunk", "16"} +
                options);
        QVERIFY2(ran.exitCode == 0, ran.err);
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
    std::shared_ptr<const HeadLosses> losses(int layer, int head) {
        QSignalSpy told(m_losses.get(), &LossesSource::told);
        if (auto known = m_losses->of(1, layer, head))
            return known;
        (void)told.wait(20'000);
        return m_losses->of(1, layer, head);
    }

  private slots:
    void initTestCase() {
        record("small.trace", {"--memory", "48", "--policy", "lra", "--archive", "all"});
        record("plain.trace", {"--memory", "48"});
        record("whole.trace", {"--memory", "full", "--archive", "all"});
    }
    void init() {
        m_source = std::make_unique<TraceSource>();
        m_point = std::make_unique<CurrentPoint>();
        m_losses = std::make_unique<LossesSource>(m_source.get());
        m_replays = std::make_unique<Replays>();
    }
    void cleanup() {
        m_replays.reset();
        m_losses.reset();
        m_point.reset();
        m_source.reset();
    }

    // On its own thread the same numbers as at once, for the head that was asked for last.
    void lossesAreReckoned() {
        open("small.trace", {1, 9, Phase::Record, 0, 0, -1, -1});
        QVERIFY(m_losses->refusal(1).isEmpty());
        QVERIFY(!m_losses->of(1, 0, 0));
        QVERIFY(!m_losses->of(1, 1, 0)); // the newer wish
        const auto known = losses(1, 0);
        QVERIFY(known && !known->regrets.empty());
        auto reader = Reader::open(m_source->path()).take();
        const auto alone = lossesOf(*reader, reader->run(1).take(), 1, 0, {}, Cancel()).take();
        QCOMPARE(known->regrets.size(), alone.regrets.size());
        for (std::size_t i = 0; i < alone.regrets.size(); ++i)
            QCOMPARE(known->regrets[i].mass, alone.regrets[i].mass);
    }

    void runsWithoutAnArchiveSaySo() {
        DocumentView view(context());
        view.resize(500, 400);
        view.show();
        open("plain.trace", {1, 9, Phase::Record, 0, 0, -1, -1});
        QVERIFY(m_losses->refusal(1).contains("--archive all"));
        QVERIFY(!m_losses->of(1, 0, 0));
        auto* chooser = qobject_cast<QComboBox*>(view.headerWidget());
        auto* items = qobject_cast<QStandardItemModel*>(chooser->model());
        for (const auto column :
             {TokenColumn::Coverage, TokenColumn::OutputError, TokenColumn::Regret}) {
            QVERIFY(!items->item(int(column))->isEnabled());
            QVERIFY(items->item(int(column))->toolTip().contains("--archive all"));
        }
        QVERIFY(items->item(int(TokenColumn::Nll))->isEnabled());
    }

    // A token's colour is what its query lost in the step that answered it.
    void documentColours() {
        const Point point{1, 9, Phase::Record, 1, 0, -1, -1};
        open("small.trace", point);
        auto reader = Reader::open(m_source->path()).take();
        const RunInfo run = reader->run(1).take();
        DocumentMemory memory = readDocumentMemory(*reader, run, point).take();
        int measured = 0;
        for (const auto column : {TokenColumn::Coverage, TokenColumn::OutputError}) {
            const auto values = readDocumentValues(*reader, run, point, column, 20, 120).take();
            for (std::int32_t token = 20; token < 140; ++token) {
                const int step = answeredStep(*reader, run, point.layer, token, 10).take();
                const auto seen = reader->headSteps(1, step)
                                      .take()[std::size_t(point.layer * run.shape.heads)]
                                      .seen;
                const float expected =
                    column == TokenColumn::Coverage ? seen.coverage : seen.outputError;
                QCOMPARE(values.of(token, memory).has_value(), !std::isnan(expected));
                if (std::isnan(expected))
                    continue;
                ++measured;
                QCOMPARE(float(*values.of(token, memory)), expected);
            }
            QVERIFY(!values.of(19, memory));
        }
        QVERIFY(measured > 100);
        const auto known = losses(1, 0);
        const EvictionRegret& one = known->regrets.front();
        QCOMPARE(*regretOf(*known, one.position, one.evictedStep), one.mass);
        QVERIFY(!regretOf(*known, one.position, one.evictedStep - 1)); // still resident
    }

    void theDocumentIsColouredByRegret() {
        DocumentView view(context());
        view.resize(500, 400);
        view.show();
        open("small.trace", {1, 9, Phase::Record, 1, 0, -1, -1});
        const QImage states = view.canvas()->grab().toImage();
        QSignalSpy told(m_losses.get(), &LossesSource::told);
        view.setColumn(TokenColumn::Regret);
        QVERIFY(told.count() || told.wait(20'000));
        settle();
        QCOMPARE(view.column(), TokenColumn::Regret);
        QVERIFY(view.canvas()->grab().toImage() != states);
    }

    // The lane of the regret holds each step's greatest, and follows the head.
    void theTimelineHasATrackOfRegret() {
        open("small.trace", {1, 9, Phase::Record, 1, 0, -1, -1});
        TimelineView view(context());
        view.resize(700, 400);
        QSignalSpy told(m_losses.get(), &LossesSource::told);
        view.show();
        settle();
        QVERIFY(told.count() || told.wait(20'000));
        const auto known = losses(1, 0);
        QStringList rows;
        for (const QString& row : view.csv().split('\n'))
            if (row.startsWith("regret,"))
                rows << row;
        const std::vector<float> expected = regretBySteps(*known, m_source->stepCount(1));
        int steps = 0;
        for (std::size_t step = 0; step < expected.size(); ++step) {
            if (std::isnan(expected[step]))
                continue;
            QCOMPARE(rows[steps].section(',', 2, 2).toInt(), int(step));
            QVERIFY(std::abs(rows[steps].section(',', 6, 6).toFloat() - expected[step]) <
                    1e-5f * std::max(1.f, expected[step]));
            ++steps;
        }
        QCOMPARE(rows.size(), steps);
        QVERIFY(steps >= 6); // 48 entries are full after three of ten chunks
        double greatest = 0;
        for (const EvictionRegret& regret : known->regrets)
            greatest = std::max(greatest, regret.mass);
        QCOMPARE(*std::max_element(expected.begin(), expected.end(),
                                   [](float a, float b) {
                                       return (std::isnan(a) ? 0 : a) < (std::isnan(b) ? 0 : b);
                                   }),
                 float(greatest));
    }

    // What is under the sliders becomes a run of the trace, all layers and heads.
    void aReplayBecomesARun() {
        open("whole.trace", {1, 9, Phase::Record, 1, 0, -1, -1});
        ReplayProcess process(m_replays.get(), m_source.get());
        process.setProgram(programPath());
        QSignalSpy added(&process, &ReplayProcess::added);
        QSignalSpy failed(&process, &ReplayProcess::failed);
        WhatIfView view(context());
        view.resize(620, 260);
        view.headerWidget();
        view.show();
        settle();
        WhatIfAsked asked = view.asked();
        asked.policy = "h2o";
        asked.memory = 56;
        asked.sinks = 1;
        asked.recent = 5;
        view.ask(asked);
        settle();
        QVERIFY(view.addButton()->isEnabled());
        view.addButton()->click();
        QVERIFY(m_replays->underWay());
        QVERIFY(!view.addButton()->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(added.count() + failed.count() > 0, 60'000);
        QVERIFY2(failed.isEmpty(), qPrintable(failed.value(0).value(0).toString()));
        QCOMPARE(added.front().front().toInt(), 2);
        QVERIFY(!m_replays->underWay());
        const RunInfo* run = m_source->run(2);
        QVERIFY(run && run->configuration.replay);
        QCOMPARE(run->policy.name, QString("h2o"));
        QCOMPARE(run->configuration.asked.memory, std::vector<int>{56});
        QCOMPARE(run->parent, 1);
        // The head that was shown keeps in the run what the replay kept.
        auto reader = Reader::open(m_source->path()).take();
        const auto state = reader->layerState(2, 9, 1).take();
        for (const std::int32_t position : state.heads[0].position)
            QVERIFY(position == noPosition || view.content()->replay.isResident(position, 9));
    }

    void aReplayThatFailsSaysWhy() {
        open("whole.trace", {1, 9, Phase::Record, 1, 0, -1, -1});
        ReplayProcess process(m_replays.get(), m_source.get());
        QSignalSpy failed(&process, &ReplayProcess::failed);
        process.setProgram(m_folder.filePath("nothing"));
        emit m_replays->wanted({"replay"});
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(failed.front().front().toString().contains("nothing"));
        process.setProgram(programPath());
        emit m_replays->wanted(
            {"replay", m_source->path(), "--run", "1", "--memory", "2", "--append"});
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 2, 20'000);
        const QString sentence = failed.back().front().toString();
        QVERIFY2(sentence.contains("memory") && !sentence.startsWith("attendre:"),
                 qPrintable(sentence));
        QVERIFY(!m_replays->underWay());
    }
};

QTEST_MAIN(LossesViewsTest)
#include "losses_views_test.moc"
