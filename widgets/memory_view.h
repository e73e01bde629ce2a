#pragma once

#include "widgets/memory_scale.h"
#include "widgets/view.h"

class QComboBox;
class QStackedWidget;
class QToolButton;

namespace attendre {

class MemoryGrid;
class MemoryLegend;
class MemoryTable;

// Every slot of the current layer and head, as a grid or as a table; of an encoder-decoder also the
// slots of its encoder-output memory, which all decoder layers share.
class MemoryView : public View {
    Q_OBJECT
  public:
    MemoryView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override { return m_header; }
    bool isBlank() const override { return !m_content; }

    void setColumn(MemoryColumn column);
    void showTable(bool table);
    // The encoder-output memory instead of the K/V memory, where the run has one.
    void showOutputs(bool outputs);
    const MemoryContent* content() const { return m_content.get(); }
    MemoryGrid* grid() const { return m_grid; }
    MemoryTable* table() const { return m_table; }

  protected:
    void pointMoved(const Point& now, const Point& before) override;
    void traceOpened() override { traceClosed(); } // another trace's run may have the same number
    void traceClosed() override;
    void themeChanged() override;

  private:
    void makeHeader();
    void readContent();
    void show(std::unique_ptr<MemoryContent> content);
    void select();
    void chooseColumnFor(const RunInfo& run);
    void go(int slot);
    QString sentence(int slot) const;

    std::unique_ptr<MemoryContent> m_content;
    std::shared_ptr<MemoryTexts> m_texts; // touched on the reading thread only
    int m_run = 0;
    MemoryColumn m_column = MemoryColumn::Rank;
    PolicyDescription m_policy;
    QWidget* m_header;
    bool m_outputs = false;
    bool m_chosen = false; // by a person; else the step's kind decides which memory is shown
    QComboBox *m_which, *m_columns;
    QToolButton* m_asTable;
    QStackedWidget* m_pages;
    MemoryGrid* m_grid;
    MemoryLegend* m_legend;
    MemoryTable* m_table;
};

} // namespace attendre
