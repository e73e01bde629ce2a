#include "app/readable_text.h"

#include <QFile>
#include <QPainter>
#include <QPdfWriter>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// What is no plain text becomes one: read from real files of each kind.
class ReadableTextTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString write(const char* name, const QByteArray& bytes) {
        const QString path = m_folder.filePath(QLatin1String(name));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("%s", name);
        return path;
    }
    static QByteArray read(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QString pdf(const char* name, const QStringList& pages) {
        const QString path = m_folder.filePath(QLatin1String(name));
        QPdfWriter writer(path);
        QPainter painter(&writer);
        painter.setFont(QFont("DejaVu Sans", 14));
        for (int i = 0; i < pages.size(); ++i) {
            if (i > 0)
                writer.newPage();
            painter.drawText(QRectF(200, 200, 8000, 2000), pages[i]);
        }
        return path;
    }

  private slots:
    void initTestCase() { QStandardPaths::setTestModeEnabled(true); }

    void aPage() {
        const auto text = readableText(
            write("page.html", "<html><head><title>no</title><style>p{}</style></head><body>"
                               "<h1>In the beginning</h1><p>God created the <b>heaven</b> and the "
                               "earth.</p><script>var x;</script></body></html>"));
        QVERIFY(text.ok());
        QCOMPARE(read(text->path),
                 QByteArray("In the beginning\nGod created the heaven and the earth.\n"));
        QVERIFY(text->notice.contains("page.html"));
    }

    void markdown() {
        const auto text = readableText(
            write("notes.md", "# Genesis\n\nIn the *beginning*.\n\n- one\n- [two](http://x)\n"));
        QVERIFY(text.ok());
        const QByteArray plain = read(text->path);
        for (const char* word : {"Genesis", "In the beginning.", "one", "two"})
            QVERIFY2(plain.contains(word), plain.constData());
        for (const char* mark : {"#", "*", "http", "["})
            QVERIFY2(!plain.contains(mark), plain.constData());
    }

    void aPdf() {
        const auto text = readableText(pdf("book.pdf", {"In the beginning", "And the earth"}));
        QVERIFY2(text.ok(), text ? "" : qPrintable(text.error().sentence));
        const QByteArray plain = read(text->path);
        QVERIFY2(plain.contains("In the beginning"), plain.constData());
        QVERIFY(plain.indexOf("In the beginning") < plain.indexOf("And the earth"));
        QVERIFY(text->notice.contains("2 pages"));
        // The same document is the same file.
        QCOMPARE(readableText(m_folder.filePath("book.pdf"))->path, text->path);
    }

    void plainTextIsLeftAsItIs() {
        const QString path = write("plain.txt", "<p>not a page</p>");
        QVERIFY(!needsReading(path));
        QCOMPARE(readableText(path)->path, path);
    }

    void copied() {
        const auto text = readableClipboard(QStringLiteral("In the\u00a0beginning\r\n…"));
        QVERIFY(text.ok());
        QCOMPARE(read(text->path), QByteArray("In the beginning\n…"));
        QVERIFY(!readableClipboard(" \n").ok());
    }

    void whatCannotBeRead() {
        const auto said = [](const Result<ReadableText>& text) {
            return text ? QString() : text.error().sentence;
        };
        QVERIFY(said(readableText(pdf("empty.pdf", {QString()}))).contains("no text"));
        QVERIFY(
            said(readableText(write("broken.pdf", "%PDF-1.4 and nothing"))).contains("damaged"));
        QVERIFY(said(readableText(m_folder.filePath("none.pdf"))).contains("no such file"));
        QVERIFY(said(readableText(m_folder.filePath("none.html"))).contains("none.html"));
        QVERIFY(said(readableText(write("empty.html", "<html></html>"))).contains("holds no text"));
    }
};

QTEST_MAIN(ReadableTextTest)
#include "readable_text_test.moc"
