#pragma once

#include "widgets/query_result.h"

#include <QAbstractTableModel>

#include <memory>

namespace attendre {

class Theme;

// A query's rows, in the order that they came in or sorted by a column: null first, then numbers,
// then texts.
class QueryResultModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    explicit QueryResultModel(const Theme* theme, QObject* parent = nullptr);

    void setResult(std::shared_ptr<const QueryResult> result); // unsorted; may be null
    const std::shared_ptr<const QueryResult>& result() const { return m_result; }
    // A row of the result by its row here.
    int resultRow(int row) const { return m_order[std::size_t(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;
    // column -1: as it came.
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

    // Rows as they stand here, with a line of names, separated by tabs: for the clipboard.
    QString asText(const std::vector<int>& rows) const;
    // All rows as CSV, in the order they stand in. Errors: the file cannot be written.
    Result<void> saveCsv(const QString& path) const;

  private:
    const Theme* m_theme;
    std::shared_ptr<const QueryResult> m_result;
    std::vector<int> m_order;
    std::vector<bool> m_texts; // by column: its first value that is not null is a text
};

} // namespace attendre
