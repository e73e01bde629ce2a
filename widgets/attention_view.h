#pragma once

#include "widgets/attention_content.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_view.h"

#include <optional>

class QComboBox;

namespace attendre {

// The faintest weight that is told apart in colour.
constexpr double faintestWeight = 1e-4;

// Attention: who asks (queries, down) and what they read (entries, across), the top 8 of each query
// and K/V head, in logarithmic colour; of the selected query the arcs and where its mass went.
class AttentionView : public PlotView {
    Q_OBJECT
  public:
    enum class Across { Document, Residents, Slots };
    explicit AttentionView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QSize minimumSizeHint() const override { return {220, 110}; }
    QString csv() const override;
    // Without rows: whose masses are drawn instead, and what would show who asked.
    QString massSentence() const;
    QString summary() const override;

    bool sinksHidden() const { return m_sinksHidden; }
    void hideSinks(bool hidden);
    Whose whose() const { return m_whose; }
    // Whose::Outputs is taken only while the run has an encoder-output memory.
    void setWhose(Whose whose);
    void setAcross(Across across);
    const std::optional<AttentionContent>& content() const { return m_content; }
    // Where a query's row was drawn last, for tests; empty where there is none.
    QRectF rowRect(std::int32_t query) const;

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    struct Column { // where an entry stands across
        double left = 0, width = 0;
        bool valid = false;
    };

    void readContent();
    void offerOutputs();
    void readTexts();
    void updateSubtitle();
    const QueryAttention* selected() const;
    int selectedRow() const;
    int rowAt(const QPointF& at) const;
    std::int32_t entryAt(const QueryAttention& query, double x) const;
    bool hidden(std::int32_t position) const;
    Column columnOf(std::int32_t position) const;
    QString token(std::int32_t position) const;
    QString sharesText(const AttentionShares& shares) const;
    void chooseRow(int row);
    void chooseEntry(int by);

    void layOut(const QPainter& painter, const QRectF& area);
    void prepareColumns();
    void paintRows(QPainter& painter);
    void paintRowNames(QPainter& painter, const QRectF& area);
    void paintMass(QPainter& painter, const QRectF& strip);
    void paintKeptShares(QPainter& painter);
    void paintAxis(QPainter& painter, const QRectF& strip);
    void paintArcs(QPainter& painter, const QRectF& strip);
    void paintShares(QPainter& painter, const QRectF& strip);
    void paintLegend(QPainter& painter, const QRectF& strip);

    std::optional<AttentionContent> m_content;
    TokenTexts m_texts;
    bool m_sinksHidden = false;
    Whose m_whose = Whose::Head;
    bool m_chosen = false; // by a person; else an answer's steps show what it reads of the outputs
    Across m_across = Across::Document;
    QWidget* m_header = nullptr;
    QComboBox* m_headChooser = nullptr;
    QComboBox* m_acrossChooser = nullptr;

    // As laid out last.
    QRectF m_rows, m_massStrip, m_keptStrip, m_axisStrip, m_legendStrip, m_arcsStrip, m_sharesStrip;
    std::map<std::int32_t, int> m_place; // of a resident among the residents
};

} // namespace attendre
