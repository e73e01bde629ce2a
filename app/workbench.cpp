#include "app/workbench.h"

#include "widgets/theme.h"

#include <QTabBar>
#include <QTimer>

#include <algorithm>
#include <iterator>
#include <utility>

namespace attendre {

namespace {
// Grows when the set of panels changes so that older layouts make no sense any more.
constexpr int layoutVersion = 5;
// What a class looks at.
constexpr const char* presented[] = {"document", "kv-memory", "why-evicted"};
} // namespace

Workbench::Workbench(const ViewContext& context, QWidget* parent)
    : QMainWindow(parent), m_context(context) {
    setWindowFlags(Qt::Widget);
    setObjectName(QStringLiteral("workbench"));
    setDockNestingEnabled(true);
    // Not animated: a run that is opened may show or hide a panel, and a picture is taken then.
    setDockOptions(AllowNestedDocks | AllowTabbedDocks);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    const int gap = context.theme->grid();
    setContentsMargins(gap, gap, gap, gap);
    for (const ViewDefinition& definition : viewDefinitions()) {
        auto* panel = new Panel(definition, context, this);
        connect(panel, &QDockWidget::topLevelChanged, this, [this] { m_ownSizes = false; });
        connect(panel->toggleViewAction(), &QAction::triggered, this,
                [this, id = definition.id] { m_toggled.insert(id); });
        m_panels.push_back(panel);
    }
    placePanels();
    connect(context.source, &TraceSource::opened, this, &Workbench::showWanted);
    connect(context.point, &CurrentPoint::moved, this,
            [this](const Point& now, const Point& before) {
                if (now.run != before.run)
                    showWanted();
            });
}

Panel* Workbench::panel(const QString& id) const {
    for (Panel* panel : m_panels)
        if (panel->objectName() == id)
            return panel;
    return nullptr;
}

// The columns left, centre and right stand side by side; in each the panels stand one above the
// other, in the left one as tabs. "row" is as wide as the window and stands under them; under it
// stand the first "below" panel and the "bottom" ones side by side, the bottom ones as tabs.
void Workbench::placePanels() {
    const auto& definitions = viewDefinitions();
    const auto placed = [&](const QString& place) {
        std::vector<Panel*> found;
        for (std::size_t i = 0; i < definitions.size(); ++i)
            if (definitions[i].place == place)
                found.push_back(m_panels[i]);
        return found;
    };
    // First side by side, then one above the other: so that a column is as high as the row.
    Panel* beside = nullptr;
    for (const char* place : {"left", "centre", "right"}) {
        const std::vector<Panel*> column = placed(QLatin1String(place));
        if (column.empty())
            continue;
        if (beside)
            splitDockWidget(beside, column.front(), Qt::Horizontal);
        else
            addDockWidget(Qt::TopDockWidgetArea, column.front());
        beside = column.front();
        beside->show();
    }
    for (const char* place : {"left", "centre", "right"}) {
        const std::vector<Panel*> column = placed(QLatin1String(place));
        for (std::size_t i = 1; i < column.size(); ++i) {
            if (place == QLatin1String("left"))
                tabifyDockWidget(column[i - 1], column[i]);
            else
                splitDockWidget(column[i - 1], column[i], Qt::Vertical);
            column[i]->show();
        }
        if (!column.empty())
            column.front()->raise();
    }
    Panel* row = nullptr;
    for (Panel* panel : placed(QStringLiteral("row"))) {
        addDockWidget(Qt::BottomDockWidgetArea, panel);
        row = panel;
    }
    Panel* first = nullptr;
    for (const char* place : {"below", "bottom"}) {
        Panel* tabbed = nullptr;
        for (Panel* panel : placed(QLatin1String(place))) {
            if (tabbed)
                tabifyDockWidget(tabbed, panel);
            else if (first)
                splitDockWidget(first, panel, Qt::Horizontal);
            else if (row)
                splitDockWidget(row, panel, Qt::Vertical);
            else
                addDockWidget(Qt::BottomDockWidgetArea, panel);
            tabbed = panel;
            panel->show();
        }
        if (tabbed) {
            first = placed(QLatin1String(place)).front();
            first->raise();
        }
    }
    showWanted();
}

// What has nothing to show in the current run gives its place to the others, unless a person asked
// for it.
void Workbench::showWanted() {
    const RunInfo* run = m_context.source->run(m_context.point->now().run);
    const auto& definitions = viewDefinitions();
    bool changed = false;
    for (std::size_t i = 0; i < definitions.size() && m_beforePresenting.isEmpty(); ++i) {
        if (!definitions[i].wanted || m_toggled.contains(definitions[i].id))
            continue;
        const bool wanted = run && definitions[i].wanted(*run);
        changed = changed || wanted == m_panels[i]->isHidden();
        m_panels[i]->setVisible(wanted);
    }
    if (changed && m_ownSizes && isVisible())
        QTimer::singleShot(0, this, &Workbench::sizePanels);
}

// Shares of the window as in the sketch.
void Workbench::sizePanels() {
    const auto share = [this](std::initializer_list<std::pair<const char*, int>> shares,
                              Qt::Orientation orientation) {
        QList<QDockWidget*> docks;
        QList<int> sizes;
        for (const auto& [id, size] : shares)
            if (Panel* dock = panel(QLatin1String(id))) {
                docks << dock;
                const int whole = orientation == Qt::Horizontal ? width() : height();
                sizes << whole * size / 100;
            }
        if (!docks.isEmpty())
            resizeDocks(docks, sizes, orientation);
    };
    share({{"document", 40}, {"kv-memory", 31}, {"why-evicted", 29}}, Qt::Horizontal);
    if (Panel* row = panel(QStringLiteral("query-memory")); row && !row->isHidden())
        share({{"document", 54}, {"query-memory", 19}, {"timeline", 27}}, Qt::Vertical);
    else
        share({{"document", 67}, {"timeline", 33}}, Qt::Vertical);
    share({{"kv-memory", 43}, {"attention", 24}}, Qt::Vertical);
    share({{"why-evicted", 43}, {"entry-history", 24}}, Qt::Vertical);
    share({{"overview", 30}, {"timeline", 70}}, Qt::Horizontal);
}

QByteArray Workbench::layoutState() const {
    return m_beforePresenting.isEmpty() ? saveState(layoutVersion) : m_beforePresenting;
}

bool Workbench::restoreLayout(const QByteArray& state) {
    if (state.isEmpty() || !restoreState(state, layoutVersion))
        return false;
    m_ownSizes = false;
    showWanted();
    return true;
}

void Workbench::setPresenting(bool presenting) {
    if (presenting == !m_beforePresenting.isEmpty())
        return;
    if (!presenting) {
        restoreState(std::exchange(m_beforePresenting, QByteArray()), layoutVersion);
        showWanted();
        if (m_ownSizes)
            QTimer::singleShot(0, this, &Workbench::sizePanels);
        return;
    }
    m_beforePresenting = saveState(layoutVersion);
    for (Panel* panel : m_panels)
        panel->setVisible(std::find(std::begin(presented), std::end(presented),
                                    panel->objectName()) != std::end(presented));
    QList<QDockWidget*> docks;
    for (const char* id : presented)
        docks << panel(QLatin1String(id));
    resizeDocks(docks, {width() * 44 / 100, width() * 26 / 100, width() * 30 / 100},
                Qt::Horizontal);
}

void Workbench::resetLayout() {
    m_toggled.clear();
    for (Panel* panel : m_panels) {
        panel->setFloating(false);
        removeDockWidget(panel);
    }
    placePanels();
    m_ownSizes = true;
    QTimer::singleShot(0, this, &Workbench::sizePanels);
}

void Workbench::present(const QString& id) {
    if (Panel* dock = panel(id)) {
        dock->show();
        dock->raise();
        dock->view()->setFocus(Qt::OtherFocusReason);
    }
}

void Workbench::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    for (QTabBar* tabs : findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
        tabs->setElideMode(Qt::ElideNone);
        tabs->setDrawBase(false);
    }
    if (m_ownSizes)
        sizePanels();
}

void Workbench::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    if (m_ownSizes && isVisible())
        sizePanels();
}

// Only a separator passes its mouse on to the window: from now on the sizes are the person's.
void Workbench::mousePressEvent(QMouseEvent* event) {
    m_ownSizes = false;
    QMainWindow::mousePressEvent(event);
}

} // namespace attendre
