#pragma once

#include "model/trace/configuration.h"

#include <variant>

namespace attendre {

using Spans = std::vector<std::pair<int, int>>;

// Where an option's value lives in a Configuration; its type says how it is typed and stored.
using OptionField = std::variant<QString Configuration::*, int Configuration::*,
                                 double Configuration::*, bool Configuration::*,
                                 quint64 Configuration::*, std::optional<int> Configuration::*,
                                 std::vector<int> Configuration::*, Spans Configuration::*>;

struct OptionRow {
    OptionDefinition definition;
    OptionField field;
    int minimum = 0;    // of numbers
    bool full = false;  // the word "full" is understood
    QString unset = {}; // the word for a number that is not set, where there is one
};

// Every option but the presets, in the order in which they are shown and written.
const std::vector<OptionRow>& optionRows();

} // namespace attendre
