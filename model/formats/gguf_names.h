#pragma once

#include "model/formats/model_files.h"

#include <QString>

namespace attendre {

// Hugging Face's name of a tensor that llama.cpp's converter has named, in a network of that
// description; a name that has no other stays as it is.
QString commonTensorName(const ModelDescription& description, const QString& stored);

} // namespace attendre
