#pragma once

#include <QMenu>

namespace attendre {

// The models that are already on this machine, each with what it will need; what cannot be run says
// why. Looked for when the menu opens.
class ModelMenu : public QMenu {
    Q_OBJECT
  public:
    explicit ModelMenu(QWidget* parent = nullptr);

  signals:
    void chosen(const QString& path);

  private:
    void fill();
};

} // namespace attendre
