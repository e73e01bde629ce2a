#include "widgets/query_result.h"

#include <QRandomGenerator>
#include <QTest>

#include <cmath>

using namespace attendre;

// What is reckoned from a query's rows.
class QueryResultTest : public QObject {
    Q_OBJECT
  private slots:
    // Sums and means a step against a slow reckoning.
    void valuesPerStepAreRight() {
        QRandomGenerator random(11);
        for (int round = 0; round < 20; ++round) {
            QueryResult result;
            result.columns = {{"mass", ColumnType::Real},
                              {"step", ColumnType::Integer},
                              {"run", ColumnType::Integer}};
            const int rows = int(random.bounded(300)), steps = 1 + int(random.bounded(40));
            for (int row = 0; row < rows; ++row) {
                const double mass = random.generateDouble();
                result.values.emplace_back();
                if (random.bounded(5) > 0)
                    result.values.back() = mass;
                result.values.emplace_back(qint64(random.bounded(50)) - 3);
                result.values.emplace_back(qint64(1 + random.bounded(2)));
            }
            for (const PerStep how : {PerStep::Rows, PerStep::Sum, PerStep::Mean}) {
                const auto values = valuesPerStep(result, how, 0, 1, steps);
                QCOMPARE(values.size(), std::size_t(steps));
                for (int step = 0; step < steps; ++step) {
                    double sum = 0;
                    int count = 0, all = 0;
                    for (int row = 0; row < rows; ++row) {
                        if (std::get<qint64>(result.at(row, 1)) != step ||
                            std::get<qint64>(result.at(row, 2)) != 1)
                            continue;
                        ++all;
                        if (const auto* mass = std::get_if<double>(&result.at(row, 0))) {
                            sum += *mass;
                            ++count;
                        }
                    }
                    const float value = values[std::size_t(step)];
                    if (how == PerStep::Rows)
                        QCOMPARE(value, float(all));
                    else if (count == 0)
                        QVERIFY(std::isnan(value));
                    else
                        QVERIFY(std::abs(double(value) -
                                         (how == PerStep::Sum ? sum : sum / count)) < 1e-5);
                }
            }
            QCOMPARE(summableColumns(result), rows > 0 ? std::vector<int>{0} : std::vector<int>());
        }
    }

    // Numbers that are no places, and places that the trace has not, lead nowhere.
    void pointsStayInTheTrace() {
        RunInfo run;
        run.run = 1;
        run.tokens = 100;
        run.shape.layers = 4;
        run.shape.heads = 2;
        const auto runs = [&](int number) { return number == 1 ? &run : nullptr; };
        const auto steps = [](int) { return 10; };
        const Point now{1, 5, Phase::Evict, 1, 1, 7, noPosition};
        QRandomGenerator random(3);
        const QStringList names = {"run", "step", "layer", "head", "position", "query_position"};
        int led = 0;
        for (int round = 0; round < 2000; ++round) {
            QueryResult result;
            for (const QString& name : names) {
                result.columns.push_back({name, ColumnType::Integer});
                const qint64 huge = random.bounded(10) == 0 ? qint64(random.generate64()) : 0;
                const qint64 number = qint64(random.bounded(140)) - 20;
                result.values.emplace_back(name == "run" && random.bounded(2) ? 1 : number | huge);
            }
            const auto point = pointOf(result, 0, -1, now, runs, steps);
            const auto own = [&](int column) { return std::get<qint64>(result.at(0, column)); };
            if (own(0) > 0 && own(0) <= std::numeric_limits<int>::max() && own(0) != 1) {
                QVERIFY(!point);
                continue;
            }
            if (!point)
                continue;
            ++led;
            const auto expected = [&](int column, qint64 end, qint64 otherwise) {
                return own(column) >= 0 && own(column) < end ? own(column) : otherwise;
            };
            QCOMPARE(qint64(point->step), expected(1, 10, 5));
            QCOMPARE(qint64(point->layer), expected(2, 4, 1));
            QCOMPARE(qint64(point->head), expected(3, 2, 1));
            QCOMPARE(qint64(point->entry), expected(4, 100, 7));
            QCOMPARE(qint64(point->query), expected(5, 100, noPosition));
        }
        QVERIFY(led > 300);
    }
};

QTEST_GUILESS_MAIN(QueryResultTest)
#include "query_result_test.moc"
