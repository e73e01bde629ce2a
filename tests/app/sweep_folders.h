#pragma once

#include "model/evaluation/result_file.h"
#include "model/evaluation/sweep_folder.h"
#include "tests/app/run_program.h"

#include <QJsonArray>
#include <QTest>

#include <map>

namespace attendre {

// Everything that a sweep found out, but for times: by cell, a line of JSON each.
inline std::map<QString, QString> foundBy(const QString& folder) {
    std::map<QString, QString> all;
    const auto opened = SweepFolder::open(folder);
    if (!opened)
        return {{"error", opened.error().sentence}};
    for (const SweepCell& cell : opened->plan().cells) {
        if (!opened->has(cell.number))
            continue;
        const auto result = opened->result(cell.number);
        if (!result)
            return {{"error", result.error().sentence}};
        QJsonObject json = toJson(*result);
        json.remove("seconds");
        QString text = QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
        if (cell.kind == SweepCell::Kind::Questions) {
            const auto answers = ResultFile::read(opened->questionsFile(cell.number));
            for (const Answered& answered : *answers) {
                QJsonObject one = toJson(answered);
                one.remove("seconds");
                text += QString::fromUtf8(QJsonDocument(one).toJson(QJsonDocument::Compact));
            }
        }
        all[opened->key(cell.number)] = text;
    }
    return all;
}

// Lines of log.jsonl by cell: how often it ended.
inline std::map<int, int> endingsIn(const QString& folder) {
    std::map<int, int> all;
    QFile log(folder + "/log.jsonl");
    if (log.open(QIODevice::ReadOnly))
        while (!log.atEnd())
            ++all[QJsonDocument::fromJson(log.readLine()).object()["cell"].toInt(-1)];
    return all;
}

// Two documents, one of them longer than the tiny model was trained for, and so many seeds of
// three policies and sizes: 2 + 18 * seeds cells.
inline bool writePlan(const QString& folder, int seeds, int tokens) {
    QFile book(genesis());
    if (!book.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = book.readAll();
    QJsonArray seedList;
    for (int i = 0; i < seeds; ++i)
        seedList << i;
    const QJsonObject grid{{"policy", QJsonArray{"fifo", "lra", "random"}},
                           {"survives", QJsonArray{16, 24, 40}},
                           {"seed", seedList}};
    const QJsonObject plan{{"model", tinyModel()},
                           {"documents", QJsonArray{"short.txt", "long.txt"}},
                           {"measure", QJsonArray{"nll", "kl"}},
                           {"config", QJsonObject{{"chunk", 8}, {"tokens", tokens}}},
                           {"grid", grid}};
    return writeFile(folder + "/short.txt", text.left(200)) &&
           writeFile(folder + "/long.txt", text.mid(1000, 5 * tokens)) &&
           writeFile(folder + "/plan.json", QJsonDocument(plan).toJson());
}

} // namespace attendre
