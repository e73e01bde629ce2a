#include "widgets/console_log.h"
#include "widgets/console_view.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

using namespace attendre;

class ConsoleTest : public QObject {
    Q_OBJECT
  private slots:
    void isAProperModel() {
        ConsoleLog log;
        QAbstractItemModelTester tester(&log,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        for (int i = 0; i < 50; ++i)
            log.addEngineLine(QString::number(i));
        log.addNotice("allowed");
        log.clear();
        log.addProblem("it failed");
        QCOMPARE(log.rowCount(), 1);
    }

    void sayingItAgainIsCounted() {
        ConsoleLog log;
        QSignalSpy problems(&log, &ConsoleLog::problemAdded);
        log.addProblem("The disk is full.");
        log.addProblem("The disk is full.\n");
        log.addEngineLine("   ");
        QCOMPARE(log.rowCount(), 1);
        QCOMPARE(log.problems(), 1);
        QCOMPARE(problems.count(), 2);
        QVERIFY(log.index(0, ConsoleLog::Text).data().toString().contains("2 times"));
    }

    void theOldestGo() {
        ConsoleLog log(nullptr, 60);
        QAbstractItemModelTester tester(&log,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        log.addProblem("first");
        for (int i = 0; i < 150; ++i)
            log.addEngineLine(QString::number(i));
        QVERIFY(log.rowCount() > 50 && log.rowCount() <= 60);
        QCOMPARE(log.problems(), 0);
        QCOMPARE(log.lines().back().text, QString("149"));
    }

    void theViewFiltersAndCopies() {
        ConsoleLog log;
        Theme theme;
        TraceSource source;
        CurrentPoint point;
        ConsoleView view({&source, &point, &theme, &log});
        view.resize(400, 200);
        view.show();
        QVERIFY(view.isBlank());
        QCOMPARE(view.subtitle(), QString("no problems"));
        log.addEngineLine("30 layers");
        log.addProblem("The model file is cut short.");
        QVERIFY(!view.isBlank());
        QCOMPARE(view.subtitle(), QString("1 problem"));
        QCOMPARE(view.asText(false).count('\n'), 1);
        auto* chooser = qobject_cast<QComboBox*>(view.headerWidget());
        QVERIFY(chooser);
        chooser->setCurrentIndex(1);
        QCOMPARE(view.asText(false).count('\n'), 0);
        QVERIFY(view.asText(false).contains("cut short"));
        view.table()->selectRow(0);
        QTest::keyClick(view.table(), Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QApplication::clipboard()->text().contains("cut short"));
        log.clear();
        QVERIFY(view.isBlank());
    }

    void tokensAreReadable() {
        QCOMPARE(quotedToken(" greater"), QString("“greater”"));
        QCOMPARE(plainToken("\n"), QString("⏎"));
        QCOMPARE(plainToken("  "), QString("␣␣"));
        QCOMPARE(plainToken("\xe2\x80"), QString("‹e2 80›"));
        QCOMPARE(plainToken(""), QString("∅"));
        QCOMPARE(plainToken("ü"), QString("ü"));
    }

    void numbersAreShort() {
        QCOMPARE(shortNumber(417), QString("417"));
        QCOMPARE(shortNumber(50035), QString("50,035"));
        QCOMPARE(shortNumber(1.3396), QString("1.34"));
        QCOMPARE(shortNumber(0.03120), QString("0.0312"));
        QCOMPARE(shortNumber(qQNaN()), QString("–"));
        QCOMPARE(shortNumber(-qInf()), QString("−∞"));
        QCOMPARE(percent(0.614), QString("61 %"));
        QCOMPARE(percent(0.042), QString("4.2 %"));
        QCOMPARE(percent(0.0003), QString("0.03 %"));
        QCOMPARE(ordinal(1), QString("1st"));
        QCOMPARE(ordinal(12), QString("12th"));
        QCOMPARE(ordinal(64), QString("64th"));
        QCOMPARE(ordinal(103), QString("103rd"));
    }
};

QTEST_MAIN(ConsoleTest)
#include "console_test.moc"
