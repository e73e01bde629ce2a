#include "widgets/document_canvas.h"

#include "widgets/plot_paint.h"
#include "widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

#include <QContextMenuEvent>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr int margin = 12;     // px, left and right of the text
constexpr int layoutSlice = 8; // ms
} // namespace

DocumentCanvas::DocumentCanvas(const Theme* theme, const DocumentText* text, QWidget* parent)
    : QAbstractScrollArea(parent), m_theme(theme), m_text(text), m_layout(text) {
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff); // the minimap is the scroll bar
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Document"));
    viewport()->setMouseTracking(true);
    viewport()->setCursor(Qt::ArrowCursor);
    m_layoutTimer.setSingleShot(true);
    m_layoutTimer.setInterval(0);
    connect(&m_layoutTimer, &QTimer::timeout, this, &DocumentCanvas::layOut);
    restartLayout();
}

void DocumentCanvas::restartLayout() {
    const auto [first, end] = visibleTokens();
    if (!m_sought && first > 0)
        m_sought = {first, 0.0};
    const QFont font = m_theme->tokenFont();
    const QFontMetricsF metrics(font);
    m_lineHeight = std::ceil(metrics.height() * 1.42);
    m_ascent = (m_lineHeight - metrics.height()) / 2 + metrics.ascent();
    m_layout.restart(viewport()->width() - 2 * margin, font);
    layOut();
}

// Lines are cut neither above nor below: scrolling goes from line to line.
int DocumentCanvas::top() const {
    return int(std::lround(verticalScrollBar()->value() / m_lineHeight) * m_lineHeight);
}

// A slice now, the rest when the event loop is free again.
void DocumentCanvas::layOut() {
    const bool done = m_layout.advance(layoutSlice);
    const int height = int(m_lineHeight) * m_layout.lineCount() + margin;
    // The end of the range is a whole number of lines, too.
    const int over = std::max(0, height - viewport()->height());
    verticalScrollBar()->setRange(0, int(std::ceil(over / m_lineHeight) * m_lineHeight));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(int(m_lineHeight));
    if (m_sought && m_sought->first < m_layout.tokensDone()) {
        const auto [token, where] = *std::exchange(m_sought, std::nullopt);
        scrollToToken(token, where);
    }
    if (!done)
        m_layoutTimer.start();
    viewport()->update();
    emit scrolled();
}

void DocumentCanvas::textCleared() {
    m_sought.reset();
    m_hits.clear();
    m_selected = noPosition;
    verticalScrollBar()->setValue(0);
    restartLayout();
}

void DocumentCanvas::textAppended() {
    if (!m_layoutTimer.isActive())
        layOut();
}

void DocumentCanvas::setMemory(const DocumentMemory& memory) {
    m_memory = memory;
    viewport()->update();
}

void DocumentCanvas::clearMemory() {
    m_memory.reset();
    viewport()->update();
}

void DocumentCanvas::setColouring(TokenColumn column, Magnitude magnitude, Shielded shielded) {
    m_column = column;
    m_magnitude = std::move(magnitude);
    m_shielded = std::move(shielded);
    viewport()->update();
}

void DocumentCanvas::select(std::int32_t token) {
    m_selected = token;
    viewport()->update();
}

void DocumentCanvas::setHits(std::vector<std::pair<std::int32_t, std::int32_t>> hits, int current) {
    m_hits = std::move(hits);
    m_currentHit = current;
    viewport()->update();
}

std::pair<std::int32_t, std::int32_t> DocumentCanvas::visibleTokens() const {
    if (m_layout.lineCount() == 0)
        return {0, 0};
    const int last = m_layout.lineCount() - 1;
    const int from = std::min(last, int(top() / m_lineHeight));
    const int whole = std::max(1, int(viewport()->height() / m_lineHeight));
    const int to = std::min(last, from + whole - 1);
    const std::int32_t end = to < last ? m_layout.firstToken(to + 1) : m_layout.tokensDone();
    return {m_layout.firstToken(from), end};
}

bool DocumentCanvas::isVisibleToken(std::int32_t token) const {
    if (token < 0 || token >= m_layout.tokensDone())
        return false;
    const double y = m_layout.lineOf(token) * m_lineHeight - top();
    return y >= 0 && y + m_lineHeight <= viewport()->height();
}

void DocumentCanvas::reveal(std::int32_t token, double where) {
    if (!isVisibleToken(token))
        scrollToToken(token, where);
}

void DocumentCanvas::scrollToToken(std::int32_t token, double where) {
    if (token < 0)
        return;
    if (token >= m_layout.tokensDone()) {
        m_sought = {token, where};
        return;
    }
    const double y = m_layout.lineOf(token) * m_lineHeight;
    verticalScrollBar()->setValue(int(y - where * (viewport()->height() - m_lineHeight)));
}

void DocumentCanvas::themeChanged() {
    restartLayout();
}

bool DocumentCanvas::isPinned(std::int32_t token) const {
    return std::any_of(m_pins.begin(), m_pins.end(), [token](const auto& pin) {
        return token >= pin.first && token <= pin.second;
    });
}

int DocumentCanvas::hitAt(std::int32_t token) const {
    const auto after =
        std::upper_bound(m_hits.begin(), m_hits.end(), token,
                         [](std::int32_t wanted, const auto& hit) { return wanted < hit.first; });
    if (after == m_hits.begin() || token >= std::prev(after)->second)
        return -1;
    return int(std::prev(after) - m_hits.begin());
}

QColor DocumentCanvas::textColour(std::int32_t token) const {
    if (!m_memory)
        return m_theme->text();
    if (m_magnitude) {
        if (m_shielded && m_shielded(token))
            return m_theme->text();
        if (const auto t = m_magnitude(token))
            return qGray(m_theme->magnitude(*t).rgb()) > 130 ? QColor(0x10141c) : QColor(Qt::white);
        return m_theme->toCome();
    }
    switch (m_memory->stateOf(token, m_column == TokenColumn::StateAllHeads)) {
    case TokenState::ToCome:
        return m_theme->toCome();
    case TokenState::InChunk:
        return m_theme->inChunk();
    case TokenState::Resident:
        return m_theme->text();
    case TokenState::Evicted:
        break;
    }
    return m_theme->quietText();
}

void DocumentCanvas::drawBackground(QPainter& painter, const Piece& piece,
                                    const QRectF& box) const {
    const std::int32_t token = piece.token;
    if (m_memory && m_magnitude) {
        if (m_shielded && m_shielded(token))
            drawHatch(painter, box, m_theme->hairline());
        else if (const auto t = m_magnitude(token))
            painter.fillRect(box, m_theme->magnitude(*t));
    } else if (m_memory) {
        QColor tint;
        if (m_memory->stateOf(token, true) == TokenState::InChunk)
            tint = m_theme->inChunk();
        else if (m_memory->point.phase == Phase::Evict && m_memory->isVictim(token))
            tint = m_theme->evicted();
        if (tint.isValid()) {
            tint.setAlpha(m_theme->kind() == Theme::Kind::Light ? 34 : 70);
            painter.fillRect(box, tint);
        }
    }
    if (const int hit = hitAt(token); hit >= 0) {
        QColor marker(0xffd54a);
        marker.setAlpha(hit == m_currentHit ? 230 : 110);
        painter.fillRect(box, marker);
    }
}

void DocumentCanvas::drawState(QPainter& painter, const Piece& piece, const QRectF& ink) const {
    const bool allHeads = m_column == TokenColumn::StateAllHeads;
    const TokenState state = m_memory->stateOf(piece.token, allHeads);
    const bool victim = m_memory->point.phase == Phase::Evict && m_memory->isVictim(piece.token);
    if (state == TokenState::Resident && !victim) {
        QColor line = m_theme->resident();
        line.setAlphaF(float(0.25 + 0.75 * m_memory->shareOf(piece.token, allHeads)));
        painter.fillRect(QRectF(ink.left(), ink.bottom() - 2.5, ink.width(), 2.5), line);
    } else if (state == TokenState::Evicted || victim) {
        QColor line = m_theme->evicted();
        line.setAlpha(victim ? 255 : 150);
        const double y = std::round(ink.center().y()) + 0.5;
        painter.fillRect(QRectF(ink.left(), y, ink.width(), victim ? 2.0 : 1.0), line);
    }
}

// The channel of the query, beside that of the key: a dashed box.
void DocumentCanvas::drawWaiting(QPainter& painter, const Piece& piece, const QRectF& ink) const {
    if (!m_memory->waits(piece.token))
        return;
    const double before = piece.text.startsWith(u' ') ? 2 : 0;
    drawWaitingBox(painter, ink.adjusted(-before, 0.5, -0.5, 0.5), *m_theme);
}

QRectF DocumentCanvas::inkOf(const Piece& piece, double x, double top) const {
    const QString trimmed = piece.text.trimmed();
    const qsizetype lead = trimmed.isEmpty() ? 0 : piece.text.indexOf(trimmed.front());
    const qsizetype length = trimmed.isEmpty() ? piece.text.size() : trimmed.size();
    const double each = piece.width / double(std::max<qsizetype>(1, piece.text.size()));
    return {x + double(lead) * each, top + 2, double(length) * each, m_lineHeight - 4};
}

// Around the letters alone, and under those that stand beside it.
void DocumentCanvas::drawSelection(QPainter& painter, const Piece& piece, double x,
                                   double top) const {
    const QRectF ink = inkOf(piece, x, top);
    const double before = ink.left() > x ? 2.5 : 0.5; // into its own space, no neighbour's letter
    if (m_magnitude) {                                // a frame among colours
        painter.setPen(QPen(m_theme->panel(), 4));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(ink.adjusted(-before, -0.5, 1.5, 0.5), 3, 3);
    }
    painter.setPen(QPen(m_theme->accent(), m_magnitude ? 2 : 1.5));
    painter.setBrush(m_magnitude ? QBrush(Qt::NoBrush) : QBrush(m_theme->selection()));
    painter.drawRoundedRect(ink.adjusted(-before, -0.5, 1.5, 0.5), 3, 3);
}

void DocumentCanvas::drawPiece(QPainter& painter, const Piece& piece, double x, double top) const {
    painter.setPen(textColour(piece.token));
    painter.drawText(QPointF(x, top + m_ascent), piece.text);
    // The state's line runs under the letters, not under the space before them.
    if (m_memory && !piece.text.trimmed().isEmpty()) {
        drawWaiting(painter, piece, inkOf(piece, x, top));
        drawState(painter, piece, inkOf(piece, x, top));
    }
    if (isPinned(piece.token)) {
        painter.setPen(QPen(m_theme->pinned(), 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(x, top + 2, piece.width, m_lineHeight - 4));
    }
}

void DocumentCanvas::drawPieces(QPainter& painter, int line, double top) const {
    const std::vector<Piece> pieces = m_layout.pieces(line);
    for (const Piece& piece : pieces)
        drawBackground(painter, piece,
                       QRectF(margin + piece.x, top + 2, piece.width, m_lineHeight - 4));
    for (const Piece& piece : pieces)
        if (inSpan(piece.token)) {
            const QRectF box(margin + piece.x, top + 1, piece.width, m_lineHeight - 2);
            painter.fillRect(box, m_theme->selection());
            painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1.5),
                             m_theme->accent());
        }
    for (const Piece& piece : pieces)
        if (piece.token == m_selected)
            drawSelection(painter, piece, margin + piece.x, top);
    for (const Piece& piece : pieces)
        drawPiece(painter, piece, margin + piece.x, top);
}

void DocumentCanvas::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(event->rect(), m_theme->panel());
    painter.setFont(m_theme->tokenFont());
    if (m_text->count() == 0)
        return;
    const int above = top();
    const int first = int(above / m_lineHeight);
    const int whole = std::max(1, int(viewport()->height() / m_lineHeight));
    const int last = std::min(m_layout.lineCount(), first + whole);
    for (int line = first; line < last; ++line)
        drawPieces(painter, line, line * m_lineHeight - above);
    if (hasFocus()) {
        painter.setPen(QPen(m_theme->accent(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(viewport()->rect()).adjusted(.5, .5, -.5, -.5), 3, 3);
    }
}

void DocumentCanvas::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    if (event->oldSize().width() != event->size().width())
        restartLayout();
    else
        layOut();
}

std::int32_t DocumentCanvas::tokenAt(const QPoint& position) const {
    const int line = int((position.y() + top()) / m_lineHeight);
    return m_layout.tokenAt(line, position.x() - margin).value_or(noPosition);
}

void DocumentCanvas::mousePressEvent(QMouseEvent* event) {
    const std::int32_t token = tokenAt(event->pos());
    if (event->button() != Qt::LeftButton || token == noPosition)
        return;
    if (event->modifiers() & Qt::ShiftModifier && m_selected != noPosition) {
        selectSpan(m_selected, token);
        return;
    }
    selectSpan(noPosition, noPosition);
    m_fixed = token;
    m_dragging = true;
    emit clicked(token);
}

void DocumentCanvas::mouseMoveEvent(QMouseEvent* event) {
    const std::int32_t token = tokenAt(event->pos());
    if (m_dragging && token != noPosition && (token != m_fixed || m_span.first != noPosition))
        selectSpan(m_fixed, token);
    emit pointedAt(token, event->globalPosition().toPoint());
}

void DocumentCanvas::mouseReleaseEvent(QMouseEvent*) {
    m_dragging = false;
}

void DocumentCanvas::selectSpan(std::int32_t anchor, std::int32_t other) {
    const std::pair before = m_span;
    m_fixed = anchor;
    m_span = {std::min(anchor, other), std::max(anchor, other)};
    if (m_span == before)
        return;
    viewport()->update();
    emit spanSelected(m_span.first, m_span.second);
}

// Of the span where the mouse is in it, else of the token; by the keyboard of what is selected.
void DocumentCanvas::contextMenuEvent(QContextMenuEvent* event) {
    const bool mouse = event->reason() == QContextMenuEvent::Mouse;
    const std::int32_t token = mouse ? tokenAt(event->pos()) : m_selected;
    const bool whole = m_span.first != noPosition && (!mouse || inSpan(token));
    if (token == noPosition && !whole)
        return;
    const auto [first, last] = whole ? m_span : std::pair(token, token);
    emit menuWanted(first, last,
                    mouse ? event->globalPos() : viewport()->mapToGlobal(placeOf(last)));
}

QPoint DocumentCanvas::placeOf(std::int32_t token) const {
    const int line = m_layout.lineOf(std::min(token, std::max(0, m_layout.tokensDone() - 1)));
    for (const Piece& piece : m_layout.pieces(line))
        if (piece.token == token)
            return QPoint(int(margin + piece.x), int((line + 1) * m_lineHeight - top()));
    return viewport()->rect().center();
}

void DocumentCanvas::keyPressEvent(QKeyEvent* event) {
    const std::int32_t from = m_selected == noPosition ? visibleTokens().first : m_selected;
    const int line = m_layout.lineOf(std::min(from, std::max(0, m_layout.tokensDone() - 1)));
    const auto onLine = [this, from, line](int other) {
        other = std::clamp(other, 0, m_layout.lineCount() - 1);
        return std::min(m_layout.firstToken(other) + (from - m_layout.firstToken(line)),
                        m_text->count() - 1);
    };
    const bool extends = event->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier);
    if (event->key() == Qt::Key_Escape && m_span.first != noPosition)
        return selectSpan(noPosition, noPosition);
    if (extends && (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)) {
        const bool begun = m_span.first != noPosition;
        const std::int32_t fixed = begun ? m_fixed : from;
        const std::int32_t end =
            !begun ? from : (m_span.first == fixed ? m_span.second : m_span.first);
        const std::int32_t moved = end + (event->key() == Qt::Key_Left ? -1 : 1);
        return selectSpan(fixed, std::clamp(moved, 0, m_text->count() - 1));
    }
    std::int32_t to = from;
    switch (event->key()) {
    case Qt::Key_Left:
        to = from - 1;
        break;
    case Qt::Key_Right:
        to = from + 1;
        break;
    case Qt::Key_Up:
        to = onLine(line - 1);
        break;
    case Qt::Key_Down:
        to = onLine(line + 1);
        break;
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        verticalScrollBar()->triggerAction(event->key() == Qt::Key_PageUp
                                               ? QAbstractSlider::SliderPageStepSub
                                               : QAbstractSlider::SliderPageStepAdd);
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    if (to >= 0 && to < m_text->count()) {
        reveal(to);
        emit clicked(to);
    }
}

// The arrow keys go from token to token here, also where they are shortcuts elsewhere.
bool DocumentCanvas::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool arrow = key->key() >= Qt::Key_Left && key->key() <= Qt::Key_Down;
        const bool sideways = key->key() == Qt::Key_Left || key->key() == Qt::Key_Right;
        const bool extends =
            sideways && key->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier);
        const bool lets = key->key() == Qt::Key_Escape && m_span.first != noPosition;
        if ((arrow && key->modifiers() == Qt::NoModifier) || extends || lets) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

bool DocumentCanvas::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const std::int32_t token = tokenAt(help->pos());
        if (token != noPosition)
            emit tipWanted(token, help->globalPos());
        return true;
    }
    if (event->type() == QEvent::Leave)
        emit pointedAt(noPosition, QPoint());
    return QAbstractScrollArea::viewportEvent(event);
}

void DocumentCanvas::scrollContentsBy(int, int) {
    viewport()->update();
    emit scrolled();
}

} // namespace attendre
