#include "model/trace/configuration.h"
#include "model/trace/expression.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <clocale>
#include <cmath>

using namespace attendre;

class TestExpression : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void refusals_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("said");
        const auto row = [](const char* text, const char* said) {
            QTest::addRow("'%s'", text) << QString::fromUtf8(text) << QString::fromUtf8(said);
        };
        row("", "it is empty; write a rank over age, recency,");
        row("   ", "it is empty");
        row("mass)", "column 5: the character ')' is not expected there");
        row("(mass", "column 6: a closing parenthesis is missing");
        row("mass +", "column 7: it ends where a value is missing");
        row("mass + masses", "column 8: there is no \"masses\"; did you mean mass?");
        row("mass + attention", "column 8: there is no \"attention\"; there are age, recency");
        row("2 * 1e+400", "column 5: the number 1e+400 is out of range");
        row("mass + log(age)", "column 8: there is no function \"log\"; there are min, max, abs");
        row("sin (age)", "column 1: there is no function \"sin\"");
        row("mass hits", "column 6: \"hits\" is not expected there");
        row("mass * / hits", "column 8: the character '/' is not expected there");
        row("mass = 3", "column 6: the character '=' would assign; == compares");
        row("mass += 3", "column 7: the character '=' would assign");
        row("!mass", "column 1: the character '!' has no meaning");
        row("mass & hits", "column 6: the character '&' has no meaning; && joins");
        row("mass % 3", "column 6: the character '%' has no meaning");
        row("\"mass\"", "column 1: the character '\"' has no meaning");
        row("age + m\u00e4ss", "column 8: the character '\u00e4' has no meaning");
        row("mass, hits", "column 5: the character ',' makes two values");
        row("min(mass, 1), hits", "column 13: the character ',' makes two values");
        row("mass ? 1", "column 6: the character '?' has no ':' after it");
        row("mass : 1", "column 6: the character ':' has no '?' before it");
        row("1 + min()", "column 5: the function min has too few values");
        row("1 + abs(age, 2)", "column 5: the function abs has too many values");
        row("_pi", "column 1: there is no \"_pi\"");
    }

    void refusals() {
        QFETCH(QString, text);
        QFETCH(QString, said);
        const auto checked = checkExpression(text);
        QVERIFY(!checked.ok());
        QCOMPARE(checked.error().exitCode, 2);
        QVERIFY2(checked.error().sentence.startsWith("The option --expression ") &&
                     checked.error().sentence.contains(said),
                 qPrintable(checked.error().sentence));
    }

    void values_data() {
        QTest::addColumn<double>("value"); // with mass = 8, hits = 2, all others 1
        QTest::newRow("mass / hits") << 4.0;
        QTest::newRow("-2 ^ 2 + 2 ^ 3 ^ 0") << -2.0;
        QTest::newRow("mass > 3 && hits <= 2 ? 1.5e1 : 0") << 15.0;
        QTest::newRow("min(mass, hits, 3) + max(mass, hits)") << 10.0;
        QTest::newRow("sqrt(4) + abs(-3) + log2(mass) + ln(exp(2)) + exp(0)") << 11.0;
        QTest::newRow("1 / (hits - 2)") << double(INFINITY);
        QTest::newRow("-1 / (hits - 2)") << double(-INFINITY);
        QTest::newRow("(hits - 2) / (hits - 2)") << double(NAN);
        QTest::newRow("max(1, 0 / 0)") << double(NAN);
        QTest::newRow("min(0 / 0, 1)") << double(NAN);
    }

    void values() {
        QFETCH(double, value);
        auto expression = Expression::compile(QTest::currentDataTag());
        QVERIFY2(expression.ok(), expression ? "" : qPrintable(expression.error().sentence));
        expression->set(EntryValue::Mass, 8);
        expression->set(EntryValue::Hits, 2);
        QCOMPARE(expression->evaluate(), value);
    }

    void readsWhatItNames() {
        auto expression = Expression::compile("mass + mass * age - layer");
        QVERIFY(expression.ok());
        QCOMPARE(expression->reads(),
                 (std::vector<EntryValue>{EntryValue::Age, EntryValue::Mass, EntryValue::Layer}));
    }

    // A point is a point wherever one lives.
    void localeDoesNotMatter() {
        // Made here: a machine need not have one with a decimal comma.
        const QTemporaryDir folder;
        const int made = QProcess::execute(
            "localedef", {"-i", "de_DE", "-f", "UTF-8", folder.filePath("de_DE.UTF-8")});
        if (made != 0)
            QSKIP("no locale can be made: the package locales is not installed");
        qputenv("LOCPATH", folder.path().toLocal8Bit());
        const QByteArray before = std::setlocale(LC_ALL, nullptr);
        const bool comma = std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr;
        const QByteArray point = std::localeconv()->decimal_point;
        auto expression = Expression::compile("mass * 0.5");
        const double value = expression ? expression->evaluate() : 0;
        std::setlocale(LC_ALL, before.constData());
        qunsetenv("LOCPATH");
        QVERIFY(comma && point == ",");
        QVERIFY(expression.ok());
        QCOMPARE(value, 0.5);
    }

    // resolve() with the policies that take options of their own, and with those that do not.
    void resolveChecksIt() {
        NetworkShape shape;
        shape.layers = shape.heads = shape.queryHeads = 2;
        Configuration c;
        const auto sentence = [&] {
            PolicyDescription policy;
            policy.name = c.policy;
            const auto resolved = resolve(c, shape, policy, 1000);
            return resolved ? QString() : resolved.error().sentence;
        };
        c.expression = "mass";
        QVERIFY(sentence().contains("--policy is lra"));
        c.policy = "custom";
        QCOMPARE(sentence(), QString());
        c.expression = "mass)";
        QVERIFY(sentence().contains("column 5"));
        c.expression.clear();
        QVERIFY(sentence().contains("it is empty"));
        c.policy = "future";
        QVERIFY(sentence().contains("--future"));
        c.future = "some.trace";
        QCOMPARE(sentence(), QString());
        c.policy = "h2o";
        QVERIFY(sentence().contains("--policy is h2o"));
        c.future.clear();
        c.lfaPerAge = true;
        QVERIFY(sentence().contains("--lfa-per-age"));
        c.policy = "lfa";
        QCOMPARE(sentence(), QString());
        c.lfaCount = "mass";
        QCOMPARE(sentence(), QString());
    }
};

QTEST_GUILESS_MAIN(TestExpression)
#include "test_expression.moc"
