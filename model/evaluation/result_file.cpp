#include "model/evaluation/result_file.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <sys/file.h>
#include <unistd.h>

namespace attendre {

namespace {

struct Contents {
    QJsonObject head;
    std::vector<Answered> all;
    qint64 whole = 0; // bytes up to the end of the last whole line
};

// Of every file of results: its members stand in the order of the alphabet.
const QByteArray beginning = "{\"attendre_eval\":";

Result<Contents> contentsOf(QFile& file) {
    Contents contents;
    bool first = true;
    int number = 0;
    while (!file.atEnd()) {
        const QByteArray line = file.readLine();
        if (first && !line.startsWith(beginning) && !beginning.startsWith(line))
            return Error{QString("%1 holds something else than results: name another file with -o.")
                             .arg(file.fileName()),
                         2};
        if (!line.endsWith('\n'))
            break; // the writer was stopped within it
        ++number;
        const QJsonDocument json = QJsonDocument::fromJson(line);
        if (!json.isObject())
            return Error{
                QString("Line %1 of %2 is no result: mend or remove the line, its question "
                        "will be answered again.")
                    .arg(number)
                    .arg(file.fileName())};
        if (first)
            contents.head = json.object();
        else
            contents.all.push_back(answeredFromJson(json.object()));
        first = false;
        contents.whole = file.pos();
    }
    return contents;
}

// The member in which two heads differ, with both values.
QString difference(const QJsonObject& was, const QJsonObject& is) {
    QStringList keys = was.keys() + is.keys();
    keys.sort();
    for (const QString& key : keys) {
        if (was[key] == is[key])
            continue;
        if (was[key].isObject() && is[key].isObject())
            return key + '.' + difference(was[key].toObject(), is[key].toObject());
        const auto text = [](const QJsonValue& value) {
            return value.isUndefined() ? QString("nothing")
                                       : QString::fromUtf8(QJsonDocument(QJsonObject{{"v", value}})
                                                               .toJson(QJsonDocument::Compact))
                                             .mid(5)
                                             .chopped(1);
        };
        return QString("%1 is %2 there and %3 now").arg(key, text(was[key]), text(is[key]));
    }
    return {};
}

} // namespace

QJsonObject toJson(const Answered& a) {
    QJsonObject json{{"id", a.id},
                     {"reading", a.reading},
                     {"document", a.document},
                     {"tokens", a.tokens},
                     {"seconds", a.seconds}};
    if (!a.question.isEmpty())
        json["question"] = a.question;
    if (!a.answers.isEmpty())
        json["answers"] = a.answers;
    if (!a.part.isEmpty())
        json["part"] = a.part;
    if (!a.leftOut.isEmpty()) {
        json["left_out"] = a.leftOut;
        return json;
    }
    json["prediction"] = a.prediction;
    json["exact"] = a.exact;
    json["score"] = a.score;
    json["bytes"] = a.bytes;
    if (a.evidenceFirst >= 0) {
        json["evidence"] = QJsonArray{a.evidenceFirst, a.evidenceLast};
        json["survival"] = a.survival;
    }
    return json;
}

Answered answeredFromJson(const QJsonObject& json) {
    Answered a;
    a.id = json["id"].toString();
    a.reading = json["reading"].toString();
    a.document = json["document"].toString();
    a.question = json["question"].toString();
    a.answers = json["answers"].toString();
    a.part = json["part"].toString();
    a.prediction = json["prediction"].toString();
    a.exact = json["exact"].toDouble();
    a.score = json["score"].toDouble();
    a.tokens = json["tokens"].toInteger();
    a.seconds = json["seconds"].toDouble();
    a.bytes = json["bytes"].toInteger();
    const QJsonArray evidence = json["evidence"].toArray();
    if (evidence.size() == 2) {
        a.evidenceFirst = evidence[0].toInt(-1);
        a.evidenceLast = evidence[1].toInt(-1);
        a.survival = json["survival"].toDouble();
    }
    a.leftOut = json["left_out"].toString();
    return a;
}

Result<std::unique_ptr<ResultFile>> ResultFile::open(const QString& path, const QJsonObject& head) {
    auto results = std::unique_ptr<ResultFile>(new ResultFile(path));
    QFile& file = results->m_file;
    if (!file.open(QIODevice::ReadWrite))
        return Error{QString("The results cannot be written to %1 (%2): name another file with -o.")
                         .arg(path, file.errorString()),
                     2};
    if (::flock(file.handle(), LOCK_EX | LOCK_NB) != 0)
        return Error{QString("%1 is being written by another process: wait for it, or name another "
                             "file with -o.")
                         .arg(path)};
    auto contents = contentsOf(file);
    if (!contents)
        return contents.error();
    if (contents->all.empty())
        *contents = Contents(); // nothing was answered: begun anew
    // Where set and model lie may change.
    const auto compared = [](QJsonObject one) {
        one.remove("paths");
        return one;
    };
    if (!contents->head.isEmpty() && compared(contents->head) != compared(head))
        return Error{
            QString("%1 has the results of another evaluation (%2): name another file with "
                    "-o, or ask as it was asked.")
                .arg(path, difference(compared(contents->head), compared(head))),
            2};
    if (!file.resize(contents->whole) || !file.seek(contents->whole))
        return Error{QString("%1 cannot be written (%2).").arg(path, file.errorString())};
    for (Answered& answered : contents->all) {
        results->m_known[{answered.id, answered.reading}] = results->m_all.size();
        results->m_all.push_back(std::move(answered));
    }
    if (contents->whole == 0)
        if (auto written = results->writeLine(head); !written)
            return written.error();
    return results;
}

Result<std::vector<Answered>> ResultFile::read(const QString& path, QJsonObject* head) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{QString("%1 cannot be read (%2): name a file of results.")
                         .arg(path, file.errorString()),
                     2};
    auto contents = contentsOf(file);
    if (!contents)
        return contents.error();
    if (contents->head.isEmpty())
        return Error{QString("%1 has no results: name a file that attendre eval wrote.").arg(path),
                     2};
    if (head)
        *head = contents->head;
    return std::move(contents->all);
}

Result<void> ResultFile::writeLine(const QJsonObject& json) {
    const QByteArray line = QJsonDocument(json).toJson(QJsonDocument::Compact) + '\n';
    if (m_file.write(line) != line.size() || !m_file.flush() || ::fsync(m_file.handle()) != 0)
        return Error{QString("%1 cannot be written (%2): make room and start again, what is there "
                             "stays.")
                         .arg(m_file.fileName(), m_file.errorString())};
    return {};
}

Result<void> ResultFile::add(const Answered& answered) {
    if (auto written = writeLine(toJson(answered)); !written)
        return written;
    m_known[{answered.id, answered.reading}] = m_all.size();
    m_all.push_back(answered);
    return {};
}

Result<void> writeLeftOut(const QString& results, const std::vector<LeftOut>& leftOut) {
    const QString path = results + ".left-out";
    if (leftOut.empty()) {
        QFile::remove(path);
        return {};
    }
    QSaveFile file(path);
    QByteArray lines;
    for (const LeftOut& one : leftOut)
        lines += (one.id + ": " + one.sentence.simplified() + '\n').toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(lines) != lines.size() || !file.commit())
        return Error{QString("%1 cannot be written (%2).").arg(path, file.errorString())};
    return {};
}

} // namespace attendre
