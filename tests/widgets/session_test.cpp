#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/panel.h"
#include "app/session_file.h"
#include "app/window_actions.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"
#include "widgets/document_canvas.h"

#include <QFileDialog>
#include <QLineEdit>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// Closed and opened again, everything is where it was; as a file it can be sent.
class SessionTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    QString file(const char* name) const { return m_folder->filePath(QLatin1String(name)); }
    Point now() const { return m_window->point().now(); }
    void settle() {
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(30);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
    }
    void newWindow(bool remember) {
        m_window.reset();
        m_window = std::make_unique<MainWindow>(remember);
        m_window->resize(1280, 800);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void openIt(const QString& path) {
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openFile(path);
        QVERIFY(opened.wait(20'000));
        settle();
    }
    Point somewhere() {
        Point point = now();
        point.run = 1;
        point.step = 13;
        point.phase = Phase::Evict;
        point.layer = 3;
        point.head = 2;
        point.entry = 77;
        m_window->point().move(point);
        settle();
        return point;
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("Attendre");
        QCoreApplication::setApplicationName("attendre-session-test");
    }
    void init() {
        QSettings().clear();
        m_folder = std::make_unique<QTemporaryDir>();
        MadeOptions fifo = windowOptions();
        fifo.policy = QStringLiteral("fifo");
        QVERIFY(recordMade(file("a.trace"), windowOptions()).ok());
        QVERIFY(recordMade(file("a.trace"), fifo, -1, true).ok());
        QVERIFY(recordMade(file("b.trace"), windowOptions()).ok());
    }
    void cleanup() { m_window.reset(); }

    void aTraceOpensWhereOneWas() {
        newWindow(true);
        openIt(file("a.trace"));
        const Point there = somewhere();
        openIt(file("b.trace"));
        QVERIFY(!(now() == there));
        openIt(file("a.trace")); // in the same window
        QCOMPARE(now(), there);
        m_window->close();
        newWindow(true); // another day
        openIt(file("a.trace"));
        QCOMPARE(now(), there);
        // What is asked for goes before what is remembered, and a run that came since is new.
        PointWishes wishes;
        wishes.step = 2;
        m_window->openTrace(file("a.trace"), wishes);
        QTRY_COMPARE(now().step, 2);
        settle();
        m_window->point().move(there);
        m_window->close();
        m_window.reset();
        QVERIFY(recordMade(file("a.trace"), windowOptions(), -1, true).ok());
        newWindow(true);
        openIt(file("a.trace"));
        QCOMPARE(now().run, 3);
    }

    void withoutRememberingItIsForgotten() {
        newWindow(false);
        openIt(file("a.trace"));
        const Point there = somewhere();
        m_window->close();
        newWindow(false);
        openIt(file("a.trace"));
        QVERIFY(!(now() == there));
        QVERIFY(QSettings().allKeys().isEmpty());
    }

    void asAFileToSend() {
        newWindow(false);
        openIt(file("a.trace"));
        const Point there = somewhere();
        QTest::keyClick(m_window.get(), Qt::Key_B, Qt::ControlModifier);
        m_window->setTheme(Theme::Kind::Dark);
        Panel* overview = m_window->workbench().panel("overview");
        overview->toggleViewAction()->trigger(); // hidden by a person
        QTest::keyClick(m_window.get(), Qt::Key_S, Qt::ControlModifier);
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        auto* name = dialog->findChild<QLineEdit*>();
        QVERIFY(name);
        QCOMPARE(name->text(), QString("a.attendre"));
        QTest::keyClick(name, Qt::Key_Return);
        QTRY_VERIFY(QFile::exists(file("a.attendre")));

        // To another folder, without the notes beside the trace.
        QDir(m_folder->path()).mkdir("sent");
        for (const char* one : {"a.trace", "a.attendre"})
            QVERIFY(QFile::copy(file(one), m_folder->filePath(QString("sent/") + one)));
        newWindow(false);
        openIt(m_folder->filePath("sent/a.attendre"));
        QCOMPARE(m_window->source().path(), m_folder->filePath("sent/a.trace"));
        QCOMPARE(now(), there);
        QCOMPARE(int(m_window->notebook().bookmarks().size()), 1);
        QVERIFY(m_window->actions().dark->isChecked());
        QVERIFY(!m_window->workbench().panel("overview")->isVisible());
        QVERIFY(m_window->workbench().panel("timeline"));

        // Without its trace it says what is missing.
        QVERIFY(QFile::remove(m_folder->filePath("sent/a.trace")));
        newWindow(false);
        m_window->openFile(m_folder->filePath("sent/a.attendre"));
        QVERIFY2(m_window->messages().sentence().contains("its trace a.trace is not there"),
                 qPrintable(m_window->messages().sentence()));
    }

    // For a projector, and back: every panel where it stood, with its size.
    void presenterMode() {
        newWindow(false);
        openIt(file("a.trace"));
        const auto state = [this] {
            QMap<QString, QRect> visible;
            for (Panel* panel : m_window->workbench().panels())
                if (panel->isVisible() && !panel->visibleRegion().isEmpty())
                    visible[panel->objectName()] = panel->geometry();
            return visible;
        };
        const auto before = state();
        QVERIFY(before.size() > 5);
        QTest::keyClick(m_window.get(), Qt::Key_F11, Qt::ShiftModifier);
        settle();
        QCOMPARE(QStringList(state().keys()),
                 QStringList({"document", "kv-memory", "why-evicted"}));
        auto* canvas = m_window->workbench().panel("document")->findChild<DocumentCanvas*>();
        const auto [first, end] = canvas->visibleTokens();
        QTest::keyClick(m_window.get(), Qt::Key_F11, Qt::ShiftModifier);
        settle();
        QTRY_COMPARE(state().keys(), before.keys());
        const auto after = state();
        for (auto one = before.begin(); one != before.end(); ++one) {
            const QRect there = after[one.key()], was = one.value();
            QVERIFY2(qAbs(there.width() - was.width()) < 24 &&
                         qAbs(there.height() - was.height()) < 24 &&
                         (there.topLeft() - was.topLeft()).manhattanLength() < 48,
                     qPrintable(one.key()));
        }
        QVERIFY(canvas->visibleTokens().second - canvas->visibleTokens().first > end - first);
    }

    void whatIsNoSession_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("said");
        QTest::addRow("cut") << QByteArray("{\"session\":1,") << "at byte";
        QTest::addRow("other") << QByteArray("{\"a\":1}") << "it is JSON, but no session";
        QTest::addRow("newer") << QByteArray("{\"session\":9}") << "of version 9, newer";
        QTest::addRow("place") << QByteArray("{\"session\":1,\"trace\":\"a.trace\","
                                             "\"place\":{\"step\":\"x\"}}")
                               << "\"step\" is not a whole number";
    }
    void whatIsNoSession() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, said);
        QFile out(file("wrong.attendre"));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
        out.close();
        const auto read = readSession(file("wrong.attendre"));
        QVERIFY(!read);
        QVERIFY2(read.error().sentence.contains(said), qPrintable(read.error().sentence));
    }

    // A place that the trace no longer has is not gone to.
    void aPlaceThatIsNotThere() {
        SessionFile session;
        session.trace = file("b.trace");
        session.place = {Reader::open(file("b.trace")).take()->run(1)->uuid, 9999, 5, 0, 0, 1, -1};
        QVERIFY(writeSession(file("far.attendre"), session).ok());
        newWindow(false);
        openIt(file("far.attendre"));
        QVERIFY(now().step < 100);
        QCOMPARE(now().run, 1);
    }
};

QTEST_MAIN(SessionTest)
#include "session_test.moc"
