#pragma once

#include "widgets/document_memory.h"

#include <QWidget>

#include <optional>

namespace attendre {

class Theme;

// The whole document from top to bottom in one column: a row of pixels stands for a run of tokens.
// The box is what the canvas shows; a click or a drag goes there. Right of it stand the layers'
// read heads, where queries wait: one line each, the current layer's with those that wait in it.
class DocumentMinimap : public QWidget {
    Q_OBJECT
  public:
    explicit DocumentMinimap(const Theme* theme, QWidget* parent = nullptr);

    void setMemory(const std::optional<DocumentMemory>& memory, bool allHeads);
    void setTokens(std::int32_t tokens);
    void setVisible(std::int32_t first, std::int32_t end);
    void setSelected(std::int32_t token);
    using QWidget::setVisible;

    QSize sizeHint() const override { return QSize(40, 200); }

  signals:
    void wanted(std::int32_t token); // to be in the middle of what is seen

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    bool event(QEvent* event) override;

  private:
    QRect column() const;
    double yOf(std::int32_t token) const;
    void go(int y);
    void drawReadHeads(QPainter& painter) const;
    QColor rowColour(std::int32_t first, std::int32_t end) const;

    const Theme* m_theme;
    std::optional<DocumentMemory> m_memory;
    bool m_allHeads = false;
    std::int32_t m_tokens = 0, m_first = 0, m_end = 0, m_selected = noPosition;
};

} // namespace attendre
