#include "model/analysis/evidence_step.h"
#include "model/trace/recorder.h"
#include "model/trace/tables.h"
#include "tests/trace/made_steps.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <map>

#include <sqlite3.h>

using namespace attendre;

// Where a span's entries went, against a walk through every step's slots and against the table
// `entries` of the same trace.
class EvidenceStepTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    MadeOptions m_made;
    QString m_path;

    std::unique_ptr<Reader> record(const QString& policy, int parentStep = -1) {
        m_made = {};
        m_made.layers = 3;
        m_made.heads = 3;
        m_made.memory = 24;
        m_made.tokens = 160;
        m_made.policy = policy;
        m_path = m_folder.filePath(policy + QString::number(parentStep) + ".trace");
        for (const bool asks : {false, true}) {
            if (asks && parentStep < 0)
                break;
            RunInfo run = madeRun(m_made);
            if (asks) {
                run.parent = 1;
                run.parentStep = parentStep;
            }
            RecorderOptions how;
            how.append = asks;
            how.overwrite = !asks;
            auto recorder =
                Recorder::open(m_path, run, madeTokens(m_made, "In the beginning. "), how);
            if (!recorder)
                qFatal("%s", qPrintable(recorder.error().sentence));
            MadeSteps steps(m_made);
            int left = asks ? 2 : 1 << 30;
            while (auto step = left-- > 0 ? steps.next() : std::nullopt)
                if (!(*recorder)->add(std::move(*step)).ok())
                    qFatal("a step was not recorded");
            if (!(*recorder)->finish().ok())
                qFatal("the run was not finished");
        }
        return Reader::open(m_path).take();
    }

    static bool holds(const HeadState& head, int position) {
        return std::find(head.position.begin(), head.position.end(), position) !=
               head.position.end();
    }

    // By [layer, head]: the first step at whose end one of the span is gone that was there before;
    // -1: none is. present: whether all are there at the end of the last step.
    static std::map<std::pair<int, int>, int> walk(Reader& reader, const RunInfo& run, int first,
                                                   int last, int lastStep, int* present) {
        std::map<std::pair<int, int>, int> lost;
        *present = 0;
        for (int layer = 0; layer < run.shape.layers; ++layer)
            for (int head = 0; head < run.shape.heads; ++head) {
                int gone = -1;
                std::vector<bool> seen(std::size_t(last - first + 1));
                bool all = false;
                for (int step = 0; step <= lastStep; ++step) {
                    const LayerState state = reader.layerState(1, step, layer).take();
                    all = true;
                    for (int position = first; position <= last; ++position) {
                        const bool there = holds(state.heads[std::size_t(head)], position);
                        auto known = seen[std::size_t(position - first)];
                        if (!there && known && gone < 0)
                            gone = step;
                        seen[std::size_t(position - first)] = known || there;
                        all = all && there;
                    }
                }
                lost[{layer, head}] = gone;
                *present += all;
            }
        return lost;
    }

    int ask(const QString& sql) {
        sqlite3* connection = nullptr;
        sqlite3_stmt* statement = nullptr;
        int value = -1;
        if (sqlite3_open_v2(qPrintable(m_path), &connection, SQLITE_OPEN_READONLY, nullptr) ==
                SQLITE_OK &&
            registerTables(connection).ok() &&
            sqlite3_prepare_v2(connection, qPrintable(sql), -1, &statement, nullptr) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            value = sqlite3_column_int(statement, 0);
        else
            qWarning("%s: %s", qPrintable(sql), sqlite3_errmsg(connection));
        sqlite3_finalize(statement);
        sqlite3_close(connection);
        return value;
    }

  private slots:
    void agreesWithAWalk_data() {
        QTest::addColumn<QString>("policy");
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("last");
        for (const char* policy : {"fifo", "lra", "h2o", "random"})
            for (const auto& [first, last] : {std::pair(40, 40), {61, 66}, {150, 155}, {0, 1}})
                QTest::addRow("%s %d-%d", policy, first, last) << QString(policy) << first << last;
    }
    void agreesWithAWalk() {
        QFETCH(QString, policy);
        QFETCH(int, first);
        QFETCH(int, last);
        const auto reader = record(policy);
        const RunInfo run = reader->run(1).take();
        const int lastStep = reader->stepCount(1).take() - 1;
        const auto found = evidenceStep(*reader, 1, first, last);
        QVERIFY2(found.ok(), found ? "" : qPrintable(found.error().sentence));
        int present = 0;
        const auto lost = walk(*reader, run, first, last, lastStep, &present);
        QCOMPARE(found->kept, present);
        std::map<int, int> byStep;
        for (const EvidenceHead& head : found->heads) {
            const int step = lost.at({head.layer, head.head});
            QCOMPARE(head.lostStep, step);
            if (step >= 0) {
                ++byStep[step];
                QVERIFY(head.lost >= first && head.lost <= last);
                const LayerState state = reader->layerState(1, step, head.layer).take();
                QVERIFY(!holds(state.heads[std::size_t(head.head)], head.lost));
            }
        }
        if (byStep.empty()) {
            QCOMPARE(found->step, lastStep);
            QCOMPARE(found->lostHere, 0);
            QCOMPARE(found->kept, int(found->heads.size()));
            return;
        }
        int most = 0;
        for (const auto& [step, heads] : byStep)
            most = std::max(most, heads);
        QCOMPARE(found->lostHere, most);
        QCOMPARE(byStep[found->step], most);
        for (const auto& [step, heads] : byStep)
            QVERIFY(heads < most || step >= found->step); // of equals the first
        QCOMPARE(lost.at({found->layer, found->head}), found->step);
    }

    void agreesWithTheTable() {
        const auto reader = record("lra");
        const auto found = evidenceStep(*reader, 1, 61, 66);
        QVERIFY(found.ok());
        const QString span = "FROM entries WHERE run = 1 AND position BETWEEN 61 AND 66";
        const QString losses = "(SELECT layer, head, min(evicted_step) AS step " + span +
                               " AND evicted_step IS NOT NULL GROUP BY layer, head)";
        QVERIFY(found->lost > 0);
        QCOMPARE(found->lost, ask("SELECT count(*) FROM " + losses));
        QCOMPARE(found->step, ask("SELECT step FROM " + losses +
                                  " GROUP BY step ORDER BY count(*) DESC, step LIMIT 1"));
        QCOMPARE(found->lostHere, ask("SELECT max(n) FROM (SELECT count(*) AS n FROM " + losses +
                                      " GROUP BY step)"));
    }

    // What is evicted behind the question no answer knows of.
    void endsWhereTheQuestionCame() {
        const int asked = 18; // position 61 arrives in step 15
        const auto reader = record("fifo", asked);
        const RunInfo run = reader->run(1).take();
        const auto found = evidenceStep(*reader, 1, 61, 66);
        QVERIFY(found.ok());
        int present = 0;
        const auto lost = walk(*reader, run, 61, 66, asked, &present);
        QCOMPARE(found->kept, present);
        QCOMPARE(found->kept, 9);
        QCOMPARE(found->step, asked);
        QCOMPARE(found->awaited, 0);
        const auto early = record("fifo", 14);
        const auto awaited = evidenceStep(*early, 1, 61, 66);
        QVERIFY(awaited.ok());
        QCOMPARE(awaited->kept, 9); // nothing is lost that has not come
        QCOMPARE(awaited->awaited, 9);
        const auto toTheEnd = record("fifo");
        QCOMPARE(evidenceStep(*toTheEnd, 1, 61, 66)->kept, 0);
    }

    void whatIsNotThereIsASentence() {
        const auto reader = record("lra");
        for (const auto& [run, first, last] :
             {std::tuple(7, 1, 2), {1, 20, 4000}, {1, -1, 3}, {1, 9, 8}}) {
            const auto found = evidenceStep(*reader, run, first, last);
            QVERIFY(!found.ok());
            QVERIFY2(found.error().sentence.endsWith(u'.'), qPrintable(found.error().sentence));
        }
    }
};

QTEST_GUILESS_MAIN(EvidenceStepTest)
#include "evidence_step_test.moc"
