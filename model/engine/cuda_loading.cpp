#include "model/cuda/cuda_module.h"
#include "model/engine/engine.h"

#include <QDir>
#include <QFileInfo>
#include <QLibrary>

#include <dlfcn.h>

namespace attendre {

namespace {

QString engineFolder() {
    Dl_info info{};
    if (!dladdr(reinterpret_cast<void*>(&attendre_engine), &info) || !info.dli_fname)
        return QDir::currentPath();
    return QFileInfo(QString::fromLocal8Bit(info.dli_fname)).absolutePath();
}

Result<int> load() {
    const QString path = QDir(engineFolder()).filePath(QStringLiteral("libattendre-cuda.so"));
    if (!QFileInfo::exists(path))
        return Error{QStringLiteral("There is no GPU module at %1: build the preset whole, or use "
                                    "--device cpu.")
                         .arg(path)};
    QLibrary library(path); // stays for the program's life
    if (!library.load())
        return Error{QStringLiteral("The GPU module does not load (%1): install torch with all of "
                                    "its NVIDIA libraries, or use --device cpu.")
                         .arg(library.errorString())};
    const auto count =
        reinterpret_cast<CudaDeviceCount>(library.resolve("attendre_cuda_device_count"));
    if (!count)
        return Error{QStringLiteral("%1 is not Attendre's GPU module: build it again, or use "
                                    "--device cpu.")
                         .arg(path)};
    const int devices = count();
    if (devices < 1)
        return Error{QStringLiteral("No CUDA device answers on this machine: check its driver with "
                                    "nvidia-smi, or use --device cpu.")};
    return devices;
}

} // namespace

Result<int> loadCudaModule() {
    static const Result<int> loaded = load();
    return loaded;
}

} // namespace attendre
