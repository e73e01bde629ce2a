#include "model/evaluation/scores.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <map>

using namespace attendre;

// Every measure against what Python makes of the same hostile pairs (scripts/reference).
class ScoresTest : public QObject {
    Q_OBJECT
  private slots:
    void equalsPython() {
        QFile file(ATTENDRE_SOURCE_DIR "/tests/golden/scores/pairs.jsonl");
        QVERIFY(file.open(QIODevice::ReadOnly));
        std::map<QString, int> seen;
        while (!file.atEnd()) {
            const QByteArray line = file.readLine();
            const QJsonObject pair = QJsonDocument::fromJson(line).object();
            SetQuestion question;
            question.scoring = pair["measure"].toString();
            for (const QJsonValue& answer : pair["answers"].toArray())
                question.answers << answer.toString();
            for (const QJsonValue& one : pair["classes"].toArray())
                question.classes << one.toString();
            const auto score = scoreOf(question, pair["prediction"].toString());
            QVERIFY2(score.ok(), line.constData());
            QVERIFY2(score->exact == pair["exact"].toDouble(), line.constData());
            QVERIFY2(std::abs(score->score - pair["score"].toDouble()) < 1e-12,
                     (line + QByteArray::number(score->score, 'g', 17)).constData());
            ++seen[question.scoring];
        }
        QCOMPARE(seen.size(), std::size_t(11));
        for (const auto& [measure, count] : seen)
            QVERIFY2(count >= 100, qPrintable(measure));
    }

    void whatCannotBeScoredIsNamed() {
        SetQuestion question;
        question.answers = {"x"};
        for (const char* dataset : {"dureader", "multifieldqa_zh", "unheard"}) {
            question.scoring = QStringLiteral("longbench:") + dataset;
            const auto score = scoreOf(question, "x");
            QVERIFY(!score.ok());
            QVERIFY(score.error().sentence.contains(dataset));
        }
        question.scoring = "longbench:hotpotqa_e";
        QCOMPARE(scoreOf(question, "X.")->exact, 1.0);
    }
};

QTEST_GUILESS_MAIN(ScoresTest)
#include "scores_test.moc"
