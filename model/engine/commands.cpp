// The commands that make what a trace shows, quoted for a shell.
#include "model/engine/recording.h"

#include <QLocale>

namespace attendre {

namespace {

QString documentWord(const QString& document) {
    return document.isEmpty() ? QString("DOCUMENT") : shellWord(document);
}

} // namespace

QString recordCommand(const RecordingRequest& request) {
    QStringList words{"attendre",
                      "record",
                      shellWord(request.model),
                      documentWord(request.document),
                      "-o",
                      shellWord(request.trace.isEmpty() ? "run.trace" : request.trace)};
    for (const QString& word : commandLine(request.configuration))
        words << shellWord(word);
    if (!request.label.isEmpty())
        words << "--label" << shellWord(request.label);
    if (request.append)
        words << "--append";
    return words.join(' ');
}

QString askCommand(const RunInfo& run, const AskRequest& request, const QString& trace) {
    QStringList words{"attendre",
                      "ask",
                      shellWord(run.model),
                      documentWord(run.document),
                      "-o",
                      shellWord(trace),
                      "--question",
                      shellWord(request.question)};
    Configuration configuration = run.configuration.asked;
    const QString& text =
        request.promptTemplate.isEmpty() ? configuration.promptTemplate : request.promptTemplate;
    if (!text.isEmpty())
        words << "--template" << shellWord(text);
    configuration.promptTemplate.clear();
    words << "--max-answer-tokens" << QString::number(request.mostAnswerTokens);
    if (request.temperature > 0) {
        words << "--temperature"
              << QString::number(request.temperature, 'g', QLocale::FloatingPointShortest);
        configuration.seed = request.seed; // one option seeds both
    }
    for (const QString& word : commandLine(configuration))
        words << shellWord(word);
    if (run.run > 1) // what asked stands behind other runs
        words << "--append";
    return words.join(' ');
}

} // namespace attendre
