#pragma once

#include "widgets/plot_view.h"
#include "widgets/why_evicted_content.h"

#include <optional>

namespace attendre {

struct Scale;

// Why evicted?: the ranking in which the selected entry fell or stayed, the cut, what decided, and
// what would have saved it.
class WhyEvictedView : public PlotView {
    Q_OBJECT
  public:
    explicit WhyEvictedView(const ViewContext& context, QWidget* parent = nullptr);

    QString csv() const override;
    QString summary() const override { return sentence(); }
    const std::optional<EvictionReason>& content() const { return m_content; }

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override { m_content.reset(); }
    QString hoverText(const QPointF& at) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    const PolicyDescription& policy() const;
    QString named(std::int32_t position) const; // “greater” (417)
    QString sentence() const;
    QString fate() const;     // what became of it
    QString decision() const; // the policy's own sentence with its numbers
    QString standing() const; // its place among the candidates
    QString shielded() const; // who is not ranked, and why
    QString waysOut() const;
    QString amount(double rank) const; // a difference of ranks in the policy's unit

    void paintRanking(QPainter& painter, const QRectF& area);
    void paintBars(QPainter& painter, const QRectF& plot, const Scale& y, bool logarithmic);
    void paintCut(QPainter& painter, const QRectF& plot, const QRectF& head);
    void paintPair(QPainter& painter, const QRectF& area);
    double pairHeight(const QPainter& painter) const;
    int candidateAt(const QPointF& at) const;
    void choose(int place);
    void goToDeciding();

    std::optional<EvictionReason> m_content;
    QRectF m_bars; // where the candidates were drawn last
};

} // namespace attendre
