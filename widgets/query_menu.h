#pragma once

#include "model/analysis/sidecar.h"

#include <QMenu>

namespace attendre {

class Notebook;

// The queries to choose from: examples, and those that were saved beside the trace.
class QueryMenu : public QMenu {
    Q_OBJECT
  public:
    // notebook may be nullptr: nothing is saved then.
    explicit QueryMenu(Notebook* notebook, QWidget* parent = nullptr);

    bool canSave() const { return m_notebook != nullptr; }
    bool isSaved(const QString& name) const;
    // Under its name, in place of one of that name.
    void save(const SavedQuery& query);

  signals:
    void chosen(const attendre::SavedQuery& query);

  private:
    void fill();
    void remove(const QString& name);

    Notebook* m_notebook;
};

} // namespace attendre
