#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/new_run_dialog.h"
#include "app/run_session.h"
#include "app/welcome.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"
#include "tests/widgets/watchdog.h"

#include <QDragEnterEvent>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace attendre;

// What comes to the window from outside: dropped files, options of the command line, an engine that
// hangs; and how it stands before anything comes.
class TestWindowGuests : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    QString trace() const { return m_folder.filePath("made.trace"); }
    Point now() const { return m_window->point().now(); }
    void settle() {
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(30);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
    }
    void openIt() {
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openTrace(trace());
        QVERIFY(opened.wait(20'000));
        settle();
    }
    // A mouse that lets go of files over the window, as the window system tells of it.
    bool drop(const QStringList& paths) {
        QMimeData data;
        QList<QUrl> urls;
        for (const QString& path : paths)
            urls << QUrl::fromLocalFile(path);
        data.setUrls(urls);
        QDragEnterEvent enter({700, 400}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(m_window.get(), &enter);
        if (!enter.isAccepted())
            return false;
        QDropEvent drop({700, 400}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(m_window.get(), &drop);
        return true;
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
        QVERIFY(recordMade(trace(), windowOptions()).ok());
    }
    void init() {
        m_window = std::make_unique<MainWindow>(false);
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup() { m_window.reset(); }

    void aDroppedTraceOpens() {
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        QVERIFY(drop({trace()}));
        QVERIFY(opened.wait(20'000));
        QCOMPARE(m_window->source().path(), trace());
    }
    void aDroppedModelAndDocumentBeginANewRun() {
        m_window->session().engine()->setCommand("sh", {"-c", "read line"});
        QFile model(m_folder.filePath("small.gguf")), text(m_folder.filePath("small.txt"));
        QVERIFY(model.open(QIODevice::WriteOnly) && model.write("GGUF....") == 8);
        QVERIFY(text.open(QIODevice::WriteOnly) && text.write("In the beginning") == 16);
        model.close();
        text.close();
        QVERIFY(drop({text.fileName(), model.fileName()}));
        auto* dialog = m_window->findChild<NewRunDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        QStringList fields;
        for (const QLineEdit* field : dialog->findChildren<QLineEdit*>())
            fields << field->text();
        QVERIFY(fields.contains(model.fileName()) && fields.contains(text.fileName()));
        dialog->reject();
        m_window->session().engine()->kill();
    }
    void aDropOfWordsIsRefused() {
        QMimeData words;
        words.setText("In the beginning");
        QDragEnterEvent enter({700, 400}, Qt::CopyAction, &words, Qt::LeftButton, {});
        enter.ignore();
        QApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(!enter.isAccepted());
    }
    // An engine that stops without ending: a sentence with what to do, and a window that goes on.
    void aHungEngineIsASentence() {
        const QString hello =
            QStringLiteral(R"({"notice":"hello","protocol":%1})").arg(protocolVersion);
        EngineProcess& engine = *m_window->session().engine();
        engine.setCommand("sh", {"-c", QStringLiteral("echo '%1'; while :; do echo "
                                                      "'{\"notice\":\"heartbeat\"}'; "
                                                      "sleep 0.1; done")
                                           .arg(hello)});
        constexpr int patience = 1500; // ms
        engine.setTimeouts(patience, 20'000);
        openIt();
        engine.start();
        QTRY_COMPARE_WITH_TIMEOUT(engine.state(), EngineProcess::State::Ready, 20'000);
        QTest::qWait(2 * patience);
        QVERIFY2(m_window->messages().sentence().isEmpty(),
                 qPrintable(m_window->messages().sentence()));
        ::kill(pid_t(engine.processId()), SIGSTOP);
        QElapsedTimer stopped;
        stopped.start();
        Watchdog watchdog;
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->messages().sentence().isEmpty(), 10 * patience);
        QVERIFY2(stopped.elapsed() < 2 * patience, qPrintable(QString::number(stopped.elapsed())));
        QVERIFY(m_window->messages().sentence().contains("has not answered"));
        QVERIFY(m_window->messages().sentence().contains("start it anew"));
        QCOMPARE(m_window->session().stateSentence(), QString("engine does not answer"));
        QTest::keyClick(m_window.get(), Qt::Key_Home); // the recorded steps are there to be seen
        settle();
        QCOMPARE(now().step, 0);
        QVERIFY2(watchdog.longest() <= longestStall, qPrintable(stallOf(watchdog)));
        // What the message offers: the hung engine goes at once, another comes.
        const qint64 former = engine.processId();
        QPushButton* restart = nullptr;
        for (QPushButton* button : m_window->messages().findChildren<QPushButton*>())
            if (button->text().contains("Restart"))
                restart = button;
        QVERIFY(restart);
        restart->click();
        QTRY_VERIFY_WITH_TIMEOUT(engine.processId() != former && engine.processId() != 0, 20'000);
        QTRY_COMPARE_WITH_TIMEOUT(engine.state(), EngineProcess::State::Ready, 20'000);
        QVERIFY2(watchdog.longest() <= longestStall, qPrintable(stallOf(watchdog)));
        engine.kill();
        QTRY_COMPARE_WITH_TIMEOUT(engine.state(), EngineProcess::State::Ended, 20'000);
    }
    void theWelcomePageIsReadyForReturn() {
        auto* welcome = m_window->findChild<Welcome*>();
        QVERIFY(welcome->isVisible());
        QVERIFY(m_window->focusWidget());
        QCOMPARE(m_window->focusWidget()->objectName(), QString("choice"));
        QCOMPARE(m_window->focusWidget(), welcome->findChild<QWidget*>("choice"));
    }
    void aWishOutsideOfTheTraceIsRefused() {
        QSignalSpy failed(m_window.get(), &MainWindow::couldNotOpen);
        PointWishes wishes;
        wishes.layer = 99;
        m_window->openTrace(trace(), wishes);
        QVERIFY(failed.count() || failed.wait(20'000));
        QVERIFY2(failed[0][0].toString().contains("--layer 99") &&
                     failed[0][0].toString().contains("layers are 0 to"),
                 qPrintable(failed[0][0].toString()));
        settle();
        QVERIFY(m_window->messages().sentence().contains("--layer 99"));
    }
};

QTEST_MAIN(TestWindowGuests)
#include "test_window_guests.moc"
