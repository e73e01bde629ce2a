#pragma once

#include <QByteArray>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QString>
#include <QStringList>

// Runs build/<preset>/bin/attendre as a person would, and says what came of it.
namespace attendre {

struct Ran {
    int exitCode = -1;
    QByteArray out, err;

    QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
    // One sentence on standard error: "attendre: …" and a full stop.
    bool oneSentence() const {
        return err.startsWith("attendre: ") && (err.endsWith(".\n") || err.endsWith("?\n")) &&
               err.count('\n') == 1;
    }
    bool says(const char* words) const { return err.contains(words); }
};

inline QString programPath() {
    return QStringLiteral(ATTENDRE_BINARY_DIR "/bin/attendre");
}
inline QString tinyModel(const QString& name = "llama-peaked") {
    return QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/models/") + name;
}
inline QString genesis() {
    return QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis.txt");
}

inline Ran run(const QStringList& arguments, int milliseconds = 120000) {
    QProcess process;
    process.start(programPath(), arguments, QIODevice::ReadOnly);
    Ran ran;
    if (!process.waitForFinished(milliseconds))
        process.kill();
    process.waitForFinished(5000);
    if (process.exitStatus() == QProcess::NormalExit)
        ran.exitCode = process.exitCode();
    ran.out = process.readAllStandardOutput();
    ran.err = process.readAllStandardError();
    return ran;
}

inline bool writeFile(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

// The first marked questions of scripts/train as a set in SQuAD's form, with the place of the
// record that matters; resources/models/marked-prefix answers them.
inline bool writeMarkedSet(const QString& path, int first) {
    QFile lines(QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/retrieval/prefix.jsonl"));
    if (!lines.open(QIODevice::ReadOnly))
        return false;
    QJsonArray data;
    for (int i = 0; i < first; ++i) {
        const QJsonObject line = QJsonDocument::fromJson(lines.readLine()).object();
        const QStringList words = line["document"].toString().split(' ');
        const QString before = words.mid(0, words.size() - line["back"].toInt()).join(' ');
        const QJsonObject answer{{"text", line["answer"]}, {"answer_start", before.size() + 1}};
        const QJsonObject asked{{"id", QString("q%1").arg(i)},
                                {"question", line["question"]},
                                {"answers", QJsonArray{answer}}};
        data << QJsonObject{{"title", QString("document %1").arg(i)},
                            {"paragraphs", QJsonArray{QJsonObject{{"context", line["document"]},
                                                                  {"qas", QJsonArray{asked}}}}}};
    }
    return writeFile(path, QJsonDocument(QJsonObject{{"data", data}}).toJson());
}

inline QString markedModel() {
    return QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/models/marked-prefix");
}
// With which that model answers them.
inline QStringList markedOptions() {
    return {"--memory",
            "128",
            "--chunk",
            "8",
            "--query-memory",
            "48",
            "--policy",
            "h2o",
            "--max-answer-tokens",
            "1",
            "--template",
            "{document} {question}",
            "--threads",
            "1"};
}

} // namespace attendre
