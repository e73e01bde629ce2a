// The commands that make what a trace shows, quoted for a shell.
#include "model/engine/recording.h"

#include <QRegularExpression>

namespace attendre {

namespace {

QString quoted(const QString& word) {
    static const QRegularExpression plain("^[A-Za-z0-9_@%+=:,./-]+$");
    if (plain.match(word).hasMatch())
        return word;
    QString text = word;
    return '\'' + text.replace("'", "'\\''") + '\'';
}

QString documentWord(const QString& document) {
    return document.isEmpty() ? QString("DOCUMENT") : quoted(document);
}

} // namespace

QString recordCommand(const RecordingRequest& request) {
    QStringList words{"attendre",
                      "record",
                      quoted(request.model),
                      documentWord(request.document),
                      "-o",
                      quoted(request.trace.isEmpty() ? "run.trace" : request.trace)};
    for (const QString& word : commandLine(request.configuration))
        words << quoted(word);
    if (!request.label.isEmpty())
        words << "--label" << quoted(request.label);
    if (request.append)
        words << "--append";
    return words.join(' ');
}

QString askCommand(const RunInfo& run, const AskRequest& request) {
    QStringList words{"attendre", "ask", quoted(run.model), documentWord(run.document),
                      "--question", quoted(request.question)};
    if (!request.promptTemplate.isEmpty())
        words << "--template" << quoted(request.promptTemplate);
    words << "--max-answer-tokens" << QString::number(request.mostAnswerTokens);
    if (request.temperature > 0)
        words << "--temperature" << QString::number(request.temperature);
    for (const QString& word : commandLine(run.configuration.asked))
        words << quoted(word);
    return words.join(' ');
}

} // namespace attendre
