#include "model/analysis/sidecar.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

class SidecarTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    static Sidecar some() {
        Sidecar sidecar;
        sidecar.bookmarks = {
            {{"u-1", 9, 1, 14, 2, 417, noPosition}, "the line end", "why?\n\"LRA\""},
            {{"u-2", 0, 5, 0, 0, noPosition, 3}, "", ""}};
        sidecar.queries = {{"lost", "SELECT 1"}};
        sidecar.breakpoints = {{417, 420, 14, -1, {}, true},
                               {noPosition, noPosition, -1, -1, "margin < 1", false}};
        return sidecar;
    }
    void write(const QString& path, const QByteArray& bytes) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }

  private slots:
    void whatIsWrittenIsRead() {
        const QString path = sidecarPath(m_folder.filePath("a.trace"));
        QVERIFY(path.endsWith("a.trace.notes.json"));
        QVERIFY(*readSidecar(path) == Sidecar());
        QVERIFY(writeSidecar(path, some()).ok());
        QVERIFY(*readSidecar(path) == some());
        QVERIFY(writeSidecar(path, {}).ok());
        QVERIFY(!QFile::exists(path)); // nothing is left of nothing
    }

    void whatIsWrong_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("said");
        QTest::addRow("no JSON") << QByteArray("{\"notes\":1,") << "at byte 11";
        QTest::addRow("a list") << QByteArray("[]") << "it is no object";
        QTest::addRow("newer") << QByteArray("{\"notes\":2}") << "newer than this program's 1";
        QTest::addRow("a member") << QByteArray("{\"bookmarks\":[{\"step\":\"nine\"}]}")
                                  << "\"step\" is not a whole number";
        QTest::addRow("half a step")
            << QByteArray("{\"bookmarks\":[{\"step\":1.5}]}") << "\"step\" is not a whole number";
        QTest::addRow("no list") << QByteArray("{\"queries\":3}") << "\"queries\" is not a list";
        QTest::addRow("no objects") << QByteArray("{\"breakpoints\":[7]}") << "a list of objects";
    }
    void whatIsWrong() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, said);
        const QString path = m_folder.filePath("wrong.notes.json");
        write(path, bytes);
        const auto read = readSidecar(path);
        QVERIFY(!read);
        QVERIFY2(read.error().sentence.contains(said), qPrintable(read.error().sentence));
        QVERIFY(read.error().sentence.contains(path));
    }

    // Cut anywhere, it is refused or read as what it says: never half of an item.
    void cutAnywhere() {
        const QString path = m_folder.filePath("cut.notes.json");
        QVERIFY(writeSidecar(path, some()).ok());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray whole = file.readAll().trimmed();
        file.close();
        for (int length = 0; length < whole.size(); ++length) {
            write(path, whole.left(length));
            QVERIFY(!readSidecar(path).ok());
        }
    }

    void bothOf() {
        Sidecar theirs = some();
        theirs.queries.push_back({"more", "SELECT 2"});
        theirs.bookmarks.erase(theirs.bookmarks.begin());
        const Sidecar both = merged(some(), theirs);
        QCOMPARE(int(both.bookmarks.size()), 2);
        QCOMPARE(int(both.queries.size()), 2);
        QCOMPARE(int(both.breakpoints.size()), 2);
        QVERIFY(without(theirs, some()).queries == (std::vector<SavedQuery>{{"more", "SELECT 2"}}));
        QCOMPARE(int(common(theirs, some()).bookmarks.size()), 1);
    }
};

QTEST_GUILESS_MAIN(SidecarTest)
#include "sidecar_test.moc"
