#pragma once

#include "tests/engine/random_network.h"

#include <QJsonObject>

// A tiny T5, what it is on disk and as the slow pipeline reads its encoder.
namespace attendre::slow {

using Shapes = std::map<std::string, std::vector<int>>;

Shapes t5Shapes(const NetworkRecipe& recipe);
QJsonObject t5Configuration(const NetworkRecipe& recipe);
void describeT5(const NetworkRecipe& recipe, ModelDescription& description);
// The encoder alone: what comes out of its last layer, normalised, is the output.
Network makeT5Encoder(const NetworkRecipe& recipe, const Tensors& tensors);
// What reads the input, of any recipe.
Network networkOf(const NetworkRecipe& recipe);

} // namespace attendre::slow
