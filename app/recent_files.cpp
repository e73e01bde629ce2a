#include "app/recent_files.h"

#include <QFileInfo>
#include <QMenu>
#include <QSettings>

namespace attendre {

namespace {
const auto key = QStringLiteral("recent/traces");
constexpr int most = 10;
} // namespace

RecentFiles::RecentFiles(QObject* parent) : QObject(parent) {}

QStringList RecentFiles::paths() const {
    QStringList existing;
    for (const QString& path : QSettings().value(key).toStringList())
        if (QFileInfo::exists(path))
            existing << path;
    return existing;
}

void RecentFiles::add(const QString& path) {
    const QString absolute = QFileInfo(path).absoluteFilePath();
    QStringList all = paths();
    all.removeAll(absolute);
    all.prepend(absolute);
    QSettings().setValue(key, all.mid(0, most));
    emit changed();
}

void RecentFiles::clear() {
    QSettings().remove(key);
    emit changed();
}

void RecentFiles::fill(QMenu* menu) {
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        menu->clear();
        const QStringList all = paths();
        for (const QString& path : all) {
            QAction* action = menu->addAction(QFileInfo(path).fileName());
            action->setStatusTip(path);
            connect(action, &QAction::triggered, this, [this, path] { emit chosen(path); });
        }
        if (all.isEmpty())
            menu->addAction(tr("Nothing was open yet"))->setEnabled(false);
        else {
            menu->addSeparator();
            connect(menu->addAction(tr("Clear this list")), &QAction::triggered, this,
                    &RecentFiles::clear);
        }
    });
}

} // namespace attendre
