#include "model/engine/open_model.h"

#include "model/memory/policy.h"

#include <QDir>
#include <QFileInfo>

#include <exception>

namespace attendre {

namespace {

// When the newest of a model's files was changed.
QDateTime lastChange(const QString& path) {
    const QFileInfo info(path);
    QDateTime newest = info.lastModified();
    if (info.isDir())
        for (const QFileInfo& file : QDir(path).entryInfoList(QDir::Files))
            newest = std::max(newest, file.lastModified());
    return newest;
}

} // namespace

Progress progressOf(const Stage& stage, const QString& what) {
    if (!stage)
        return {};
    return [stage, what](qint64 done, qint64 total) { stage(what, done, total); };
}

Result<std::unique_ptr<OpenModel>> OpenModel::open(const QString& path) {
    auto model = std::unique_ptr<OpenModel>(new OpenModel);
    model->m_path = path;
    model->m_changed = lastChange(path);
    auto files = ModelFiles::open(path);
    if (!files)
        return files.error();
    auto tokenizer = Tokenizer::open(path);
    if (!tokenizer)
        return tokenizer.error();
    model->m_files = files.take();
    model->m_tokenizer = tokenizer.take();
    return model;
}

ModelSummary OpenModel::summary() const {
    return {description(), m_path, m_tokenizer->description(), m_tokenizer->addsBos()};
}

bool OpenModel::isStill(const QString& path) const {
    return path == m_path && lastChange(path) == m_changed;
}

Result<QString> OpenModel::hash(const Stage& stage, const Cancel& cancel) {
    if (!m_hash.isEmpty())
        return m_hash;
    if (stage)
        stage("hashing the model", 0, 0);
    auto hash = m_files->hash(cancel);
    if (hash)
        m_hash = hash.value();
    return hash;
}

Result<std::shared_ptr<Network>> OpenModel::network(const Configuration& configuration,
                                                    const Stage& stage, const Cancel& cancel) {
    const QString key = QString("%1 %2 %3")
                            .arg(configuration.device, configuration.dtype)
                            .arg(configuration.threads);
    if (m_network && key == m_networkKey)
        return m_network;
    auto engine = loadEngine();
    if (!engine)
        return engine.error();
    m_network.reset(); // two sets of weights would not fit where one does
    auto done = guarded("loading the weights of " + m_path, [&]() -> Result<void> {
        auto network = engine.value()->load(m_files, configuration.device, configuration.dtype,
                                            configuration.threads,
                                            progressOf(stage, "loading weights"), cancel);
        if (!network)
            return network.error();
        m_network = network.take();
        return {};
    });
    if (!done)
        return done.error();
    m_networkKey = key;
    return m_network;
}

Result<ResolvedConfiguration> resolveFor(const ModelDescription& model,
                                         const Configuration& configuration, qint64 tokens) {
    auto policy = findPolicy(configuration);
    if (!policy)
        return policy.error();
    auto outputs = findPolicy(forOutputs(configuration));
    if (!outputs)
        return outputs.error();
    return resolve(configuration, model.shape, policy->description, tokens, outputs->description);
}

Result<void> guarded(const QString& doing, const std::function<Result<void>()>& work) {
    try {
        return work();
    } catch (const std::exception& problem) {
        if (const auto shortage = memoryShortage(problem))
            return Error{QString("Out of memory while %1: %2; choose a smaller --memory, --chunk "
                                 "or model.")
                             .arg(doing, *shortage)};
        const QString what = QString::fromUtf8(problem.what()).section('\n', 0, 0).trimmed();
        return Error{
            QString("Something failed while %1: %2 (this is an error in the program or its "
                    "libraries; please report it with the command).")
                .arg(doing, what)};
    }
}

} // namespace attendre
