#pragma once

#include "app/panel.h"

#include <QMainWindow>
#include <QSet>

namespace attendre {

// The docks: one panel for each registered view, where they stand, and how that is kept.
class Workbench : public QMainWindow {
    Q_OBJECT
  public:
    explicit Workbench(const ViewContext& context, QWidget* parent = nullptr);

    const std::vector<Panel*>& panels() const { return m_panels; }
    Panel* panel(const QString& id) const;

    QByteArray layoutState() const;
    // False where the state is from another set of panels; the layout stays as it is.
    bool restoreLayout(const QByteArray& state);
    void resetLayout();
    // Three panels alone, for a projector; then all as they stood before.
    void setPresenting(bool presenting);
    // The panel is shown, raised and given the keyboard.
    void present(const QString& id);

  protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

  private:
    void placePanels();
    void sizePanels();
    void showWanted();

    ViewContext m_context;
    std::vector<Panel*> m_panels;
    QSet<QString> m_toggled;       // shown or hidden by a person: they stay so
    QByteArray m_beforePresenting; // the layout; empty: not presenting
    bool m_ownSizes = true;        // nobody has moved anything yet: sizes follow the window
};

} // namespace attendre
