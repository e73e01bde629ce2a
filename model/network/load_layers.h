#pragma once

#include "model/formats/model_files.h"
#include "model/network/answer_decoder.h"
#include "model/network/layer_stack.h"
#include "model/trace/cancel.h"

#include <memory>

namespace attendre {

// A network as the pipeline runs it: what reads the input, and what answers from its outputs where
// the network is an encoder-decoder (else null).
struct LoadedLayers {
    std::shared_ptr<const LayerStack> stack;
    std::shared_ptr<const AnswerDecoder> decoder;
};

// The network of a model's files with all of its weights. rows: how many rows a step usually has (a
// chunk). Errors: a family that no network here serves, a tensor that is missing or has another
// shape than the configuration says, by name; cancelled.
Result<LoadedLayers> loadLayers(const ModelFiles& files, const at::TensorOptions& options,
                                std::int64_t rows, const Progress& progress, const Cancel& cancel);

} // namespace attendre
