#pragma once

#include "model/trace/configuration.h"

namespace attendre {

// The options and choices that this version computes: what help, completion, manual and dialog
// show. The rest of optionDefinitions() is understood wherever a configuration is read, and
// resolve() refuses it in a sentence. An option that leaves nothing but its default is left out.
const std::vector<OptionDefinition>& offeredOptions();

// The offered option of that name; null where it is not offered.
const OptionDefinition* offeredOption(const QString& name);

// The policy that alone takes an option; empty where every one does.
QString policyOf(const QString& option);

} // namespace attendre
