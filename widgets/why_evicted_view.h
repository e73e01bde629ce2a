#pragma once

#include "widgets/plot_view.h"
#include "widgets/why_evicted_content.h"

#include <optional>

class QScrollBar;
class QToolButton;

#include <functional>

namespace attendre {

struct Scale;

// Why evicted?: the ranking in which the selected entry fell or stayed, the cut, what decided, and
// what would have saved it.
class WhyEvictedView : public PlotView {
    Q_OBJECT
  public:
    explicit WhyEvictedView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QString csv() const override;
    QString summary() const override { return sentence(); }
    const std::optional<EvictionReason>& content() const { return m_content; }
    // Where victim and survivor stand side by side, and the ranking; as the view is scrolled.
    QRectF pairRect() const { return m_layout.pair.translated(0, -scrolled()); }
    QRectF rankingRect() const { return m_layout.ranking.translated(0, -scrolled()); }
    QString waysOut() const; // what would have kept the one that went, in one sentence
    QScrollBar* scrollBar() const { return m_scroll; }

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    void themeChanged() override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    QString hoverText(const QPointF& at) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    // The parts, the first things first; what does not fit is scrolled to.
    struct Layout {
        QRectF fate, pair, ways, standing, ranking;
        double bottom = 0;
    };
    Layout arranged(const QRectF& area) const;
    void layOut();
    double scrolled() const;

    const PolicyDescription& policy() const;
    QString named(std::int32_t position) const; // “greater” (417)
    QString sentence() const;
    QString fate() const;              // what became of it
    QString decision() const;          // the policy's own sentence with its numbers
    QString standing() const;          // its place among the candidates
    QString shielded() const;          // who is not ranked, and why
    QString amount(double rank) const; // a difference of ranks in the policy's unit

    void paintRanking(QPainter& painter, const QRectF& area);
    // top: how high the bar of a rank reaches.
    void paintBars(QPainter& painter, const QRectF& plot, const std::function<double(double)>& top);
    void paintCut(QPainter& painter, const QRectF& plot, const QRectF& head);
    void paintPair(QPainter& painter, const QRectF& area);
    struct PairColumns {
        double titles = 0, each = 0; // px
        bool namedWhole = false;     // token and position fit into a heading
    };
    PairColumns pairColumns(double width) const;
    double pairHeight(double width) const;
    int candidateAt(const QPointF& at) const;
    void choose(int place);
    void goToDeciding();
    QToolButton* makeChangeButton();

    std::optional<EvictionReason> m_content;
    QScrollBar* m_scroll;
    QToolButton* m_change = nullptr;
    Layout m_layout;
    QRectF m_bars; // where the candidates were drawn last
};

} // namespace attendre
