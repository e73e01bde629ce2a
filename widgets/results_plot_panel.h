#pragma once

#include "widgets/picture_file.h"
#include "widgets/results_plot.h"

#include <QFrame>

#include <memory>
#include <vector>

class QComboBox;
class QPushButton;

namespace attendre {

// The plot with what chooses its axes and saves it.
class ResultsPlotPanel : public QFrame {
    Q_OBJECT
  public:
    ResultsPlotPanel(const Theme* theme, QWidget* parent = nullptr);

    // Keeps measure and setting as far as they are still there.
    void show(std::shared_ptr<const EvaluationResults> results, const std::vector<bool>& shown);
    ResultsPlot* plot() const { return m_plot; }
    QComboBox* measureBox() const { return m_measure; }
    QComboBox* settingBox() const { return m_setting; }
    Result<void> saveAs(const QString& path);

  signals:
    void said(const QString& sentence);    // what was done
    void refused(const QString& sentence); // what could not be

  private:
    void fillBoxes();
    void draw();
    void askWhere();

    std::shared_ptr<const EvaluationResults> m_results;
    std::vector<bool> m_shown;
    ResultsPlot* m_plot;
    QComboBox *m_measure, *m_setting;
    QPushButton* m_save;
};

} // namespace attendre
