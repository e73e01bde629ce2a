#include "model/formats/hub_cache.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace attendre {

namespace {

void add(std::vector<CachedModel>& found, const QString& name, const QString& path) {
    CachedModel model{name, path, {}, {}};
    if (auto files = ModelFiles::open(path))
        model.description = (*files)->description();
    else
        model.refusal = files.error().sentence;
    found.push_back(std::move(model));
}

void addFiles(std::vector<CachedModel>& found, const QString& prefix, const QDir& folder) {
    for (const QString& file : folder.entryList({"*.gguf"}, QDir::Files, QDir::Name))
        add(found, prefix + file, folder.filePath(file));
}

// The snapshot that the branch main stands for, else the newest.
QString snapshotOf(const QDir& repository) {
    QFile main(repository.filePath("refs/main"));
    if (main.open(QIODevice::ReadOnly)) {
        const QString named =
            repository.filePath("snapshots/" + QString::fromUtf8(main.read(200)).trimmed());
        if (QFileInfo(named).isDir())
            return named;
    }
    const QStringList all = QDir(repository.filePath("snapshots"))
                                .entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Time);
    return all.isEmpty() ? QString() : repository.filePath("snapshots/" + all.front());
}

} // namespace

QString hubCacheFolder() {
    if (const QString cache = qEnvironmentVariable("HF_HUB_CACHE"); !cache.isEmpty())
        return cache;
    if (const QString home = qEnvironmentVariable("HF_HOME"); !home.isEmpty())
        return home + "/hub";
    const QString cache = qEnvironmentVariable("XDG_CACHE_HOME");
    return (cache.isEmpty() ? QDir::homePath() + "/.cache" : cache) + "/huggingface/hub";
}

std::vector<CachedModel> modelsOnThisMachine(const QString& hubCache,
                                             const QStringList& otherFolders) {
    std::vector<CachedModel> found;
    const QString prefix = "models--";
    for (const QString& one :
         QDir(hubCache).entryList({prefix + "*"}, QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
        const QString snapshot = snapshotOf(QDir(hubCache + u'/' + one));
        if (snapshot.isEmpty())
            continue;
        const QString name = one.mid(prefix.size()).replace("--", "/");
        const QDir folder(snapshot);
        if (folder.exists("config.json") &&
            !folder.entryList({"*.safetensors"}, QDir::Files).isEmpty())
            add(found, name, snapshot);
        addFiles(found, name + u'/', folder);
    }
    for (const QString& folder : otherFolders)
        addFiles(found, {}, QDir(folder));
    std::stable_sort(found.begin(), found.end(), [](const CachedModel& a, const CachedModel& b) {
        return a.description.has_value() && !b.description.has_value();
    });
    return found;
}

} // namespace attendre
