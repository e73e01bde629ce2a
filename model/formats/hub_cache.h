#pragma once

#include "model/formats/model_files.h"

#include <QString>

#include <optional>
#include <vector>

namespace attendre {

// A model that was found on this machine.
struct CachedModel {
    QString name; // "HuggingFaceTB/SmolLM2-135M", or the file's name
    QString path; // a .gguf file, or a folder with config.json and safetensors
    std::optional<ModelDescription> description;
    QString refusal; // why it cannot be run, in one sentence, where it has no description
};

// Where Hugging Face's libraries keep what they fetched: HF_HUB_CACHE, else hub in HF_HOME, else
// ~/.cache/huggingface/hub.
QString hubCacheFolder();

// The models in a hub cache, each snapshot's folder or its .gguf files, and the .gguf files that
// lie in the other folders, by name. Weights are mapped, not read. What is there in part only
// (a config without weights) is no model and is left out.
std::vector<CachedModel> modelsOnThisMachine(const QString& hubCache,
                                             const QStringList& otherFolders);

} // namespace attendre
