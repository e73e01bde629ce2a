#include "widgets/brush_histogram.h"

#include "widgets/lifetimes_picture.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr double widestBar = 24; // px: few bins do not make walls
}

BrushHistogram::BrushHistogram(const Theme* theme, const QString& title, QWidget* parent)
    : QWidget(parent), m_theme(theme), m_title(title),
      m_number([](double value) { return shortNumber(value); }) {
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Distribution of %1").arg(title));
    setCursor(Qt::IBeamCursor);
}

void BrushHistogram::setBins(const ValueBins& bins) {
    if (bins.edges != m_bins.edges)
        m_counts = {}; // those of the new bins come
    m_bins = bins;
    m_cursor = std::min(m_cursor, m_bins.count() - 1);
    describe();
}

void BrushHistogram::setNumbers(std::function<QString(double)> number, bool whole) {
    m_number = std::move(number);
    m_whole = whole;
    describe();
}

void BrushHistogram::setCounts(const LifeCounts::Column& counts) {
    m_counts = counts;
    describe();
}

void BrushHistogram::setColours(std::function<QColor(double)> colour) {
    m_colour = std::move(colour);
    update();
}

void BrushHistogram::setBrush(const std::optional<Range>& range) {
    m_brush = range;
    describe();
}

void BrushHistogram::setEmptySentence(const QString& sentence) {
    m_empty = sentence;
    describe();
}

void BrushHistogram::describe() {
    if (m_bins.count() == 0)
        setAccessibleDescription(m_empty);
    else if (m_brush)
        setAccessibleDescription(tr("%1 chosen").arg(words(*m_brush)));
    else
        setAccessibleDescription(m_cursor >= 0 ? sentence(m_cursor) : tr("nothing chosen"));
    update();
}

QString BrushHistogram::words(const Range& range) const {
    const int most = m_bins.count() - 1;
    if (most < 0)
        return {};
    const double first = m_bins.edges[std::size_t(std::clamp(range.first, 0, most))];
    const double end = m_bins.edges[std::size_t(std::clamp(range.last, 0, most)) + 1];
    const double last = m_whole ? end - 1 : end;
    return first == last ? m_number(first)
                         : QStringLiteral("%1–%2").arg(m_number(first), m_number(last));
}

QString BrushHistogram::sentence(int bin) const {
    const auto i = std::size_t(bin);
    if (bin < 0 || i >= m_counts.all.size())
        return {};
    const QString all = m_counts.all[i] == 1
                            ? tr("1 entry in view")
                            : tr("%1 entries in view").arg(wholeNumber(m_counts.all[i]));
    QString text = QStringLiteral("%1 %2 · %3").arg(m_title, words({bin, bin}), all);
    if (m_counts.chosen[i] != m_counts.all[i])
        text += tr(", %1 of them chosen").arg(wholeNumber(m_counts.chosen[i]));
    return text;
}

QRectF BrushHistogram::plotOf(const QRectF& area) const {
    const double line = lineHeight(m_theme->smallFont());
    return area.adjusted(2, line + 1, -2, -line);
}

QRectF BrushHistogram::barOf(const QRectF& plot, int bin) const {
    const double pitch = plot.width() / std::max(1, m_bins.count());
    return {plot.left() + bin * pitch, plot.top(), pitch, plot.height()};
}

QRectF BrushHistogram::binRect(int bin) const {
    return barOf(plotOf(rect()), bin);
}

int BrushHistogram::binAt(double x) const {
    const QRectF plot = plotOf(rect());
    return std::clamp(int((x - plot.left()) / plot.width() * m_bins.count()), 0,
                      m_bins.count() - 1);
}

void BrushHistogram::paint(QPainter& painter, const QRectF& area) const {
    painter.setFont(m_theme->smallFont());
    const double line = lineHeight(painter);
    const QRectF plot = plotOf(area), heading(area.left(), area.top(), area.width(), line);
    if (m_bins.count() == 0 || m_counts.all.size() != std::size_t(m_bins.count())) {
        drawLine(painter, heading.adjusted(2, 0, 0, 0), m_title, m_theme->text());
        if (m_bins.count() == 0)
            drawLine(painter, plot.adjusted(2, 0, 0, 0), m_empty, m_theme->quietText());
        return;
    }
    const auto most = double(
        std::max<std::int64_t>(1, *std::max_element(m_counts.all.begin(), m_counts.all.end())));
    // What is chosen, or how many the tallest bar counts.
    const QString note = m_brush ? words(*m_brush) : tr("≤ %1").arg(wholeNumber(qint64(most)));
    const double wide = textWidth(painter, note) + 8;
    drawLine(painter, heading.adjusted(2, 0, -wide, 0), m_title, m_theme->text());
    drawLine(painter, heading.adjusted(0, 0, -2, 0), note,
             m_brush ? m_theme->accent() : m_theme->quietText(), Qt::AlignRight | Qt::AlignVCenter);
    if (m_brush) {
        const int last = std::min(m_brush->last, m_bins.count() - 1);
        const QRectF band = barOf(plot, std::min(m_brush->first, last)).united(barOf(plot, last));
        painter.fillRect(band, m_theme->selection());
        painter.setPen(QPen(m_theme->accent(), 1));
        painter.drawLine(band.topLeft(), band.bottomLeft());
        painter.drawLine(band.topRight(), band.bottomRight());
    }
    const QColor quiet = quietLife(*m_theme);
    for (int bin = 0; bin < m_bins.count(); ++bin) {
        const auto i = std::size_t(bin);
        QRectF box = barOf(plot, bin);
        if (const double spare = box.width() - widestBar; spare > 0)
            box.adjust(spare / 2, 0, -spare / 2, 0);
        const double gap = box.width() >= 4 ? 0.5 : 0;
        const auto bar = [&](std::int64_t count, const QColor& colour) {
            if (count == 0)
                return;
            // Not even one entry is too few to be seen.
            const double height = std::max(1.5, box.height() * double(count) / most);
            painter.fillRect(QRectF(box.left() + gap, box.bottom() - height,
                                    std::max(1.0, box.width() - 2 * gap), height),
                             colour);
        };
        bar(m_counts.all[i], quiet);
        bar(m_counts.chosen[i], m_colour ? m_colour(m_bins.edges[i]) : m_theme->accent());
    }
    painter.setPen(QPen(m_theme->hairline(), 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    paintNumbers(painter, {area.left(), plot.bottom(), area.width(), line}, plot);
    if (hasFocus() && m_cursor >= 0) {
        painter.setPen(QPen(m_theme->text(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(barOf(plot, m_cursor));
    }
}

// The values of some bins below them, the first and the last at any rate.
void BrushHistogram::paintNumbers(QPainter& painter, const QRectF& strip,
                                  const QRectF& plot) const {
    const auto write = [&](int bin, double from, double to) {
        const QString text = m_number(m_bins.edges[std::size_t(bin)]);
        const double width = textWidth(painter, text), middle = barOf(plot, bin).center().x();
        const double x = std::clamp(middle - width / 2, strip.left(),
                                    std::max(strip.left(), strip.right() - width));
        if (x < from || x + width > to)
            return from;
        drawLine(painter, {x, strip.top(), width + 1, strip.height()}, text, m_theme->quietText());
        return x + width + 10;
    };
    const int last = m_bins.count() - 1;
    double from = write(0, strip.left(), strip.right());
    if (last == 0)
        return;
    const QString end = m_number(m_bins.edges[std::size_t(last)]);
    const double until = strip.right() - textWidth(painter, end) - 10;
    write(last, from, strip.right());
    for (int bin = 1; bin < last; ++bin)
        from = write(bin, from, until);
}

void BrushHistogram::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), m_theme->panel());
    painter.setRenderHint(QPainter::Antialiasing);
    paint(painter, rect());
    if (hasFocus()) {
        painter.setPen(QPen(m_theme->accent(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    }
}

void BrushHistogram::choose(const std::optional<Range>& range) {
    if (range == m_brush)
        return;
    m_brush = range;
    describe();
    emit brushed(range);
}

void BrushHistogram::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || m_bins.count() == 0)
        return QWidget::mousePressEvent(event);
    setFocus(Qt::MouseFocusReason);
    m_dragging = true;
    m_anchor = m_cursor = binAt(event->position().x());
    choose(Range{m_anchor, m_anchor});
}

void BrushHistogram::mouseMoveEvent(QMouseEvent* event) {
    if (m_bins.count() == 0)
        return emit hovered(m_title + QStringLiteral(": ") + m_empty);
    const int bin = binAt(event->position().x());
    if (m_dragging) {
        m_cursor = bin;
        choose(Range{std::min(m_anchor, bin), std::max(m_anchor, bin)});
    }
    emit hovered(sentence(bin));
}

void BrushHistogram::mouseReleaseEvent(QMouseEvent*) {
    m_dragging = false;
}

void BrushHistogram::mouseDoubleClickEvent(QMouseEvent*) {
    m_dragging = false;
    choose({});
}

void BrushHistogram::leaveEvent(QEvent* event) {
    emit hovered(QString());
    QWidget::leaveEvent(event);
}

// The arrows go from bin to bin here, also where they are shortcuts elsewhere.
bool BrushHistogram::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool plain = (key->modifiers() & ~Qt::ShiftModifier) == 0;
        if (plain && (key->key() == Qt::Key_Left || key->key() == Qt::Key_Right ||
                      key->key() == Qt::Key_Home || key->key() == Qt::Key_End)) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void BrushHistogram::moveCursor(int by, bool reach) {
    const int last = m_bins.count() - 1;
    const int from = m_cursor < 0 ? (by > 0 ? -1 : last + 1) : m_cursor;
    const int to = std::clamp(from + by, 0, last);
    if (reach && m_anchor < 0)
        m_anchor = m_cursor < 0 ? to : m_cursor;
    m_cursor = to;
    if (reach)
        choose(Range{std::min(m_anchor, m_cursor), std::max(m_anchor, m_cursor)});
    else
        m_anchor = -1;
    describe();
    emit hovered(sentence(m_cursor));
}

void BrushHistogram::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        return emit cleared();
    if (m_bins.count() == 0)
        return QWidget::keyPressEvent(event);
    const bool reach = event->modifiers() & Qt::ShiftModifier;
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCursor(-1, reach);
    case Qt::Key_Right:
        return moveCursor(1, reach);
    case Qt::Key_Home:
        return moveCursor(-m_bins.count(), reach);
    case Qt::Key_End:
        return moveCursor(m_bins.count(), reach);
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_cursor < 0)
            return moveCursor(1, false);
        m_anchor = m_cursor;
        return choose(m_brush == Range{m_cursor, m_cursor}
                          ? std::optional<Range>()
                          : std::optional<Range>({m_cursor, m_cursor}));
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace attendre
