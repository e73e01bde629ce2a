#pragma once

#include "widgets/plot_heading.h"
#include "widgets/result_lines.h"
#include "widgets/run_legend.h"

#include <vector>

namespace attendre {

class Theme;

// A measure against a setting: one line a policy, told apart by colour and symbol, what else varies
// by the dashes; intervals as bars; other ways of reading as lines across with their names at the
// right. A click on a point chooses its row.
class ResultsPlot : public QCustomPlot {
    Q_OBJECT
  public:
    ResultsPlot(const Theme* theme, QWidget* parent);

    // results outlives what is shown of it.
    void show(const EvaluationResults* results, ResultLines lines);
    void mark(int row); // -1: none
    const ResultLines& lines() const { return m_lines; }
    const RunLegend* legendOfLines() const { return m_names; }
    int marked() const { return m_row; }
    // Where a row's value stands, in pixels; nothing where it is not drawn.
    std::optional<QPointF> placeOf(int row) const;
    QString sentence() const { return m_heading->sentence(); }
    // One sentence for captions and screen readers.
    QString summary() const;
    // The row under a pixel; -1: none.
    int rowAt(const QPointF& at) const;
    QString rowSentence(int row) const;

    void dress();
    bool paintOn(QPaintDevice* device);

  signals:
    void rowChosen(int row);
    void hovered(const QString& sentence);

  protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    double at(double x) const; // the place of a setting's number on the axis
    double dodge(std::size_t line) const;
    void draw();
    void drawLine(std::size_t line);
    void drawLevels();
    void drawMark();
    void setRanges();
    void setTicks();
    void writeWords();
    QString countsSentence() const;
    void placeNames();

    const Theme* m_theme;
    const EvaluationResults* m_results = nullptr;
    ResultLines m_lines;
    PlotHeading* m_heading;
    RunLegend* m_names;
    struct Level {
        QCPItemLine* line;
        QCPItemText* name;
        double y;
        int row;
    };
    std::vector<Level> m_levels;
    QCPGraph* m_mark = nullptr;
    int m_row = -1;
    bool m_logarithmic = false;
};

} // namespace attendre
