#pragma once

#include "widgets/questions.h"
#include "widgets/view.h"

class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace attendre {

class AnswerStrip;

// Asking the memory as it stands after the current step: a question, how it is put, and the answers
// that the trace holds, token by token. A click on a token shows the step that chose it, in the
// asking run: its attention is seen like any other.
class AskView : public View {
    Q_OBJECT
  public:
    explicit AskView(const ViewContext& context, QWidget* parent = nullptr);

    bool isBlank() const override { return false; }
    AnswerStrip* strip() const { return m_strip; }
    QLineEdit* question() const { return m_question; }
    QComboBox* answers() const { return m_answers; }
    QPushButton* button() const { return m_ask; }

  protected:
    void pointMoved(const Point& now, const Point& before) override;
    void traceOpened() override { traceClosed(); }
    void traceClosed() override;
    void traceGrown(int run, int steps) override;

  private:
    void makeRows();
    void wireQuestions();
    int askedRun() const; // the current run, or the one that it asked
    void ask();
    void fillAnswers();
    void readShown();
    void showState();
    void go(int index);

    QLineEdit* m_question;
    QPushButton* m_ask;
    QComboBox *m_template, *m_answers;
    QSpinBox* m_most;
    QDoubleSpinBox* m_temperature;
    AnswerStrip* m_strip;
    QString m_said;   // what went wrong, or the answer so far
    int m_wanted = 0; // the asking run to show once it is there
};

} // namespace attendre
