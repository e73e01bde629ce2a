#pragma once

#include "model/engine/engine.h"

#include <QDir>
#include <QFileInfo>

namespace attendre {

// Where the set-up keeps the default model, unless ATTENDRE_MODEL says otherwise.
inline QString defaultModelPath() {
    const QString said = qEnvironmentVariable("ATTENDRE_MODEL");
    if (!said.isEmpty())
        return said;
    const QString cache =
        qEnvironmentVariable("XDG_CACHE_HOME", QDir::homePath() + QStringLiteral("/.cache"));
    return cache + QStringLiteral("/attendre/models/SmolLM2-135M-Instruct.Q4_1.gguf");
}

inline Result<std::shared_ptr<Network>>
loadDefaultModel(const QString& dtype = QStringLiteral("f32"), int threads = 1) {
    const QString path = defaultModelPath();
    if (!QFileInfo::exists(path))
        return Error{QStringLiteral("There is no model at %1: ./test.sh fetches it, or set "
                                    "ATTENDRE_MODEL.")
                         .arg(path)};
    auto files = ModelFiles::open(path);
    if (!files)
        return files.error();
    auto engine = loadEngine();
    if (!engine)
        return engine.error();
    return (*engine)->load(*files, QStringLiteral("cpu"), dtype, threads, {}, {});
}

} // namespace attendre
