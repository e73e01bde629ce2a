#pragma once

#include "widgets/document_layout.h"
#include "widgets/document_memory.h"

#include <QAbstractScrollArea>
#include <QTimer>

#include <functional>
#include <map>

namespace attendre {

class Theme;

// The document's tokens as text, drawn by hand and only where they are seen.
class DocumentCanvas : public QAbstractScrollArea {
    Q_OBJECT
  public:
    DocumentCanvas(const Theme* theme, const DocumentText* text, QWidget* parent = nullptr);

    // What colours a token by a column: t in [0, 1], or nothing where it has no value.
    using Magnitude = std::function<std::optional<double>(std::int32_t token)>;

    void textCleared();
    void textAppended();
    void setMemory(const DocumentMemory& memory);
    void clearMemory();
    const std::optional<DocumentMemory>& memory() const { return m_memory; }
    // Who stands outside the scale, since it is protected from eviction: hatched instead.
    using Shielded = std::function<bool(std::int32_t token)>;
    // An unset magnitude colours by state.
    void setColouring(TokenColumn column, Magnitude magnitude, Shielded shielded = {});
    void setPins(std::vector<std::pair<int, int>> pins) { m_pins = std::move(pins); }
    void select(std::int32_t token);
    // What Shift+click, a drag or Ctrl+Shift+arrows selected: first and last token; nothing: first
    // is noPosition.
    std::pair<std::int32_t, std::int32_t> span() const { return m_span; }
    // Ranges of tokens that the search found, ascending; current is drawn stronger.
    void setHits(std::vector<std::pair<std::int32_t, std::int32_t>> hits, int current);

    const DocumentLayout& layout() const { return m_layout; }
    std::pair<std::int32_t, std::int32_t> visibleTokens() const; // first and behind last
    bool isVisibleToken(std::int32_t token) const;
    // Scrolls so that the token is seen, about where of the height it says if it was not.
    void reveal(std::int32_t token, double where = 0.4);
    void scrollToToken(std::int32_t token, double where = 0.5);
    void themeChanged();

  signals:
    void clicked(std::int32_t token);
    void spanSelected(std::int32_t first, std::int32_t last);
    void menuWanted(std::int32_t first, std::int32_t last, const QPoint& global);
    void pointedAt(std::int32_t token, const QPoint& global); // noPosition: at none
    void tipWanted(std::int32_t token, const QPoint& global);
    void scrolled();

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

  private:
    using Piece = DocumentLayout::Piece;
    void restartLayout();
    void layOut();
    int top() const; // px of the document above the first line in sight: whole lines
    std::int32_t tokenAt(const QPoint& position) const;
    void drawPieces(QPainter& painter, int line, double top) const;
    void drawSelection(QPainter& painter, const Piece& piece, double x, double top) const;
    void drawPiece(QPainter& painter, const Piece& piece, double x, double top) const;
    QRectF inkOf(const Piece& piece, double x, double top) const; // without the space before it
    void drawBackground(QPainter& painter, const Piece& piece, const QRectF& box) const;
    void drawWaiting(QPainter& painter, const Piece& piece, const QRectF& ink) const;
    void drawState(QPainter& painter, const Piece& piece, const QRectF& ink) const;
    bool isPinned(std::int32_t token) const;
    bool inSpan(std::int32_t token) const {
        return m_span.first != noPosition && token >= m_span.first && token <= m_span.second;
    }
    void selectSpan(std::int32_t anchor, std::int32_t other);
    QPoint placeOf(std::int32_t token) const; // in the viewport, below its line
    int hitAt(std::int32_t token) const;      // index of the hit that holds it, or -1
    QColor textColour(std::int32_t token) const;

    const Theme* m_theme;
    const DocumentText* m_text;
    DocumentLayout m_layout;
    std::optional<DocumentMemory> m_memory;
    TokenColumn m_column = TokenColumn::State;
    Magnitude m_magnitude;
    Shielded m_shielded;
    std::vector<std::pair<int, int>> m_pins;
    std::vector<std::pair<std::int32_t, std::int32_t>> m_hits;
    int m_currentHit = -1;
    std::int32_t m_selected = noPosition;
    std::pair<std::int32_t, std::int32_t> m_span{noPosition, noPosition};
    std::int32_t m_fixed = noPosition; // the end of the span that stays
    bool m_dragging = false;
    std::optional<std::pair<std::int32_t, double>> m_sought; // to be seen when it is laid out
    QTimer m_layoutTimer;
    double m_lineHeight = 22, m_ascent = 14;
};

} // namespace attendre
