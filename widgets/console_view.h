#pragma once

#include "widgets/view.h"

class QSortFilterProxyModel;
class QStackedLayout;
class QTableView;
class QLabel;

namespace attendre {

// Console & problems: what the engine says, and errors in sentences.
class ConsoleView : public View {
    Q_OBJECT
  public:
    explicit ConsoleView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    bool isBlank() const override;
    // The lines shown, as text; the selected ones where only those are wanted.
    QString asText(bool selectedOnly) const;
    // Shows only one kind (a ConsoleLog::Kind); -1: everything.
    void showOnly(int kind);
    QTableView* table() const { return m_table; }

  protected:
    void pointMoved(const Point&, const Point&) override {}
    void themeChanged() override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

  private:
    void contentChanged();
    void copy(bool selectedOnly) const;

    QTableView* m_table = nullptr;
    QSortFilterProxyModel* m_shown = nullptr;
    QStackedLayout* m_layers = nullptr;
    QLabel* m_sentence = nullptr;
    QWidget* m_header = nullptr;
};

} // namespace attendre
