#pragma once

#include "widgets/view.h"

#include <QString>

class QMenu;

namespace attendre {

// What can be done with a span of positions (or one token): break when it leaves, mark it, keep it
// in a run beside this one. words: what it is called. The caller owns it.
QMenu* makeSpanMenu(const ViewContext& context, std::int32_t first, std::int32_t last,
                    const QString& words, QWidget* parent);

} // namespace attendre
