#include "app/engine_process.h"

#include <QSignalSpy>
#include <QTest>

using namespace attendre;

// The window's client against an engine whose every line is written here.
class TestEngineClient : public QObject {
    Q_OBJECT
  private slots:
    void aNoticeThatNamesARequestIsNoReply();
};

// An engine that says hello, waits for a request and then says these lines.
static QStringList saying(const QStringList& lines) {
    const QString hello =
        QStringLiteral(R"({"notice":"hello","protocol":%1})").arg(protocolVersion);
    return {"-c", QStringLiteral("echo '%1'; read request; echo '%2'; read more")
                      .arg(hello, lines.join("'; echo '"))};
}

void TestEngineClient::aNoticeThatNamesARequestIsNoReply() {
    EngineProcess engine;
    engine.setCommand("sh", saying({R"({"notice":"progress","request":1,"reply":1,)"
                                    R"("what":"reading","done":3,"total":7})",
                                    R"({"reply":1,"ok":true,"tokens":70,"hash":"a"})"}));
    QSignalSpy ready(&engine, &EngineProcess::ready);
    QSignalSpy progress(&engine, &EngineProcess::progress);
    QSignalSpy failed(&engine, &EngineProcess::requestFailed);
    QSignalSpy dropped(&engine, &EngineProcess::requestDropped);
    QSignalSpy tokenized(&engine, &EngineProcess::documentTokenized);
    engine.start();
    QVERIFY(ready.wait());
    QCOMPARE(engine.tokenize("m", "d"), 1);
    QVERIFY(tokenized.wait());
    QCOMPARE(tokenized.size(), 1);
    QCOMPARE(tokenized[0][0].toInt(), 1);
    QCOMPARE(tokenized[0][1].toLongLong(), 70);
    QCOMPARE(progress.size(), 1);
    QCOMPARE(progress[0][0].toInt(), 1);
    QCOMPARE(progress[0][2].toLongLong(), 3);
    QVERIFY(failed.isEmpty() && dropped.isEmpty());
}

QTEST_GUILESS_MAIN(TestEngineClient)
#include "test_engine_client.moc"
