#include "model/trace/offered_options.h"

namespace attendre {

const std::vector<OptionDefinition>& offeredOptions() {
    return optionDefinitions();
}

const OptionDefinition* offeredOption(const QString& name) {
    for (const OptionDefinition& option : offeredOptions())
        if (option.name == name)
            return &option;
    return nullptr;
}

QString policyOf(const QString& option) {
    if (option == "expression")
        return "custom";
    if (option == "future")
        return "future";
    return option == "lfa-count" || option == "lfa-per-age" ? "lfa" : "";
}

} // namespace attendre
