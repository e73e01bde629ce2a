#pragma once

#include "widgets/compare_page.h"
#include "widgets/runs_chart.h"

#include <array>

namespace attendre {

// Metrics of the two runs over each other, and of every other run of the file that read the same
// text: nll, occupancy of the current layer, coverage of the current head.
class CompareMetricsPage : public ComparePage {
    Q_OBJECT
  public:
    enum class Chart { Nll, Occupancy, Coverage };
    CompareMetricsPage(const ViewContext& context, ComparedRun* compared, QWidget* parent);

    void refresh(bool everything) override;
    void forget() override;
    void themeChanged() override;
    void drawOn(QCPPainter& painter) override;
    QString csv() const override;
    QString colouredBy() const override { return tr("colour and dashes: the run"); }
    QString summary() const override;
    RunsChart* chart(Chart chart) const { return m_charts[std::size_t(chart)]; }

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

  private:
    // One run's series, reduced to buckets of steps.
    struct Course {
        RunInfo run;
        bool isB = false;
        std::vector<int> lastStep;                 // of each bucket
        std::vector<double> tokens;                // read by then
        std::array<std::vector<Extent>, 3> series; // in the order of Chart
    };
    static Result<Course> readCourse(Reader& reader, const RunInfo& run, const Point& point);
    static Result<std::vector<Course>> readCourses(const ComparedRuns& runs, const Point& point,
                                                   bool elsewhere);
    QString nameOf(std::size_t course, bool inShort = false) const;
    int colourOf(std::size_t course) const;
    std::vector<RunLine> linesOf(Chart chart) const;
    void showCharts();
    void showMarker();
    void arrange();
    void choose(double tokens);

    std::vector<Course> m_courses; // A, B, the others
    Point m_read;                  // that they were read for
    std::array<RunsChart*, 3> m_charts;
};

} // namespace attendre
