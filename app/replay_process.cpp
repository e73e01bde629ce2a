#include "app/replay_process.h"

#include "widgets/trace_source.h"

#include <QCoreApplication>
#include <QDir>
#include <QRegularExpression>

namespace attendre {

ReplayProcess::ReplayProcess(Replays* replays, TraceSource* source, QObject* parent)
    : QObject(parent), m_replays(replays), m_source(source),
      m_program(QDir(QCoreApplication::applicationDirPath()).filePath("attendre")) {
    connect(replays, &Replays::wanted, this, &ReplayProcess::begin);
    connect(&m_process, &QProcess::finished, this, &ReplayProcess::ended);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(tr("%1 does not start: build or install it beside this program.").arg(m_program));
    });
    connect(source, &TraceSource::grown, this, [this](int, int) {
        if (m_run > 0 && m_source->run(m_run))
            emit added(std::exchange(m_run, 0));
    });
}

ReplayProcess::~ReplayProcess() {
    m_process.disconnect(this);
    stop();
    if (!m_process.waitForFinished(2000))
        m_process.kill();
}

void ReplayProcess::begin(const QStringList& arguments) {
    if (m_process.state() != QProcess::NotRunning)
        return;
    m_run = 0;
    m_replays->setUnderWay(true);
    emit progress(tr("replaying all layers and heads"), 0, 0);
    m_process.start(m_program, arguments);
}

void ReplayProcess::stop() {
    if (m_process.state() != QProcess::NotRunning)
        m_process.terminate();
}

void ReplayProcess::fail(const QString& sentence) {
    m_replays->setUnderWay(false);
    emit progressEnded();
    m_source->refresh(); // what was replayed until then
    emit failed(sentence);
}

void ReplayProcess::ended() {
    const QString said = QString::fromUtf8(m_process.readAllStandardOutput());
    static const QRegularExpression prefix(QStringLiteral("^attendre: "));
    static const QRegularExpression number(QStringLiteral(": run (\\d+), a replay of run"));
    const auto match = number.match(said);
    if (m_process.exitStatus() != QProcess::NormalExit || m_process.exitCode() != 0 ||
        !match.hasMatch()) {
        QStringList lines = QString::fromUtf8(m_process.readAllStandardError())
                                .split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        return fail(lines.isEmpty() ? tr("The replay ended early and said nothing: run the copied "
                                         "command in a terminal.")
                                    : lines.back().remove(prefix));
    }
    m_run = match.captured(1).toInt();
    m_replays->setUnderWay(false);
    emit progressEnded();
    m_source->refresh();
}

} // namespace attendre
