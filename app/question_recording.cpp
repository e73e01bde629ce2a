#include "app/question_recording.h"

#include "model/evaluation/question_traces.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QSaveFile>

#include <utility>

namespace attendre {

namespace {

// The pipeline's options of an evaluation in a file of their own; equal ones in the same file.
Result<QString> optionsFile(const QJsonObject& head) {
    const QByteArray json = QJsonDocument(head["config"].toObject()).toJson();
    const QByteArray hash =
        QCryptographicHash::hash(json, QCryptographicHash::Sha256).toHex().left(12);
    const QString path =
        QDir::temp().filePath(QStringLiteral("attendre-%1.json").arg(QLatin1String(hash)));
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(json) != json.size() || !file.commit())
        return Error{QuestionRecording::tr("%1 cannot be written (%2): free some space there.")
                         .arg(path, file.errorString())};
    return path;
}

QString quotedForShell(QString argument) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=,+@%-]+$"));
    if (plain.match(argument).hasMatch())
        return argument;
    return QLatin1Char('\'') + argument.replace(QLatin1String("'"), QLatin1String("'\\''")) +
           QLatin1Char('\'');
}

} // namespace

QuestionRecording::QuestionRecording(QObject* parent)
    : QObject(parent),
      m_program(QDir(QCoreApplication::applicationDirPath()).filePath("attendre")) {
    connect(&m_process, &QProcess::finished, this, &QuestionRecording::ended);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            finish(
                tr("%1 does not start: build or install it beside this program.").arg(m_program));
    });
}

QuestionRecording::~QuestionRecording() {
    m_process.disconnect(this);
    stop();
    if (!m_process.waitForFinished(2000))
        m_process.kill();
}

Result<QString> QuestionRecording::command(const ChosenQuestion& question) const {
    const auto options = optionsFile(question.head);
    if (!options)
        return options.error();
    QStringList words{QStringLiteral("attendre")};
    for (const QString& argument :
         recordArguments(question.file, question.head, question.answered.id, *options))
        words << quotedForShell(argument);
    return words.join(QLatin1Char(' '));
}

void QuestionRecording::begin(const ChosenQuestion& question) {
    if (isRunning())
        return;
    const auto options = optionsFile(question.head);
    if (!options) {
        emit failed(options.error().sentence);
        return;
    }
    m_question = question;
    m_stopped = false;
    emit progress(tr("Recording %1 …").arg(question.answered.id));
    m_process.start(m_program,
                    recordArguments(question.file, question.head, question.answered.id, *options));
}

void QuestionRecording::stop() {
    m_stopped = true;
    if (isRunning())
        m_process.terminate();
}

void QuestionRecording::ended() {
    m_process.readAllStandardOutput();
    static const QRegularExpression prefix(QStringLiteral("^attendre: "));
    QStringList lines = QString::fromUtf8(m_process.readAllStandardError())
                            .split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    if (m_process.exitStatus() == QProcess::NormalExit && m_process.exitCode() == 0)
        return finish({});
    finish(lines.isEmpty() ? tr("The recording ended early and said nothing: run the copied "
                                "command in a terminal.")
                           : lines.back().remove(prefix));
}

void QuestionRecording::finish(const QString& problem) {
    emit progress({});
    const auto question = std::exchange(m_question, std::nullopt);
    if (m_stopped || !question)
        return;
    if (!problem.isEmpty())
        emit failed(problem);
    else if (QFileInfo::exists(question->trace()))
        emit recorded(*question);
    else
        emit failed(tr("%1 was not written, although the recording ended well: run the copied "
                       "command in a terminal.")
                        .arg(question->trace()));
}

} // namespace attendre
