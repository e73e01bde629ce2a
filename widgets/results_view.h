#pragma once

#include "widgets/result_filters.h"
#include "widgets/result_items_panel.h"
#include "widgets/results_plot_panel.h"
#include "widgets/results_source.h"

#include <QWidget>

class QFrame;
class QLabel;
class QSplitter;
class QTextBrowser;

namespace attendre {

// The results of an evaluation: filters, the table, the plot, and what the chosen row was made of.
class ResultsView : public QWidget {
    Q_OBJECT
  public:
    // Both outlive it.
    ResultsView(const Theme* theme, const ResultsSource* source, QWidget* parent = nullptr);

    void chooseRow(int row);
    int chosenRow() const { return m_table->chosen(); }
    CellTable* table() const { return m_table; }
    ResultFilters* filters() const { return m_filters; }
    ResultsPlotPanel* plotPanel() const { return m_plot; }
    ResultItemsPanel* items() const { return m_items; }
    // "213 of 660 cells"
    QString stateSentence() const;
    QString failures() const;

  signals:
    void hovered(const QString& sentence);
    void reloadWanted();

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void build(const Theme* theme);
    void showResults();
    void divide();
    void showFiltered();
    void showFailures();
    int sameRow() const; // the row of the new results that was chosen before
    void dress();

    const Theme* m_theme;
    const ResultsSource* m_source;
    std::shared_ptr<const EvaluationResults> m_results;
    ResultFilters* m_filters;
    QLabel* m_state;
    QTextBrowser* m_failures;
    CellTable* m_table;
    ResultsPlotPanel* m_plot;
    ResultItemsPanel* m_items;
    QSplitter* m_halves;
    bool m_divides = true; // once it is seen
};

} // namespace attendre
