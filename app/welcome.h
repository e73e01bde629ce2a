#pragma once

#include <QWidget>

#include <functional>

namespace attendre {

class RecentFiles;
class Theme;
class WindowActions;

// What stands in the window while nothing is open.
class Welcome : public QWidget {
    Q_OBJECT
  public:
    Welcome(const Theme* theme, const WindowActions* actions, RecentFiles* recent,
            QWidget* parent = nullptr);

  signals:
    void exampleWanted();
    void traceChosen(const QString& path);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void showEvent(QShowEvent* event) override;

  private:
    void build();
    QWidget* choice(const QString& title, const QString& explanation,
                    const std::function<void()>& act);

    const Theme* m_theme;
    const WindowActions* m_actions;
    RecentFiles* m_recent;
    QWidget* m_content = nullptr;
    QWidget* m_first = nullptr; // of the choices
};

} // namespace attendre
