#include "tests/widgets/made_results.h"
#include "widgets/results_table.h"
#include "widgets/results_view.h"
#include "widgets/theme.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QHeaderView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// The views of an evaluation's results over a small sweep of questions and one of documents.
class ResultsViewTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    Theme m_theme;
    std::unique_ptr<ResultsSource> m_source;
    std::unique_ptr<ResultsView> m_view;

    QString path(const QString& name) const { return m_folder.filePath(name); }
    void open(const QString& name) {
        QSignalSpy changed(m_source.get(), &ResultsSource::changed);
        m_source->open(path(name));
        QVERIFY(changed.wait(20'000));
        m_view->resize(1100, 700);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
        QTest::qWait(20);
    }
    int rowOf(const QString& label) const {
        const auto& rows = m_source->results().rows;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (rows[i].label == label)
                return int(i);
        return -1;
    }
    static int columnOf(const CellTable* table, const QString& title) {
        for (int column = 0; column < table->content().columnCount(); ++column)
            if (table->content().column(column).title == title)
                return column;
        return -1;
    }
    static QString cell(const CellTable* table, int row, const QString& title) {
        const int column = columnOf(table, title);
        return column < 0 ? QString("no column ") + title
                          : table->content().cell(row, column).whole();
    }
    QStringList standing() const {
        QStringList labels;
        for (const int row : m_view->table()->standing())
            labels << m_source->results().rows[std::size_t(row)].label;
        return labels;
    }
    void choose(const QString& label) { m_view->chooseRow(rowOf(label)); }

  private slots:
    void initTestCase() {
        makeQuestions(path("questions"));
        makeDocuments(path("documents"));
    }
    void init() {
        m_source = std::make_unique<ResultsSource>();
        m_view = std::make_unique<ResultsView>(&m_theme, m_source.get());
    }
    void cleanup() {
        m_view.reset();
        m_source.reset();
    }

    void theModelIsSound() {
        CellTableModel model;
        CellTableOrder order;
        order.setSourceModel(&model);
        QAbstractItemModelTester first(&model,
                                       QAbstractItemModelTester::FailureReportingMode::QtTest);
        QAbstractItemModelTester second(&order,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto results = readResults(path("questions"));
        QVERIFY2(results.ok(), results ? "" : qPrintable(results.error().sentence));
        model.setContent(resultColumns(*results), resultCells(*results));
        QCOMPARE(model.rowCount(), 7);
        order.setShown({true, false, true});
        QCOMPARE(order.rowCount(), 6);
        model.setContent(resultColumns(*results), resultCells(*results));
        order.sort(1, Qt::DescendingOrder);
        model.setContent({}, {});
        QCOMPARE(model.rowCount(), 0);
    }

    void aRowForEachConfiguration() {
        open("questions");
        CellTable* table = m_view->table();
        QCOMPARE(standing().mid(0, 3), (QStringList{"closed-book", "full", "fifo, R 56"}));
        QCOMPARE(m_view->stateSentence(), QString("7 of 8 cells"));
        const int lra = rowOf("lra, R 56");
        QCOMPARE(cell(table, lra, "R"), QString("56"));
        QCOMPARE(cell(table, lra, "M"), QString("64"));
        QCOMPARE(cell(table, lra, "C"), QString("8"));
        QCOMPARE(cell(table, lra, "count"), QString("20"));
        QVERIFY(cell(table, lra, "F1/score, %").startsWith("50.0 ("));
        QVERIFY(cell(table, lra, "against fifo").startsWith("+26.3 (")); // 19 pairs: 5 gained
        QCOMPARE(cell(table, lra, "memory, MB"), QString("1.00"));
        QCOMPARE(cell(table, rowOf("fifo, R 56"), "count"), QString("19 (−1)"));
        // Of what was not measured there is no column.
        for (const char* absent : {"nll", "KL to full", "coverage, %", "output error"})
            QCOMPARE(columnOf(table, absent), -1);
        for (int column = 0; column < table->content().columnCount(); ++column)
            QVERIFY(!table->content()
                         .headerData(column, Qt::Horizontal, Qt::ToolTipRole)
                         .toString()
                         .isEmpty());
    }

    void sortsNumbersAsNumbers() {
        open("questions");
        CellTable* table = m_view->table();
        const int sizes = columnOf(table, "R");
        table->sortByColumn(sizes, Qt::AscendingOrder);
        QStringList order;
        for (const int row : table->standing())
            order << table->content().cell(row, sizes).text;
        QCOMPARE(order, (QStringList{"56", "56", "120", "120", "", ""}));
        table->sortByColumn(sizes, Qt::DescendingOrder);
        order.clear();
        for (const int row : table->standing())
            order << table->content().cell(row, sizes).text;
        QCOMPARE(order, (QStringList{"120", "120", "56", "56", "", ""}));
        table->sortByColumn(columnOf(table, "F1/score, %"), Qt::AscendingOrder);
        QCOMPARE(standing().first(), QString("closed-book"));
        QCOMPARE(standing().last(), QString("full"));
        table->sortByColumn(-1, Qt::AscendingOrder);
        QCOMPARE(standing().first(), QString("closed-book"));
    }

    void filtersHoldForTableAndPlot() {
        open("questions");
        const ResultsPlot* plot = m_view->plotPanel()->plot();
        QCOMPARE(m_view->filters()->names(), (QStringList{"policy", "survives", "way"}));
        QVERIFY(!standing().contains("lra, R 56, shuffled"));
        QCOMPARE(plot->lines().lines.size(), std::size_t(2));
        const int colour = plot->lines().lines.back().policy;
        m_view->filters()->box("policy")->setCurrentText("lra");
        QCOMPARE(standing(), (QStringList{"closed-book", "full", "lra, R 56", "lra, R 120"}));
        QCOMPARE(plot->lines().lines.size(), std::size_t(1));
        QCOMPARE(plot->lines().lines.front().policy, colour); // a filter changes no colour
        QCOMPARE(plot->lines().levels.size(), std::size_t(2));
        m_view->filters()->box("way")->setCurrentIndex(0); // all
        QVERIFY(standing().contains("lra, R 56, shuffled"));
        QCOMPARE(plot->lines().lines.size(), std::size_t(2));
        QVERIFY(plot->lines().variants.contains("shuffled"));
        m_view->filters()->box("survives")->setCurrentText("120");
        QCOMPARE(standing(), (QStringList{"closed-book", "full", "lra, R 120"}));
    }

    void survivalIsJudged() {
        open("questions");
        QCOMPARE(m_view->plotPanel()->measureBox()->currentData().toString(), QString("score"));
        choose("lra, R 56");
        QCOMPARE(m_view->items()->survivalText(),
                 QString("Evidence survival tells right from wrong with AUC 1.00 (1.00–1.00)."));
        const CellTable* table = m_view->table();
        const int survival = columnOf(table, "survival, %");
        QVERIFY(survival >= 0);
        QVERIFY(!table->content().cell(rowOf("lra, R 56"), survival).isQuiet);
        choose("lra, R 120");
        const QString text = m_view->items()->survivalText();
        QVERIFY2(text.startsWith("Evidence survival says nothing here: AUC 0.50 (") &&
                     text.endsWith("no better than chance."),
                 qPrintable(text));
        QVERIFY(table->content().cell(rowOf("lra, R 120"), survival).isQuiet);
        choose("fifo, R 120"); // measured nowhere
        QVERIFY(m_view->items()->survivalText().isEmpty());
    }

    void theWorstQuestionsStandFirst() {
        open("questions");
        choose("lra, R 56");
        const CellTable* table = m_view->items()->table();
        QCOMPARE(table->content().rowCount(), 20);
        QCOMPARE(cell(table, 0, "score"), QString("0.00"));
        QCOMPARE(cell(table, 0, "closed-book"), QString("1.00"));
        QCOMPARE(cell(table, 4, "question"), QString("q4"));
        QCOMPARE(cell(table, 4, "closed-book"), QString("0.00"));
        QCOMPARE(cell(table, 4, "best otherwise"), QString("1.00 (full)"));
        QCOMPARE(cell(table, 4, "evidence"), QString("64–66"));
        QCOMPARE(cell(table, 4, "survival"), QString("10 %"));
        QCOMPARE(cell(table, 19, "score"), QString("1.00"));
        QVERIFY(m_view->items()->openButton()->isEnabled());
        choose("fifo, R 56");
        QCOMPARE(cell(table, 19, "question"), QString("q5")); // left out: last
        QCOMPARE(cell(table, 19, "prediction"), QString("The document is empty."));
        m_view->items()->table()->choose(19);
        QVERIFY(!m_view->items()->openButton()->isEnabled());
        choose("full");
        QVERIFY(!m_view->items()->openButton()->isEnabled()); // only “memory” is recorded
    }

    void tableAndPlotShowTheSameRow() {
        open("questions");
        ResultsPlot* plot = m_view->plotPanel()->plot();
        choose("fifo, R 120");
        QCOMPARE(plot->marked(), rowOf("fifo, R 120"));
        const auto place = plot->placeOf(rowOf("lra, R 56"));
        QVERIFY(place.has_value());
        QCOMPARE(plot->rowAt(*place), rowOf("lra, R 56"));
        QTest::mouseClick(plot, Qt::LeftButton, {}, place->toPoint());
        QCOMPARE(m_view->chosenRow(), rowOf("lra, R 56"));
        QVERIFY(plot->rowSentence(rowOf("lra, R 56")).startsWith("lra, R 56: 50.0 ("));
        const auto level = plot->placeOf(rowOf("full"));
        QTest::mouseClick(plot, Qt::LeftButton, {}, level->toPoint());
        QCOMPARE(m_view->chosenRow(), rowOf("full"));
    }

    void documentsInPairs() {
        open("documents");
        QCOMPARE(m_view->plotPanel()->measureBox()->currentData().toString(), QString("nll"));
        CellTable* table = m_view->table();
        const int lra = rowOf("lra, R 192");
        QVERIFY(cell(table, lra, "nll").startsWith("2.208 ("));
        QCOMPARE(cell(table, lra, "against fifo"), QString("−0.100 (−0.100 to −0.100)"));
        QCOMPARE(cell(table, lra, "against full"), QString("+0.208 (+0.208 to +0.208)"));
        QCOMPARE(columnOf(table, "F1/score, %"), -1);
        choose("lra, R 192");
        const CellTable* items = m_view->items()->table();
        QCOMPARE(items->content().rowCount(), 2);
        QCOMPARE(cell(items, 0, "document"), QString("a"));
        QCOMPARE(cell(items, 0, "nll"), QString("1.708"));
        QCOMPARE(cell(items, 0, "against fifo"), QString("−0.100"));
        QStringList lines;
        for (const RunLegend::Entry& entry : m_view->items()->course()->legend()->entries())
            lines << entry.text;
        QCOMPARE(lines, (QStringList{"lra, R 192", "fifo", "full"}));
        QVERIFY(m_view->items()->course()->valueAt(100, 0).contains("lra, R 192 1.708"));
        m_view->items()->table()->choose(1);
        QVERIFY(m_view->items()->course()->valueAt(100, 0).contains("lra, R 192 2.708"));
    }

    // A sweep that runs: what comes is shown by itself, and what was chosen stays.
    void followsARunningSweep() {
        makeQuestions(path("running"));
        open("running");
        choose("lra, R 120");
        m_view->items()->table()->choose(7);
        const QString question = cell(m_view->items()->table(), 7, "question");
        QSignalSpy changed(m_source.get(), &ResultsSource::changed);
        MadeResults::write(path("running") + "/cells/late.failed", "The disk is full: make room.");
        QVERIFY(changed.wait(20'000));
        QCOMPARE(m_view->stateSentence(), QString("7 of 8 cells, 1 failed"));
        QCOMPARE(m_view->failures(), QString("marked, h2o, R 56 The disk is full: make room."));
        QFile::remove(path("running") + "/cells/late.failed");
        QVERIFY(QFile::copy(path("running") + "/cells/lra56.jsonl",
                            path("running") + "/cells/late.jsonl"));
        QVERIFY(QFile::copy(path("running") + "/cells/lra56.json",
                            path("running") + "/cells/late.json"));
        QTRY_COMPARE_WITH_TIMEOUT(m_view->stateSentence(), QString("8 of 8 cells"), 20'000);
        QVERIFY(m_view->failures().isEmpty());
        QCOMPARE(m_view->chosenRow(), rowOf("lra, R 120"));
        QCOMPARE(m_view->items()->table()->chosen(), 7);
        QCOMPARE(cell(m_view->items()->table(), 7, "question"), question);
    }

    void aFileOfOneEvaluation() {
        const auto low = [](int i) { return double(i >= 10); };
        MadeResults::write(
            path("one.jsonl"),
            MadeResults::answers("memory", low, [](int i) { return i >= 10 ? 0.9 : 0.1; }) +
                MadeResults::answers(
                    "fifo", [](int i) { return double(i >= 15); }, {}, -1, false) +
                MadeResults::answers(
                    "closed-book", [](int i) { return double(i < 4); }, {}, -1, false));
        QVERIFY(namesResults(path("one.jsonl")));
        open("one.jsonl");
        QCOMPARE(standing(), (QStringList{"closed-book", "memory", "fifo"}));
        const CellTable* table = m_view->table();
        QCOMPARE(cell(table, rowOf("memory"), "R"), QString("56"));
        QVERIFY(cell(table, rowOf("memory"), "against fifo").startsWith("+25.0 ("));
        QVERIFY(cell(table, rowOf("memory"), "hard ones, %").startsWith("62.5 ("));
        QCOMPARE(m_view->chosenRow(), rowOf("memory"));
    }

    void whatIsNoResultIsASentence_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("nothing") << "nothing.jsonl";
        QTest::newRow("a folder without a sweep") << "empty";
        QTest::newRow("another file") << "other.jsonl";
        QTest::newRow("a damaged plan") << "damaged";
    }
    void whatIsNoResultIsASentence() {
        QFETCH(QString, name);
        QDir().mkpath(path("empty"));
        QDir().mkpath(path("damaged"));
        MadeResults::write(path("damaged/sweep.json"), "{\"attendre_sweep\":");
        MadeResults::write(path("other.jsonl"), "{\"words\":1}\n");
        QSignalSpy failed(m_source.get(), &ResultsSource::failed);
        m_source->open(path(name));
        QVERIFY(failed.wait(20'000));
        const QString sentence = failed.front().front().toString();
        QVERIFY2(sentence.contains(name) && sentence.endsWith(u'.'), qPrintable(sentence));
        QVERIFY(!m_source->isOpen());
    }

    void savesThePlot() {
        open("questions");
        for (const char* ending : {"png", "svg", "pdf", "csv"}) {
            const QString file = path(QString("plot.") + ending);
            const auto saved = m_view->plotPanel()->saveAs(file);
            QVERIFY2(saved.ok(), saved ? "" : qPrintable(saved.error().sentence));
            QVERIFY(QFileInfo(file).size() > 100);
        }
        QFile csv(path("plot.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QByteArray text = csv.readAll();
        QVERIFY(text.startsWith("line,survives,score,low,high,count\n"));
        QVERIFY(text.contains("\nlra,56,50,"));
        QVERIFY(text.contains("\nfull,,100,100,100,20\n"));
        QVERIFY(!m_view->plotPanel()->saveAs(path("plot.xyz")).ok());
        QVERIFY(!m_view->plotPanel()->saveAs(path("no/such/folder.csv")).ok());
    }

    // Nothing that the plot names lies outside of it, at any size and in any theme.
    void namesStayInside() {
        open("questions");
        for (const QSize size : {QSize(1400, 900), QSize(1100, 700), QSize(820, 560)})
            for (const auto kind :
                 {Theme::Kind::Light, Theme::Kind::Dark, Theme::Kind::HighContrast}) {
                m_theme.setKind(kind);
                m_view->resize(size);
                QTest::qWait(20);
                QCustomPlot* plot = m_view->plotPanel()->plot();
                plot->replot();
                std::vector<QRectF> names;
                for (int i = 0; i < plot->itemCount(); ++i)
                    if (auto* text = qobject_cast<QCPItemText*>(plot->item(i));
                        text && text->visible())
                        names.push_back(QRectF(text->topLeft->pixelPosition(),
                                               text->bottomRight->pixelPosition()));
                QCOMPARE(names.size(), std::size_t(2));
                QVERIFY(!names[0].intersects(names[1]));
                for (const QRectF& name : names)
                    QVERIFY(QRectF(plot->rect()).contains(name) &&
                            name.left() >= plot->axisRect()->right());
            }
        m_theme.setKind(Theme::Kind::Light);
    }
};

QTEST_MAIN(ResultsViewTest)
#include "results_view_test.moc"
