#include "widgets/query_menu.h"

#include "widgets/notebook.h"
#include "widgets/query_examples.h"

#include <algorithm>

namespace attendre {

QueryMenu::QueryMenu(Notebook* notebook, QWidget* parent) : QMenu(parent), m_notebook(notebook) {
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &QueryMenu::fill);
}

void QueryMenu::fill() {
    clear();
    const auto add = [this](const SavedQuery& query) {
        QAction* action = addAction(QString(query.name).replace(u'&', QStringLiteral("&&")));
        action->setToolTip(query.sql);
        connect(action, &QAction::triggered, this, [this, query] { emit chosen(query); });
    };
    addSection(tr("Examples"));
    for (const SavedQuery& query : exampleQueries())
        add(query);
    if (!m_notebook || m_notebook->queries().empty())
        return;
    addSection(tr("Saved with this trace"));
    for (const SavedQuery& query : m_notebook->queries())
        add(query);
    QMenu* removing = addMenu(tr("Delete"));
    for (const SavedQuery& query : m_notebook->queries())
        connect(removing->addAction(QString(query.name).replace(u'&', QStringLiteral("&&"))),
                &QAction::triggered, this, [this, name = query.name] { remove(name); });
}

bool QueryMenu::isSaved(const QString& name) const {
    if (!m_notebook)
        return false;
    const auto& all = m_notebook->queries();
    return std::any_of(all.begin(), all.end(),
                       [&](const SavedQuery& query) { return query.name == name; });
}

void QueryMenu::save(const SavedQuery& query) {
    std::vector<SavedQuery> all = m_notebook->queries();
    const auto same = std::find_if(
        all.begin(), all.end(), [&](const SavedQuery& other) { return other.name == query.name; });
    if (same != all.end())
        *same = query;
    else
        all.push_back(query);
    m_notebook->setQueries(std::move(all), tr("save the query “%1”").arg(query.name));
}

void QueryMenu::remove(const QString& name) {
    std::vector<SavedQuery> all = m_notebook->queries();
    std::erase_if(all, [&](const SavedQuery& query) { return query.name == name; });
    m_notebook->setQueries(std::move(all), tr("delete the query “%1”").arg(name));
}

} // namespace attendre
