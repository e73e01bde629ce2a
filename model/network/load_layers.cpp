#include "model/network/torch_headers.h"

#include "model/network/gpt2.h"
#include "model/network/llama.h"
#include "model/network/load_layers.h"
#include "model/network/t5.h"

namespace attendre {

namespace {

Result<LoadedLayers> alone(Result<std::shared_ptr<const LayerStack>> stack) {
    if (!stack)
        return stack.error();
    return LoadedLayers{stack.take(), nullptr};
}

} // namespace

Result<LoadedLayers> loadLayers(const ModelFiles& files, const at::TensorOptions& options,
                                std::int64_t rows, const Progress& progress, const Cancel& cancel) {
    const QString& family = files.description().family;
    if (family == QStringLiteral("llama") || family == QStringLiteral("qwen2"))
        return alone(loadLlama(files, options, rows, progress, cancel));
    if (family == QStringLiteral("gpt2"))
        return alone(loadGpt2(files, options, rows, progress, cancel));
    if (family == QStringLiteral("t5"))
        return loadT5(files, options, rows, progress, cancel);
    return Error{QStringLiteral("%1 is of the family %2, which the engine cannot run: choose a "
                                "model of the families Llama, Qwen2, GPT-2 or T5.")
                     .arg(files.path(), family)};
}

} // namespace attendre
