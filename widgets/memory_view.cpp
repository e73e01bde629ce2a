#include "widgets/memory_view.h"

#include "widgets/memory_grid.h"
#include "widgets/memory_legend.h"
#include "widgets/memory_table.h"
#include "widgets/point_reading.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLocale>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>

namespace attendre {

MemoryView::MemoryView(const ViewContext& context, QWidget* parent)
    : View(context, parent), m_header(new QWidget), m_which(new QComboBox(m_header)),
      m_columns(new QComboBox(m_header)), m_asTable(new QToolButton(m_header)),
      m_pages(new QStackedWidget(this)), m_grid(new MemoryGrid(context.theme, this)),
      m_legend(new MemoryLegend(context.theme, this)), m_table(new MemoryTable(this)) {
    makeHeader();
    auto* page = new QWidget(m_pages);
    auto* row = new QHBoxLayout(page);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_grid, 1);
    row->addWidget(m_legend);
    m_pages->addWidget(page);
    m_pages->addWidget(m_table);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_pages);
    setFocusProxy(m_grid);
    connect(m_grid, &MemoryGrid::clicked, this, &MemoryView::go);
    connect(m_table, &MemoryTable::clicked, this, &MemoryView::go);
    connect(m_grid, &MemoryGrid::pointedAt, this, [this](int slot) {
        if (slot >= 0)
            m_legend->setSlot(slot);
        else
            select();
        emit hovered(sentence(slot));
    });
}

void MemoryView::makeHeader() {
    auto* row = new QHBoxLayout(m_header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_columns->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_columns->setMinimumContentsLength(10);
    m_columns->setAccessibleName(tr("What colours the slots"));
    for (int i = 0; i < memoryColumnCount; ++i) {
        const auto column = MemoryColumn(i);
        m_columns->addItem(tr("colour: %1").arg(columnName(column)));
    }
    // Both words in full would push the panel beside it out of a small window.
    m_which->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_which->setMinimumContentsLength(3);
    m_which->addItems({tr("K/V"), tr("outputs")});
    m_which->setItemData(0, tr("Keys and values of the current layer and head"), Qt::ToolTipRole);
    m_which->setItemData(1, tr("The encoder's outputs, which all decoder layers read"),
                         Qt::ToolTipRole);
    m_which->setAccessibleName(tr("Which memory"));
    m_which->hide();
    connect(m_which, &QComboBox::activated, this, [this](int index) { showOutputs(index == 1); });
    connect(m_columns, &QComboBox::activated, this,
            [this](int index) { setColumn(MemoryColumn(index)); });
    m_asTable->setText(tr("table"));
    m_asTable->setCheckable(true);
    m_asTable->setToolTip(tr("The slots as a table, sortable and to be filtered"));
    m_asTable->setFocusPolicy(Qt::StrongFocus);
    connect(m_asTable, &QToolButton::toggled, this, &MemoryView::showTable);
    row->addWidget(m_which);
    row->addWidget(m_columns);
    row->addWidget(m_asTable);
}

void MemoryView::showTable(bool table) {
    m_asTable->setChecked(table);
    m_pages->setCurrentIndex(table ? 1 : 0);
    setFocusProxy(table ? static_cast<QWidget*>(m_table->table()) : m_grid);
}

void MemoryView::setColumn(MemoryColumn column) {
    m_column = column;
    m_columns->setCurrentIndex(int(column));
    if (!m_content)
        return;
    const MemoryScale scale = MemoryScale::of(*m_content, column, m_policy.rankColumn);
    m_grid->setContent(m_content.get(), scale);
    m_legend->setContent(m_content.get(), scale, m_policy.rankLabel);
}

void MemoryView::traceClosed() {
    m_run = 0;
    m_chosen = false;
    m_texts.reset();
    m_grid->setContent(nullptr, {});
    m_legend->setContent(nullptr, {}, {});
    m_table->setContent(nullptr, {});
    m_content.reset();
    setDetail(QString());
}

void MemoryView::showOutputs(bool outputs) {
    const RunInfo* run = source().run(now().run);
    m_outputs = outputs && run && outputLayer(*run) >= 0;
    m_chosen = true;
    m_which->setCurrentIndex(m_outputs ? 1 : 0);
    if (!run)
        return;
    chooseColumnFor(*run);
    readContent();
}

// What decides colours the slots at first: the rank, which is exact at every step and detail.
void MemoryView::chooseColumnFor(const RunInfo& run) {
    m_policy = run.policy;
    if (m_outputs && run.configuration.outputPolicy != run.policy.name) {
        m_policy = {};
        m_policy.name = m_policy.title = run.configuration.outputPolicy;
        m_policy.rankLabel = tr("rank under %1").arg(run.configuration.outputPolicy);
    }
    for (int i = 0; i < memoryColumnCount; ++i)
        m_columns->setItemData(i, columnWords(MemoryColumn(i), m_policy.rankLabel),
                               Qt::ToolTipRole);
    setColumn(MemoryColumn::Rank);
}

void MemoryView::pointMoved(const Point& now, const Point& before) {
    const RunInfo* run = source().run(now.run);
    if (!run)
        return;
    if (now.run != m_run) {
        m_run = now.run;
        m_outputs = m_outputs && outputLayer(*run) >= 0;
        m_which->setVisible(outputLayer(*run) >= 0);
        m_which->setCurrentIndex(m_outputs ? 1 : 0);
        m_texts = std::make_shared<MemoryTexts>();
        chooseColumnFor(*run);
    }
    Point same = before;
    same.entry = now.entry;
    same.query = now.query;
    if (m_content && same == now) {
        // A run that grew at its end can have got its next arrivals only now.
        select();
        return;
    }
    readContent();
}

void MemoryView::readContent() {
    const Point point = now();
    const RunInfo* run = source().run(point.run);
    if (!run || source().stepCount(point.run) == 0)
        return;
    using Content = std::shared_ptr<MemoryContent>;
    source().read<Content>(
        this, "memory",
        [point = point, run = *run, texts = m_texts, outputs = m_outputs,
         chosen = m_chosen](Reader& reader) mutable -> Result<Content> {
            const auto answer = chosen ? Result<bool>(outputs) : readsOutputs(reader, run, point);
            if (!answer)
                return answer.error();
            if (*answer) {
                point.layer = outputLayer(run);
                point.head = 0;
            }
            auto content = readMemoryContent(reader, run, point, *texts);
            if (!content)
                return content.error();
            return std::make_shared<MemoryContent>(content.take());
        },
        [this](Result<Content> content) {
            if (content)
                show(std::make_unique<MemoryContent>(std::move(**content)));
            else
                emit hovered(content.error().sentence);
        });
}

void MemoryView::show(std::unique_ptr<MemoryContent> content) {
    const auto before = std::exchange(m_content, std::move(content)); // views point to it till here
    const RunInfo* run = source().run(now().run);
    const bool outputs = run && m_content->point.layer == outputLayer(*run);
    if (run && outputs != m_outputs) {
        m_outputs = outputs;
        m_which->setCurrentIndex(outputs ? 1 : 0);
        chooseColumnFor(*run);
    }
    const QLocale locale;
    const QString slots_ = (m_outputs ? tr("encoder outputs, %1 slots") : tr("%1 slots"))
                               .arg(locale.toString(m_content->capacity));
    setDetail(m_content->occupancy >= m_content->capacity
                  ? tr("%1, full").arg(slots_)
                  : tr("%1, %2 in use").arg(slots_, locale.toString(m_content->occupancy)));
    setColumn(m_column);
    m_table->setContent(m_content.get(), m_policy);
    select();
}

void MemoryView::select() {
    if (!m_content)
        return;
    int slot = m_content->slotOf(now().entry);
    if (slot < 0) // the selected entry has just left its slot
        for (const auto& [changed, change] : m_content->changes)
            if (change.out == now().entry && m_content->point.phase == Phase::Insert)
                slot = changed;
    m_grid->setSelected(slot);
    m_legend->setSlot(slot);
    m_table->setSelected(slot);
}

void MemoryView::go(int slot) {
    if (!m_content || slot < 0 || slot >= m_content->capacity || m_content->isFree(slot))
        return;
    Point point = now();
    point.entry = m_content->state.position[std::size_t(slot)];
    context().point->move(point);
}

QString MemoryView::sentence(int slot) const {
    return m_legend->facts(slot).join(QStringLiteral(" · "));
}

void MemoryView::themeChanged() {
    m_grid->viewport()->update();
    m_legend->update();
}

} // namespace attendre
