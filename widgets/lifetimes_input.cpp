#include "widgets/lifetimes_view.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace attendre {

// How a person moves in the lifetimes and chooses of them.

namespace {

constexpr double nearEnd = 5; // px: a click on a bar's end
// What F makes of the bars: wide enough for a lying token where the view is low.
constexpr double tokenBar = 48, slimBar = 24; // px
constexpr double leastSteps = 10;             // around the point

} // namespace

void LifetimesView::zoom(double positions, double steps, const QPointF& about) {
    const QRectF plot = plotRect();
    m_viewport.zoom(positions, steps, positionScale(plot).back(about.x()),
                    stepScale(plot).back(about.y()));
    viewChanged();
}

void LifetimesView::zoomAtMiddle(double factor) {
    zoom(factor, factor, plotRect().center());
}

void LifetimesView::panPixels(double x, double y) {
    const QRectF plot = plotRect();
    m_viewport.pan(-x / plot.width() * m_viewport.positions().length(),
                   -y / plot.height() * m_viewport.steps().length());
    viewChanged();
}

// Over an axis, or with Ctrl (steps) or Shift (positions), along that axis alone.
void LifetimesView::wheelEvent(QWheelEvent* event) {
    const QPoint turned = event->angleDelta();
    if (isBlank() || turned.isNull())
        return event->ignore();
    const QRectF plot = plotRect();
    const QPointF at = event->position();
    event->accept();
    const bool alt = event->modifiers() & Qt::AltModifier; // turns y into x on some systems
    if (turned.x() != 0 && std::abs(turned.x()) > std::abs(turned.y()) && !alt)
        return panPixels(turned.x(), 0);
    const double factor = std::pow(0.8, (turned.y() != 0 ? turned.y() : turned.x()) / 120.0);
    const bool stepsOnly = event->modifiers() & Qt::ControlModifier || at.x() < plot.left();
    const bool positionsOnly = event->modifiers() & Qt::ShiftModifier || at.y() > plot.bottom();
    zoom(stepsOnly ? 1 : factor, positionsOnly ? 1 : factor,
         {std::clamp(at.x(), plot.left(), plot.right()),
          std::clamp(at.y(), plot.top(), plot.bottom())});
}

void LifetimesView::mousePressEvent(QMouseEvent* event) {
    if (isBlank() || (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton))
        return PlotView::mousePressEvent(event);
    m_dragFrom = m_dragLast = event->position();
    const bool select = event->modifiers() & Qt::ShiftModifier;
    m_drag = select ? Drag::Select : Drag::Press;
}

void LifetimesView::mouseMoveEvent(QMouseEvent* event) {
    const QPointF at = event->position();
    if (m_drag == Drag::Press &&
        (at - m_dragFrom).manhattanLength() >= QApplication::startDragDistance() / 2.0)
        m_drag = Drag::Pan;
    if (m_drag == Drag::Pan) {
        panPixels(at.x() - m_dragLast.x(), at.y() - m_dragLast.y());
        m_dragLast = at;
    } else if (m_drag == Drag::Select && m_content) {
        const Scale x = positionScale(plotRect());
        const auto place = [&](double pixel) {
            return std::clamp(std::int32_t(std::floor(x.back(pixel))), 0, m_content->end - 1);
        };
        LifeBrush brush = m_look.brush;
        brush.positions = std::minmax(place(m_dragFrom.x()), place(at.x()));
        setBrush(brush);
    }
    PlotView::mouseMoveEvent(event);
}

void LifetimesView::mouseReleaseEvent(QMouseEvent* event) {
    if (m_drag == Drag::Press && event->button() == Qt::LeftButton)
        choose(event->position());
    m_drag = Drag::None;
    PlotView::mouseReleaseEvent(event);
}

void LifetimesView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (isBlank() || event->button() != Qt::LeftButton)
        return PlotView::mouseDoubleClickEvent(event);
    if (m_look.brush.positions)
        return bringIntoView();
    m_viewport.showAll();
    viewChanged();
}

// What a click there means: an entry that is resident at the place, the nearest of several; of
// chosen ones before others. Where none is resident, whatever stands in the column.
std::int32_t LifetimesView::entryAt(const Hit& hit) const {
    const double middle = (hit.first + hit.end - 1) / 2.0;
    std::int32_t best = noPosition;
    double bestWorth = -1e300;
    for (std::int32_t p = hit.first; p < hit.end; ++p)
        for (std::size_t h = 0; h < m_content->heads(); ++h) {
            const Lifetimes& lives = m_content->head(h);
            const auto i = std::size_t(p);
            if (i >= lives.size() || !lives.came(i))
                continue;
            const bool there = lives.inserted[i] < hit.endStep && lives.until(i) >= hit.firstStep;
            const bool chosen = m_look.brush.holds(*m_content->lives, h, i);
            const double worth =
                (chosen ? 2e9 : 0) + (there ? 1e9 : 0) - std::abs(double(p) - middle);
            if (worth > bestWorth) {
                bestWorth = worth;
                best = p;
            }
        }
    return best;
}

// The step in which the entry left, where its end is under the mouse.
std::optional<int> LifetimesView::endAt(std::int32_t position, const QPointF& at) const {
    const Scale y = stepScale(plotRect());
    const auto i = std::size_t(position);
    std::optional<int> nearest;
    double distance = nearEnd;
    for (std::size_t h = 0; h < m_content->heads(); ++h) {
        const Lifetimes& lives = m_content->head(h);
        if (i >= lives.size() || !lives.came(i) || lives.stays(i))
            continue;
        if (const double far = std::abs(y(lives.evicted[i]) - at.y()); far <= distance) {
            distance = far;
            nearest = lives.evicted[i];
        }
    }
    return nearest;
}

void LifetimesView::choose(const QPointF& at) {
    const Hit hit = hitAt(at);
    const std::int32_t entry = hit.valid() ? entryAt(hit) : noPosition;
    if (entry == noPosition)
        return;
    const std::optional<int> end = endAt(entry, at);
    go([&](Point& point) {
        point.entry = entry;
        if (end)
            point.step = std::clamp(*end, 0, std::max(0, steps() - 1));
    });
}

// To the next or previous chosen entry of the document.
void LifetimesView::chooseNext(int by) {
    const std::int32_t from = now().entry;
    std::int32_t p = from == noPosition ? (by > 0 ? -1 : m_content->end) : from;
    for (p += by; p >= 0 && p < m_content->end; p += by) {
        const auto i = std::size_t(p);
        for (std::size_t h = 0; h < m_content->heads(); ++h)
            if (i < m_content->head(h).size() && m_content->head(h).came(i) &&
                m_look.brush.holds(*m_content->lives, h, i)) {
                go([p](Point& point) { point.entry = p; }, true);
                const LifetimesViewport::Span& sight = m_viewport.positions();
                if (p < sight.first || p + 1 > sight.end)
                    m_viewport.pan(p + 0.5 - sight.middle(), 0);
                return viewChanged();
            }
    }
}

// The entry's whole stay and the current step, so near that tokens can be read.
void LifetimesView::bringIntoView() {
    if (isBlank())
        return;
    if (const auto& range = m_look.brush.positions) {
        m_viewport.show({double(range->first), double(range->second) + 1}, m_viewport.steps());
        return viewChanged();
    }
    const int step = std::clamp(now().step, 0, m_content->steps - 1);
    double position = now().entry, from = step, to = step + 1;
    const auto shown = std::size_t(m_content->whose == LifeWhose::AllHeads ? now().head : 0);
    const Lifetimes& lives = m_content->head(std::min(shown, m_content->heads() - 1));
    const auto i = std::size_t(now().entry);
    const auto& chunks = m_content->arrivals;
    if (now().entry == noPosition && std::size_t(step) < chunks.size()) {
        const auto& chunk = chunks[std::size_t(step)];
        position = (chunk.first + chunk.end - 1) / 2.0;
    } else if (i < lives.size() && lives.came(i)) {
        from = std::min(from, double(lives.inserted[i]));
        to = std::max(to, double(lives.until(i)));
    }
    const QRectF plot = plotRect();
    const double wished = plot.height() < 150 ? tokenBar : slimBar;
    const double half = std::min(m_viewport.positions().length(), plot.width() / wished) / 2;
    const double tall = std::max(leastSteps, (to - from) * 1.3) / 2;
    m_viewport.show({position + 0.5 - half, position + 0.5 + half},
                    {(from + to) / 2 - tall, (from + to) / 2 + tall});
    viewChanged();
}

// The keys of this view go before shortcuts of the window with the same ones.
bool LifetimesView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->modifiers() == Qt::NoModifier && key->key() >= Qt::Key_Left &&
            key->key() <= Qt::Key_Down) {
            event->accept();
            return true;
        }
    }
    return PlotView::event(event);
}

void LifetimesView::keyPressEvent(QKeyEvent* event) {
    if (isBlank() || (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier)))
        return PlotView::keyPressEvent(event);
    const double right = plotRect().width() / 10, down = plotRect().height() / 10;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_A:
        return panPixels(right, 0);
    case Qt::Key_Right:
    case Qt::Key_D:
        return panPixels(-right, 0);
    case Qt::Key_Up:
    case Qt::Key_W:
        return panPixels(0, down);
    case Qt::Key_Down:
    case Qt::Key_S:
        return panPixels(0, -down);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoomAtMiddle(0.8);
    case Qt::Key_Minus:
        return zoomAtMiddle(1.25);
    case Qt::Key_0:
        m_viewport.showAll();
        return viewChanged();
    case Qt::Key_F:
        return bringIntoView();
    case Qt::Key_H:
        return showHistograms(!m_histogramsWanted);
    case Qt::Key_E:
        return setGreatest(!m_look.greatest);
    case Qt::Key_PageDown:
        return chooseNext(1);
    case Qt::Key_PageUp:
        return chooseNext(-1);
    case Qt::Key_Return:
    case Qt::Key_Enter: {
        const auto i = std::size_t(now().entry);
        if (now().entry == noPosition || i >= m_content->head(0).size())
            return;
        const auto shown = std::size_t(m_content->whose == LifeWhose::AllHeads ? now().head : 0);
        const int left = m_content->head(std::min(shown, m_content->heads() - 1)).evicted[i];
        if (left >= 0)
            go([left](Point& point) { point.step = left; });
        return;
    }
    case Qt::Key_Escape:
        if (!m_look.brush.empty())
            return setBrush({});
        [[fallthrough]];
    default:
        PlotView::keyPressEvent(event);
    }
}

} // namespace attendre
