#include "app/default_example.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

#include <algorithm>

namespace attendre {

namespace {

QString firstThatExists(const QStringList& paths) {
    for (const QString& path : paths)
        if (QFileInfo::exists(path))
            return QFileInfo(path).canonicalFilePath();
    return {};
}

} // namespace

std::optional<Example> defaultExample() {
    const QString beside = QCoreApplication::applicationDirPath();
    const QString cache = QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation);
    const Example example{
        firstThatExists({cache + "/attendre/models/SmolLM2-135M-Instruct.Q4_1.gguf"}),
        firstThatExists({beside + "/../share/attendre/genesis.txt",
                         beside + "/../../../resources/genesis.txt"})};
    if (example.model.isEmpty() || example.document.isEmpty())
        return {};
    return example;
}

QString traceFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + "/attendre/runs";
}

QString newTracePath(const QString& document) {
    QDir().mkpath(traceFolder());
    const QString name = QFileInfo(document).completeBaseName() +
                         QDateTime::currentDateTime().toString(QStringLiteral("-yyyyMMdd-HHmmss"));
    QString path = traceFolder() + u'/' + name + ".trace";
    for (int i = 2; QFileInfo::exists(path); ++i)
        path = traceFolder() + u'/' + name + u'-' + QString::number(i) + ".trace";
    return path;
}

int interestingSteps(const Configuration& configuration) {
    constexpr int withoutEvictions = 8;
    if (configuration.memory.empty() || configuration.chunk <= 0)
        return withoutEvictions;
    const int smallest =
        *std::min_element(configuration.memory.begin(), configuration.memory.end());
    return smallest / configuration.chunk + 2;
}

EngineProcess::RunRequest firstRun(const QString& model, const QString& document) {
    EngineProcess::RunRequest request;
    request.model = QFileInfo(model).absoluteFilePath();
    request.document = QFileInfo(document).absoluteFilePath();
    request.configuration.detail = QStringLiteral("full");
    request.trace = newTracePath(document);
    request.pauseAfter = interestingSteps(request.configuration);
    return request;
}

} // namespace attendre
