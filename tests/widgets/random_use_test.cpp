#include "app/engine_process.h"
#include "app/main_window.h"
#include "app/run_session.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"
#include "tests/widgets/watchdog.h"

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QMenu>
#include <QRandomGenerator>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// Clicks, drags, wheels and keys at random places of the window and of whatever it opens, for
// ATTENDRE_RANDOM_SECONDS (10): it neither crashes nor hangs, and the trace is as it was. A seed
// that failed is tried again with ATTENDRE_RANDOM_SEED.
class RandomUseTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;
    QRandomGenerator m_random;
    qint64 m_acts = 0;
    QStringList m_last; // what was done lately, for the report

    static int fromEnvironment(const char* name, int otherwise) {
        bool ok = false;
        const int value = qEnvironmentVariableIntValue(name, &ok);
        return ok ? value : otherwise;
    }
    QString trace() const { return m_folder.filePath("random.trace"); }

    // Where a person could act now: a popup, a dialog, or the windows.
    QWidget* front() {
        if (QWidget* popup = QApplication::activePopupWidget())
            return popup;
        if (QWidget* modal = QApplication::activeModalWidget())
            return modal;
        QWidgetList windows;
        for (QWidget* widget : QApplication::topLevelWidgets())
            if (widget->isVisible() && widget->windowType() != Qt::ToolTip)
                windows << widget;
        return windows.isEmpty() ? nullptr : windows[m_random.bounded(int(windows.size()))];
    }
    QWidget* somewhere(QWidget* window) {
        QWidgetList children;
        for (QWidget* child : window->findChildren<QWidget*>())
            if (child->isVisible() && child->width() > 2 && child->height() > 2 &&
                child->window() == window)
                children << child;
        return children.isEmpty() ? window : children[m_random.bounded(int(children.size()))];
    }
    void note(const QString& what, const QWidget* where) {
        m_last << QStringLiteral("%1 %2 %3")
                      .arg(what, QLatin1String(where->metaObject()->className()),
                           where->objectName());
        if (m_last.size() > 12)
            m_last.removeFirst();
    }
    void act() {
        QWidget* window = front();
        if (!window)
            return;
        // What other programs and files would be touched by is not tried.
        if (qobject_cast<QFileDialog*>(window)) {
            QTest::keyClick(window, Qt::Key_Escape);
            return;
        }
        ++m_acts;
        const QPointer<QWidget> where = somewhere(window);
        const QPoint at(m_random.bounded(where->width()), m_random.bounded(where->height()));
        switch (m_random.bounded(10)) {
        case 0:
        case 1:
        case 2:
            return click(where, at);
        case 3:
            return drag(where, at);
        case 4:
            return wheel(where, at);
        case 5:
            return resize();
        default:
            return key(where);
        }
    }
    void click(QWidget* where, const QPoint& at) {
        static const Qt::KeyboardModifier with[] = {Qt::NoModifier, Qt::NoModifier,
                                                    Qt::ShiftModifier, Qt::ControlModifier};
        const auto modifier = with[m_random.bounded(4)];
        note(QStringLiteral("click"), where);
        const int how = m_random.bounded(8);
        if (how == 0) {
            QContextMenuEvent event(QContextMenuEvent::Mouse, at, where->mapToGlobal(at));
            QCoreApplication::sendEvent(where, &event);
        } else if (how == 1) {
            QTest::mouseDClick(where, Qt::LeftButton, modifier, at);
        } else {
            QTest::mouseClick(where, Qt::LeftButton, modifier, at);
        }
    }
    void drag(const QPointer<QWidget>& where, const QPoint& at) {
        note(QStringLiteral("drag"), where);
        QTest::mousePress(where, Qt::LeftButton, {}, at);
        for (int i = 0; i < 3 && where; ++i)
            QTest::mouseMove(where, {m_random.bounded(std::max(1, where->width())),
                                     m_random.bounded(std::max(1, where->height()))});
        if (where)
            QTest::mouseRelease(where, Qt::LeftButton, {}, {at.y() % 50, at.x() % 50});
    }
    void wheel(QWidget* where, const QPoint& at) {
        note(QStringLiteral("wheel"), where);
        static const Qt::KeyboardModifier with[] = {Qt::NoModifier, Qt::ControlModifier,
                                                    Qt::ShiftModifier};
        QWheelEvent event(at, where->mapToGlobal(at), {},
                          {0, m_random.bounded(2) == 0 ? 120 : -120}, Qt::NoButton,
                          with[m_random.bounded(3)], Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(where, &event);
    }
    void resize() {
        m_window->resize(500 + m_random.bounded(1500), 400 + m_random.bounded(1000));
        note(QStringLiteral("resize"), m_window.get());
    }
    void key(QWidget* where) {
        static const int keys[] = {
            Qt::Key_Left,   Qt::Key_Right,    Qt::Key_Up,       Qt::Key_Down,   Qt::Key_Home,
            Qt::Key_End,    Qt::Key_PageUp,   Qt::Key_PageDown, Qt::Key_Tab,    Qt::Key_Backtab,
            Qt::Key_Return, Qt::Key_Escape,   Qt::Key_Space,    Qt::Key_Delete, Qt::Key_Backspace,
            Qt::Key_F3,     Qt::Key_F8,       Qt::Key_F9,       Qt::Key_F11,    Qt::Key_Period,
            Qt::Key_Comma,  Qt::Key_Question, Qt::Key_0,        Qt::Key_1,      Qt::Key_9,
            Qt::Key_A,      Qt::Key_B,        Qt::Key_D,        Qt::Key_E,      Qt::Key_F,
            Qt::Key_G,      Qt::Key_P,        Qt::Key_S,        Qt::Key_W,      Qt::Key_Z};
        static const Qt::KeyboardModifiers with[] = {
            Qt::NoModifier,    Qt::NoModifier,      Qt::NoModifier,
            Qt::ShiftModifier, Qt::ControlModifier, Qt::ControlModifier | Qt::ShiftModifier,
            Qt::AltModifier};
        const int key = keys[m_random.bounded(int(std::size(keys)))];
        const auto modifiers = with[m_random.bounded(int(std::size(with)))];
        note(QKeySequence(key | int(modifiers)).toString(), where);
        if (m_random.bounded(3) == 0)
            where->setFocus();
        QWidget* focus = where->window()->focusWidget();
        QTest::keyClick(focus ? focus : where, Qt::Key(key), modifiers);
    }
    // A person who closed the window opens it again.
    void ensureWindow() {
        if (m_window && m_window->isVisible())
            return;
        m_window.reset();
        m_window = std::make_unique<MainWindow>(true);
        m_window->session().engine()->setCommand(m_folder.filePath("no-engine"), {});
        m_window->resize(1280, 800);
        m_window->show();
        m_window->openFile(trace());
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("Attendre");
        QCoreApplication::setApplicationName("attendre-random-use-test");
        QApplication::setQuitOnLastWindowClosed(false);
        QSettings().clear();
        QVERIFY(recordMade(trace()).ok());
        QVERIFY(recordMade(trace(), {}, -1, true).ok());
    }

    void randomUse() {
        const int seconds = fromEnvironment("ATTENDRE_RANDOM_SECONDS", 10);
        const int seed = fromEnvironment("ATTENDRE_RANDOM_SEED", 1);
        m_random.seed(quint32(seed));
        ensureWindow();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        Watchdog watchdog;
        QElapsedTimer clock;
        clock.start();
        // Each turn asks for the next before it acts, so that turns also come inside the loops that
        // a menu runs of its own.
        int depth = 0;
        bool going = true;
        std::function<void()> turn = [&] {
            if (!going)
                return;
            QTimer::singleShot(2, this, turn);
            if (depth > 3)
                return;
            ++depth;
            act();
            --depth;
        };
        turn();
        while (clock.elapsed() < 1000 * seconds) {
            QTest::qWait(20);
            ensureWindow();
        }
        going = false;
        while (QWidget* popup = QApplication::activePopupWidget())
            popup->close();
        QTRY_COMPARE(depth, 0);
        qInfo("seed %d: %lld acts, the longest turn %.0f ms", seed, m_acts, watchdog.longest());
        QVERIFY(m_acts > seconds);
        QVERIFY2(watchdog.longest() < 1000,
                 qPrintable(stallOf(watchdog) + ": " + m_last.join(QStringLiteral(" | "))));
        m_window.reset();
        auto reader = Reader::open(trace());
        QVERIFY(reader.ok());
        QCOMPARE(int((*reader)->runs().take().size()), 2);
    }
};

QTEST_MAIN(RandomUseTest)
#include "random_use_test.moc"
