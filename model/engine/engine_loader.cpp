#include "model/engine/engine.h"

#include <QDir>
#include <QFileInfo>
#include <QLibrary>

#include <filesystem>

namespace attendre {

namespace {

const QString libraryName = QStringLiteral("libattendre-engine.so");

QString programFolder() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? QDir::currentPath() : QString::fromStdString(program.parent_path().string());
}

// Where the engine may lie: what the environment says alone, else the program's own folders.
QStringList candidates() {
    const QString said = qEnvironmentVariable("ATTENDRE_ENGINE");
    if (!said.isEmpty())
        return {QFileInfo(said).isDir() ? QDir(said).filePath(libraryName) : said};
    const QDir folder(programFolder());
    QStringList paths;
    for (const char* relative : {".", "../lib", ATTENDRE_LIBRARY_FOLDER, "../lib/attendre"})
        paths << QDir::cleanPath(folder.filePath(QString::fromLatin1(relative)) + QLatin1Char('/') +
                                 libraryName);
    return paths;
}

} // namespace

Result<Engine*> loadEngine() {
    // OpenMP's threads wait for each other by spinning, for milliseconds unless told otherwise; on
    // a machine with other work that costs a time slice at every matrix. It reads this when it is
    // loaded, which is with the engine.
    if (!qEnvironmentVariableIsSet("GOMP_SPINCOUNT") &&
        !qEnvironmentVariableIsSet("OMP_WAIT_POLICY"))
        qputenv("GOMP_SPINCOUNT", "30000");
    const QStringList paths = candidates();
    for (const QString& path : paths) {
        if (!QFileInfo::exists(path))
            continue;
        // The library stays for the program's life: it is never unloaded.
        QLibrary library(path);
        if (!library.load())
            return Error{QStringLiteral("The engine %1 does not load: %2; build it again on this "
                                        "machine, or check that LibTorch still lies where it did.")
                             .arg(path, library.errorString())};
        using Entry = Engine* (*)();
        const auto entry = reinterpret_cast<Entry>(library.resolve("attendre_engine"));
        if (!entry)
            return Error{QStringLiteral("%1 is not Attendre's engine: it has no attendre_engine; "
                                        "set ATTENDRE_ENGINE to the right file.")
                             .arg(path)};
        return entry();
    }
    return Error{QStringLiteral("There is no engine at %1: this is a viewer, or the engine was not "
                                "built; build the preset whole, or set ATTENDRE_ENGINE to "
                                "libattendre-engine.so.")
                     .arg(paths.join(QStringLiteral(", nor at ")))};
}

} // namespace attendre
