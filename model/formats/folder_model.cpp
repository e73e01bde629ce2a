#include "model/formats/mapped_model.h"

#include "model/formats/json_file.h"
#include "model/formats/model_config.h"
#include "model/formats/safetensors.h"

#include <QDir>
#include <QFileInfo>
#include <QMap>
#include <QSet>

namespace attendre {

namespace {

const QString oneFile = QStringLiteral("model.safetensors");
const QString indexFile = QStringLiteral("model.safetensors.index.json");

// The shards that an index names, in order of their names, and the tensors that each has to hold.
Result<QMap<QString, QSet<QString>>> readIndex(const QString& path) {
    auto index = readJsonObject(path);
    if (!index)
        return index.error();
    const QJsonValue map = (*index)[QLatin1String("weight_map")];
    if (!map.isObject() || map.toObject().isEmpty())
        return Error{QStringLiteral("%1 has no weight_map; fetch it again.").arg(path)};
    QMap<QString, QSet<QString>> shards;
    const QJsonObject tensors = map.toObject();
    for (auto it = tensors.begin(); it != tensors.end(); ++it) {
        const QString shard = it.value().toString();
        if (shard.isEmpty() || shard.contains(u'/') || shard.contains(u'\\') ||
            shard.contains(QChar(u'\0')) || shard == QLatin1String("..") ||
            shard == QLatin1String("."))
            return Error{
                QStringLiteral("%1 places the tensor %2 in \"%3\", which is not the name of a "
                               "file beside it; fetch it again.")
                    .arg(path, it.key().left(80), shard.left(80))};
        shards[shard].insert(it.key());
    }
    return shards;
}

// One shard's tensors; with an index, exactly those that it places there.
Result<void> readShard(const QString& path, const QSet<QString>* expected,
                       std::vector<Tensor>& tensors,
                       std::vector<std::shared_ptr<const MappedFile>>& files) {
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    auto parsed = parseSafetensors((*file)->bytes(), path);
    if (!parsed)
        return parsed.error();
    QSet<QString> found;
    for (Tensor& tensor : *parsed) {
        if (expected && !expected->contains(tensor.name))
            continue; // the index decides which copy of a tensor counts
        found.insert(tensor.name);
        tensors.push_back(std::move(tensor));
    }
    if (expected && found.size() != expected->size())
        for (const QString& name : *expected)
            if (!found.contains(name))
                return Error{QStringLiteral("%1 lacks the tensor %2, which the index places in it; "
                                            "fetch it again.")
                                 .arg(path, name.left(80))};
    files.push_back(file.take());
    return {};
}

Result<void> readAll(const QDir& folder, std::vector<Tensor>& tensors,
                     std::vector<std::shared_ptr<const MappedFile>>& files) {
    if (folder.exists(indexFile)) {
        auto shards = readIndex(folder.filePath(indexFile));
        if (!shards)
            return shards.error();
        for (auto it = shards->cbegin(); it != shards->cend(); ++it)
            if (!folder.exists(it.key()))
                return Error{QStringLiteral("%1 lacks the file %2, which %3 names: fetch it too.")
                                 .arg(folder.path(), it.key(), indexFile)};
        for (auto it = shards->cbegin(); it != shards->cend(); ++it)
            if (auto read = readShard(folder.filePath(it.key()), &it.value(), tensors, files);
                !read)
                return read;
        return {};
    }
    if (folder.exists(oneFile))
        return readShard(folder.filePath(oneFile), nullptr, tensors, files);
    return Error{QStringLiteral("%1 holds neither %2 nor %3; name a folder with safetensors.")
                     .arg(folder.path(), oneFile, indexFile)};
}

Tensor* named(std::vector<Tensor>& tensors, const char* name) {
    for (Tensor& tensor : tensors)
        if (tensor.name == QLatin1String(name))
            return &tensor;
    return nullptr;
}

// The names that files of one family spell in several ways, and what the tensors say of the head.
void settleNames(ModelDescription& description, std::vector<Tensor>& tensors) {
    const QString prefix = QStringLiteral("transformer.");
    if (description.family == QStringLiteral("gpt2"))
        for (Tensor& tensor : tensors)
            if (tensor.name.startsWith(prefix))
                tensor.name = tensor.name.mid(prefix.size());
    if (description.family != QStringLiteral("t5"))
        return;
    for (const char* embedding : {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"})
        if (Tensor* found = named(tensors, embedding); found && !named(tensors, "shared.weight"))
            found->name = QStringLiteral("shared.weight");
    // Since transformers 5 every T5 claims a tied head: an unscaled one in the file is its own.
    if (!description.encoderDecoder.scaledHead && named(tensors, "lm_head.weight"))
        description.tiedHead = false;
}

} // namespace

Result<std::shared_ptr<const ModelFiles>> openModelFolder(const QString& path) {
    const QDir folder(path);
    const QString configPath = folder.filePath(QStringLiteral("config.json"));
    if (!QFileInfo::exists(configPath))
        return Error{
            QStringLiteral("%1 holds no config.json: name a model's folder with config.json, "
                           "safetensors and a tokenizer, or a .gguf file.")
                .arg(path)};
    auto config = readJsonObject(configPath);
    if (!config)
        return config.error();
    auto description = readModelConfig(*config, configPath);
    if (!description)
        return description.error();
    description->name = QFileInfo(folder.absolutePath()).fileName();
    std::vector<Tensor> tensors;
    std::vector<std::shared_ptr<const MappedFile>> files;
    if (auto read = readAll(folder, tensors, files); !read)
        return read.error();
    settleNames(*description, tensors);
    return MappedModel::make(path, description.take(), std::move(tensors), std::move(files));
}

} // namespace attendre
