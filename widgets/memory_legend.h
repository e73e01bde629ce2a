#pragma once

#include "widgets/memory_scale.h"

#include <QWidget>

namespace attendre {

class Theme;

// Beside the grid: the scale with its numbers, the marks, and the facts of one slot.
class MemoryLegend : public QWidget {
    Q_OBJECT
  public:
    explicit MemoryLegend(const Theme* theme, QWidget* parent = nullptr);

    void setContent(const MemoryContent* content, const MemoryScale& scale,
                    const QString& rankLabel);
    void setSlot(int slot); // -1: none

    // What is known of a slot, line by line; the first two are its name and its token.
    QStringList facts(int slot) const;
    // What the scale shows: "rank: last attended tick (log)".
    QString scaleName() const;

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    int paintScale(QPainter& painter, int y) const;
    void paintCut(QPainter& painter, const QRectF& bar) const;
    int paintMarks(QPainter& painter, int y) const;
    void paintFacts(QPainter& painter, int y) const;

    const Theme* m_theme;
    const MemoryContent* m_content = nullptr;
    MemoryScale m_scale;
    QString m_rankLabel;
    int m_slot = -1;
};

} // namespace attendre
