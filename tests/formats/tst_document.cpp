#include "model/formats/document.h"

#include <QCryptographicHash>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

class DocumentTest : public QObject {
    Q_OBJECT

  private slots:
    void keepsBytesAsTheyAre();
    void leavesTheByteOrderMarkOut();
    void refuses_data();
    void refuses();
    void refusesWhatIsNoFile();

  private:
    QString write(const QByteArray& bytes) {
        const QString path = m_folder.filePath(QStringLiteral("text%1.txt").arg(m_count++));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("%s cannot be written", qPrintable(path));
        return path;
    }
    QTemporaryDir m_folder;
    int m_count = 0;
};

void DocumentTest::keepsBytesAsTheyAre() {
    const QByteArray text = "One\r\ntwo\rthree\n\tfour caf\xC3\xA9 \xF0\x9F\x98\x80\r\n";
    auto document = readDocument(write(text));
    QVERIFY2(document.ok(), document.ok() ? "" : qPrintable(document.error().sentence));
    QCOMPARE(document->text, text);
    QCOMPARE(document->bomBytes, 0);
    QCOMPARE(document->hash,
             QStringLiteral("sha256:") +
                 QString::fromLatin1(
                     QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex()));
}

void DocumentTest::leavesTheByteOrderMarkOut() {
    auto document = readDocument(write("\xEF\xBB\xBFIn the beginning\r\n"));
    QVERIFY(document.ok());
    QCOMPARE(document->text, QByteArray("In the beginning\r\n"));
    QCOMPARE(document->bomBytes, 3);
}

void DocumentTest::refuses_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QByteArray& bytes, const char* says) {
        QTest::newRow(name) << bytes << QString::fromLatin1(says);
    };
    const QByteArray prefix(100, 'x');
    row("empty", "", "is empty (0 bytes); choose a document");
    row("only a mark", "\xEF\xBB\xBF", "holds no text");
    row("Latin-1", prefix + "caf\xE9 au lait", "byte 0xe9 at offset 103");
    row("offset with a mark",
        "\xEF\xBB\xBF"
        "ab\xFF"
        "c",
        "byte 0xff at offset 5");
    row("cut off", prefix + "\xE2\x82", "byte 0xe2 at offset 100");
    row("overlong", "a\xC0\xAF", "byte 0xc0 at offset 1");
    row("overlong of three", "a\xE0\x80\xAF", "byte 0xe0 at offset 1");
    row("a surrogate", "ab\xED\xA0\x80", "byte 0xed at offset 2");
    row("beyond Unicode", "\xF4\x90\x80\x80", "byte 0xf4 at offset 0");
    row("a lone continuation", prefix + "\x80", "byte 0x80 at offset 100");
    row("UTF-16", QByteArray("\xFF\xFEI\0n\0", 6), "byte 0xff at offset 0");
}

void DocumentTest::refuses() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const QString path = write(bytes);
    auto document = readDocument(path);
    QVERIFY(!document.ok());
    QVERIFY2(document.error().sentence.contains(says), qPrintable(document.error().sentence));
    QVERIFY(document.error().sentence.startsWith(path));
}

void DocumentTest::refusesWhatIsNoFile() {
    auto absent = readDocument(m_folder.filePath(QStringLiteral("absent.txt")));
    QVERIFY(!absent.ok());
    QVERIFY(absent.error().sentence.contains(QStringLiteral("does not exist")));
    auto folder = readDocument(m_folder.path());
    QVERIFY(!folder.ok());
    QVERIFY(folder.error().sentence.contains(QStringLiteral("not a plain file")));
}

QTEST_GUILESS_MAIN(DocumentTest)
#include "tst_document.moc"
