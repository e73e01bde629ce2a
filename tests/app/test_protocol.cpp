#include "model/engine/outbox.h"
#include "model/engine/protocol.h"

#include <QJsonDocument>
#include <QTest>

#include <fcntl.h>
#include <unistd.h>

using namespace attendre;

// The framing of docs/protocol.md, without an engine.
class TestProtocol : public QObject {
    Q_OBJECT
  private slots:
    void namesTheMessageFirst();
    void cutsMessagesWhereverTheBytesBreak();
    void skipsBannersBeforeTheHello();
    void goesOnBehindAWrongLine();
    void refusesImpossiblePayloads();
    void slowReaderCostsOneNoticeOfAKind();
    void presetsAreConfigurations();
};

void TestProtocol::namesTheMessageFirst() {
    const QByteArray line = encodeMessage("notice", "hello", {{"alpha", 1}, {"zeta", "x\ny"}});
    QVERIFY(line.startsWith("{\"notice\":\"hello\","));
    QVERIFY(line.endsWith("}\n"));
    QCOMPARE(line.count('\n'), 1);
    QCOMPARE(encodeMessage("notice", "hello", {}), QByteArray("{\"notice\":\"hello\"}\n"));
    const QJsonObject read = QJsonDocument::fromJson(line).object();
    QCOMPARE(read["zeta"].toString(), QString("x\ny"));
}

void TestProtocol::cutsMessagesWhereverTheBytesBreak() {
    const QByteArray payload("\n\0{\"reply\":9}\n", 14);
    const QByteArray stream = encodeMessage("reply", 1, {{"ok", true}}) +
                              encodeMessage("notice", "frame", {{"step", 3}}, payload) + "\r\n" +
                              encodeMessage("reply", 2, {{"ok", true}});
    for (int piece = 1; piece <= stream.size(); ++piece) {
        MessageReader reader;
        std::vector<Message> messages;
        for (int at = 0; at < stream.size(); at += piece) {
            reader.append(stream.mid(at, piece));
            while (auto message = reader.next()) {
                QVERIFY(message->ok());
                messages.push_back(message->value());
            }
        }
        QCOMPARE(int(messages.size()), 3);
        QCOMPARE(messages[0].header["reply"].toInt(), 1);
        QCOMPARE(messages[1].payload, payload);
        QCOMPARE(messages[1].header["payload"].toInt(), 14);
        QCOMPARE(messages[2].header["reply"].toInt(), 2);
    }
}

void TestProtocol::skipsBannersBeforeTheHello() {
    MessageReader reader(true);
    reader.append("Welcome to box\n{\"notice\":\"else\"}\n\n");
    QVERIFY(!reader.next());
    reader.append(encodeMessage("notice", "hello", {{"protocol", 1}}));
    auto message = reader.next();
    QVERIFY(message && message->ok());
    QCOMPARE(message->value().header["notice"].toString(), QString("hello"));
    QVERIFY(reader.takeSkipped().startsWith("Welcome to box\n"));
}

void TestProtocol::goesOnBehindAWrongLine() {
    MessageReader reader;
    reader.append("not json\n[1,2]\n{\"request\":\"ping\",\"id\":1}\n");
    auto first = reader.next(), second = reader.next(), third = reader.next();
    QVERIFY(first && !first->ok());
    QVERIFY(first->error().sentence.contains("not json"));
    QVERIFY(second && !second->ok());
    QVERIFY(third && third->ok());
    QCOMPARE(third->value().header["request"].toString(), QString("ping"));
}

void TestProtocol::refusesImpossiblePayloads() {
    for (const char* payload : {"-1", "1e30", "\"many\"", "null", "[]"}) {
        MessageReader reader;
        reader.append(QByteArray("{\"request\":\"x\",\"id\":1,\"payload\":") + payload + "}\n");
        auto message = reader.next();
        QVERIFY2(message && !message->ok(), payload);
        QVERIFY(message->error().sentence.contains("payload"));
    }
}

void TestProtocol::slowReaderCostsOneNoticeOfAKind() {
    int ends[2];
    QCOMPARE(::pipe(ends), 0);
    {
        Outbox outbox(ends[1]);
        // More than a pipe holds, and nobody reads yet: the outbox's thread stands in write().
        outbox.notice("log", {{"text", QString(1 << 20, 'x')}});
        QTest::qWait(50);
        for (int step = 0; step < 1000; ++step)
            outbox.notice("stepRecorded", {{"step", step}}, "stepRecorded 1");
        outbox.reply(7);
        outbox.notice("stepRecorded", {{"step", 1000}}, "stepRecorded 1");
        std::vector<Message> messages;
        MessageReader reader;
        QByteArray buffer(1 << 16, Qt::Uninitialized);
        while (messages.size() < 3) {
            const ssize_t n = ::read(ends[0], buffer.data(), size_t(buffer.size()));
            QVERIFY(n > 0);
            reader.append(buffer.left(n));
            while (auto message = reader.next())
                messages.push_back(message->take());
        }
        QCOMPARE(messages[0].header["notice"].toString(), QString("log"));
        QCOMPARE(messages[1].header["reply"].toInt(), 7);
        QCOMPARE(messages[2].header["step"].toInt(), 1000);
    }
    ::close(ends[1]);
    char rest = 0;
    QCOMPARE(::read(ends[0], &rest, 1), ssize_t(0)); // nothing else had been queued
    ::close(ends[0]);
}

void TestProtocol::presetsAreConfigurations() {
    QVERIFY(!presets().empty());
    for (const Preset& preset : presets()) {
        Configuration asked;
        QVERIFY(setOption(asked, "preset", preset.name).ok());
        auto read = configurationFromJson(preset.configuration);
        QVERIFY2(read.ok(), qPrintable(preset.name));
        QCOMPARE(toJson(*read), toJson(asked));
        QVERIFY(!preset.definition.isEmpty());
    }
}

QTEST_GUILESS_MAIN(TestProtocol)
#include "test_protocol.moc"
