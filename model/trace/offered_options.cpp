#include "model/trace/offered_options.h"

namespace attendre {

namespace {

// What resolve() refuses.
const QStringList& defaultOnly() {
    static const QStringList names = {"archive"};
    return names;
}

QStringList refusedChoices(const QString& option) {
    return {};
}

} // namespace

const std::vector<OptionDefinition>& offeredOptions() {
    static const std::vector<OptionDefinition> offered = [] {
        std::vector<OptionDefinition> all;
        for (OptionDefinition definition : optionDefinitions()) {
            if (defaultOnly().contains(definition.name))
                continue;
            for (const QString& choice : refusedChoices(definition.name))
                definition.choices.removeAll(choice);
            all.push_back(definition);
        }
        return all;
    }();
    return offered;
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
