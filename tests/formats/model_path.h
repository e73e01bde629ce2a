#pragma once

#include <QDir>
#include <QFile>
#include <QString>

// Where the default model lies: $ATTENDRE_MODEL, else the cache folder that run.sh and test.sh
// fill.
inline QString defaultModelPath() {
    const QString named = qEnvironmentVariable("ATTENDRE_MODEL");
    if (!named.isEmpty())
        return named;
    const QString cache =
        qEnvironmentVariable("XDG_CACHE_HOME", QDir::homePath() + QStringLiteral("/.cache"));
    return cache + QStringLiteral("/attendre/models/SmolLM2-135M-Instruct.Q4_1.gguf");
}
