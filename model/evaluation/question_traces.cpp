#include "model/evaluation/question_traces.h"

#include <QCryptographicHash>

namespace attendre {

QString traceFileOf(const QString& results, const QString& id) {
    // Keys may have any characters; a name stays readable and unique.
    QString name;
    for (const QChar c : id.left(60))
        name += c.isLetterOrNumber() || c == '-' || c == '_' || c == '.' ? c : QChar('_');
    if (name != id) {
        const QByteArray hash =
            QCryptographicHash::hash(id.toUtf8(), QCryptographicHash::Sha256).toHex().left(8);
        name += '-' + QString::fromLatin1(hash);
    }
    return QString("%1.traces/%2.trace").arg(results, name);
}

QStringList recordArguments(const QString& results, const QJsonObject& head, const QString& id,
                            const QString& config) {
    const QJsonObject paths = head["paths"].toObject();
    QStringList arguments{"eval",
                          paths["set"].toString(),
                          paths["model"].toString(),
                          "-o",
                          results,
                          "--ways",
                          "memory",
                          "--config",
                          config,
                          "--max-answer-tokens",
                          QString::number(head["max_answer_tokens"].toInt()),
                          "--temperature",
                          QString::number(head["temperature"].toDouble()),
                          "--record",
                          "id:" + id};
    if (const QString evidence = paths["evidence"].toString(); !evidence.isEmpty())
        arguments << "--evidence" << evidence;
    return arguments;
}

} // namespace attendre
