#pragma once

#include "app/engine_process.h"
#include "app/option_form.h"
#include "app/readable_text.h"
#include "widgets/trace_source.h"

#include <QDialog>
#include <QTimer>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace attendre {

class TraceChoice;

// A new run: model, document, every option with its definition beside it; what it comes to is
// checked by the engine as one types.
class NewRunDialog : public QDialog {
    Q_OBJECT
  public:
    // What stands in the fields at first.
    struct Proposal {
        QString model, document;                    // empty: the example
        std::optional<Configuration> configuration; // unset: the defaults
        QString trace, traceDocument;               // the trace that is open, and what it is of
        QString inHand; // the run that ends when another begins, in words; empty: none
    };
    NewRunDialog(EngineProcess* engine, const Proposal& proposal, QWidget* parent = nullptr);

    // Begin was pressed, and what became of it is not known yet.
    bool isBeginning() const { return m_beginning; }
    // The engine refused: the input stays, to be mended.
    void refuse(const QString& sentence);

  signals:
    void wanted(const attendre::EngineProcess::RunRequest& request);

  private:
    QLayout* makeFiles();
    QWidget* makeVerdict();
    QLayout* makeButtons();
    void wireEngine();
    // The request as the form stands; an unset Result is told in the verdict.
    Result<EngineProcess::RunRequest> request() const;
    // The document as the engine can read it; a PDF file, a page or Markdown becomes a text.
    Result<ReadableText> document() const;
    void paste();
    void checkSoon();
    void check();
    void showCheck(const EngineProcess::Check& check);
    void showProblem(const QString& sentence);
    void chooseFile(QLineEdit* field, const QString& title, bool model);
    void begin();
    void setBeginning(bool beginning);

    EngineProcess* m_engine;
    OptionForm* m_form;
    Proposal m_proposal;
    QLineEdit *m_model, *m_document;
    mutable QString m_readKey; // of what was turned into a text last
    mutable std::optional<Result<ReadableText>> m_read;
    TraceChoice* m_trace;
    QLabel *m_verdict, *m_sizes;
    QPlainTextEdit* m_command;
    QPushButton *m_begin, *m_copy;
    QTimer m_later;
    QString m_engineGone; // why no engine answers
    int m_request = 0;
    bool m_beginning = false;
};

// What the dialog proposes over an open trace: its run's model, document and options, and a place
// beside it. A model or a document given goes before the run's.
NewRunDialog::Proposal proposalFor(const TraceSource& source, int run, const QString& model,
                                   const QString& document);

} // namespace attendre
