#pragma once

#include "widgets/compare_page.h"
#include "widgets/plot_view.h"

#include <array>

class QComboBox;
class QLabel;
class QSpinBox;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace attendre {

class AttentionDifferencePage;
class CompareMetricsPage;
class LossesPage;
class PartingPage;

// Compare: the current run (A) and another (B) stepped together: where they part, the tokens whose
// loss differs most, metrics over each other, and the difference of attention.
class CompareView : public PlotView {
    Q_OBJECT
  public:
    enum class Page { Parting, Losses, Metrics, Attention };
    explicit CompareView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QString csv() const override;
    QString summary() const override;
    QSize minimumSizeHint() const override { return {300, 150}; }
    QSize sizeHint() const override { return {640, 300}; }

    ComparedRun& compared() const { return *m_compared; }
    QTabBar* tabs() const { return m_tabs; }
    Page page() const;
    PartingPage* partingPage() const { return m_parting; }
    LossesPage* lossesPage() const { return m_losses; }
    CompareMetricsPage* metricsPage() const { return m_metrics; }
    AttentionDifferencePage* attentionPage() const { return m_attention; }

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter&, const QRectF&) override {} // the pages draw themselves
    bool paintOn(QPaintDevice* device) override;
    void contentChanged() override;
    QString missing() const override { return m_compared->obstacle(); }
    void forget() override;
    void themeChanged() override;
    void traceGrown(int run, int steps) override;
    void showEvent(QShowEvent* event) override;

  private:
    void makePages();
    void wire();
    void refreshPage(); // the one in sight, or when it comes into sight
    void fillRuns();
    void chooseRun(int index);
    void chooseFile();
    void showStep();
    void tellHeader();
    void say(const QString& sentence);
    ComparePage* inSight() const;

    ComparedRun* m_compared;
    QLabel* m_notice; // what could not be read
    QTabBar* m_tabs;
    QStackedWidget* m_stack;
    PartingPage* m_parting;
    LossesPage* m_losses;
    CompareMetricsPage* m_metrics;
    AttentionDifferencePage* m_attention;
    std::array<ComparePage*, 4> m_pages; // in the order of Page
    std::array<bool, 4> m_stale;         // shows another pair, or nothing yet
    bool m_behind = true;
    QWidget* m_header = nullptr;
    QComboBox* m_runs = nullptr;
    QToolButton *m_swap = nullptr, *m_link = nullptr;
    QSpinBox* m_step = nullptr;
};

} // namespace attendre
