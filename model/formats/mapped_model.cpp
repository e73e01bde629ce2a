#include "model/formats/mapped_model.h"

#include <QFileInfo>
#include <QMap>
#include <QStringList>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attendre {

namespace {

qint64 elementsOf(const Tensor& tensor) {
    qint64 elements = 1;
    for (const qint64 size : tensor.shape)
        elements *= size;
    return elements;
}

QString shown(const std::vector<qint64>& shape) {
    QStringList sizes;
    for (const qint64 size : shape)
        sizes << QString::number(size);
    return QStringLiteral("[%1]").arg(sizes.join(QStringLiteral(", ")));
}

// The decoder and the position bias of an encoder-decoder network; the name and value of the first
// size that no such network has.
std::optional<std::pair<const char*, int>> impossibleSize(const EncoderDecoder& network,
                                                          int vocabulary) {
    if (network.decoderLayers < 1 || network.decoderLayers > 65536)
        return std::pair("the number of decoder layers", network.decoderLayers);
    if (network.buckets < 4 || network.buckets > 65536)
        return std::pair("the number of position buckets", network.buckets);
    if (network.furthest <= network.buckets / 2) // the near half of the buckets is exact
        return std::pair("the furthest bucketed distance", network.furthest);
    if (network.startToken >= vocabulary)
        return std::pair("the decoder's first token", network.startToken);
    if (network.endToken >= vocabulary)
        return std::pair("the last token", network.endToken);
    return std::nullopt;
}

} // namespace

ModelFiles::~ModelFiles() = default;

Result<std::shared_ptr<const ModelFiles>> ModelFiles::open(const QString& path) {
    const QFileInfo info(path);
    if (!info.exists())
        return Error{QStringLiteral("%1 does not exist; name a .gguf file or a folder with "
                                    "config.json and safetensors.")
                         .arg(path)};
    return info.isDir() ? openModelFolder(path) : openGgufModel(path);
}

Result<std::shared_ptr<const ModelFiles>>
MappedModel::make(const QString& path, ModelDescription description, std::vector<Tensor> tensors,
                  std::vector<std::shared_ptr<const MappedFile>> files) {
    auto model = std::make_shared<MappedModel>();
    model->m_path = path;
    model->m_description = std::move(description);
    model->m_tensors = std::move(tensors);
    model->m_files = std::move(files);
    for (std::size_t i = 0; i < model->m_tensors.size(); ++i)
        model->m_byName.insert(model->m_tensors[i].name, i);
    model->summarise();
    for (const auto& [name, shape] : neededTensors(model->m_description)) {
        const Tensor* tensor = model->find(name);
        if (!tensor)
            return Error{QStringLiteral("%1 lacks the tensor %2, which a %3 network of %4 layers "
                                        "needs; fetch the model again.")
                             .arg(path, name, model->m_description.family)
                             .arg(model->m_description.shape.layers)};
        if (tensor->shape != shape)
            return Error{
                QStringLiteral("%1 stores %2 with the shape %3, but its configuration implies "
                               "%4; fetch the model again.")
                    .arg(path, name, shown(tensor->shape), shown(shape))};
    }
    return std::shared_ptr<const ModelFiles>(std::move(model));
}

const Tensor* MappedModel::find(const QString& name) const {
    const auto found = m_byName.find(name);
    return found == m_byName.end() ? nullptr : &m_tensors[*found];
}

void MappedModel::summarise() {
    QMap<TensorType, qint64> elements;
    m_description.parameters = m_description.fileBytes = 0;
    for (const Tensor& tensor : m_tensors) {
        elements[tensor.type] += elementsOf(tensor);
        m_description.parameters += elementsOf(tensor);
    }
    qint64 most = -1;
    for (auto it = elements.cbegin(); it != elements.cend(); ++it)
        if (it.value() > most) {
            most = it.value();
            m_description.storedType = tensorTypeName(it.key());
        }
    for (const auto& file : m_files)
        m_description.fileBytes += static_cast<qint64>(file->bytes().size());
}

Result<void> checkDescription(const ModelDescription& description, const QString& path) {
    const NetworkShape& shape = description.shape;
    const auto refuse = [&](const char* name, double value) -> Result<void> {
        return Error{
            QStringLiteral("%1 declares %2 %3, which no %4 network has; fetch the model again.")
                .arg(path, QLatin1String(name))
                .arg(value)
                .arg(description.family)};
    };
    constexpr int most = 1 << 24; // of any size: far above every network, far below overflow
    if (shape.layers < 1 || shape.layers > 65536)
        return refuse("the number of layers", shape.layers);
    if (shape.hidden < 1 || shape.hidden > most)
        return refuse("the hidden size", shape.hidden);
    if (shape.feedForward < 1 || shape.feedForward > most)
        return refuse("the feed-forward size", shape.feedForward);
    if (shape.vocabulary < 1 || shape.vocabulary > most)
        return refuse("the vocabulary size", shape.vocabulary);
    if (shape.queryHeads < 1 || shape.queryHeads > 65536)
        return refuse("the number of query heads", shape.queryHeads);
    if (shape.heads < 1 || shape.queryHeads % shape.heads != 0)
        return refuse("the number of K/V heads", shape.heads);
    if (shape.headDimension < 2 || shape.headDimension > 65536 || shape.headDimension % 2 != 0)
        return refuse("the head dimension", shape.headDimension);
    if (shape.trainedLength < 0)
        return refuse("the trained length", shape.trainedLength);
    if (!(description.normEpsilon > 0 && description.normEpsilon < 1))
        return refuse("the norm's epsilon", description.normEpsilon);
    if (!(description.ropeTheta > 1 && std::isfinite(description.ropeTheta)))
        return refuse("the rotation's base", description.ropeTheta);
    if (description.family == QStringLiteral("t5"))
        if (const auto wrong = impossibleSize(description.encoderDecoder, shape.vocabulary))
            return refuse(wrong->first, wrong->second);
    const RopeScaling& scaling = description.ropeScaling;
    if (!(scaling.factor > 0 && std::isfinite(scaling.factor)))
        return refuse("the rotation's scaling factor", scaling.factor);
    if (scaling.kind == RopeScaling::Kind::Llama3 &&
        !(scaling.lowFrequencyFactor > 0 &&
          scaling.highFrequencyFactor > scaling.lowFrequencyFactor &&
          std::isfinite(scaling.highFrequencyFactor) && scaling.originalLength > 0))
        return refuse("the rotation's high-frequency factor", scaling.highFrequencyFactor);
    return {};
}

std::vector<double> rotaryFrequencies(int headDimension, double theta, const RopeScaling& scaling) {
    const int pairs = headDimension / 2;
    std::vector<double> frequencies(static_cast<std::size_t>(pairs));
    for (int i = 0; i < pairs; ++i) {
        double& frequency = frequencies[static_cast<std::size_t>(i)];
        frequency = std::pow(theta, -2.0 * i / headDimension);
        if (scaling.kind == RopeScaling::Kind::Linear) {
            frequency /= scaling.factor;
        } else if (scaling.kind == RopeScaling::Kind::Divisors) {
            frequency /= static_cast<double>(scaling.divisors[static_cast<std::size_t>(i)]);
        } else if (scaling.kind == RopeScaling::Kind::Llama3) {
            // Turns over the original length decide: few are slowed, many are kept, between the two
            // factors it goes gradually.
            const double turns =
                static_cast<double>(scaling.originalLength) * frequency / (2 * std::numbers::pi);
            const double kept = (turns - scaling.lowFrequencyFactor) /
                                (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
            const double share = std::clamp(kept, 0.0, 1.0);
            frequency = (1 - share) * frequency / scaling.factor + share * frequency;
        }
    }
    return frequencies;
}

} // namespace attendre
