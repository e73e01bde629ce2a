#include "model/network/torch_headers.h"

#include "model/network/weight_reading.h"

namespace attendre {

static QString shapeText(const std::vector<qint64>& shape) {
    QStringList numbers;
    for (qint64 n : shape)
        numbers << QString::number(n);
    return QLatin1Char('[') + numbers.join(QStringLiteral(", ")) + QLatin1Char(']');
}

WeightReading::WeightReading(const ModelFiles& files, QString family,
                             const at::TensorOptions& options, const Progress& progress,
                             const Cancel& cancel)
    : m_files(files), m_family(std::move(family)), m_options(options), m_progress(progress),
      m_cancel(cancel), m_total(qint64(files.tensors().size())) {}

at::Tensor WeightReading::fail(const QString& sentence) {
    m_error = Error{sentence};
    return {};
}

at::Tensor WeightReading::take(const QString& name, std::vector<qint64> shape) {
    if (m_error)
        return {};
    if (m_cancel.requested())
        return fail(QStringLiteral("Loading %1 was cancelled.").arg(m_files.path()));
    const Tensor* tensor = m_files.find(name);
    if (!tensor)
        return fail(QStringLiteral("%1 has no tensor %2, which a network of %3 needs: get a "
                                   "complete copy of the model.")
                        .arg(m_files.path(), name, m_family));
    if (tensor->shape != shape)
        return fail(QStringLiteral("%1: the tensor %2 is %3, but the configuration asks for %4: "
                                   "get a copy of the model whose parts belong together.")
                        .arg(m_files.path(), name, shapeText(tensor->shape), shapeText(shape)));
    at::Tensor plain = at::empty(std::vector<std::int64_t>(shape.begin(), shape.end()), at::kFloat);
    if (auto read = readTensor(*tensor, plain.data_ptr<float>()); !read) {
        m_error = read.error();
        return {};
    }
    if (m_progress)
        m_progress(++m_done, m_total);
    return plain.to(m_options);
}

at::Tensor WeightReading::takeRows(const std::vector<std::pair<QString, qint64>>& parts,
                                   qint64 inputs) {
    std::vector<at::Tensor> rows;
    for (const auto& [name, outputs] : parts)
        rows.push_back(inputs ? take(name, {outputs, inputs}) : take(name, {outputs}));
    return m_error ? at::Tensor() : at::cat(rows, 0);
}

} // namespace attendre
