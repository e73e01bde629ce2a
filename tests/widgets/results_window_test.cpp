#include "app/dropped_files.h"
#include "app/evidence_point.h"
#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/question_recording.h"
#include "app/results_window.h"
#include "model/evaluation/question_traces.h"
#include "tests/widgets/made_results.h"
#include "tests/widgets/made_trace.h"
#include "widgets/results_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// From a row of the results to its questions, and from a question to the step of its trace.
class ResultsWindowTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;
    Point m_expected; // where the made trace says that the evidence of q0 went
    QString m_sentence;

    QString results() const { return m_folder.filePath("sweep"); }
    QString answers() const { return results() + "/cells/lra56.jsonl"; }
    QString trace() const { return traceFileOf(answers(), "q0"); }
    ResultsView& view() { return m_window->results().view(); }

    void open() {
        QSignalSpy opened(&m_window->results(), &ResultsWindow::opened);
        m_window->openResults(results());
        QVERIFY(opened.wait(20'000));
        QVERIFY(QTest::qWaitForWindowExposed(&m_window->results()));
        const auto& rows = m_window->results().source().results().rows;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (rows[i].label == "lra, R 56")
                view().chooseRow(int(i));
        CellTable* items = view().items()->table();
        for (int row = 0; row < items->content().rowCount(); ++row)
            if (items->content().cell(row, 0).text == "q0")
                items->choose(row);
    }
    void settle() {
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(30);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
    }
    // A program that does what `attendre eval --record` would.
    QString program(const QByteArray& script) {
        const QString path = m_folder.filePath("program.sh");
        MadeResults::write(path, "#!/bin/sh\n" + script);
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return path;
    }
    void verifyThere() {
        settle();
        QCOMPARE(m_window->source().path(), trace());
        const Point now = m_window->point().now();
        QCOMPARE(now.run, 1);
        QCOMPARE(now.step, m_expected.step);
        QCOMPARE(now.layer, m_expected.layer);
        QCOMPARE(now.head, m_expected.head);
        QCOMPARE(now.entry, m_expected.entry);
        QCOMPARE(m_window->messages().sentence(), m_sentence);
        QVERIFY(m_window->isVisible());
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
        makeQuestions(results());
        QVERIFY(recordMade(m_folder.filePath("made.trace"), windowOptions()).ok());
        auto reader = Reader::open(m_folder.filePath("made.trace")).take();
        const EvidenceStep found = evidenceStep(*reader, 1, 60, 62).take(); // q0's
        QVERIFY(found.lostHere > 0);
        m_expected.step = found.step;
        m_expected.layer = found.layer;
        m_expected.head = found.head;
        m_expected.entry = found.position;
        m_sentence = QString("The answer's evidence (positions 60–62) left %1 of 12 heads; %2 of "
                             "them in this step.")
                         .arg(found.lost)
                         .arg(found.lostHere);
    }
    void init() {
        QDir(answers() + ".traces").removeRecursively();
        m_window = std::make_unique<MainWindow>(false);
    }
    void cleanup() { m_window.reset(); }

    void aQuestionOpensAtItsEvidence() {
        QVERIFY(QDir().mkpath(answers() + ".traces"));
        QVERIFY(QFile::copy(m_folder.filePath("made.trace"), trace()));
        open();
        QVERIFY(!m_window->isVisible());
        QCOMPARE(view().items()->openButton()->text(), QString("Open its trace"));
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        QTest::keyClick(view().items()->table(), Qt::Key_Return);
        QVERIFY(opened.wait(20'000));
        verifyThere();
    }

    void isRecordedWhereThereIsNoTrace() {
        m_window->results().recording().setProgram(
            program("mkdir -p \"$5.traces\" && cp '" + m_folder.filePath("made.trace").toUtf8() +
                    "' \"$5.traces/q0.trace\"\n"));
        open();
        QCOMPARE(view().items()->openButton()->text(), QString("Record it"));
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        QTest::mouseClick(view().items()->openButton(), Qt::LeftButton);
        QVERIFY(opened.wait(20'000));
        QCOMPARE(view().items()->openButton()->text(), QString("Open its trace"));
        verifyThere();
    }

    void aRecordingThatFailsIsASentence() {
        m_window->results().recording().setProgram(
            program("echo 'attendre: /models/one cannot be read: name a model.' >&2; exit 2\n"));
        open();
        QTest::mouseClick(view().items()->openButton(), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->results().messages().sentence(),
                                  QString("/models/one cannot be read: name a model."), 20'000);
        QVERIFY(view().items()->openButton()->isEnabled());
        m_window->results().recording().setProgram("/no/such/program");
        QTest::mouseClick(view().items()->openButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->results().messages().sentence().startsWith("/no/such/program does not"),
            20'000);
        m_window->results().recording().setProgram(program("exit 0\n")); // writes nothing
        QTest::mouseClick(view().items()->openButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->results().messages().sentence().contains("was not written"), 20'000);
    }

    void aRecordingIsCancelled() {
        QuestionRecording& recording = m_window->results().recording();
        recording.setProgram(program("exec sleep 60\n"));
        open();
        QSignalSpy failed(&recording, &QuestionRecording::failed);
        QTest::mouseClick(view().items()->openButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(recording.isRunning(), 20'000);
        QVERIFY(!view().items()->openButton()->isEnabled());
        emit view().items()->cancelWanted();
        QTRY_VERIFY_WITH_TIMEOUT(!recording.isRunning(), 20'000);
        QCOMPARE(failed.count(), 0);
        QVERIFY(view().items()->openButton()->isEnabled());
    }

    void theCommandIsCopied() {
        open();
        QTest::mouseClick(view().items()->copyButton(), Qt::LeftButton);
        const QString text = QGuiApplication::clipboard()->text();
        QVERIFY2(text.startsWith("attendre eval /sets/marked.json /models/one -o ") &&
                     text.contains("--ways memory") && text.contains("--record id:q0"),
                 qPrintable(text));
        const QString options = text.section("--config ", 1).section(' ', 0, 0);
        QFile file(options);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(QJsonDocument::fromJson(file.readAll()).object()["memory"].toInt(), 64);
    }

    // A window that was closed stays so, whatever a running sweep writes; opened again it shows it.
    void aClosedWindowRests() {
        open();
        m_window->results().close();
        QSignalSpy changed(&m_window->results().source(), &ResultsSource::changed);
        MadeResults::write(results() + "/cells/late.failed", "The disk is full: make room.");
        QVERIFY(!changed.wait(2500));
        QVERIFY(!m_window->results().isVisible());
        open();
        QVERIFY(m_window->results().isVisible());
        QCOMPARE(view().stateSentence(), QString("7 of 8 cells, 1 failed"));
        QFile::remove(results() + "/cells/late.failed");
    }

    // From the main window: what cannot be opened is said there, and no empty window comes.
    void whatIsNoResultIsSaid() {
        m_window->show();
        QSignalSpy failed(m_window.get(), &MainWindow::couldNotOpen);
        m_window->openResults(m_folder.filePath("nothing"));
        QVERIFY(failed.wait(20'000));
        QVERIFY(m_window->messages().sentence().contains("nothing"));
        QVERIFY(!m_window->results().isVisible());
    }

    void theEvidenceIsSaidInASentence() {
        EvidenceStep found;
        found.heads.resize(9);
        found.kept = 9;
        QCOMPARE(evidenceSentence(found, 7, 7),
                 QString("The answer's evidence (position 7) stayed in all 9 heads until the "
                         "question came."));
        found.awaited = 6;
        QVERIFY(evidenceSentence(found, 7, 9)
                    .contains("(positions 7–9) was evicted nowhere; it "
                              "was in 3 of 9 heads"));
        found.awaited = 0;
        found.kept = 3;
        found.lost = 6;
        found.lostHere = 4;
        QCOMPARE(evidenceSentence(found, 102, 104),
                 QString("The answer's evidence (positions 102–104) left 6 of 9 heads; 4 of them "
                         "in this step."));
        found.awaited = 2;
        QVERIFY(evidenceSentence(found, 102, 104)
                    .endsWith("it had not come to 2 others when the question came."));
    }

    void isKnownByWhatLiesInIt() {
        using Kind = DroppedFile::Kind;
        QCOMPARE(kindOf(results()), Kind::Results);
        QCOMPARE(kindOf(results() + "/sweep.json"), Kind::Results);
        QCOMPARE(kindOf(answers()), Kind::Results);
        QCOMPARE(kindOf(m_folder.filePath("made.trace")), Kind::Trace);
        MadeResults::write(m_folder.filePath("lines.jsonl"), "{\"context\": \"…\"}\n");
        QCOMPARE(kindOf(m_folder.filePath("lines.jsonl")), Kind::Document);
    }
};

QTEST_MAIN(ResultsWindowTest)
#include "results_window_test.moc"
