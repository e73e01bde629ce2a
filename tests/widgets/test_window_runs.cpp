#include "app/eliding_label.h"
#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/playback.h"
#include "app/step_dialog.h"
#include "app/transport_bar.h"
#include "app/window_actions.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"
#include "widgets/document_canvas.h"
#include "widgets/document_view.h"
#include "widgets/memory_legend.h"
#include "widgets/memory_view.h"
#include "widgets/metrics_view.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace attendre;

// The window over a trace of two runs, and from one trace to the next, by keys and clicks.
class TestWindowRuns : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    QString trace(const char* name) const { return m_folder.filePath(QLatin1String(name)); }
    Point now() const { return m_window->point().now(); }
    template <class V> V* view(const char* id) const {
        return qobject_cast<V*>(m_window->workbench().panel(QLatin1String(id))->view());
    }
    void settle() {
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(30);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
    }
    void openIt(const char* name) {
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openTrace(trace(name));
        QVERIFY(opened.wait(20'000));
        settle();
    }
    QComboBox* selector(const QString& name) const {
        for (QComboBox* box : m_window->findChild<TransportBar*>()->findChildren<QComboBox*>())
            if (box->accessibleName() == name)
                return box;
        return nullptr;
    }
    QString status() const { return m_window->statusBar()->findChild<ElidingLabel*>()->text(); }
    // Where a token stands in the document's viewport.
    static QPoint placeOf(DocumentCanvas* canvas, std::int32_t token) {
        const auto [first, end] = canvas->visibleTokens();
        Q_UNUSED(end);
        const int line = canvas->layout().lineOf(token) - canvas->layout().lineOf(first);
        const int high = QFontMetrics(canvas->font()).height();
        for (int y = 2; y < canvas->viewport()->height(); y += 3)
            for (int x = 2; x < canvas->viewport()->width(); x += 3) {
                QSignalSpy pointed(canvas, &DocumentCanvas::pointedAt);
                QTest::mouseMove(canvas->viewport(), QPoint(x, y));
                if (!pointed.isEmpty() && pointed.last()[0].toInt() == token)
                    return {x, y};
                if (y < (line - 2) * high)
                    break; // not yet near its line
            }
        return {};
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
        MadeOptions fifo = windowOptions();
        fifo.policy = QStringLiteral("fifo");
        QVERIFY(recordMade(trace("lra.trace"), windowOptions()).ok());
        QVERIFY(recordMade(trace("fifo.trace"), fifo).ok());
        QVERIFY(recordMade(trace("both.trace"), windowOptions()).ok());
        QVERIFY(recordMade(trace("both.trace"), fifo, -1, true).ok());
    }
    void init() {
        m_window = std::make_unique<MainWindow>(false);
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup() { m_window.reset(); }

    // Another trace whose first run has another policy: nothing of the run before stays.
    void theLegendIsThatOfTheRunAtHand() {
        openIt("lra.trace");
        const auto* legend = m_window->findChild<MemoryLegend*>();
        const QString lra = legend->scaleName();
        QVERIFY2(lra.endsWith("(log)"), qPrintable(lra));
        openIt("fifo.trace");
        QCOMPARE(legend->scaleName(),
                 QString("rank: %1").arg(m_window->source().runs().front().policy.rankLabel));
        QVERIFY(legend->scaleName() != lra);
        openIt("lra.trace");
        QCOMPARE(legend->scaleName(), lra);
    }
    void theSelectorsStandWhereThePanelsDo() {
        openIt("both.trace");
        QComboBox *run = selector("Run"), *layer = selector("Layer"), *head = selector("K/V head");
        QVERIFY(run && layer && head);
        QTest::keyClick(m_window.get(), Qt::Key_Up, Qt::ControlModifier);
        QTest::keyClick(m_window.get(), Qt::Key_Up, Qt::ControlModifier);
        settle();
        QCOMPARE(now().layer, 3);
        const int before = now().run;
        run->setFocus();
        QTest::keyClick(run, before == 2 ? Qt::Key_Up : Qt::Key_Down);
        settle();
        QVERIFY(now().run != before);
        QCOMPARE(now().layer, 3);
        QCOMPARE(layer->currentIndex(), 3);
        QCOMPARE(head->currentIndex(), now().head);
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        settle();
        QCOMPARE(now().run, before);
        QCOMPARE(run->currentData().toInt(), before);
        QCOMPARE(layer->currentIndex(), 3);
    }
    void aStepOutsideOfTheRunIsRefused() {
        openIt("lra.trace");
        QTest::keyClick(m_window.get(), Qt::Key_Home);
        settle();
        m_window->actions().toStep->trigger();
        auto* dialog = m_window->findChild<StepDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        auto* field = dialog->findChild<QLineEdit*>();
        auto* ok = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
        field->selectAll();
        QTest::keyClicks(field, "99999");
        QVERIFY(!ok->isEnabled());
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(dialog->isVisible());
        QCOMPARE(dialog->findChild<QLabel*>("problem")->text(),
                 QString("There is no step 99999: this run's steps are 0 to 39."));
        settle();
        QCOMPARE(now().step, 0);
        field->selectAll();
        QTest::keyClicks(field, "12");
        QVERIFY(ok->isEnabled());
        QTest::keyClick(field, Qt::Key_Return);
        settle();
        QCOMPARE(now().step, 12);
    }
    // The token selected when a trace is opened holds nothing; one that was clicked does.
    void theDocumentFollowsTheReading() {
        m_window->resize(1100, 700);
        openIt("lra.trace");
        auto* canvas = view<DocumentView>("document")->canvas();
        const auto read = [this] { return 16 * (now().step + 1) - 1; }; // C = 16
        QVERIFY(now().entry != noPosition);
        QVERIFY(!m_window->point().entryChosen());
        QTest::keyClick(m_window.get(), Qt::Key_Home);
        settle();
        QVERIFY(canvas->isVisibleToken(read()));
        QTest::keyClick(m_window.get(), Qt::Key_End);
        settle();
        QCOMPARE(now().step, 39);
        QVERIFY(canvas->isVisibleToken(read()));
        // A click on a token of the beginning, the reading far below: stepping leaves it there.
        canvas->scrollToToken(0, 0);
        QTest::mouseClick(canvas->viewport(), Qt::LeftButton, {}, QPoint(24, 10));
        settle();
        const std::int32_t chosen = now().entry;
        QVERIFY(m_window->point().entryChosen());
        QVERIFY(canvas->isVisibleToken(chosen) && !canvas->isVisibleToken(read()));
        QTest::keyClick(m_window.get(), Qt::Key_F10, Qt::ShiftModifier);
        settle();
        QCOMPARE(now().step, 38);
        QVERIFY(canvas->isVisibleToken(chosen));
    }
    // What the status bar says of a token is true of the step that is shown.
    void theStatusFollowsTheStep() {
        openIt("lra.trace");
        auto* canvas = view<DocumentView>("document")->canvas();
        Point point = now();
        point.step = 2;
        point.entry = 20;
        m_window->point().move(point);
        settle();
        const QPoint at = placeOf(canvas, 20);
        QVERIFY(!at.isNull());
        QTest::mouseClick(canvas->viewport(), Qt::LeftButton, {}, at);
        settle();
        QCOMPARE(now().entry, 20);
        QTest::mouseMove(canvas->viewport(), at);
        QVERIFY2(status().contains("resident in slot"), qPrintable(status()));
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        settle();
        QVERIFY(now().step > 2);
        QVERIFY2(!status().contains("resident"), qPrintable(status()));
        QVERIFY2(status().contains("evicted"), qPrintable(status()));
    }
    // Two policies over the same tokens: a line for each, and means of the same tokens.
    void theLossesOfTheRunsAreCompared() {
        openIt("both.trace");
        Panel* panel = m_window->workbench().panel("metrics");
        panel->raise();
        settle();
        QTest::keyClick(m_window.get(), Qt::Key_Home);
        for (int i = 0; i < 9; ++i) {
            QTest::keyClick(m_window.get(), Qt::Key_F10);
            settle();
        }
        QCOMPARE(now().step, 9);
        auto* chart = qobject_cast<TokenLossChart*>(
            view<MetricsView>("metrics")->chart(MetricsView::Plot::Nll));
        const auto& entries = chart->legend()->entries();
        QCOMPARE(int(entries.size()), 3);
        QCOMPARE(entries[0].text, QString("mean nll of 160 tokens:"));
        auto reader = Reader::open(trace("both.trace")).take();
        for (int i = 1; i <= 2; ++i) {
            const int run = i == 1 ? now().run : 3 - now().run;
            double sum = 0;
            int count = 0;
            const auto tokens = reader->tokens(run, 0, 160).take();
            for (const TokenInfo& token : tokens)
                if (!std::isnan(token.nll)) {
                    sum += double(token.nll);
                    ++count;
                }
            QVERIFY2(entries[std::size_t(i)].text.startsWith(QString::number(run)) &&
                         entries[std::size_t(i)].text.endsWith(
                             ": " + QString::number(sum / count, 'f', 3)),
                     qPrintable(entries[std::size_t(i)].text));
        }
        QVERIFY(entries[1].colour != entries[2].colour);
        QVERIFY(chart->legend()->outerRect().height() > 8);
        const QString said = chart->valueAt(150, 0);
        QVERIFY2(said.contains("; in run "), qPrintable(said));
        openIt("lra.trace"); // one run: nothing to compare
        QVERIFY(chart->legend()->entries().empty());
    }
    // The program itself, as a person starts it: its settings lie under its own name.
    void settingsLieUnderTheProgramsName() {
        QTemporaryDir home;
        QProcess program;
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", home.path());
        environment.insert("QT_QPA_PLATFORM", "offscreen");
        program.setProcessEnvironment(environment);
        program.start(QStringLiteral(ATTENDRE_BINARY_DIR "/bin/attendre-inspector"), {});
        QVERIFY(program.waitForStarted());
        const QString settings = home.filePath("Attendre/attendre.conf");
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(settings), 20'000);
        program.kill();
        QVERIFY(program.waitForFinished());
        QVERIFY(!QFile::exists(home.filePath("Unknown Organization")));
    }
};

QTEST_MAIN(TestWindowRuns)
#include "test_window_runs.moc"
