#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace attendre {

// Where `attendre eval --record` puts the trace of one question: the reading of its document in the
// way "memory", and a run that asks. results: the file of results.
QString traceFileOf(const QString& results, const QString& id);

// The arguments of `attendre` that record a question of a results file: its head says how it was
// asked. config: a file to hold the pipeline's options, which the caller writes (head["config"]).
QStringList recordArguments(const QString& results, const QJsonObject& head, const QString& id,
                            const QString& config);

} // namespace attendre
