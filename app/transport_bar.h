#pragma once

#include "widgets/view.h"

#include <QWidget>

class QComboBox;
class QLabel;

namespace attendre {

class GoToField;
class PhaseStepper;
class Playback;
class WindowActions;

// The bar above the panels: where in the run one is, and how to get elsewhere.
class TransportBar : public QWidget {
    Q_OBJECT
  public:
    TransportBar(const ViewContext& context, Playback* playback, WindowActions* actions,
                 QWidget* parent = nullptr);

    GoToField* goTo() const { return m_goTo; }

  protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    QWidget* makeButtons(const std::vector<QAction*>& actions);
    void makeSelectors();
    void fillRuns();
    void fillHeads();
    void showPoint();
    void readPosition();
    void fitPosition();

    ViewContext m_context;
    Playback* m_playback;
    WindowActions* m_actions;
    QLabel* m_where;
    QString m_doing; // before the positions: "reading"; empty where they are words themselves
    QString m_step, m_positions; // "step 9 · 782 steps", "576–639 of 50,035"
    PhaseStepper* m_phases;
    QComboBox *m_run, *m_layer, *m_head;
    GoToField* m_goTo;
};

} // namespace attendre
