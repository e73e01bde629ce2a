#pragma once

#include "widgets/why_evicted_content.h"

#include <QString>

#include <functional>
#include <vector>

class QMenu;

namespace attendre {

class RunWishes;

// One change of what an eviction decided, as a person would ask for it.
struct OfferedChange {
    QString words;  // "Keep it from step 8 on"
    QString change; // "keep 130 at 8- in layer 2 head 0"
};

// What may be changed of the ranking that reason tells: keep the one that went, swap it with the
// first that stayed, drop the selected one. perLayer: all heads decide together.
// name: how an entry is called in words.
std::vector<OfferedChange> offeredChanges(const EvictionReason& reason, bool perLayer,
                                          const std::function<QString(std::int32_t)>& name);

// Fills menu with them; each asks wishes for a run beside the shown one.
void fillChangeMenu(QMenu& menu, const std::vector<OfferedChange>& offered, RunWishes* wishes);

} // namespace attendre
