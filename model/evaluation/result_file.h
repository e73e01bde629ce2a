#pragma once

#include "model/formats/question_set.h"
#include "model/trace/result.h"

#include <QFile>
#include <QJsonObject>
#include <QString>

#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace attendre {

// One question answered in one way of reading.
struct Answered {
    QString id;
    QString reading; // "memory", "closed-book", …
    QString document;
    QString question, answers; // as the set has them; the answers' first three
    QString part;              // as SetQuestion's
    QString prediction;
    double exact = 0, score = 0;
    qint64 tokens = 0; // of the input, question included
    double seconds = 0;
    qint64 bytes = 0; // of the state when the question came
    // Where the answer stands in what was read, as positions; -1: it was not found, or not looked
    // for. survival: the share of layers and K/V heads in which none of it had been evicted when
    // the question came, NaN likewise.
    int evidenceFirst = -1, evidenceLast = -1;
    double survival = std::numeric_limits<double>::quiet_NaN();
    QString leftOut; // why there is no prediction; empty: there is one
};
QJsonObject toJson(const Answered& answered);
Answered answeredFromJson(const QJsonObject& json);

// The results of an evaluation: a line of JSON that says what is evaluated, then one for each
// question and way of reading, each on the disk before the next begins. A file that was cut short
// anywhere goes on where it ended: its last line is dropped where that is not whole.
class ResultFile {
  public:
    // head: what must be the same for results to stand in one file, its member "paths" aside. A new
    // file is begun with it; an existing one has to begin with it. Errors: it begins with something
    // else (the first member that differs is named), cannot be read or written.
    static Result<std::unique_ptr<ResultFile>> open(const QString& path, const QJsonObject& head);
    // Reads without writing. Errors: no such file, no results.
    static Result<std::vector<Answered>> read(const QString& path, QJsonObject* head = nullptr);

    const std::vector<Answered>& all() const { return m_all; }
    bool has(const QString& id, const QString& reading) const {
        return m_known.contains({id, reading});
    }
    // Returns when the line is on the disk. Errors: a full disk.
    Result<void> add(const Answered& answered);

  private:
    explicit ResultFile(const QString& path) : m_file(path) {}
    Result<void> writeLine(const QJsonObject& json);

    QFile m_file;
    std::vector<Answered> m_all;
    std::map<std::pair<QString, QString>, std::size_t> m_known;
};

// Writes what of a set was not asked at all, a line "key: sentence" each, into FILE.left-out;
// removes that file where there is nothing. Errors: it cannot be written.
Result<void> writeLeftOut(const QString& results, const std::vector<LeftOut>& leftOut);

} // namespace attendre
