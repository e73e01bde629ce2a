#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QString>
#include <QTableView>
#include <QVariant>

#include <vector>

namespace attendre {

class Theme;

struct TableColumn {
    QString title, definition; // the definition is the heading's tool tip
    bool isNumber = false;     // stands at the right
    int widest = 360;          // px
};

struct TableCell {
    QString text, note; // the note stands behind the text in a quieter tone
    QVariant order;     // what it is sorted by; invalid: always last
    bool isQuiet = false;
    QString tip = {};

    QString whole() const { return note.isEmpty() ? text : text + QLatin1Char(' ') + note; }
};

using TableRow = std::vector<TableCell>;

// Cells and headings as they were handed over, nothing else.
class CellTableModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    static constexpr int orderRole = Qt::UserRole, noteRole = Qt::UserRole + 1,
                         quietRole = Qt::UserRole + 2;
    explicit CellTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    // What has the same shape as before keeps selections and sorting.
    void setContent(std::vector<TableColumn> columns, std::vector<TableRow> rows);
    const TableColumn& column(int index) const { return m_columns[std::size_t(index)]; }
    const TableCell& cell(int row, int column) const {
        return m_rows[std::size_t(row)][std::size_t(column)];
    }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

  private:
    std::vector<TableColumn> m_columns;
    std::vector<TableRow> m_rows;
};

// Numbers sorted as numbers, what is missing always last; rows that are filtered out are hidden.
class CellTableOrder : public QSortFilterProxyModel {
    Q_OBJECT
  public:
    explicit CellTableOrder(QObject* parent = nullptr) : QSortFilterProxyModel(parent) {}
    // By row of the model; empty: all.
    void setShown(std::vector<bool> shown);

  protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

  private:
    std::vector<bool> m_shown;
};

// A table of cells: a click on a heading sorts, a row is chosen as a whole, Return opens it, Ctrl+C
// copies the chosen row.
class CellTable : public QTableView {
    Q_OBJECT
  public:
    CellTable(const Theme* theme, const QString& name, QWidget* parent = nullptr);

    // chosen: the row to choose afterwards; -1: none.
    void setContent(std::vector<TableColumn> columns, std::vector<TableRow> rows, int chosen);
    void setShown(std::vector<bool> shown);
    // Of the content, whatever the sorting; -1: none.
    int chosen() const;
    void choose(int row);
    const CellTableModel& content() const { return m_model; }
    // The rows of the content in the order in which they stand.
    std::vector<int> standing() const;

  signals:
    void rowChosen(int row); // -1: none
    void rowOpened(int row);

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void fitColumns();

    CellTableModel m_model;
    CellTableOrder m_order;
    bool m_filling = false;
};

} // namespace attendre
