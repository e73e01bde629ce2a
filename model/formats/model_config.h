#pragma once

#include "model/formats/model_files.h"

#include <QJsonObject>

namespace attendre {

// What a config.json says, in the spelling before transformers 5 (rope_theta, rope_scaling) or
// since (rope_parameters). path is only for the sentences. A family, activation or rotation that is
// not read is named; the head counts as tied where the file says so. A decoder whose file says
// use_bidirectional_attention was trained with a prefix mask.
Result<ModelDescription> readModelConfig(const QJsonObject& config, const QString& path);

} // namespace attendre
