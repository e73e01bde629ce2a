#include "app/main_window.h"
#include "app/new_run_dialog.h"
#include "app/panel.h"
#include "app/run_session.h"
#include "app/workbench.h"
#include "tests/app/run_program.h"
#include "widgets/compare_view.h"
#include "widgets/parting_page.h"
#include "widgets/why_evicted_view.h"

#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include <set>

using namespace attendre;

// Did this eviction matter? From Why evicted? to a run in which it went otherwise, with a real
// engine, by keys and clicks.
class InterventionWindowTest : public QObject {
    Q_OBJECT
    static constexpr int patience = 60'000;
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;
    QString m_trace;

    Point now() const { return m_window->point().now(); }
    Panel* panel(const char* id) const { return m_window->workbench().panel(QLatin1String(id)); }
    template <class V> V* view(const char* id) const { return qobject_cast<V*>(panel(id)->view()); }
    void settle() {
        QTRY_VERIFY_WITH_TIMEOUT(m_window->source().pending() == 0, patience);
        QTest::qWait(40);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->source().pending() == 0, patience);
    }
    void open() {
        m_window = std::make_unique<MainWindow>(false);
        m_window->session().engine()->setCommand(programPath(), {"serve"});
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openFile(m_trace);
        QVERIFY(opened.wait(patience));
        settle();
    }
    // The run's eviction in the middle of it: its first victim of layer 1, head 0.
    Eviction somebody(int step) {
        auto reader = Reader::open(m_trace).take();
        const auto evictions = reader->evictions(1, step, 1, 0).take();
        return evictions.empty() ? Eviction() : evictions.front();
    }
    // Opens the button's menu by a click and chooses its entry by keys.
    QString choose(int entry) {
        m_window->workbench().present("why-evicted");
        settle();
        auto* button =
            qobject_cast<QToolButton*>(view<WhyEvictedView>("why-evicted")->headerWidget());
        QString words;
        QTimer::singleShot(200, button, [button, entry, &words] {
            QMenu* menu = button->menu();
            for (int i = 0; i <= entry; ++i)
                QTest::keyClick(menu, Qt::Key_Down);
            words = menu->activeAction() ? menu->activeAction()->text() : QString();
            QTest::keyClick(menu, Qt::Key_Return);
        });
        QTest::mouseClick(button, Qt::LeftButton);
        settle();
        return words;
    }
    // The dialog as it stands begins a run; its --change.
    QString begin() {
        auto* dialog = m_window->findChild<NewRunDialog*>();
        if (!dialog)
            return {};
        auto* start = dialog->findChild<QPushButton*>("begin");
        [&] { QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), patience); }();
        const QString change = dialog->findChild<QLineEdit*>("option-change")->text();
        const auto runs = m_window->source().runs().size();
        QTest::mouseClick(start, Qt::LeftButton);
        [&] {
            QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<NewRunDialog*>(), patience);
            m_window->activateWindow();
            QTRY_COMPARE_WITH_TIMEOUT(m_window->source().runs().size(), runs + 1, patience);
            QTRY_VERIFY_WITH_TIMEOUT(!m_window->session().busy(), patience);
            settle();
            QTest::keyClick(m_window.get(), Qt::Key_End, Qt::ControlModifier);
            QTRY_VERIFY_WITH_TIMEOUT(m_window->source().run(int(runs) + 1)->finished, patience);
            settle();
        }();
        return change;
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("Attendre");
        QCoreApplication::setApplicationName("attendre-intervention-test");
        QSettings().clear();
    }
    void init() {
        m_trace = m_folder.filePath(QString("%1.trace").arg(QTest::currentTestFunction()));
        const Ran recorded =
            run({"record", tinyModel(), genesis(), "--tokens", "400", "--memory", "64", "--chunk",
                 "16", "--detail", "full", "--bos", "no", "--threads", "1", "-o", m_trace});
        QVERIFY2(recorded.exitCode == 0, recorded.err.constData());
        open();
    }
    void cleanup() { m_window.reset(); }

    void keptInsteadFromAStepOn() {
        const Eviction victim = somebody(12);
        QVERIFY(victim.position >= 0);
        m_window->point().move({1, 12, Phase::Record, 1, 0, victim.position, noPosition});
        settle();
        const QString words = choose(0);
        QVERIFY2(words.contains(QString("(%1)").arg(victim.position)) && words.contains("step 12"),
                 qPrintable(words));
        const QString change = begin();
        QCOMPARE(change, QString("keep %1 at 12- in layer 1 head 0").arg(victim.position));

        auto reader = Reader::open(m_trace).take();
        QCOMPARE(reader->life(1, 1, 0, victim.position).take().evictedStep, 12);
        QCOMPARE(reader->life(2, 1, 0, victim.position).take().evictedStep, -1);
        // As many went, somebody else instead of it.
        const auto before = reader->evictions(1, 12, 1, 0).take();
        const auto after = reader->evictions(2, 12, 1, 0).take();
        QCOMPARE(after.size(), before.size());
        // Nothing was changed before the step, and nothing in it elsewhere.
        for (int step = 0; step < 12; ++step)
            for (int layer = 0; layer < reader->run(1).take().shape.layers; ++layer)
                QVERIFY(reader->layerState(1, step, layer).take().heads[0].position ==
                        reader->layerState(2, step, layer).take().heads[0].position);
        QVERIFY(reader->layerState(1, 12, 0).take().heads[0].position ==
                reader->layerState(2, 12, 0).take().heads[0].position);
        const Ran checked = run({"trace", "check", m_trace});
        QVERIFY2(checked.exitCode == 0, checked.err.constData());

        // The window says why it stays, and Compare where the runs part.
        m_window->point().move({2, 12, Phase::Record, 1, 0, victim.position, noPosition});
        settle();
        auto* why = view<WhyEvictedView>("why-evicted");
        QVERIFY2(why->summary().contains("kept by hand in step 13"), qPrintable(why->summary()));
        m_window->workbench().present("compare");
        settle();
        auto* compare = view<CompareView>("compare");
        QTRY_VERIFY_WITH_TIMEOUT(!compare->compared().reckoning(), patience);
        QTRY_VERIFY2_WITH_TIMEOUT(
            compare->partingPage()->headline()->text().contains("part at step 12, layer 1, head 0"),
            qPrintable(compare->partingPage()->headline()->text()), patience);
    }

    void swapped() {
        const Eviction victim = somebody(9);
        m_window->point().move({1, 9, Phase::Record, 1, 0, victim.position, noPosition});
        settle();
        const auto ranking = view<WhyEvictedView>("why-evicted")->content()->ranking;
        QVERIFY(ranking.firstSurvivor());
        const std::int32_t survivor = ranking.firstSurvivor()->position;
        const QString words = choose(2);
        QVERIFY2(words.contains("Swap"), qPrintable(words));
        QCOMPARE(begin(), QString("keep %1 at 9 in layer 1 head 0, drop %2 at 9 in layer 1 head 0")
                              .arg(victim.position)
                              .arg(survivor));
        auto reader = Reader::open(m_trace).take();
        std::set<std::int32_t> before, after;
        for (const Eviction& e : reader->evictions(1, 9, 1, 0).take())
            before.insert(e.position);
        for (const Eviction& e : reader->evictions(2, 9, 1, 0).take())
            after.insert(e.position);
        before.erase(victim.position);
        before.insert(survivor);
        QVERIFY(after == before);
        QCOMPARE(run({"trace", "check", m_trace}).exitCode, 0);
        m_window->point().move({2, 9, Phase::Record, 1, 0, survivor, noPosition});
        settle();
        QVERIFY(view<WhyEvictedView>("why-evicted")->summary().contains("dropped by hand"));
    }

    void droppedNow() {
        // A sink: protected, yet it goes where a person says so.
        m_window->point().move({1, 9, Phase::Record, 1, 0, 1, noPosition});
        settle();
        const QString words = choose(3);
        QVERIFY2(words.contains("Drop") && words.contains("(1)"), qPrintable(words));
        const QString change = begin();
        QVERIFY2(change.startsWith("drop 1 at 10"), qPrintable(change));
        auto reader = Reader::open(m_trace).take();
        QCOMPARE(reader->life(1, 1, 0, 1).take().evictedStep, -1);
        QCOMPARE(reader->life(2, 1, 0, 1).take().evictedStep, 10);
        QCOMPARE(reader->life(2, 1, 1, 1).take().evictedStep, -1); // another head keeps it
        QCOMPARE(run({"trace", "check", m_trace}).exitCode, 0);
    }
};

QTEST_MAIN(InterventionWindowTest)
#include "intervention_window_test.moc"
