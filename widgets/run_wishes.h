#pragma once

#include <QObject>

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
};

} // namespace attendre
