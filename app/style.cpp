#include "app/style.h"

#include "widgets/theme.h"

#include <QApplication>
#include <QFile>

// The resources lie in a static library: the linker keeps them only where they are asked for, and
// the macro works only outside of namespaces.
static void keepResources() {
    Q_INIT_RESOURCE(attendre);
}

namespace attendre {

QPalette paletteOf(const Theme& theme) {
    QPalette palette;
    palette.setColor(QPalette::Window, theme.window());
    palette.setColor(QPalette::WindowText, theme.text());
    palette.setColor(QPalette::Base, theme.panel());
    palette.setColor(QPalette::AlternateBase, theme.hover());
    palette.setColor(QPalette::Text, theme.text());
    palette.setColor(QPalette::PlaceholderText, theme.quietText());
    palette.setColor(QPalette::Button, theme.panel());
    palette.setColor(QPalette::ButtonText, theme.text());
    palette.setColor(QPalette::BrightText, theme.text());
    palette.setColor(QPalette::Highlight, theme.selection());
    palette.setColor(QPalette::HighlightedText, theme.text());
    palette.setColor(QPalette::ToolTipBase, theme.panel());
    palette.setColor(QPalette::ToolTipText, theme.text());
    palette.setColor(QPalette::Link, theme.accent());
    palette.setColor(QPalette::Mid, theme.hairline());
    palette.setColor(QPalette::Dark, theme.hairline().darker(130));
    palette.setColor(QPalette::Light, theme.panel());
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, theme.toCome());
    return palette;
}

QString styleSheetOf(const Theme& theme) {
    keepResources();
    QFile file(QStringLiteral(":/themes/workbench.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString sheet = QString::fromUtf8(file.readAll());
    const std::pair<const char*, QColor> names[] = {
        {"@window", theme.window()},     {"@panel", theme.panel()},
        {"@hairline", theme.hairline()}, {"@text", theme.text()},
        {"@quiet", theme.quietText()},   {"@accent", theme.accent()},
        {"@hover", theme.hover()},       {"@selection", theme.selection()},
        {"@disabled", theme.toCome()},
    };
    for (const auto& [name, colour] : names)
        sheet.replace(QLatin1String(name), colour.name());
    return sheet;
}

void applyTheme(const Theme& theme) {
    qApp->setPalette(paletteOf(theme));
    qApp->setStyleSheet(styleSheetOf(theme));
}

} // namespace attendre
