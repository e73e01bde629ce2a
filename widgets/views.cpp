#include "widgets/view.h"

namespace attendre {

const std::vector<ViewDefinition>& viewDefinitions() {
    static const std::vector<ViewDefinition> definitions = {};
    return definitions;
}

} // namespace attendre
