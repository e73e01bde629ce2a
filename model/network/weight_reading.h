#pragma once

#include "model/formats/model_files.h"
#include "model/network/torch_headers.h"

#include <optional>
#include <utility>
#include <vector>

namespace attendre {

// Takes tensors out of a model's files one by one, dequantised, in the type and on the device of
// its options. The first that is missing or misshapen ends it: what is taken after that is
// undefined, and error() says why.
class WeightReading {
  public:
    // family: "the Llama family", for what is missing.
    WeightReading(const ModelFiles& files, QString family, const at::TensorOptions& options,
                  const Progress& progress, const Cancel& cancel);

    const std::optional<Error>& error() const { return m_error; }
    bool has(const QString& name) const { return m_files.find(name) != nullptr; }

    at::Tensor take(const QString& name, std::vector<qint64> shape);
    // Several matrices [outputs, inputs] that read the same input, one below the other; vectors
    // where inputs is 0.
    at::Tensor takeRows(const std::vector<std::pair<QString, qint64>>& parts, qint64 inputs);

  private:
    at::Tensor fail(const QString& sentence);

    const ModelFiles& m_files;
    QString m_family;
    at::TensorOptions m_options;
    const Progress& m_progress;
    const Cancel& m_cancel;
    qint64 m_total = 0, m_done = 0;
    std::optional<Error> m_error;
};

} // namespace attendre
