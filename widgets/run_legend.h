#pragma once

#include <qcustomplot.h>

#include <vector>

namespace attendre {

// Which line of a chart is which run's, with a number for each; flows over as many lines as it
// needs, and takes no room while it is empty.
class RunLegend : public QCPLayoutElement {
    Q_OBJECT
  public:
    struct Entry {
        QString text;
        QColor colour;               // of its line; invalid: words without one
        QList<qreal> dashes = {};    // of its line, in pen widths; empty: solid
        QCPScatterStyle symbol = {}; // on its line
    };
    explicit RunLegend(QCustomPlot* plot) : QCPLayoutElement(plot) {}

    void setEntries(const std::vector<Entry>& entries) { m_entries = entries; }
    const std::vector<Entry>& entries() const { return m_entries; }
    void dress(const QFont& font, const QColor& text);
    // Takes the height that its lines need at this width.
    void fit(int width);

  protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;
    QRect clipRect() const override { return mParentPlot->viewport(); }

  private:
    // Left edge and line of each entry.
    std::vector<QPoint> places(int width, int* lines) const;

    std::vector<Entry> m_entries;
    QFont m_font;
    QColor m_text;
};

} // namespace attendre
