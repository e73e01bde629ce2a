#pragma once

#include "widgets/memory_scale.h"

#include <QAbstractScrollArea>

namespace attendre {

class Theme;

// Every slot as a cell. Slots stand where they are for the run's whole length.
class MemoryGrid : public QAbstractScrollArea {
    Q_OBJECT
  public:
    explicit MemoryGrid(const Theme* theme, QWidget* parent = nullptr);

    void setContent(const MemoryContent* content, const MemoryScale& scale);
    void setSelected(int slot);

  signals:
    void pointedAt(int slot); // -1: at none
    void clicked(int slot);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;

  private:
    void arrange();
    QRectF cell(int slot) const;
    int slotAt(const QPoint& position) const;
    QColor colourOf(int slot) const;
    void drawSlot(QPainter& painter, int slot) const;
    void drawChange(QPainter& painter, int slot, const QRectF& box) const;

    const Theme* m_theme;
    const MemoryContent* m_content = nullptr;
    MemoryScale m_scale;
    int m_columns = 1;
    double m_pitch = 18; // px from cell to cell
    int m_selected = -1, m_pointed = -1;
};

} // namespace attendre
