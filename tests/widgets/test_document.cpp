#include "widgets/document_layout.h"
#include "widgets/document_search.h"
#include "widgets/plot_text.h"

#include <QElapsedTimer>
#include <QFontDatabase>
#include <QTest>

using namespace attendre;

// Where tokens stand, and finding text among them.
class TestDocument : public QObject {
    Q_OBJECT
    static std::vector<TokenInfo> tokens(const std::vector<QByteArray>& texts) {
        std::vector<TokenInfo> made;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            TokenInfo token;
            token.position = std::int32_t(i);
            token.text = texts[i];
            made.push_back(token);
        }
        return made;
    }
    static QFont font() { return QFontDatabase::systemFont(QFontDatabase::FixedFont); }
    static double space() { return QFontMetricsF(font()).horizontalAdvance(' '); }
    static QStringList lines(const DocumentText& text, double width) {
        DocumentLayout layout(&text);
        layout.restart(width, font());
        while (!layout.advance(5)) {
        }
        QStringList found;
        for (int line = 0; line < layout.lineCount(); ++line) {
            QString whole;
            for (const auto& piece : layout.pieces(line))
                whole += piece.text;
            found << whole;
        }
        return found;
    }

  private slots:
    void keepsTheDocumentsLines() {
        DocumentText text;
        text.append(tokens({"In", " the", " beginning", "\n", "\r\n", "And", ":\n", " so"}));
        QCOMPARE(lines(text, 4000), QStringList({"In the beginning", "", "And:", " so"}));
    }
    void breaksBetweenWords() {
        DocumentText text;
        text.append(tokens({"the", " firm", "ament", ",", " and"}));
        // "the firmament" does not fit into 12 columns: the whole word goes to the next line.
        QCOMPARE(lines(text, 12.5 * space()), QStringList({"the", "firmament,", "and"}));
    }
    void findsLinesOfTokens() {
        DocumentText text;
        text.append(tokens({"one", "\n", "two", " three", "\n", "four"}));
        DocumentLayout layout(&text);
        layout.restart(4000, font());
        QVERIFY(layout.advance(1000));
        QCOMPARE(layout.lineOf(0), 0);
        QCOMPARE(layout.lineOf(2), 1);
        QCOMPARE(layout.lineOf(3), 1);
        QCOMPARE(layout.lineOf(5), 2);
        QCOMPARE(layout.tokenAt(1, 4 * space()).value_or(-1), 3);
        QVERIFY(!layout.tokenAt(1, 500 * space()));
    }
    void showsBytesThatAreNoCharacter() {
        DocumentText text;
        text.append(tokens({"a", QByteArray("\xe2\x82"), "b", QByteArray("\xac")}));
        QCOMPARE(text.pieces(1), QStringList({u"‹e2›‹82›"_qs}));
        QCOMPARE(text.pieces(3), QStringList({u"‹ac›"_qs}));
    }
    // A character in several tokens stands on the first; the others stay there to be clicked on.
    void showsCharactersAcrossTokens() {
        DocumentText text;
        text.append(tokens({"a", QByteArray("\xe2\x82"), QByteArray("\xac"),
                            QByteArray(" \xf0\x9f"), QByteArray("\x98"), QByteArray("\x80!"),
                            QByteArray("\xed\x95"), QByteArray("\x9c\xea\xb8\x80")}));
        QStringList shown;
        for (std::int32_t token = 0; token < text.count(); ++token)
            shown += text.pieces(token);
        QCOMPARE(shown,
                 QStringList({"a", u"€"_qs, u"·"_qs, u" 😀"_qs, u"·"_qs, "!", u"한"_qs, u"글"_qs}));
        QCOMPARE(quoted(text.tokenBytes(4)), u"“‹98›”"_qs); // its own bytes, where it is pointed at
        DocumentLayout layout(&text);
        layout.restart(4000, font());
        QVERIFY(layout.advance(1000));
        const auto pieces = layout.pieces(0);
        QCOMPARE(pieces.size(), std::size_t(8));
        for (const auto& piece : pieces)
            QCOMPARE(layout.tokenAt(0, piece.x + piece.width / 2).value_or(-1), piece.token);
    }
    // Right-to-left words do not carry those around them along.
    void isolatesWhatIsWrittenLeftwards() {
        QCOMPARE(quoted(" word"), u"“word”"_qs);
        QCOMPARE(quoted(" שלום"), u"“\u2068שלום\u2069”"_qs);
        QCOMPARE(quotedToken(" سلام"), u"“\u2068سلام\u2069”"_qs);
        QCOMPARE(quotedToken(" 12"), u"“12”"_qs);
        const QString override = QString(QChar(0x202E)) + "abc";
        QCOMPARE(isolated(override), QChar(0x2068) + override + QChar(0x2069));
    }
    void findsPlainTextAcrossTokens() {
        DocumentText text;
        text.append(tokens({"The", " firm", "ament", " Ä", "rger"}));
        using Hits = std::vector<std::pair<std::int32_t, std::int32_t>>;
        QCOMPARE(*findInText(text, "FIRMAMENT", false, 10), (Hits{{1, 3}}));
        QCOMPARE(*findInText(text, u"ärger"_qs, false, 10), (Hits{{3, 5}}));
        QCOMPARE(*findInText(text, "a.e", false, 10), Hits{});
        QCOMPARE(*findInText(text, "a.e", true, 10), (Hits{{2, 3}}));
        const auto wrong = findInText(text, "a(", true, 10);
        QVERIFY(!wrong.ok());
    }
    // A million tokens are laid out in slices, none of which holds up the window.
    void laysOutAMillionTokensInSlices() {
        DocumentText text;
        std::vector<TokenInfo> block;
        for (int i = 0; i < 1'000'000; ++i) {
            TokenInfo token;
            token.text = i % 13 == 12 ? "\n" : " word";
            block.push_back(token);
        }
        text.append(block);
        DocumentLayout layout(&text);
        layout.restart(60 * space(), font());
        QElapsedTimer slice, whole;
        whole.start();
        qint64 longest = 0;
        bool done = false;
        while (!done) {
            slice.start();
            done = layout.advance(8);
            longest = std::max(longest, slice.elapsed());
        }
        QVERIFY2(longest <= 50, qPrintable(QString::number(longest)));
        QVERIFY(layout.lineCount() > 76'000);
        QCOMPARE(layout.tokensDone(), 1'000'000);
    }
};

QTEST_MAIN(TestDocument)
#include "test_document.moc"
