#pragma once

#include <QDialog>

#include <optional>

class QLabel;
class QLineEdit;
class QPushButton;

namespace attendre {

// Asks for one of a run's steps. A step that the run does not have is refused with the range.
class StepDialog : public QDialog {
    Q_OBJECT
  public:
    // steps: how many the run will have; step: what stands in the field at first.
    StepDialog(int steps, int step, QWidget* parent = nullptr);

  signals:
    void chosen(int step);

  private:
    void check();
    std::optional<int> wanted() const; // unset: no step of the run
    void choose();

    int m_last;
    QLineEdit* m_field;
    QLabel* m_problem;
    QPushButton* m_go;
};

} // namespace attendre
