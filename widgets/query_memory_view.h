#pragma once

#include "widgets/plot_view.h"
#include "widgets/query_memory_content.h"

#include <optional>

namespace attendre {

// The Q memory of the current layer as a conveyor: dashed boxes, the oldest query left. Those that
// are answered in the step are tinted and stand before the others; a query whose own key has left
// the current head is edged in vermilion and struck through. Under the selected one a bracket shows
// how many positions behind it and ahead of it it would see if it were answered now.
class QueryMemoryView : public PlotView {
    Q_OBJECT
  public:
    explicit QueryMemoryView(const ViewContext& context, QWidget* parent = nullptr);

    const QueryMemoryContent* content() const { return m_content ? &*m_content : nullptr; }
    // Where a query is drawn in a view of the present size; empty where it is not.
    QRectF queryRect(std::int32_t position) const;
    // What is drawn of each waiting query: a box with its token, a bar, or its share of a strip.
    enum class Level { Boxes, Bars, Strip };
    Level level() const;
    // Everything about one query in a sentence: the tool tip of the keyboard, as it were.
    QString sentence(std::int32_t position) const;
    // The query that the bracket belongs to: the selected one, else the oldest.
    std::int32_t bracketed() const;

    QString csv() const override;
    QString summary() const override;
    QSize minimumSizeHint() const override { return {220, 76}; }
    QSize sizeHint() const override { return {900, 106}; }

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override { m_content.reset(); }
    QString hoverText(const QPointF& at) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

  private:
    // Where the parts stand: leaving queries left of the gap, the others right of it.
    struct Lanes {
        QRectF names, boxes, bracket, words, legend;
        double leavingPitch = 0, pitch = 0, gap = 0;
    };
    Lanes lanes(const QRectF& area) const;
    QRectF rectOf(const Lanes& lanes, int index) const;
    int indexAt(const QPointF& at) const;
    void select(int index);
    void tellHeader();
    QString token(std::int32_t position) const;

    void paintNames(QPainter& painter, const Lanes& lanes) const;
    void paintQueries(QPainter& painter, const Lanes& lanes) const;
    void paintQuery(QPainter& painter, const QRectF& box, const WaitingQuery& query,
                    bool withToken) const;
    void paintStrip(QPainter& painter, const Lanes& lanes, int from, int to) const;
    void paintEnlarged(QPainter& painter, const Lanes& lanes, int index) const;
    void paintBracket(QPainter& painter, const Lanes& lanes, int index) const;
    void paintLegend(QPainter& painter, const QRectF& line) const;

    std::optional<QueryMemoryContent> m_content;
};

} // namespace attendre
