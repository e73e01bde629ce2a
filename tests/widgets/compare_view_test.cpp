#include "app/main_window.h"
#include "app/workbench.h"
#include "tests/widgets/recorded_traces.h"
#include "widgets/agreement_map.h"
#include "widgets/attention_difference_page.h"
#include "widgets/cell_table.h"
#include "widgets/compare_metrics_page.h"
#include "widgets/compare_view.h"
#include "widgets/kept_strip.h"
#include "widgets/losses_page.h"
#include "widgets/parting_page.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTabBar>
#include <QToolButton>

#include <set>

using namespace attendre;

// Two runs compared by mouse and keyboard. full.trace holds lra and fifo over the same text.
class CompareViewTest : public QObject {
    Q_OBJECT
    RecordedTraces m_traces;

    // Where two runs of a trace part first, from the slots alone.
    struct Parting {
        int step = -1, layer = -1, head = -1;
    };
    static std::set<std::int32_t> held(Reader& reader, int run, int step, int layer, int head) {
        const LayerState state = reader.layerState(run, step, layer).take();
        const auto& position = state.heads[std::size_t(head)].position;
        std::set<std::int32_t> positions(position.begin(), position.end());
        positions.erase(noPosition);
        return positions;
    }
    static Parting walk(Reader& reader) {
        const RunInfo run = reader.run(1).take();
        for (int step = 0; step < reader.stepCount(1).take(); ++step)
            for (int layer = 0; layer < run.shape.layers; ++layer)
                for (int head = 0; head < run.shape.heads; ++head)
                    if (held(reader, 1, step, layer, head) != held(reader, 2, step, layer, head))
                        return {step, layer, head};
        return {};
    }

    void settle(CompareView* view) {
        m_traces.settle();
        QTRY_VERIFY_WITH_TIMEOUT(!view->compared().reckoning(), 20'000);
        QTest::qWait(1);
    }
    CompareView* show(const QString& trace, QSize size = {900, 420}) {
        m_traces.open(trace);
        auto* view = m_traces.show<CompareView>(size);
        QWidget* header = view->headerWidget(); // in the window it stands in the panel's header
        header->setParent(nullptr);
        header->show();
        m_header.reset(header);
        settle(view);
        return view;
    }
    template <class W> W* headerPart(int index = 0) {
        return m_header->findChildren<W*>().value(index);
    }
    void clickTab(CompareView* view, CompareView::Page page) {
        QTest::mouseClick(view->tabs(), Qt::LeftButton, {},
                          view->tabs()->tabRect(int(page)).center());
        QCOMPARE(view->page(), page);
        settle(view);
    }
    const Point& now() { return m_traces.point().now(); }
    std::unique_ptr<QWidget> m_header;

    bool recordMore(const QString& name, const MadeOptions& made, bool append,
                    const QByteArray& text) {
        RecorderOptions how;
        how.append = append;
        auto recorder =
            Recorder::open(m_traces.filePath(name), madeRun(made), madeTokens(made, text), how);
        MadeSteps steps(made);
        while (auto step = recorder ? steps.next() : std::nullopt)
            if (!(*recorder)->add(std::move(*step)))
                return false;
        return recorder && (*recorder)->finish().ok();
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QVERIFY(m_traces.recordAll());
        const QByteArray text =
            "In the beginning God created the heaven and the earth. And the earth was without "
            "form, and void; and darkness was upon the face of the deep.\n";
        MadeOptions made;
        made.layers = 4;
        made.heads = 3;
        made.memory = 24;
        made.chunk = 16;
        made.tokens = 160;
        made.policy = "h2o";
        QVERIFY(recordMore("other.trace", made, false, text));
        for (const char* policy : {"lra", "fifo", "h2o"}) {
            made.policy = policy;
            QVERIFY(recordMore("three.trace", made, policy != QString("lra"), text));
        }
        made.memory = 32; // nothing in common by chance: each run's losses are its own
        for (const char* policy : {"lra", "fifo"}) {
            made.policy = policy;
            ++made.seed;
            QVERIFY(recordMore("losses.trace", made, policy != QString("lra"), text));
        }
        made.layers = 2;
        QVERIFY(recordMore("shallow.trace", made, false, text));
    }
    void init() { m_traces.begin(); }
    void cleanup() {
        m_header.reset();
        m_traces.end();
    }

    // Without a click: the other run is B, and the headline says where they part.
    void twoRunsAreComparedAtOnce() {
        CompareView* view = show("full.trace");
        QVERIFY2(!view->isBlank(), qPrintable(view->emptySentence()));
        QCOMPARE(view->compared().info()->run, 2);
        auto reader = Reader::open(m_traces.filePath("full.trace")).take();
        const Parting parting = walk(*reader);
        QVERIFY(parting.step > 0);
        const QString words = QString("They part at step %1, layer %2, head %3")
                                  .arg(parting.step)
                                  .arg(parting.layer)
                                  .arg(parting.head);
        QVERIFY2(view->partingPage()->headline()->text().contains(words),
                 qPrintable(view->partingPage()->headline()->text()));
        const QString whole = view->partingPage()->headline()->accessibleDescription();
        QVERIFY2(whole.contains("left A (LRA: last attended tick ") && whole.contains("the cut at"),
                 qPrintable(whole));
        QVERIFY(whole.contains("and stayed in B (FIFO: tick inserted "));
        QVERIFY(view->csv().startsWith("layer,step_a,step_b,keys,shared\n0,0,0,8,1\n"));
    }

    // A click on the headline, and Tab and Return in it.
    void theHeadlineLeadsToTheEviction() {
        CompareView* view = show("full.trace");
        auto reader = Reader::open(m_traces.filePath("full.trace")).take();
        const Parting parting = walk(*reader);
        QLabel* headline = view->partingPage()->headline();
        QTest::mouseClick(headline, Qt::LeftButton, {}, {30, 8});
        settle(view);
        QCOMPARE(now().step, parting.step);
        QCOMPARE(now().layer, parting.layer);
        QCOMPARE(now().head, parting.head);
        QVERIFY(!held(*reader, 1, now().step, now().layer, now().head).contains(now().entry));
        QVERIFY(held(*reader, 2, now().step, now().layer, now().head).contains(now().entry));
        m_traces.to({1, 15, Phase::Record, 3, 2, noPosition, noPosition});
        settle(view);
        headline->setFocus();
        QTest::keyClick(headline, Qt::Key_Tab);
        QTest::keyClick(headline, Qt::Key_Tab); // the entry that left A
        QTest::keyClick(headline, Qt::Key_Return);
        settle(view);
        QCOMPARE(now().step, parting.step);
        QCOMPARE(now().run, 1);
        // The entry that left B is an eviction of run 2: that becomes the current one.
        headline->setFocus();
        for (int tab = 0; tab < 3; ++tab)
            QTest::keyClick(headline, Qt::Key_Tab);
        QTest::keyClick(headline, Qt::Key_Return);
        settle(view);
        QCOMPARE(now().run, 2);
        QCOMPARE(view->compared().info()->run, 1);
        const auto gone = reader->evictions(2, now().step, now().layer, now().head).take();
        QVERIFY(std::any_of(gone.begin(), gone.end(), [this](const Eviction& eviction) {
            return eviction.position == now().entry;
        }));
    }

    void theMapLeadsToStepAndLayer() {
        CompareView* view = show("full.trace");
        AgreementMap* map = view->partingPage()->map();
        const QRectF cell = map->cellRect(13, 2);
        QVERIFY(!cell.isEmpty());
        QTest::mouseClick(map, Qt::LeftButton, {}, cell.center().toPoint());
        settle(view);
        QCOMPARE(now().step, 13);
        QCOMPARE(now().layer, 2);
        map->setFocus();
        QTest::keyClick(map, Qt::Key_Left);
        QTest::keyClick(map, Qt::Key_Down);
        QCOMPARE(now().step, 12);
        QCOMPARE(now().layer, 3);
        QTest::keyClick(map, Qt::Key_Return);
        settle(view);
        auto reader = Reader::open(m_traces.filePath("full.trace")).take();
        QCOMPARE(now().step, walk(*reader).step);
    }

    void theStripSelectsWhatOnlyOneHolds() {
        CompareView* view = show("full.trace");
        KeptStrip* strip = view->partingPage()->strip();
        auto reader = Reader::open(m_traces.filePath("full.trace")).take();
        const auto inA = held(*reader, 1, 10, 1, 2), inB = held(*reader, 2, 10, 1, 2);
        std::vector<std::int32_t> onlyA, onlyB;
        for (std::int32_t position = 0; position < 88; ++position) {
            if (inA.contains(position) && !inB.contains(position))
                onlyA.push_back(position);
            if (inB.contains(position) && !inA.contains(position))
                onlyB.push_back(position);
        }
        QVERIFY(!onlyA.empty() && !onlyB.empty());
        QVERIFY2(strip->summary().contains(QString("both %1 · only A %2 · only B %3 · neither %4")
                                               .arg(inA.size() - onlyA.size())
                                               .arg(onlyA.size())
                                               .arg(onlyB.size())
                                               .arg(88 - inA.size() - onlyB.size())),
                 qPrintable(strip->summary()));
        for (const std::int32_t position : {onlyA.front(), onlyB.front()}) {
            const QRectF token = strip->tokenRect(position);
            QVERIFY(!token.isEmpty());
            QTest::mouseClick(strip, Qt::LeftButton, {}, token.center().toPoint());
            QCOMPARE(now().entry, position);
            settle(view);
        }
        strip->setFocus();
        QTest::keyClick(strip, Qt::Key_Left); // from the first of B back to the last of A
        QCOMPARE(now().entry, onlyA.back());
        QTest::keyClick(strip, Qt::Key_Right);
        QCOMPARE(now().entry, onlyB.front());
    }

    // A click on a token goes to the eviction that it is owed to; so does Return.
    void aTokenLeadsToItsCause() {
        CompareView* view = show("losses.trace");
        m_traces.to({1, 9, Phase::Record, 0, 0, noPosition, noPosition});
        settle(view);
        clickTab(view, CompareView::Page::Losses);
        LossesPage* page = view->lossesPage();
        QTRY_VERIFY_WITH_TIMEOUT(!page->causes().empty() && page->causes().back(), 20'000);
        CellTable* table = page->table();
        auto reader = Reader::open(m_traces.filePath("losses.trace")).take();
        const auto a = reader->tokens(1, 0, 160).take(), b = reader->tokens(2, 0, 160).take();
        double most = 0;
        for (std::size_t i = 1; i < a.size(); ++i)
            most = std::max(most, std::abs(double(b[i].nll) - double(a[i].nll)));
        QCOMPARE(std::abs(page->losses()->largest.front().difference()), most);
        int jumps = 0;
        for (int row = 0; row < 6; ++row) {
            const auto cause = page->causes()[std::size_t(row)];
            if (!cause || cause->kind != LossCause::Kind::LostEntry)
                continue;
            m_traces.to({1, 9, Phase::Record, 0, 0, noPosition, noPosition});
            settle(view);
            QTRY_VERIFY_WITH_TIMEOUT(!page->causes().empty() && page->causes().back(), 20'000);
            const QModelIndex index = table->model()->index(row, 1);
            table->scrollTo(index);
            QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                              table->visualRect(index).center());
            if (jumps % 2) {
                m_traces.to({1, 9, Phase::Record, 0, 0, noPosition, noPosition});
                settle(view);
                table->setFocus();
                table->setCurrentIndex(table->model()->index(row, 1));
                QTRY_VERIFY_WITH_TIMEOUT(!page->causes().empty() && page->causes().back(), 20'000);
                QTest::keyClick(table, Qt::Key_Return);
            }
            ++jumps;
            QCOMPARE(now().run, cause->inA ? 1 : 2);
            QCOMPARE(now().step, cause->step);
            const auto gone =
                reader->evictions(now().run, now().step, now().layer, now().head).take();
            QVERIFY(std::any_of(gone.begin(), gone.end(), [this](const Eviction& eviction) {
                return eviction.position == now().entry;
            }));
        }
        QVERIFY(jumps > 1);
    }

    void swapAndLink() {
        CompareView* view = show("full.trace");
        auto* swap = headerPart<QToolButton>(0);
        auto* link = headerPart<QToolButton>(1);
        auto* step = headerPart<QSpinBox>();
        QTest::mouseClick(swap, Qt::LeftButton);
        settle(view);
        QCOMPARE(now().run, 2);
        QCOMPARE(now().step, 10);
        QCOMPARE(view->compared().info()->run, 1);
        QVERIFY(link->isChecked());
        QCOMPARE(step->value(), 10);
        // Another step of B unlinks it: it stays while A moves on.
        step->setFocus();
        step->selectAll();
        QTest::keyClicks(step, "6");
        QTest::keyClick(step, Qt::Key_Return);
        settle(view);
        QVERIFY(!link->isChecked());
        Point on = now();
        on.step = 12;
        m_traces.to(on);
        settle(view);
        QVERIFY2(view->partingPage()->strip()->summary().contains("step 12 of A, 6 of B"),
                 qPrintable(view->partingPage()->strip()->summary()));
        auto reader = Reader::open(m_traces.filePath("full.trace")).take();
        const auto inB = held(*reader, 1, 6, now().layer, now().head);
        const KeptSets* sets = view->partingPage()->strip()->sets();
        QCOMPARE(sets->both + sets->onlyB, int(inB.size()));
        QTest::mouseClick(link, Qt::LeftButton);
        settle(view);
        QVERIFY(link->isChecked());
        QCOMPARE(step->value(), 12);
    }

    void oneRunAloneSaysWhatToDo() {
        CompareView* view = show("summary.trace");
        QVERIFY(view->isBlank());
        QVERIFY2(view->emptySentence().contains("New run") &&
                     view->emptySentence().contains("Another trace…"),
                 qPrintable(view->emptySentence()));
    }

    // Run B of another file, with another chunk length; then a file that does not go together.
    void anotherTrace() {
        CompareView* view = show("summary.trace");
        const auto openOther = [&](const QString& name) {
            auto* runs = headerPart<QComboBox>();
            const int last = runs->count() - 1;
            QCOMPARE(runs->itemText(last), QString("Another trace…"));
            runs->setFocus();
            QTest::keyClick(runs, Qt::Key_Down, Qt::AltModifier); // opens the list
            QTest::keyClick(runs->view(), Qt::Key_End);
            QTest::keyClick(runs->view(), Qt::Key_Return);
            auto* dialog = view->findChild<QFileDialog*>();
            QVERIFY(dialog);
            auto* field = dialog->findChild<QLineEdit*>("fileNameEdit");
            QVERIFY(field);
            field->setFocus();
            field->selectAll();
            QTest::keyClicks(field, name); // the dialog opens beside the trace
            auto* box = dialog->findChild<QDialogButtonBox*>();
            QTest::mouseClick(box->button(QDialogButtonBox::Open), Qt::LeftButton);
            QTRY_VERIFY_WITH_TIMEOUT(view->compared().isElsewhere() &&
                                         view->compared().path() == m_traces.filePath(name),
                                     20'000);
            settle(view);
        };
        openOther("other.trace");
        QVERIFY2(!view->isBlank(), qPrintable(view->emptySentence()));
        QCOMPARE(view->compared().info()->policy.name, QString("h2o"));
        // A has read 88 tokens after step 10; B, 16 at a time, stands where it has read 80.
        QCOMPARE(view->compared().step(), std::optional<int>(4));
        QVERIFY(view->partingPage()->headline()->text().contains("of A and"));
        clickTab(view, CompareView::Page::Metrics);
        QCOMPARE(view->metricsPage()->chart(CompareMetricsPage::Chart::Nll)->lines().size(),
                 std::size_t(2));
        openOther("shallow.trace");
        QVERIFY(view->isBlank());
        QVERIFY2(view->emptySentence().contains("4 layers of 3 K/V heads, the other 2 of 3"),
                 qPrintable(view->emptySentence()));
        // Back to one that goes together, and over to it.
        openOther("other.trace");
        QVERIFY(!view->isBlank());
        QTest::mouseClick(headerPart<QToolButton>(0), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(m_traces.source().path() == m_traces.filePath("other.trace") &&
                                     view->compared().isElsewhere(),
                                 20'000);
        settle(view);
        QCOMPARE(view->compared().path(), m_traces.filePath("summary.trace"));
        QCOMPARE(now().step, 4);
    }

    void allRunsOfTheFileOverEachOther() {
        CompareView* view = show("three.trace");
        clickTab(view, CompareView::Page::Metrics);
        RunsChart* chart = view->metricsPage()->chart(CompareMetricsPage::Chart::Nll);
        QCOMPARE(chart->lines().size(), std::size_t(3));
        QVERIFY(chart->lines()[0].name.startsWith("A 1") &&
                chart->lines()[1].name.startsWith("B 2") && chart->lines()[2].name.startsWith("3"));
        QCOMPARE(chart->lines()[0].at,
                 (std::vector<double>{16, 32, 48, 64, 80, 96, 112, 128, 144, 160}));
        auto reader = Reader::open(m_traces.filePath("three.trace")).take();
        for (int run = 1; run <= 3; ++run)
            for (int step = 0; step < 10; ++step)
                QVERIFY(std::abs(chart->lines()[std::size_t(run - 1)].value[std::size_t(step)] -
                                 reader->steps(run, step, 1).take().front().meanNll) < 1e-5);
        const QPoint at(int(chart->xAxis->coordToPixel(95)), chart->axisRect()->center().y());
        QTest::mouseClick(chart, Qt::LeftButton, {}, at);
        QCOMPARE(now().step, 5);
        // Not B but the third: chosen in the header.
        auto* runs = headerPart<QComboBox>();
        runs->setFocus();
        QTest::keyClick(runs, Qt::Key_Down);
        settle(view);
        QCOMPARE(view->compared().info()->run, 3);
        QVERIFY(chart->lines()[1].name.startsWith("B 3"));
    }

    void differenceOfAttention() {
        CompareView* view = show("full.trace");
        clickTab(view, CompareView::Page::Attention);
        AttentionDifferencePage* page = view->attentionPage();
        QVERIFY(page->content() && page->content()->queries.size() == 8);
        QCOMPARE(page->content()->queries.front(), 80);
        for (const WeightDifference& weight : page->content()->weights) {
            if (std::abs(weight.difference()) < page->content()->largest)
                continue;
            const QRectF cell = page->cellRect(weight.query, weight.position);
            QVERIFY(!cell.isEmpty());
            QTest::mouseClick(page, Qt::LeftButton, {}, cell.center().toPoint());
            QCOMPARE(now().query, weight.query);
            QCOMPARE(now().entry, weight.position);
        }
        settle(view);
        const std::int32_t query = now().query;
        page->setFocus();
        QTest::keyClick(page, query == 87 ? Qt::Key_Up : Qt::Key_Down);
        QCOMPARE(now().query, query == 87 ? 86 : query + 1);
        QVERIFY(page->csv().count('\n') == int(page->content()->weights.size()) + 1);
    }

    void attentionAtSummaryDetail() {
        CompareView* view = show("full.trace");
        clickTab(view, CompareView::Page::Attention);
        view->compared().chooseElsewhere(m_traces.filePath("summary.trace"));
        QTRY_VERIFY_WITH_TIMEOUT(view->compared().isElsewhere(), 20'000);
        settle(view);
        QVERIFY2(view->attentionPage()->summary().contains("Run B keeps no attention"),
                 qPrintable(view->attentionPage()->summary()));
    }

    void everySizeAndTheme_data() {
        QTest::addColumn<QSize>("size");
        QTest::newRow("low") << QSize(1200, 300);
        QTest::newRow("small") << QSize(600, 400);
        QTest::newRow("smallest") << QSize(300, 150);
    }
    // Every page draws in every theme, and is saved.
    void everySizeAndTheme() {
        QFETCH(QSize, size);
        CompareView* view = show("full.trace", size);
        for (int page = 0; page < 4; ++page) {
            clickTab(view, CompareView::Page(page));
            QImage before;
            for (const auto kind :
                 {Theme::Kind::Light, Theme::Kind::Dark, Theme::Kind::HighContrast}) {
                m_traces.theme().setKind(kind);
                settle(view);
                const QImage image = view->grab().toImage();
                QVERIFY(image != before);
                before = image;
            }
            for (const char* ending : {"png", "svg", "pdf", "csv"}) {
                const QString file =
                    m_traces.filePath(QString("page%1.%2").arg(page).arg(QLatin1String(ending)));
                const auto saved = view->saveAs(file);
                QVERIFY2(saved, qPrintable(saved ? QString() : saved.error().sentence));
                QVERIFY(QFileInfo(file).size() > 60);
            }
        }
    }

    // "Where the two runs part", from the start: the tab, then the headline.
    void inTwoClicksFromTheStart() {
        MainWindow window(false);
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QSignalSpy opened(&window.source(), &TraceSource::opened);
        window.openTrace(m_traces.filePath("full.trace"));
        QVERIFY(opened.wait(20'000));
        QTRY_COMPARE_WITH_TIMEOUT(window.source().pending(), 0, 20'000);
        auto* view =
            qobject_cast<CompareView*>(window.workbench().panel(QStringLiteral("compare"))->view());
        QTabBar* bar = nullptr;
        int tab = -1;
        for (QTabBar* tabs : window.workbench().findChildren<QTabBar*>())
            for (int i = 0; i < tabs->count() && tabs != view->tabs(); ++i)
                if (tabs->tabText(i) == QLatin1String("Compare")) {
                    bar = tabs;
                    tab = i;
                }
        QVERIFY(bar);
        QTest::mouseClick(bar, Qt::LeftButton, {}, bar->tabRect(tab).center());
        QTRY_VERIFY_WITH_TIMEOUT(view->isVisible() && !window.compared().reckoning() &&
                                     view->partingPage()->headline()->text().contains("left A"),
                                 20'000);
        QTest::mouseClick(view->partingPage()->headline(), Qt::LeftButton, {}, {30, 8});
        auto reader = Reader::open(m_traces.filePath("full.trace")).take();
        QTRY_COMPARE(window.point().now().step, walk(*reader).step);
    }
};

QTEST_MAIN(CompareViewTest)
#include "compare_view_test.moc"
