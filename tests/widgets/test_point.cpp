#include "widgets/point.h"

#include <QSignalSpy>
#include <QTest>

using namespace attendre;

// The current point and the way that led to it.
class TestPoint : public QObject {
    Q_OBJECT
    static Point at(int step) {
        Point point;
        point.run = 1;
        point.step = step;
        return point;
    }
  private slots:
    void walksBackAndForward() {
        CurrentPoint point;
        point.reset(at(0));
        point.move(at(1));
        point.move(at(2));
        QVERIFY(point.canGoBack());
        QVERIFY(!point.canGoForward());
        point.goBack();
        QCOMPARE(point.now(), at(1));
        point.goBack();
        QCOMPARE(point.now(), at(0));
        QVERIFY(!point.canGoBack());
        point.goForward();
        QCOMPARE(point.now(), at(1));
    }
    void aMoveForgetsWhatWasAhead() {
        CurrentPoint point;
        point.reset(at(0));
        point.move(at(1));
        point.goBack();
        point.move(at(5));
        QVERIFY(!point.canGoForward());
        point.goBack();
        QCOMPARE(point.now(), at(0));
    }
    void mergedMovesAreOneStepOfTheWay() {
        CurrentPoint point;
        point.reset(at(0));
        for (int step = 1; step <= 9; ++step)
            point.move(at(step), true);
        point.goBack();
        QCOMPARE(point.now(), at(0));
    }
    void scrubbingWaitsForTheViews() {
        CurrentPoint point;
        bool ready = true;
        point.setReady([&ready] { return ready; });
        point.reset(at(0));
        QSignalSpy moved(&point, &CurrentPoint::moved);
        point.scrub(at(1));
        QCOMPARE(moved.count(), 1);
        ready = false;
        point.scrub(at(2));
        point.scrub(at(3));
        QCOMPARE(moved.count(), 1);
        QCOMPARE(point.now(), at(1));
        QCOMPARE(point.newest(), at(3));
        point.catchUp();
        QCOMPARE(point.now(), at(3));
        QCOMPARE(moved.count(), 2);
        point.scrub(at(4));
        point.move(at(7)); // a click wins over a drag that still waits
        point.catchUp();
        QCOMPARE(point.now(), at(7));
    }
};

QTEST_MAIN(TestPoint)
#include "test_point.moc"
