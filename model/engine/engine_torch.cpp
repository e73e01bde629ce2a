#include "model/network/torch_headers.h"

#include "model/cuda/cuda_module.h"
#include "model/engine/next_tokens.h"
#include "model/engine/reading_pipeline.h"
#include "model/network/load_layers.h"

#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include <thread>

namespace attendre {

namespace {

constexpr int usualChunk = 64; // rows that the weights' layout is chosen for

// An Error where the machine's memory does not suffice; on other devices Torch itself says so.
Result<void> fits(qint64 bytes, const QString& what, const at::Device& device) {
    const qint64 available = availableMemory();
    if (!device.is_cpu() || available < 0 || bytes <= available)
        return {};
    return Error{
        QStringLiteral("%1 needs %2 of memory, but only %3 are free: close other programs, "
                       "or choose a smaller --memory, --chunk or model.")
            .arg(what, bytesInWords(bytes), bytesInWords(available))};
}

// What went wrong in Torch, which goes on with a stack trace after its first line; without the
// allocator's own words where memory was short.
QString causeOf(const std::exception& exception) {
    if (const auto shortage = memoryShortage(exception))
        return *shortage;
    return QString::fromUtf8(exception.what()).section(QLatin1Char('\n'), 0, 0);
}

class TorchNetwork : public Network {
  public:
    TorchNetwork(std::shared_ptr<const LoadedNetwork> loaded,
                 std::shared_ptr<const ModelFiles> files, QString device, QString dtype)
        : m_loaded(std::move(loaded)), m_files(std::move(files)), m_device(std::move(device)),
          m_dtype(std::move(dtype)) {}

    const ModelDescription& description() const override { return m_loaded->description; }
    QString device() const override { return m_device; }
    QString dtype() const override { return m_dtype; }
    int threads() const override { return m_loaded->threads; }

    Result<std::unique_ptr<Pipeline>> start(const Configuration& configuration,
                                            std::vector<std::int32_t> ids,
                                            StepWants wants) override {
        const auto policy = findPolicy(configuration);
        const auto outputs = findPolicy(forOutputs(configuration));
        if (!policy || !outputs)
            return policy ? outputs.error() : policy.error();
        auto resolved = resolve(configuration, description().shape, policy->description,
                                qint64(ids.size()), outputs->description);
        if (!resolved)
            return resolved.error();
        for (const std::int32_t id : ids)
            if (id < 0 || id >= description().shape.vocabulary)
                return Error{QStringLiteral("The token id %1 is not in the model's vocabulary of "
                                            "%2: the tokenizer belongs to another model.")
                                 .arg(id)
                                 .arg(description().shape.vocabulary)};
        const MemoryNeed need = memoryNeed(description(), *resolved, m_dtype, qint64(ids.size()));
        if (auto enough = fits(need.keyValue + need.working, QStringLiteral("The run"),
                               m_loaded->options.device());
            !enough)
            return enough.error();
        const PolicyInput input{*resolved, ids, [this] { return m_files->hash(Cancel()); }};
        const auto ranking = policy->prepare(input);
        const auto outputRanking = outputs->prepare(input);
        if (!ranking || !outputRanking)
            return ranking ? outputRanking.error() : ranking.error();
        resolved->notices << ranking->notices;
        return build(resolved.take(), {*ranking, *outputRanking}, std::move(ids), wants);
    }

    Result<std::vector<float>> divergence(const std::vector<float>& p,
                                          const std::vector<float>& q) override {
        const auto hidden = std::int64_t(description().shape.hidden);
        if (p.size() != q.size() || std::int64_t(p.size()) % hidden != 0)
            return Error{QStringLiteral("Two runs are compared that have %1 and %2 numbers, not "
                                        "the same rows of %3.")
                             .arg(p.size())
                             .arg(q.size())
                             .arg(hidden)};
        try {
            const c10::InferenceMode inference;
            useThreads(m_loaded->threads);
            return attendre::divergence(*m_loaded->layers.stack, p, q, hidden, m_loaded->options);
        } catch (const std::exception& exception) {
            return Error{QStringLiteral("The distributions cannot be compared on %1: %2.")
                             .arg(m_device, causeOf(exception))};
        }
    }

  private:
    Result<std::unique_ptr<Pipeline>> build(ResolvedConfiguration resolved,
                                            const RunRankings& rankings,
                                            std::vector<std::int32_t> ids, StepWants wants) {
        try {
            return std::unique_ptr<Pipeline>(std::make_unique<ReadingPipeline>(
                m_loaded, std::move(resolved), rankings, std::move(ids), wants));
        } catch (const std::exception& exception) {
            return Error{QStringLiteral("The memories cannot be set up on %1: %2; choose a smaller "
                                        "--memory.")
                             .arg(m_device, causeOf(exception))};
        }
    }

    std::shared_ptr<const LoadedNetwork> m_loaded;
    std::shared_ptr<const ModelFiles> m_files;
    QString m_device, m_dtype;
};

Result<at::ScalarType> scalarType(const QString& name) {
    if (name == QStringLiteral("f32"))
        return at::kFloat;
    if (name == QStringLiteral("f64"))
        return at::kDouble;
    if (name == QStringLiteral("bf16"))
        return at::kBFloat16;
    if (name == QStringLiteral("f16"))
        return at::kHalf;
    return Error{
        QStringLiteral("The option --dtype has the value \"%1\"; it takes f32, bf16 or f16.")
            .arg(name),
        2};
}

// "cpu", "cuda" or "cuda:i".
Result<at::Device> deviceOf(const QString& name) {
    if (name == QStringLiteral("cpu"))
        return at::Device(at::kCPU);
    bool ok = name == QStringLiteral("cuda");
    int index = 0;
    if (name.startsWith(QStringLiteral("cuda:")))
        index = name.mid(5).toInt(&ok);
    if (!ok || index < 0 || index > 127)
        return Error{
            QStringLiteral("The option --device has the value \"%1\"; it takes cpu, cuda or "
                           "cuda:0.")
                .arg(name),
            2};
    const Result<int> count = loadCudaModule();
    if (!count)
        return count.error();
    if (index >= *count)
        return Error{QStringLiteral("There is no device cuda:%1: this machine has %2, the first "
                                    "being cuda:0.")
                         .arg(index)
                         .arg(*count)};
    return at::Device(at::kCUDA, at::DeviceIndex(index));
}

// More threads than this per core only wait for each other, and thousands stop the machine.
constexpr int mostThreadsPerCore = 8;

class TorchEngine : public Engine {
  public:
    QString build() const override {
        return QStringLiteral("%1, LibTorch %2, %3")
            .arg(QStringLiteral(ATTENDRE_VERSION), QStringLiteral(TORCH_VERSION),
                 QString::fromStdString(at::get_cpu_capability()));
    }

    std::vector<PolicyDescription> policies() const override {
        std::vector<PolicyDescription> descriptions;
        for (const Policy& policy : allPolicies())
            descriptions.push_back(policy.description);
        return descriptions;
    }

    Result<std::shared_ptr<Network>> load(std::shared_ptr<const ModelFiles> files,
                                          const QString& device, const QString& dtype, int threads,
                                          const Progress& progress, const Cancel& cancel) override {
        const auto type = scalarType(dtype);
        if (!type)
            return type.error();
        const auto on = deviceOf(device);
        if (!on)
            return on.error();
        const qint64 bytes =
            files->description().parameters * qint64(c10::elementSize(*type)) * 5 / 4;
        if (auto enough = fits(bytes, files->path(), *on); !enough)
            return enough.error();
        const int cores = std::max(1, int(std::thread::hardware_concurrency()));
        if (threads > mostThreadsPerCore * cores)
            return Error{
                QStringLiteral("The option --threads has the value %1, and this machine has "
                               "%2 cores; choose 0 for one per core, or at most %3.")
                    .arg(threads)
                    .arg(cores)
                    .arg(mostThreadsPerCore * cores),
                2};
        return loadOn(files, at::TensorOptions().dtype(*type).device(*on),
                      threads > 0 ? threads : cores, device, dtype, progress, cancel);
    }

  private:
    Result<std::shared_ptr<Network>> loadOn(const std::shared_ptr<const ModelFiles>& files,
                                            const at::TensorOptions& options, int threads,
                                            const QString& device, const QString& dtype,
                                            const Progress& progress, const Cancel& cancel) {
        try {
            const c10::InferenceMode inference;
            at::set_num_threads(threads);
            auto layers = loadLayers(*files, options, usualChunk, progress, cancel);
            if (!layers)
                return layers.error();
            return std::shared_ptr<Network>(std::make_shared<TorchNetwork>(
                std::make_shared<const LoadedNetwork>(
                    LoadedNetwork{files->description(), layers.take(), options, threads}),
                files, QString::fromStdString(options.device().str()), dtype));
        } catch (const std::exception& exception) {
            return Error{QStringLiteral("%1 cannot be loaded on %2: %3; free memory there, or "
                                        "choose a smaller model.")
                             .arg(files->path(), device, causeOf(exception))};
        }
    }
};

} // namespace

} // namespace attendre

extern "C" attendre::Engine* attendre_engine() {
    static attendre::TorchEngine engine;
    return &engine;
}
