#pragma once

#include <QObject>
#include <QStringList>

class QMenu;

namespace attendre {

// The traces and results that were open lately, kept from session to session.
class RecentFiles : public QObject {
    Q_OBJECT
  public:
    explicit RecentFiles(QObject* parent = nullptr);

    QStringList paths() const; // those that still exist, newest first
    void add(const QString& path);
    void clear();
    // Keeps the menu's entries up to date.
    void fill(QMenu* menu);

  signals:
    void chosen(const QString& path);
    void changed();
};

} // namespace attendre
