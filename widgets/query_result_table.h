#pragma once

#include "widgets/query_result_model.h"

#include <QTableView>

namespace attendre {

// A query's rows: sorted by a click on a heading, copied with Ctrl+C. A click on a row or Enter
// chooses it; the arrow keys and a click with Ctrl or Shift only select.
class QueryResultTable : public QTableView {
    Q_OBJECT
  public:
    explicit QueryResultTable(const Theme* theme, QWidget* parent = nullptr);

    QueryResultModel* rows() const { return m_rows; }
    // Keeps the selected row where there is one of its number.
    void setResult(std::shared_ptr<const QueryResult> result);
    void copySelected() const;
    void dress();

  signals:
    void rowChosen(int resultRow, int column);
    void saveWanted();

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

  private:
    void choose(const QModelIndex& index);
    void fitColumns();
    void sortBy(int column);

    const Theme* m_theme;
    QueryResultModel* m_rows;
    int m_sorted = -1; // column
    Qt::SortOrder m_order = Qt::AscendingOrder;
};

} // namespace attendre
