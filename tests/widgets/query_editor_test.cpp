#include "model/trace/tables.h"
#include "widgets/query_editor.h"
#include "widgets/query_words.h"
#include "widgets/theme.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QSignalSpy>
#include <QTest>
#include <QTextBlock>
#include <QTextLayout>

using namespace attendre;

// Writing a query: what is offered, what is told apart.
class QueryEditorTest : public QObject {
    Q_OBJECT

    Theme m_theme;

    // What can stand at the bar in a text.
    static QStringList offered(QString sql) {
        const int cursor = int(sql.indexOf('|'));
        QStringList words;
        for (const SqlWord& word : sqlCompletion(sql.remove(cursor, 1), cursor).words)
            words << word.word;
        return words;
    }

  private slots:
    void tokensCoverTheText() {
        const QString sql = "SELECT 'it''s', \"a b\", :step /* a\nb */ FROM t -- end\n, 1.5e3";
        QList<QPair<int, QString>> tokens;
        for (const SqlToken& token : sqlTokens(sql))
            tokens << qMakePair(int(token.kind), sql.mid(token.begin, token.length));
        const auto one = [](SqlKind kind, const char* text) {
            return qMakePair(int(kind), QString(text));
        };
        QCOMPARE(tokens, (QList<QPair<int, QString>>{
                             one(SqlKind::Word, "SELECT"), one(SqlKind::Text, "'it''s'"),
                             one(SqlKind::Other, ","), one(SqlKind::Name, "\"a b\""),
                             one(SqlKind::Other, ","), one(SqlKind::Parameter, ":step"),
                             one(SqlKind::Comment, "/* a\nb */"), one(SqlKind::Word, "FROM"),
                             one(SqlKind::Word, "t"), one(SqlKind::Comment, "-- end"),
                             one(SqlKind::Other, ","), one(SqlKind::Number, "1.5e3")}));
        QVERIFY(sqlTokens(u"SELECT 'open").back().open);
        QVERIFY(!sqlTokens(u"rest' FROM", SqlKind::Text).front().open);
        QCOMPARE(parametersIn("SELECT :step, ':no', :run -- :neither\n, :step"),
                 (QStringList{"step", "run"}));
    }

    void whatIsOfferedFitsThePlace() {
        QCOMPARE(offered("SELECT * FROM |"), tableNames());
        QCOMPARE(offered("SELECT * FROM runs JOIN st|"), tableNames());
        QVERIFY(offered("SELECT | FROM evictions").contains("replaced_by"));
        QVERIFY(!offered("SELECT | FROM evictions").contains("milliseconds"));
        QVERIFY(offered("SELECT | FROM evictions").contains("count"));
        QCOMPARE(offered("SELECT e.| FROM evictions AS e JOIN tokens t USING (run)").size(),
                 qsizetype(tableColumns("evictions").size()));
        QCOMPARE(offered("SELECT t.po| FROM evictions AS e JOIN tokens t USING (run)").size(),
                 qsizetype(tableColumns("tokens").size()));
        QVERIFY(offered("SELECT x.| FROM tokens").isEmpty());
        QCOMPARE(offered("SELECT :s|"), pointParameters());
        QVERIFY(offered("SELECT 'a|b'").isEmpty());
        QVERIFY(offered("SELECT 1 -- fro|").isEmpty());
        QVERIFY(offered("SELECT 1 /* fro| */").isEmpty());
        const QStringList at = offered("SELECT s| FROM steps");
        QVERIFY(at.indexOf("step") < at.indexOf("SELECT"));
    }

    void completesAsOneTypes() {
        QueryEditor editor(&m_theme);
        editor.resize(500, 200);
        editor.show();
        editor.setFocus();
        QAbstractItemView* list = editor.completer()->popup();
        QTest::keyClicks(&editor, "SELECT * FROM e");
        QVERIFY(!list->isVisible()); // one letter is too little
        QTest::keyClicks(&editor, "v");
        QTRY_VERIFY(list->isVisible());
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(editor.toPlainText(), "SELECT * FROM evictions");
        QVERIFY(!list->isVisible());
        QTest::keyClicks(&editor, " WHERE ");
        QVERIFY(!list->isVisible());
        QTest::keyClick(&editor, Qt::Key_Space, Qt::ControlModifier);
        QTRY_VERIFY(list->isVisible());
        QTest::keyClick(list, Qt::Key_Down);
        QTest::keyClick(list, Qt::Key_Down);
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(editor.toPlainText(), "SELECT * FROM evictions WHERE step");
        QTest::keyClicks(&editor, " = :st");
        QTRY_VERIFY(list->isVisible());
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(editor.toPlainText(), "SELECT * FROM evictions WHERE step = :step");
        QTest::keyClicks(&editor, " AND gro");
        QTRY_VERIFY(list->isVisible());
        QTest::keyClick(list, Qt::Key_Escape);
        QVERIFY(!list->isVisible());
        QVERIFY(editor.toPlainText().endsWith(" AND gro"));
        QTest::keyClicks(&editor, "u");
        QTRY_VERIFY(list->isVisible());
        QTest::keyClick(list, Qt::Key_Return);
        QVERIFY(editor.toPlainText().endsWith("group_concat(")); // a function opens its bracket
    }

    void keysRunAndStop() {
        QueryEditor editor(&m_theme);
        QSignalSpy ran(&editor, &QueryEditor::runWanted),
            stopped(&editor, &QueryEditor::stopWanted);
        QTest::keyClicks(&editor, "VALUES (1)");
        QTest::keyClick(&editor, Qt::Key_Return);
        QCOMPARE(ran.count(), 0);
        QTest::keyClick(&editor, Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(ran.count(), 1);
        QTest::keyClick(&editor, Qt::Key_Escape);
        QCOMPARE(stopped.count(), 1);
        QCOMPARE(editor.toPlainText(), "VALUES (1)\n");
    }

    // Words, tables and texts differ, in every theme; a text that goes on in the next line too.
    void wordsAreToldApart() {
        QueryEditor editor(&m_theme);
        for (const auto kind : {Theme::Kind::Light, Theme::Kind::Dark, Theme::Kind::HighContrast}) {
            m_theme.setKind(kind);
            editor.setPlainText("SELECT step FROM steps WHERE kind = 'a\nb' AND step = :step -- x");
            editor.dress();
            const auto formatOf = [&](int line, const QString& word) {
                const QTextBlock block = editor.document()->findBlockByNumber(line);
                const int at = int(block.text().indexOf(word));
                for (const auto& range : block.layout()->formats())
                    if (at >= range.start && at < range.start + range.length)
                        return range.format;
                return QTextCharFormat();
            };
            QCOMPARE(formatOf(0, "SELECT").fontWeight(), int(QFont::Bold));
            QVERIFY(formatOf(0, "step ").fontWeight() != int(QFont::Bold));
            QCOMPARE(formatOf(0, "steps").foreground().color(), m_theme.accent());
            QCOMPARE(formatOf(0, "'a").foreground().color(), m_theme.resident());
            QCOMPARE(formatOf(1, "b'").foreground().color(), m_theme.resident());
            QCOMPARE(formatOf(1, "AND").fontWeight(), int(QFont::Bold));
            QVERIFY(formatOf(1, ":step").fontItalic());
            QCOMPARE(formatOf(1, "-- x").foreground().color(), m_theme.quietText());
        }
        m_theme.setKind(Theme::Kind::Light);
    }
};

QTEST_MAIN(QueryEditorTest)
#include "query_editor_test.moc"
