#pragma once

#include "app/engine_process.h"

#include <QWidget>

class QCheckBox;
class QLineEdit;

namespace attendre {

// Which file a new run is written to: the open trace, beside the runs that it has, or a new one.
class TraceChoice : public QWidget {
    Q_OBJECT
  public:
    // open: the trace that is open, over that document; both may be empty.
    TraceChoice(const EngineProcess* engine, const QString& open, const QString& document,
                QWidget* parent = nullptr);

    // Another document is to be read: the open trace takes it only where it holds the same.
    void setDocument(const QString& document);
    QString path() const;
    bool adds() const; // to the open trace
    // Why the run cannot be written there, in one sentence; empty: it can.
    QString problem() const;

  signals:
    void edited();

  private:
    bool fits() const; // the open trace holds the document
    void choose(bool add);

    const EngineProcess* m_engine;
    QString m_open, m_openDocument, m_document, m_new;
    QLineEdit* m_path;
    QCheckBox* m_add;
};

} // namespace attendre
