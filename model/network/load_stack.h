#pragma once

#include "model/formats/model_files.h"
#include "model/network/layer_stack.h"
#include "model/trace/cancel.h"

#include <memory>

namespace attendre {

// The network of a model's files with all of its weights. rows: how many rows a step usually has (a
// chunk). Errors: a family that no network here serves, a tensor that is missing or has another
// shape than the configuration says, by name; cancelled.
Result<std::shared_ptr<const LayerStack>> loadStack(const ModelFiles& files,
                                                    const at::TensorOptions& options,
                                                    std::int64_t rows, const Progress& progress,
                                                    const Cancel& cancel);

} // namespace attendre
