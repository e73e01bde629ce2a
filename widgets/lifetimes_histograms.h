#pragma once

#include "widgets/brush_histogram.h"
#include "widgets/lifetimes_content.h"

#include <QWidget>

#include <array>

class QLabel;

namespace attendre {

// The distributions of the entries in sight, linked: what is dragged over in one is what all of
// them show in colour.
class LifetimesHistograms : public QWidget {
    Q_OBJECT
  public:
    LifetimesHistograms(const Theme* theme, QWidget* parent);

    void setContent(const LifetimesContent& content);
    void setCounts(const LifeCounts& counts, const LifeBrush& brush);
    // The column that colours the picture colours its histogram too.
    void setColumn(const LifetimesContent& content, LifeColumn column);
    void setBrush(const LifeBrush& brush);
    void dress();

    BrushHistogram* histogram(LifeColumn column) const;
    // "312 of 1,792 entries · age at eviction 8–11"
    const QString& sentence() const { return m_sentence; }
    void paint(QPainter& painter, const QPointF& origin) const;

  signals:
    void brushed(int index, const std::optional<attendre::LifeBrush::Range>& range);
    void cleared();
    void hovered(const QString& sentence);

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    QRectF sentenceBox() const;

    const Theme* m_theme;
    std::array<BrushHistogram*, binnedColumns.size()> m_all{};
    QString m_sentence;
};

} // namespace attendre
