#pragma once

#include <QPalette>

namespace attendre {

class Theme;

// The theme as Qt sees it: palette and style sheet, for the whole application.
QPalette paletteOf(const Theme& theme);
QString styleSheetOf(const Theme& theme);
void applyTheme(const Theme& theme);

} // namespace attendre
