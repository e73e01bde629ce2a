#pragma once

#include "model/evaluation/cell_result.h"
#include "model/evaluation/result_file.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QString>

#include <cmath>
#include <functional>

namespace attendre {

// Small folders as attendre sweep leaves them, written line by line.
class MadeResults {
  public:
    explicit MadeResults(const QString& folder) : m_folder(folder) {
        QDir().mkpath(folder + "/cells");
    }

    static constexpr int questions = 20;
    QString folder() const { return m_folder; }
    QString file(const QString& key, const QString& ending) const {
        return QString("%1/cells/%2%3").arg(m_folder, key, ending);
    }
    static void write(const QString& path, const QByteArray& bytes) {
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("%s cannot be written", qPrintable(path));
    }

    // A cell of the plan; key: also its file's name.
    void plan(const QString& key, const QString& kind, const QString& subject, const QString& way,
              const QJsonObject& axes) {
        QJsonObject config{{"chunk", 8}};
        config["memory"] =
            axes.isEmpty() ? QJsonValue("full") : QJsonValue(axes["survives"].toInt() + 8);
        if (!axes.isEmpty())
            config["policy"] = axes["policy"];
        m_cells << QJsonObject{{"cell", m_cells.size()},
                               {"kind", kind},
                               {"path", "/none"},
                               {"subject", subject},
                               {"way", way},
                               {"axes", axes},
                               {"key", key},
                               {"config", config}};
    }
    void writePlan(int from = 0) const {
        write(m_folder + "/sweep.json",
              QJsonDocument(QJsonObject{{"attendre_sweep", 1},
                                        {"axes", QJsonArray{"policy", "survives"}},
                                        {"from", from},
                                        {"cells", m_cells}})
                  .toJson());
    }

    using Score = std::function<double(int)>;
    // The answers of a cell that was planned last, and its result.
    void answer(const QString& key, const Score& score, const Score& survival,
                int leftOut = -1) const {
        const QJsonObject cell = m_cells.last().toObject();
        write(file(key, ".jsonl"), answers(cell["way"].toString(), score, survival, leftOut));
        CellResult result;
        result.number = cell["cell"].toInt();
        result.key = key;
        result.kind = SweepCell::Kind::Questions;
        result.subject = cell["subject"].toString();
        result.way = cell["way"].toString();
        result.axes = cell["axes"].toObject();
        result.config = cell["config"].toObject();
        result.questions = key + ".jsonl";
        write(file(key, ".json"), QJsonDocument(toJson(result)).toJson());
    }
    static QByteArray head() {
        const QJsonObject paths{{"set", "/sets/marked.json"}, {"model", "/models/one"}};
        return line({{"attendre_eval", 1},
                     {"config", QJsonObject{{"memory", 64}, {"chunk", 8}, {"policy", "lra"}}},
                     {"max_answer_tokens", 4},
                     {"temperature", 0},
                     {"paths", paths}});
    }
    static QByteArray answers(const QString& way, const Score& score, const Score& survival,
                              int leftOut = -1, bool withHead = true) {
        QByteArray lines = withHead ? head() : QByteArray();
        for (int i = 0; i < questions; ++i) {
            Answered a;
            a.id = QString("q%1").arg(i);
            a.reading = way;
            a.document = QString("document %1").arg(i);
            a.prediction = score(i) > 0.5 ? "right" : "wrong";
            a.exact = a.score = score(i);
            a.tokens = 200 + i;
            a.seconds = 0.5;
            a.bytes = 1'000'000;
            if (survival) {
                a.survival = survival(i);
                a.evidenceFirst = 60 + i;
                a.evidenceLast = 62 + i;
            }
            if (i == leftOut)
                a.leftOut = "The document is empty.";
            lines += line(toJson(a));
        }
        return lines;
    }

    // A document's result of the cell that was planned last: nll in every block of 64 tokens.
    void read(const QString& key, double nll, int blocks = 10) const {
        const QJsonObject cell = m_cells.last().toObject();
        CellResult result;
        result.number = cell["cell"].toInt();
        result.key = key;
        result.subject = cell["subject"].toString();
        result.way = cell["way"].toString();
        result.axes = cell["axes"].toObject();
        result.config = cell["config"].toObject();
        result.tokens = blocks * CellResult::block;
        result.trainedLength = 4096;
        result.seconds = 2;
        result.bytes = 3'000'000;
        result.nll.assign(std::size_t(blocks), nll);
        result.kl.assign(std::size_t(blocks), nll / 10);
        write(file(key, ".json"), QJsonDocument(toJson(result)).toJson());
    }

  private:
    static QByteArray line(const QJsonObject& json) {
        return QJsonDocument(json).toJson(QJsonDocument::Compact) + '\n';
    }

    QString m_folder;
    QJsonArray m_cells;
};

// Five configurations over twenty questions, two other ways of reading, one cell still to come.
// In "lra, R 56" survival tells right from wrong, in "lra, R 120" it does not.
inline void makeQuestions(const QString& folder) {
    MadeResults made(folder);
    made.plan("closed", "questions", "marked", "closed-book", {});
    made.answer("closed", [](int i) { return i < 4; }, {});
    made.plan("full", "questions", "marked", "full", {});
    made.answer("full", [](int) { return 1; }, {});
    made.plan("lra56", "questions", "marked", "memory", {{"policy", "lra"}, {"survives", 56}});
    made.answer(
        "lra56", [](int i) { return i >= 10; }, [](int i) { return i >= 10 ? 0.9 : 0.1; });
    made.plan("lra56s", "questions", "marked", "shuffled", {{"policy", "lra"}, {"survives", 56}});
    made.answer("lra56s", [](int i) { return i >= 18; }, {});
    made.plan("lra120", "questions", "marked", "memory", {{"policy", "lra"}, {"survives", 120}});
    made.answer(
        "lra120", [](int i) { return i % 2 == 0; }, [](int i) { return i % 4 < 2 ? 0.8 : 0.2; });
    made.plan("fifo56", "questions", "marked", "memory", {{"policy", "fifo"}, {"survives", 56}});
    made.answer(
        "fifo56", [](int i) { return i >= 15; }, {}, 5);
    made.plan("fifo120", "questions", "marked", "memory", {{"policy", "fifo"}, {"survives", 120}});
    made.answer("fifo120", [](int i) { return i >= 12; }, {});
    made.plan("late", "questions", "marked", "memory", {{"policy", "h2o"}, {"survives", 56}});
    made.writePlan();
}

// Two documents under fifo and lra, and by full attention: lra is better by a tenth.
inline void makeDocuments(const QString& folder) {
    MadeResults made(folder);
    for (const auto& [name, nll] : {std::pair(QString("a"), 2.0), {QString("b"), 3.0}}) {
        made.plan("full" + name, "document", name, "full", {});
        made.read("full" + name, nll - 0.5);
        for (const int size : {64, 192})
            for (const char* policy : {"fifo", "lra"}) {
                const QString key = QString("%1%2%3").arg(policy).arg(size).arg(name);
                made.plan(key, "document", name, "memory",
                          {{"policy", policy}, {"survives", size}});
                made.read(key, nll - size / 1000.0 - (policy[0] == 'l' ? 0.1 : 0));
            }
    }
    made.writePlan();
}

} // namespace attendre
