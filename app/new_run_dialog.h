#pragma once

#include "app/engine_process.h"
#include "app/option_form.h"

#include <QDialog>
#include <QTimer>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace attendre {

// A new run: model, document, every option with its definition beside it; what it comes to is
// checked by the engine as one types.
class NewRunDialog : public QDialog {
    Q_OBJECT
  public:
    NewRunDialog(EngineProcess* engine, const QString& model, const QString& document,
                 QWidget* parent = nullptr);

  signals:
    void wanted(const attendre::EngineProcess::RunRequest& request);

  private:
    QLayout* makeFiles(const QString& model, const QString& document);
    QWidget* makeVerdict();
    QLayout* makeButtons();
    void wireEngine();
    // The request as the form stands; an unset Result is told in the verdict.
    Result<EngineProcess::RunRequest> request() const;
    void checkSoon();
    void check();
    void showCheck(const EngineProcess::Check& check);
    void showProblem(const QString& sentence);
    void chooseFile(QLineEdit* field, const QString& title, bool model);
    void begin();

    EngineProcess* m_engine;
    OptionForm* m_form;
    QLineEdit *m_model, *m_document, *m_trace;
    QLabel *m_verdict, *m_sizes;
    QPlainTextEdit* m_command;
    QPushButton *m_begin, *m_copy;
    QTimer m_later;
    QString m_engineGone; // why no engine answers
    int m_request = 0;
};

} // namespace attendre
