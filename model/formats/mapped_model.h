#pragma once

#include "model/formats/gguf.h"
#include "model/formats/mapped_file.h"
#include "model/formats/model_files.h"

#include <QHash>

#include <memory>
#include <vector>

namespace attendre {

// A model whose tensors lie in mapped files, whatever their format.
class MappedModel : public ModelFiles {
  public:
    // Counts parameters and bytes and names the type most weights are stored in, then checks that
    // every tensor that the family's network needs is there in the shape that the description
    // implies. Errors name the path, the tensor and both shapes.
    static Result<std::shared_ptr<const ModelFiles>>
    make(const QString& path, ModelDescription description, std::vector<Tensor> tensors,
         std::vector<std::shared_ptr<const MappedFile>> files);

    QString path() const override { return m_path; }
    const ModelDescription& description() const override { return m_description; }
    const std::vector<Tensor>& tensors() const override { return m_tensors; }
    const Tensor* find(const QString& name) const override;
    Result<QString> hash(const Cancel& cancel) const override { return hashOf(m_files, cancel); }

  private:
    void summarise();

    QString m_path;
    ModelDescription m_description;
    std::vector<Tensor> m_tensors;
    QHash<QString, std::size_t> m_byName;
    std::vector<std::shared_ptr<const MappedFile>> m_files;
};

// The network's weights by name, with the shapes that the description implies.
std::vector<std::pair<QString, std::vector<qint64>>>
neededTensors(const ModelDescription& description);

// Refuses sizes that no network of this family can have; path is only for the sentence.
Result<void> checkDescription(const ModelDescription& description, const QString& path);

// The model in a parsed GGUF file, whose bytes the files keep mapped.
Result<std::shared_ptr<const ModelFiles>>
makeGgufModel(const GgufContents& contents, const QString& path,
              std::vector<std::shared_ptr<const MappedFile>> files);
// Opens one .gguf file.
Result<std::shared_ptr<const ModelFiles>> openGgufModel(const QString& path);
// Opens a folder with config.json and safetensors.
Result<std::shared_ptr<const ModelFiles>> openModelFolder(const QString& path);

} // namespace attendre
