#include "tests/widgets/recorded_traces.h"

#include "model/trace/tables.h"
#include "widgets/notebook.h"
#include "widgets/query_editor.h"
#include "widgets/query_examples.h"
#include "widgets/query_menu.h"
#include "widgets/query_result_table.h"
#include "widgets/query_tracks.h"
#include "widgets/query_view.h"
#include "widgets/query_words.h"
#include "widgets/timeline_view.h"

#include <QAbstractItemModelTester>
#include <QAbstractItemView>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QCompleter>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>

using namespace attendre;

// The Query view on recorded traces, by keyboard and mouse.
class QueryViewTest : public QObject {
    Q_OBJECT

    RecordedTraces m_traces;
    std::unique_ptr<QueryTracks> m_tracks;
    std::unique_ptr<Notebook> m_notebook;
    std::unique_ptr<QueryView> m_view;

    ViewContext context() {
        ViewContext context = m_traces.context();
        context.tracks = m_tracks.get();
        context.notebook = m_notebook.get();
        return context;
    }
    QueryView* show(QSize size = {900, 300}) {
        m_view = std::make_unique<QueryView>(context());
        m_view->resize(size);
        m_view->show();
        settle();
        return m_view.get();
    }
    void settle() {
        QTest::qWait(1);
        QTRY_VERIFY_WITH_TIMEOUT(!m_view->run().isUnderWay(), 20'000);
        m_traces.settle();
    }
    // Writes a query in place of the one that is there, and runs it, all by keys.
    void type(const QString& sql) {
        QueryEditor* editor = m_view->editor();
        editor->setFocus();
        QTest::keyClick(editor, Qt::Key_A, Qt::ControlModifier);
        editor->insertPlainText(sql);
        QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier);
        settle();
    }
    QString cell(int row, int column) const {
        return m_view->table()->rows()->index(row, column).data().toString();
    }
    int rowCount() const { return m_view->table()->rows()->rowCount(); }
    QPoint placeOf(int row, int column) const {
        return m_view->table()->visualRect(m_view->table()->rows()->index(row, column)).center();
    }
    QPushButton* button(const QString& text) const {
        for (QPushButton* button : m_view->findChildren<QPushButton*>())
            if (button->text() == text)
                return button;
        return nullptr;
    }
    QLineEdit* nameLine() const {
        for (QLineEdit* line : m_view->findChildren<QLineEdit*>())
            if (line->accessibleName() == "The query's name")
                return line;
        return nullptr;
    }
    // Opens a button's menu with the mouse and takes an entry of it by its name.
    void takeFrom(QPushButton* button, const QString& entry) {
        bool taken = false;
        QTimer::singleShot(50, this, [&] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            if (!menu)
                return;
            for (QAction* action : menu->actions())
                if (action->text() == entry) {
                    taken = true;
                    return QTest::mouseClick(menu, Qt::LeftButton, {},
                                             menu->actionGeometry(action).center());
                }
            menu->close();
        });
        QTest::mouseClick(button, Qt::LeftButton);
        QVERIFY2(taken, qPrintable(entry));
        settle();
    }

  private slots:
    void initTestCase() { QVERIFY(m_traces.recordAll()); }
    void init() {
        m_traces.begin();
        m_tracks = std::make_unique<QueryTracks>(&m_traces.source());
        m_notebook = std::make_unique<Notebook>(&m_traces.source());
    }
    void cleanup() {
        m_view.reset();
        m_notebook.reset();
        m_tracks.reset();
        m_traces.end();
        QFile::remove(m_traces.filePath("full.trace.notes.json"));
    }

    void nothingOpenIsSaid() {
        show();
        QVERIFY2(m_view->state().contains("No trace is open"), qPrintable(m_view->state()));
        QVERIFY(!button("Run")->isEnabled());
        QCOMPARE(rowCount(), 0);
    }

    // What is seen at first is the first example, at the current point.
    void beginsWithWhatTheHeadHolds() {
        m_traces.open("full.trace");
        show();
        QCOMPARE(rowCount(), 32);
        auto reader = Reader::open(m_traces.source().path());
        const auto state = (*reader)->layerState(1, 10, 1);
        QSet<QString> expected, shown;
        for (const std::int32_t position : state->heads[2].position)
            expected << QString::number(position);
        for (int row = 0; row < rowCount(); ++row)
            shown << cell(row, 1);
        QCOMPARE(shown, expected);
    }

    void runsAndShows() {
        m_traces.open("full.trace");
        QAbstractItemModelTester tester(show()->table()->rows(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        type("SELECT run, count(*) AS n, NULL AS none, 0.5 AS half, 'a\nb' AS text FROM steps "
             "GROUP BY run");
        QCOMPARE(rowCount(), 2);
        QCOMPARE(cell(1, 0), "2");
        QCOMPARE(cell(1, 1), "20");
        QCOMPARE(cell(0, 2), "null");
        QCOMPARE(cell(0, 3), "0.5");
        QCOMPARE(cell(0, 4), QString::fromUtf8("a↵b"));
        QVERIFY2(m_view->state().startsWith("2 rows in "), qPrintable(m_view->state()));
        QTest::mouseClick(button("Run"), Qt::LeftButton);
        settle();
        QCOMPARE(rowCount(), 2);
        type("SELECT 1 WHERE 0");
        QCOMPARE(rowCount(), 0);
        QVERIFY2(m_view->state().startsWith("0 rows in "), qPrintable(m_view->state()));
    }

    // A wrong query is marked where it is wrong, and the last result stays.
    void errorsAreMarked() {
        m_traces.open("full.trace");
        show();
        type("SELECT 7");
        type("SELECT run,\n  laver FROM evictions");
        QCOMPARE(cell(0, 0), "7");
        QCOMPARE(m_view->editor()->errorAt(), 14);
        QCOMPARE(m_view->editor()->extraSelections().size(), 1);
        QCOMPARE(m_view->editor()->extraSelections().first().cursor.selectedText(), "laver");
        QVERIFY2(m_view->state().contains("no such column: laver (line 2, column 3)"),
                 qPrintable(m_view->state()));
        QTest::keyClick(m_view->editor(), Qt::Key_X);
        QCOMPARE(m_view->editor()->errorAt(), -1);
        type("ATTACH 'x' AS y");
        QVERIFY2(m_view->state().contains("not allowed"), qPrintable(m_view->state()));
    }

    void isCancelled_data() {
        QTest::addColumn<bool>("byKey");
        QTest::newRow("button") << false;
        QTest::newRow("Esc") << true;
    }
    void isCancelled() {
        QFETCH(bool, byKey);
        m_traces.open("full.trace");
        show();
        QueryEditor* editor = m_view->editor();
        editor->setPlainText("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
                             "SELECT max(x) FROM c");
        QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(m_view->run().isUnderWay());
        QTRY_VERIFY2(m_view->state().startsWith("running, 0.3"), qPrintable(m_view->state()));
        if (byKey)
            QTest::keyClick(editor, Qt::Key_Escape);
        else
            QTest::mouseClick(button("Cancel"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_view->run().isUnderWay(), 5000);
        QVERIFY2(m_view->state().contains("interrupted"), qPrintable(m_view->state()));
        QVERIFY(button("Run"));
    }

    void theTimeLimitIsTheViews() {
        m_traces.open("full.trace");
        show();
        auto* limit = m_view->findChild<QSpinBox*>();
        QCOMPARE(limit->value(), 10);
        limit->selectAll();
        QTest::keyClicks(limit, "1");
        type("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
             "SELECT max(x) FROM c");
        QVERIFY2(m_view->state().contains("after 1 s"), qPrintable(m_view->state()));
    }

    void aLongResultIsCutAndSaysSo() {
        m_traces.open("full.trace");
        show();
        type("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c");
        QCOMPARE(rowCount(), 100'000);
        QVERIFY2(m_view->state().startsWith("the first 100,000 rows"), qPrintable(m_view->state()));
    }

    void headingsSort() {
        m_traces.open("full.trace");
        QAbstractItemModelTester tester(show()->table()->rows(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        type("VALUES (3, 'b'), (NULL, 'c'), (10, 'a'), (2.5, NULL)");
        const QHeaderView* header = m_view->table()->horizontalHeader();
        const auto click = [&](int column) {
            QTest::mouseClick(header->viewport(), Qt::LeftButton, {},
                              {header->sectionViewportPosition(column) + 8, header->height() / 2});
        };
        const auto shown = [&](int column) {
            QStringList cells;
            for (int row = 0; row < rowCount(); ++row)
                cells << cell(row, column);
            return cells.join(' ');
        };
        m_view->table()->setCurrentIndex(m_view->table()->rows()->index(2, 0)); // 10
        click(0);
        QCOMPARE(shown(0), "null 2.5 3 10");
        QCOMPARE(m_view->table()->currentIndex().row(), 3); // the selection goes with its row
        click(0);
        QCOMPARE(shown(0), "10 3 2.5 null");
        click(1);
        QCOMPARE(shown(1), "null a b c");
        click(1);
        click(1);
        QCOMPARE(shown(1), "b c a null"); // as it came
    }

    void rowsLeadToTheirPoint() {
        m_traces.open("full.trace");
        show();
        type("SELECT 2 AS run, 12 AS step, 3 AS layer, 0 AS head, 44 AS position, 61 AS "
             "query_position UNION ALL SELECT 1, 4, 2, 1, 9, NULL");
        QTest::mouseClick(m_view->table()->viewport(), Qt::LeftButton, {}, placeOf(0, 1));
        QCOMPARE(m_traces.point().now(), (Point{2, 12, Phase::Record, 3, 0, 44, 61}));
        settle();
        // Keys only select; Enter goes.
        QTest::keyClick(m_view->table(), Qt::Key_Down);
        QCOMPARE(m_traces.point().now().step, 12);
        QTest::keyClick(m_view->table(), Qt::Key_Return);
        QCOMPARE(m_traces.point().now(), (Point{1, 4, Phase::Record, 2, 1, 9, 61}));
        // Who selects to copy goes nowhere.
        QTest::mouseClick(m_view->table()->viewport(), Qt::LeftButton, Qt::ControlModifier,
                          placeOf(0, 1));
        QCOMPARE(m_traces.point().now().run, 1);
    }

    void theClickedStepIsGoneTo() {
        m_traces.open("full.trace");
        show();
        type("SELECT 3 AS inserted_step, 9 AS evicted_step, 99 AS layer, 'x' AS text");
        QTest::mouseClick(m_view->table()->viewport(), Qt::LeftButton, {}, placeOf(0, 0));
        QCOMPARE(m_traces.point().now().step, 3);
        QCOMPARE(m_traces.point().now().layer, 1); // there is no layer 99
        settle();
        QTest::mouseClick(m_view->table()->viewport(), Qt::LeftButton, {}, placeOf(0, 3));
        QCOMPARE(m_traces.point().now().step, 9);
        const Point before = m_traces.point().now();
        type("SELECT 'x' AS text, 5 AS amount");
        QSignalSpy hovered(m_view.get(), &View::hovered);
        QTest::mouseClick(m_view->table()->viewport(), Qt::LeftButton, {}, placeOf(0, 1));
        QCOMPARE(m_traces.point().now(), before);
        QVERIFY(hovered.last()[0].toString().contains("No column"));
    }

    void followsThePoint() {
        m_traces.open("full.trace");
        show();
        type("SELECT :run, :step, :layer, :head, :entry");
        QCOMPARE(cell(0, 4), "null");
        m_traces.point().move({2, 7, Phase::Record, 3, 1, 12, noPosition});
        settle();
        QCOMPARE(cell(0, 0) + cell(0, 1) + cell(0, 2) + cell(0, 3) + cell(0, 4), "273112");
        auto* follow = m_view->findChild<QCheckBox*>();
        QTest::mouseClick(follow, Qt::LeftButton, {}, {8, follow->height() / 2});
        QVERIFY(!follow->isChecked());
        m_traces.point().move({1, 8, Phase::Record, 3, 1, 12, noPosition});
        settle();
        QCOMPARE(cell(0, 1), "7");
    }

    void copiesAndSaves() {
        m_traces.open("full.trace");
        show();
        type("SELECT 1 AS n, 'a\tb' AS text UNION ALL SELECT 2, 'c,\"d'");
        m_view->table()->setFocus();
        QTest::keyClick(m_view->table(), Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(m_view->table(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QApplication::clipboard()->text(), "n\ttext\n1\ta\\tb\n2\tc,\"d");
        const QString path = m_traces.filePath("rows.csv");
        QVERIFY(m_view->table()->rows()->saveCsv(path).ok());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("n,text\n1,a\tb\n2,\"c,\"\"d\"\n"));
        QVERIFY(!m_view->table()->rows()->saveCsv("/nowhere/rows.csv").ok());
    }

    void examplesRunOnEveryTrace_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"full.trace", "summary.trace", "stopped.trace"})
            QTest::newRow(name) << name;
    }
    void examplesRunOnEveryTrace() {
        QFETCH(QString, name);
        m_traces.open(name);
        m_traces.point().move({1, 10, Phase::Record, 1, 2, 0, noPosition});
        show();
        QSet<QString> texts;
        for (const SavedQuery& query : exampleQueries()) {
            takeFrom(button("Queries"), query.name);
            QCOMPARE(m_view->editor()->toPlainText(), query.sql);
            QVERIFY2(m_view->state().contains(" in 0.") || m_view->state().contains(" in 1."),
                     qPrintable(query.name + ": " + m_view->state()));
            const bool full = name == "full.trace";
            if (full || !query.sql.contains("attention"))
                QVERIFY2(rowCount() > 0, qPrintable(query.name));
        }
    }

    // The example's answer, reckoned from the reader.
    void theMostLostAreTheMostLost() {
        m_traces.open("full.trace");
        m_traces.point().move({1, 18, Phase::Record, 1, 2, noPosition, noPosition});
        show();
        takeFrom(button("Queries"), "Lost from the most heads");
        auto reader = Reader::open(m_traces.source().path());
        std::map<std::int32_t, int> lost;
        for (int step = 3; step <= 18; ++step)
            for (int layer = 0; layer < 4; ++layer)
                for (int head = 0; head < 3; ++head) {
                    const auto evictions = (*reader)->evictions(1, step, layer, head);
                    QVERIFY(evictions.ok());
                    for (const Eviction& eviction : *evictions)
                        ++lost[eviction.position];
                }
        int most = 0;
        for (const auto& [position, heads] : lost)
            most = std::max(most, heads);
        QCOMPARE(cell(0, 2).toInt(), most);
        for (int row = 0; row < rowCount(); ++row)
            QCOMPARE(cell(row, 2).toInt(), lost[cell(row, 0).toInt()]);
    }

    void queriesAreSavedAndDeleted() {
        m_traces.open("full.trace");
        show();
        type("SELECT 4 AS four");
        QLineEdit* name = nameLine();
        name->selectAll();
        QTest::keyClicks(name, "my four");
        QTest::mouseClick(button("Save"), Qt::LeftButton);
        QCOMPARE(m_notebook->queries().size(), std::size_t(1));
        QCOMPARE(m_notebook->queries()[0], (SavedQuery{"my four", "SELECT 4 AS four"}));
        type("SELECT 5 AS five");
        QTest::keyClick(name, Qt::Key_Return); // under the same name: in its place
        QCOMPARE(m_notebook->queries().size(), std::size_t(1));
        m_notebook->undoStack()->undo();
        takeFrom(button("Queries"), "my four");
        QCOMPARE(cell(0, 0), "4");
        // Another window on the trace finds it.
        Notebook other(&m_traces.source());
        m_traces.open("full.trace");
        QCOMPARE(other.queries().size(), std::size_t(1));
        QMenu* menu = m_view->menu();
        emit menu->aboutToShow();
        QMenu* removing = menu->findChild<QMenu*>();
        QVERIFY(removing);
        removing->actions().first()->trigger();
        QVERIFY(m_notebook->queries().empty());
    }

    void resultsBecomeTracks() {
        m_traces.open("full.trace");
        show();
        type("SELECT run, step, rank FROM evictions WHERE layer = 2 AND head = 1");
        takeFrom(button("To the timeline"), "mean of rank");
        QCOMPARE(m_tracks->all().back().name, "query"); // not the example's
        nameLine()->selectAll();
        QTest::keyClicks(nameLine(), "second head");
        takeFrom(button("To the timeline"), "rows per step");
        QCOMPARE(m_tracks->all().size(), std::size_t(2));
        m_tracks->remove(1, "query");
        TimelineView timeline(context());
        timeline.resize(700, 400);
        timeline.show();
        settle();
        auto reader = Reader::open(m_traces.source().path());
        const QStringList lines = timeline.csv().split('\n');
        for (int step = 0; step < 20; ++step) {
            const auto evictions = (*reader)->evictions(1, step, 2, 1);
            const QString line =
                QString("second head,1,%1,%1,%2,%2,%2").arg(step).arg(evictions->size());
            QVERIFY2(lines.contains(line), qPrintable(line));
        }
        // It belongs to its run.
        m_traces.to({2, 10, Phase::Record, 1, 2, noPosition, noPosition});
        QVERIFY(!timeline.csv().contains("second head"));
        m_traces.to({1, 10, Phase::Record, 1, 2, noPosition, noPosition});
        QVERIFY(timeline.csv().contains("second head"));
        // The menu removes it.
        QMenu menu;
        timeline.fillMenu(&menu);
        QCOMPARE(menu.actions().last()->text(),
                 QString::fromUtf8("Remove the track “second head”"));
        menu.actions().last()->trigger();
        settle();
        QVERIFY(!timeline.csv().contains("second head"));
        // The cross does so too: somewhere in the column of names.
        m_tracks->add({"again", "rows", 1, std::vector<float>(20, 3)});
        settle();
        QVERIFY(timeline.csv().contains("again,1,"));
        for (int y = 4; y < timeline.height() && !m_tracks->all().empty(); y += 5) {
            m_traces.point().move({1, 10, Phase::Record, 1, 2, noPosition, noPosition});
            QTest::mouseClick(&timeline, Qt::LeftButton, {}, {timeline.rect().left() + 14, y});
        }
        QVERIFY(m_tracks->all().empty());
        QCOMPARE(m_traces.point().now().step, 10); // and scrubs to nowhere
    }

    void closingTheTraceEndsTheQuery() {
        m_traces.open("full.trace");
        show();
        m_view->editor()->setPlainText(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c");
        QTest::mouseClick(button("Run"), Qt::LeftButton);
        QVERIFY(m_view->run().isUnderWay());
        m_traces.source().close();
        QVERIFY(!m_view->run().isUnderWay());
        QTest::qWait(50);
        QCOMPARE(rowCount(), 0);
    }

    void fitsItsPanel_data() {
        QTest::addColumn<QSize>("size");
        QTest::newRow("least") << QSize(220, 92);
        QTest::newRow("narrow") << QSize(320, 220);
        QTest::newRow("wide") << QSize(1300, 180);
    }
    void fitsItsPanel() {
        QFETCH(QSize, size);
        m_traces.open("full.trace");
        show(size);
        QCOMPARE(m_view->size(), size);
        QVERIFY(m_view->editor()->isVisible());
        QVERIFY(m_view->editor()->width() >= 60);
        for (const auto kind : {Theme::Kind::Dark, Theme::Kind::HighContrast}) {
            m_traces.theme().setKind(kind);
            QCOMPARE(m_view->editor()->palette().color(QPalette::Base), m_traces.theme().panel());
        }
    }
};

QTEST_MAIN(QueryViewTest)
#include "query_view_test.moc"
