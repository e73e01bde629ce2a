#include "app/engine_process.h"
#include "model/trace/offered_options.h"
#include "model/trace/reader.h"
#include "tests/app/run_program.h"

#include <QFileInfo>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace attendre;

// The window's client and `attendre serve`, together: docs/protocol.md from end to end.
class TestEngineProcess : public QObject {
    Q_OBJECT
  private slots:
    void helloTellsOptionsAndPolicies();
    void modelsAndConfigurationsAreChecked();
    void stepsPausesAndGoals();
    void runsToTheNextEviction();
    void stopsAtBreakpoints();
    void aSecondRunIsAppended();
    void aFailingRequestLeavesTheSession();
    void newerRequestsReplaceQueuedOnes();
    void killedEngineLeavesItsSteps();
    void stoppedEngineIsNoticed();
    void restartGivesANewEngine();
    void quitClosesTheTrace();
    void endOfInputClosesTheTrace();
    void signalClosesTheTrace();
    void bannersAreIgnored();
    void engineThatDoesNotStart();
    void engineOfAnotherProtocol();
    void wrongMessagesAreAnswered();

  private:
    static constexpr int patience = 60000;
    EngineProcess::RunRequest request(const QString& trace) const {
        EngineProcess::RunRequest request;
        request.model = tinyModel();
        request.document = genesis();
        request.trace = m_folder.filePath(trace);
        request.configuration.memory = {64};
        request.configuration.chunk = 16;
        request.configuration.threads = 1;
        request.configuration.bos = "no";
        return request;
    }
    static bool startEngine(EngineProcess& engine) {
        engine.setCommand(programPath(), {"serve"});
        QSignalSpy ready(&engine, &EngineProcess::ready);
        engine.start();
        return ready.wait(patience) && engine.hello().engineError.isEmpty();
    }
    bool recordPaused(EngineProcess& engine, const QString& trace, int steps) const {
        EngineProcess::RunRequest asked = request(trace);
        asked.pauseAfter = steps;
        QSignalSpy paused(&engine, &EngineProcess::paused);
        QSignalSpy refused(&engine, &EngineProcess::requestFailed);
        QSignalSpy failed(&engine, &EngineProcess::runFailed);
        engine.record(asked);
        const auto settled = [&] { return paused.size() + refused.size() + failed.size() > 0; };
        if (!QTest::qWaitFor(settled, patience) || paused.isEmpty())
            qWarning() << "not recorded:" << refused << failed;
        return !paused.isEmpty();
    }
    RunInfo runIn(const QString& trace, int number = 1) const {
        auto reader = Reader::open(m_folder.filePath(trace));
        auto run = reader ? (*reader)->run(number) : Result<RunInfo>(reader.error());
        return run ? run.take() : RunInfo();
    }
    int stepsIn(const QString& trace, int number = 1) const {
        auto reader = Reader::open(m_folder.filePath(trace));
        auto count = reader ? (*reader)->stepCount(number) : Result<int>(reader.error());
        return count ? *count : -1;
    }
    QTemporaryDir m_folder;
};

using Paused = EngineProcess::Paused;

static Paused lastPause(const QSignalSpy& spy) {
    return spy.last()[0].value<Paused>();
}

void TestEngineProcess::helloTellsOptionsAndPolicies() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    const EngineProcess::Hello& hello = engine.hello();
    QCOMPARE(engine.state(), EngineProcess::State::Ready);
    QVERIFY(!hello.version.isEmpty() && !hello.build.isEmpty());
    QCOMPARE(hello.options.size(), offeredOptions().size());
    QStringList policies;
    for (const PolicyDescription& policy : hello.policies)
        policies << policy.name;
    for (const char* name : {"fifo", "lra", "lfa", "random", "h2o"})
        QVERIFY2(policies.contains(name), name);
    QVERIFY(!hello.presets.empty());
}

void TestEngineProcess::modelsAndConfigurationsAreChecked() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy loaded(&engine, &EngineProcess::modelLoaded);
    const int id = engine.load(tinyModel());
    QVERIFY(loaded.wait(patience));
    QCOMPARE(loaded[0][0].toInt(), id);
    QVERIFY(loaded[0][1].value<ModelSummary>().description.shape.layers > 0);

    QSignalSpy checked(&engine, &EngineProcess::checked);
    EngineProcess::RunRequest asked = request("checked.trace");
    engine.check(asked);
    QVERIFY(checked.wait(patience));
    const auto check = checked[0][1].value<EngineProcess::Check>();
    QVERIFY(check.tokens > 50000);
    QCOMPARE(check.steps, int((check.tokens + 15) / 16));
    QCOMPARE(check.resolved.memory.front(), 64);
    QVERIFY(check.total == check.weights + check.keyValue + check.working && check.weights > 0);
    QVERIFY(check.command.contains("--memory 64"));
    QVERIFY(!check.notices.isEmpty()); // T > P is allowed and warned of

    QSignalSpy failed(&engine, &EngineProcess::requestFailed);
    asked.configuration.sinks = 60;
    const int refused = engine.check(asked);
    QVERIFY(failed.wait(patience));
    QCOMPARE(failed[0][0].toInt(), refused);
    QVERIFY(failed[0][1].toString().contains("M = 64"));
    QVERIFY(!QFileInfo::exists(m_folder.filePath("checked.trace")));
}

void TestEngineProcess::stepsPausesAndGoals() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy started(&engine, &EngineProcess::runStarted);
    QSignalSpy paused(&engine, &EngineProcess::paused);
    QSignalSpy recorded(&engine, &EngineProcess::stepRecorded);
    QSignalSpy finished(&engine, &EngineProcess::runFinished);
    QVERIFY(recordPaused(engine, "steps.trace", 3));
    QCOMPARE(started.size(), 1);
    QVERIFY(engine.runInProgress());
    QCOMPARE(lastPause(paused).recorded, 3);
    QCOMPARE(lastPause(paused).reason, QString("goal"));
    QCOMPARE(recorded.last()[1].toInt(), 2);
    QCOMPARE(stepsIn("steps.trace"), 3);

    engine.step(); // two requests in a row add up
    engine.step(2);
    QTRY_COMPARE_WITH_TIMEOUT(engine.recordedSteps(), 6, patience);
    engine.runToStep(9);
    QTRY_VERIFY_WITH_TIMEOUT(!paused.isEmpty() && lastPause(paused).recorded == 10, patience);
    QCOMPARE(stepsIn("steps.trace"), 10);

    engine.runToEnd();
    QTRY_VERIFY_WITH_TIMEOUT(engine.recordedSteps() > 15, patience);
    engine.pause();
    QTRY_COMPARE_WITH_TIMEOUT(lastPause(paused).reason, QString("asked"), patience);
    const int at = lastPause(paused).recorded;
    QTest::qWait(200);
    QCOMPARE(stepsIn("steps.trace"), at);

    engine.stopRun();
    QVERIFY(finished.wait(patience));
    QVERIFY(!finished[0][2].toString().isEmpty());
    QVERIFY(!engine.runInProgress());
    QVERIFY(!runIn("steps.trace").ended.isEmpty());
}

void TestEngineProcess::runsToTheNextEviction() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy paused(&engine, &EngineProcess::paused);
    QVERIFY(recordPaused(engine, "evicted.trace", 1));
    engine.runToEviction(5, 0, 0); // behind the sinks: sure to go
    QTRY_COMPARE_WITH_TIMEOUT(lastPause(paused).reason, QString("evicted"), patience);
    const Paused pause = lastPause(paused);
    QCOMPARE(int(pause.evictions.size()), 1);
    const EvictionNotice notice = pause.evictions.front();
    QCOMPARE(notice.position, 5);
    QCOMPARE(notice.step, pause.recorded - 1);
    auto reader = Reader::open(m_folder.filePath("evicted.trace"));
    QVERIFY(reader.ok());
    auto life = (*reader)->life(1, 0, 0, 5);
    QVERIFY(life.ok());
    QCOMPARE(life->evictedStep, notice.step);
    QCOMPARE(life->slot, notice.slot);
}

// A run that is asked to go to its end stops at each step in which one holds, and only there.
void TestEngineProcess::stopsAtBreakpoints() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy paused(&engine, &EngineProcess::paused);
    QSignalSpy finished(&engine, &EngineProcess::runFinished);
    QSignalSpy failed(&engine, &EngineProcess::requestFailed);
    QVERIFY(recordPaused(engine, "stops.trace", 1));
    const std::vector<Breakpoint> breakpoints = {
        {5, 6, -1, -1, {}, true}, {noPosition, noPosition, 1, 0, "step == 12", true}};
    engine.setBreakpoints(breakpoints);
    std::vector<BreakpointHit> met;
    while (finished.isEmpty()) {
        const auto before = paused.size();
        engine.runToEnd();
        QTRY_VERIFY_WITH_TIMEOUT(paused.size() > before || !finished.isEmpty(), patience);
        if (paused.size() == before)
            break;
        const Paused pause = lastPause(paused);
        QCOMPARE(pause.reason, QString("breakpoint"));
        for (const BreakpointHit& hit : pause.hits) {
            QCOMPARE(hit.step, pause.recorded - 1);
            met.push_back(hit);
        }
        if (met.size() == 1) {
            engine.setBreakpoints({{5, 5, 99, -1, {}, true}}); // refused: those before stay
            QTRY_VERIFY_WITH_TIMEOUT(!failed.isEmpty(), patience);
            QVERIFY(failed[0][1].toString().contains("no layer 99"));
        }
    }
    auto reader = Reader::open(m_folder.filePath("stops.trace")).take();
    const RunInfo run = runIn("stops.trace");
    auto scan = BreakpointScan::compile(run, breakpoints).take();
    auto all = scan.all(*reader, 0, stepsIn("stops.trace") - 1, {}, {}).take().hits;
    for (BreakpointHit& hit : all)
        hit.values.clear();
    QVERIFY(all.size() > 2);
    QVERIFY(met == all);
}

void TestEngineProcess::aSecondRunIsAppended() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy finished(&engine, &EngineProcess::runFinished);
    QSignalSpy failed(&engine, &EngineProcess::requestFailed);
    EngineProcess::RunRequest asked = request("pair.trace");
    asked.configuration.tokens = 100;
    engine.record(asked);
    QVERIFY(finished.wait(patience));
    QVERIFY(finished[0][2].toString().isEmpty());
    asked.append = true;
    asked.configuration.policy = "fifo";
    engine.record(asked);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 2, patience);
    QCOMPARE(finished[1][0].toInt(), 2);
    QCOMPARE(runIn("pair.trace", 2).policy.name, QString("fifo"));
    QVERIFY(failed.isEmpty());
}

void TestEngineProcess::aFailingRequestLeavesTheSession() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy failed(&engine, &EngineProcess::requestFailed);
    EngineProcess::RunRequest asked = request("failing.trace");
    asked.document = m_folder.filePath("none.txt");
    engine.record(asked);
    QVERIFY(failed.wait(patience));
    QVERIFY(failed[0][1].toString().contains("none.txt"));
    asked = request("no/such/folder/run.trace");
    engine.record(asked);
    QVERIFY(failed.wait(patience));
    engine.step(); // no run is in progress
    QVERIFY(failed.wait(patience));
    QVERIFY(recordPaused(engine, "after.trace", 1));
    QCOMPARE(stepsIn("after.trace"), 1);
}

void TestEngineProcess::newerRequestsReplaceQueuedOnes() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy dropped(&engine, &EngineProcess::requestDropped);
    QSignalSpy checked(&engine, &EngineProcess::checked);
    engine.tokenize(tinyModel(), genesis()); // keeps the engine busy
    const int first = engine.check(request("x.trace"));
    const int second = engine.check(request("x.trace"));
    const int last = engine.check(request("x.trace"));
    QVERIFY(checked.wait(patience));
    QCOMPARE(checked.size(), 1);
    QCOMPARE(checked[0][0].toInt(), last);
    QCOMPARE(dropped.size(), 2);
    QCOMPARE(dropped[0][0].toInt(), first);
    QCOMPARE(dropped[1][0].toInt(), second);
}

void TestEngineProcess::killedEngineLeavesItsSteps() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QSignalSpy ended(&engine, &EngineProcess::engineEnded);
    QSignalSpy runFailed(&engine, &EngineProcess::runFailed);
    QVERIFY(recordPaused(engine, "killed.trace", 5));
    engine.runToEnd();
    QTRY_VERIFY_WITH_TIMEOUT(engine.recordedSteps() > 10, patience);
    ::kill(pid_t(engine.processId()), SIGKILL);
    QVERIFY(ended.wait(patience));
    const QString reason = ended[0][0].toString();
    QVERIFY2(reason.contains("memory"), qPrintable(reason));
    QCOMPARE(runFailed.size(), 1);
    QCOMPARE(engine.state(), EngineProcess::State::Ended);
    QVERIFY(stepsIn("killed.trace") >= engine.recordedSteps());
    const Ran check = run({"trace", "check", m_folder.filePath("killed.trace")});
    QVERIFY2(check.exitCode == 0, (check.out + check.err).constData());
}

void TestEngineProcess::stoppedEngineIsNoticed() {
    EngineProcess engine;
    engine.setTimeouts(3000, patience);
    QVERIFY(startEngine(engine));
    QSignalSpy hung(&engine, &EngineProcess::engineHung);
    QSignalSpy answers(&engine, &EngineProcess::engineAnswers);
    ::kill(pid_t(engine.processId()), SIGSTOP);
    QVERIFY(hung.wait(patience));
    QVERIFY(hung[0][0].toString().contains("not answered"));
    QVERIFY(answers.isEmpty());
    ::kill(pid_t(engine.processId()), SIGCONT);
    QVERIFY(answers.wait(patience));
    QCOMPARE(hung.size(), 1);
}

void TestEngineProcess::restartGivesANewEngine() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    const qint64 former = engine.processId();
    QSignalSpy ready(&engine, &EngineProcess::ready);
    QSignalSpy ended(&engine, &EngineProcess::engineEnded);
    ::kill(pid_t(former), SIGSTOP); // even one that hangs
    engine.restart();
    QVERIFY(ready.wait(patience));
    QVERIFY(engine.processId() != former);
    QCOMPARE(ended.size(), 1);
    QVERIFY(ended[0][0].toString().isEmpty());
}

void TestEngineProcess::quitClosesTheTrace() {
    EngineProcess engine;
    QVERIFY(startEngine(engine));
    QVERIFY(recordPaused(engine, "quit.trace", 4));
    QSignalSpy ended(&engine, &EngineProcess::engineEnded);
    engine.quit();
    QVERIFY(ended.wait(patience));
    QVERIFY(ended[0][0].toString().isEmpty());
    QVERIFY(runIn("quit.trace").ended.contains("quit"));
    QCOMPARE(stepsIn("quit.trace"), 4);
    QVERIFY(!QFileInfo::exists(m_folder.filePath("quit.trace-wal")));
}

static QByteArray recordLine(const EngineProcess::RunRequest& request) {
    return encodeMessage("request", "record",
                         {{"id", 1},
                          {"model", request.model},
                          {"document", request.document},
                          {"trace", request.trace},
                          {"configuration", toJson(request.configuration, false)}});
}

void TestEngineProcess::endOfInputClosesTheTrace() {
    QProcess process;
    process.start(programPath(), {"serve"});
    process.write(recordLine(request("ended.trace")));
    QTRY_VERIFY_WITH_TIMEOUT(stepsIn("ended.trace") > 3, patience);
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(patience));
    QCOMPARE(process.exitCode(), 0);
    QVERIFY(runIn("ended.trace").ended.contains("gone"));
    // After the hello, standard output holds messages and nothing else.
    for (const QByteArray& line : process.readAllStandardOutput().trimmed().split('\n'))
        QVERIFY2(QJsonDocument::fromJson(line).isObject(), line.constData());
}

void TestEngineProcess::signalClosesTheTrace() {
    QProcess process;
    process.start(programPath(), {"serve"});
    process.write(recordLine(request("term.trace")));
    QTRY_VERIFY_WITH_TIMEOUT(stepsIn("term.trace") > 3, patience);
    process.terminate();
    QVERIFY(process.waitForFinished(patience));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 0);
    QVERIFY(runIn("term.trace").ended.contains("signal"));
}

void TestEngineProcess::bannersAreIgnored() {
    EngineProcess engine;
    engine.setCommand("sh",
                      {"-c", "echo 'Welcome to box'; echo '{\"notice\":\"paused\"}'; exec \"" +
                                 programPath() + "\" serve"});
    QSignalSpy ready(&engine, &EngineProcess::ready);
    QSignalSpy logged(&engine, &EngineProcess::logged);
    QSignalSpy paused(&engine, &EngineProcess::paused);
    engine.start();
    QVERIFY(ready.wait(patience));
    QVERIFY(paused.isEmpty());
    QVERIFY(logged.first()[0].toString().contains("Welcome to box"));
}

void TestEngineProcess::engineThatDoesNotStart() {
    EngineProcess engine;
    QSignalSpy ended(&engine, &EngineProcess::engineEnded);
    engine.setCommand("/nonexistent/attendre", {"serve"});
    engine.start();
    QTRY_COMPARE(ended.size(), 1);
    QVERIFY(ended[0][0].toString().contains("/nonexistent/attendre"));
    engine.setCommand("sh", {"-c", "echo 'libfoo.so is missing' >&2; exit 127"});
    engine.start();
    QTRY_COMPARE(ended.size(), 2);
    QVERIFY2(ended[1][0].toString().contains("libfoo.so is missing"),
             qPrintable(ended[1][0].toString()));
    engine.setTimeouts(10000, 500);
    engine.setCommand("sleep", {"60"});
    engine.start();
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 3, 20000);
    QVERIFY(ended[2][0].toString().contains("hello"));
    QSignalSpy failed(&engine, &EngineProcess::requestFailed);
    const int id = engine.step();
    QVERIFY(failed.wait(1000));
    QCOMPARE(failed[0][0].toInt(), id);
}

void TestEngineProcess::engineOfAnotherProtocol() {
    EngineProcess engine;
    QSignalSpy ended(&engine, &EngineProcess::engineEnded);
    QSignalSpy ready(&engine, &EngineProcess::ready);
    engine.setCommand("sh", {"-c", "echo '{\"notice\":\"hello\",\"protocol\":99}'; exec sleep 60"});
    engine.start();
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 20000);
    QVERIFY2(ended[0][0].toString().contains("protocol 99"), qPrintable(ended[0][0].toString()));
    QVERIFY(ready.isEmpty());
}

void TestEngineProcess::wrongMessagesAreAnswered() {
    QProcess process;
    process.start(programPath(), {"serve"});
    process.write("nonsense\n{\"request\":\"ping\"}\n{\"request\":\"fly\",\"id\":5}\n"
                  "{\"request\":\"ping\",\"id\":6}\n{\"request\":\"quit\",\"id\":7}\n");
    QVERIFY(process.waitForFinished(patience));
    QCOMPARE(process.exitCode(), 0);
    QList<QJsonObject> messages;
    for (const QByteArray& line : process.readAllStandardOutput().trimmed().split('\n'))
        messages << QJsonDocument::fromJson(line).object();
    QCOMPARE(messages[0]["notice"].toString(), QString("hello"));
    QCOMPARE(messages[1]["notice"].toString(), QString("protocolError"));
    QVERIFY(messages[1]["error"].toString().contains("nonsense"));
    QVERIFY(messages[2]["error"].toString().contains("id"));
    QCOMPARE(messages[3]["reply"].toInt(), 5);
    QCOMPARE(messages[3]["exit"].toInt(), 2);
    QVERIFY(messages[3]["error"].toString().contains("fly"));
    QVERIFY(messages[4]["ok"].toBool());
    QCOMPARE(messages[5]["reply"].toInt(), 7);
}

QTEST_GUILESS_MAIN(TestEngineProcess)
#include "test_engine_process.moc"
