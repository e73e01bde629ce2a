#pragma once

#include "widgets/breakpoint_hits_table.h"
#include "widgets/view.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QListWidgetItem;
class QPushButton;
class QTableView;

namespace attendre {

// Breakpoints: conditions over evictions and metrics, and all places of the recorded run where they
// hold. While a run is in progress they stop the engine.
class BreakpointsView : public View {
    Q_OBJECT
  public:
    explicit BreakpointsView(const ViewContext& context, QWidget* parent = nullptr);

    bool isBlank() const override { return false; }

  protected:
    void pointMoved(const Point& now, const Point& before) override;
    void traceOpened() override { showAll(); }
    void traceClosed() override { showAll(); }
    void traceGrown(int run, int steps) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    enum class When { Token, Span, Condition };
    void makeForm();
    void makeLists();
    void wire();
    void offerPlaces();
    void showForm();
    void add();
    std::optional<Breakpoint> asked(QString& problem) const;
    void showAll();
    void showBreakpoints();
    void showHits();
    void showState();
    void readTexts();
    void toggled(QListWidgetItem* item);
    void removeChosen();
    void go(const QModelIndex& index);
    int chosen() const; // a breakpoint's index; -1: all
    const std::vector<Breakpoint>& breakpoints() const;
    int hitsOf(int breakpoint) const; // -1: of all
    QString countWords(int breakpoint) const;

    QComboBox *m_when, *m_where;
    QLineEdit *m_span, *m_condition;
    QPushButton *m_add, *m_stop;
    QLabel *m_token, *m_said;
    QListWidget* m_list;
    BreakpointHitsModel m_hits;
    QTableView* m_table;
    TokenTexts m_texts;
    bool m_filling = false;
};

} // namespace attendre
