#include "model/network/torch_headers.h"

#include "model/network/gpt2.h"
#include "model/network/llama.h"
#include "model/network/load_stack.h"

namespace attendre {

Result<std::shared_ptr<const LayerStack>> loadStack(const ModelFiles& files,
                                                    const at::TensorOptions& options,
                                                    std::int64_t rows, const Progress& progress,
                                                    const Cancel& cancel) {
    const QString& family = files.description().family;
    if (family == QStringLiteral("llama") || family == QStringLiteral("qwen2"))
        return loadLlama(files, options, rows, progress, cancel);
    if (family == QStringLiteral("gpt2"))
        return loadGpt2(files, options, rows, progress, cancel);
    return Error{QStringLiteral("%1 is of the family %2, which the engine cannot run: choose a "
                                "model of the families Llama, Qwen2 or GPT-2.")
                     .arg(files.path(), family)};
}

} // namespace attendre
