#include "tests/widgets/made_trace.h"
#include "widgets/trace_source.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <atomic>

using namespace attendre;

// Readings run elsewhere; only the newest of a receiver and tag is delivered.
class TestTraceSource : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString path(const char* name) const { return m_folder.filePath(QLatin1String(name)); }

    void open(TraceSource& source, const QString& file) {
        QSignalSpy opened(&source, &TraceSource::opened);
        source.open(file);
        QVERIFY(opened.wait());
    }
    // A reading that takes a while and answers with its number.
    static std::function<Result<int>(Reader&)> slow(int number) {
        return [number](Reader&) -> Result<int> {
            QThread::msleep(30);
            return number;
        };
    }

  private slots:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        QVERIFY(recordMade(path("a.trace")).ok());
        MadeOptions other;
        other.tokens = 32;
        QVERIFY(recordMade(path("b.trace"), other).ok());
    }
    void readsOnAThreadOfItsOwn() {
        TraceSource source;
        open(source, path("a.trace"));
        QCOMPARE(source.stepCount(1), 16);
        Qt::HANDLE there = nullptr, back = nullptr;
        QObject receiver;
        source.read<int>(
            &receiver, "one",
            [&there](Reader&) -> Result<int> {
                there = QThread::currentThreadId();
                return 1;
            },
            [&back](Result<int>) { back = QThread::currentThreadId(); });
        QCOMPARE(source.pending(), 1);
        QTRY_VERIFY(back != nullptr);
        QCOMPARE(back, QThread::currentThreadId());
        QVERIFY(there != back);
        QCOMPARE(source.pending(), 0);
    }
    void onlyTheNewestOfATagIsDelivered() {
        TraceSource source;
        open(source, path("a.trace"));
        QObject receiver;
        std::vector<int> delivered;
        for (int i = 1; i <= 10; ++i)
            source.read<int>(&receiver, "tag", slow(i),
                             [&delivered](Result<int> n) { delivered.push_back(*n); });
        int other = 0;
        source.read<int>(&receiver, "other", slow(77), [&other](Result<int> n) { other = *n; });
        QSignalSpy settled(&source, &TraceSource::settled);
        QVERIFY(settled.wait());
        QTRY_COMPARE(source.pending(), 0);
        QCOMPARE(delivered, std::vector<int>{10});
        QCOMPARE(other, 77);
    }
    void aReceiverThatIsGoneIsNotCalled() {
        TraceSource source;
        open(source, path("a.trace"));
        auto receiver = std::make_unique<QObject>();
        bool called = false;
        source.read<int>(receiver.get(), "tag", slow(1), [&called](Result<int>) { called = true; });
        receiver.reset();
        QTRY_COMPARE(source.pending(), 0);
        QVERIFY(!called);
    }
    void readingsOfTheFileBeforeAreDropped() {
        TraceSource source;
        open(source, path("a.trace"));
        QObject receiver;
        bool called = false;
        QSignalSpy opened(&source, &TraceSource::opened);
        source.open(path("b.trace"));
        // Asked for while the old file is still shown, answered when the new one is.
        source.read<int>(&receiver, "tag", slow(1), [&called](Result<int>) { called = true; });
        QVERIFY(opened.wait());
        QTest::qWait(80);
        QVERIFY(!called);
        QCOMPARE(source.stepCount(1), 8);
        QCOMPARE(source.pending(), 0);
    }
    void aFileThatDoesNotOpenLeavesTheOpenOne() {
        TraceSource source;
        open(source, path("a.trace"));
        QSignalSpy failed(&source, &TraceSource::failed);
        source.open(path("none.trace"));
        QVERIFY(failed.wait());
        const QString sentence = failed.front().front().toString();
        QVERIFY2(sentence.contains("none.trace"), qPrintable(sentence));
        QVERIFY(source.isOpen());
        QCOMPARE(source.stepCount(1), 16);
    }
    void closingEmptiesIt() {
        TraceSource source;
        open(source, path("a.trace"));
        QSignalSpy closed(&source, &TraceSource::closed);
        source.close();
        QCOMPARE(closed.count(), 1);
        QVERIFY(!source.isOpen());
        QCOMPARE(source.pending(), 0);
    }
    void aFileThatGrowsIsReread() {
        const QString file = path("grows.trace");
        const MadeOptions options;
        QVERIFY(recordMade(file, options, 3).ok());
        TraceSource source;
        open(source, file);
        QCOMPARE(source.stepCount(1), 3);
        QSignalSpy grown(&source, &TraceSource::grown);
        QVERIFY(recordMade(file, options, 5, true).ok());
        source.refresh();
        QVERIFY(grown.wait());
        QCOMPARE(source.runs().size(), 2U);
        QCOMPARE(grown.front().at(0).toInt(), 2);
        QCOMPARE(grown.front().at(1).toInt(), 5);
    }
};

QTEST_MAIN(TestTraceSource)
#include "test_trace_source.moc"
