#pragma once

#include "widgets/memory_content.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QWidget>

class QLineEdit;
class QTableView;

namespace attendre {

// The slots as rows: token, position, the policy's own columns, rank, whether it goes next.
class MemoryTableModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    explicit MemoryTableModel(QObject* parent = nullptr);

    void setContent(const MemoryContent* content, const PolicyDescription& policy);
    // The value by which rows are sorted, in this role.
    static constexpr int sortRole = Qt::UserRole;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

  private:
    enum Fixed { Slot, Token, Next, FixedCount };
    QVariant fixedData(int slot, int column, int role) const;

    const MemoryContent* m_content = nullptr;
    int m_rows = 0;
    QString m_rankLabel;
    std::vector<MemoryColumn> m_columns; // behind slot and token; next victim is the last
};

// The table with a line to filter it.
class MemoryTable : public QWidget {
    Q_OBJECT
  public:
    explicit MemoryTable(QWidget* parent = nullptr);

    void setContent(const MemoryContent* content, const PolicyDescription& policy);
    void setSelected(int slot);
    QTableView* table() const { return m_table; }
    MemoryTableModel* model() { return &m_model; }

  signals:
    void clicked(int slot);

  private:
    void arrangeColumns();

    MemoryTableModel m_model;
    QSortFilterProxyModel m_sorted;
    QTableView* m_table;
    QLineEdit* m_filter;
    bool m_selecting = false;
};

} // namespace attendre
