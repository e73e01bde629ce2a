#pragma once

#include "widgets/document_course.h"
#include "widgets/result_items.h"

#include <QFrame>

#include <memory>
#include <vector>

class QLabel;
class QProgressBar;
class QPushButton;

namespace attendre {

// A question of a results file, as its trace is found or recorded.
struct ChosenQuestion {
    QString file; // of the results
    QJsonObject head;
    Answered answered;

    QString trace() const;
};

// The questions or documents of one row. A question can be opened at the step that decided about
// its answer's evidence, once its trace is recorded.
class ResultItemsPanel : public QFrame {
    Q_OBJECT
  public:
    ResultItemsPanel(const Theme* theme, QWidget* parent = nullptr);

    // row: of the results; -1: none. What is chosen stays where the row stays.
    void show(std::shared_ptr<const EvaluationResults> results, int row);
    // What is being recorded; empty: nothing.
    void setRecording(const QString& what);
    // A trace may have come.
    void lookForTraces() { offer(); }
    void dress();

    CellTable* table() const { return m_table; }
    DocumentCourse* course() const { return m_course; }
    QPushButton* openButton() const { return m_open; }
    QPushButton* copyButton() const { return m_copy; }
    QString survivalText() const;
    const std::vector<QuestionItem>& questions() const { return m_questions; }

  signals:
    void traceWanted(const attendre::ChosenQuestion& question);
    void recordingWanted(const attendre::ChosenQuestion& question);
    void commandWanted(const attendre::ChosenQuestion& question);
    void cancelWanted();

  private:
    void build(const Theme* theme);
    void showQuestions(const ResultRow& row, bool same);
    void showDocuments(const ResultRow& row, bool same);
    void showDocument(int item);
    void offer();
    void openChosen();
    std::optional<ChosenQuestion> chosenQuestion() const;
    const ResultRow* row() const;

    const Theme* m_theme;
    std::shared_ptr<const EvaluationResults> m_results;
    int m_row = -1;
    std::vector<QuestionItem> m_questions;
    std::vector<DocumentItem> m_documents;
    QLabel *m_heading, *m_survival;
    CellTable* m_table;
    DocumentCourse* m_course;
    QWidget* m_buttons;
    QPushButton *m_open, *m_copy, *m_cancel;
    QLabel* m_hint;
    QProgressBar* m_progress;
    QString m_recording;
};

} // namespace attendre
