#pragma once

#include <QObject>
#include <QString>

#include <cstdint>

namespace attendre {

// What a view would have a new run do; whoever can begin one listens.
class RunWishes : public QObject {
    Q_OBJECT
  public:
    explicit RunWishes(QObject* parent = nullptr) : QObject(parent) {}

  signals:
    // As the current run, and with these positions kept: pinned.
    void pinWanted(std::int32_t first, std::int32_t last);
    // As the current run, with this added to its --change (model/trace/intervention.h).
    void changeWanted(const QString& change);
};

} // namespace attendre
