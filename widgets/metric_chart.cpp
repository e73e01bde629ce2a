#include "widgets/metric_chart.h"

#include "widgets/theme.h"

#include <QScopedValueRollback>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr int roomForNames = 112; // px of height from which the horizontal axis is named
constexpr int roomForUnits = 200; // px of width from which the vertical one is
constexpr double clickReach = 3;  // px that a hand trembles in a click
} // namespace

MetricChart::MetricChart(const Theme* theme, const QString& title, QWidget* parent)
    : QCustomPlot(parent), m_theme(theme), m_heading(new PlotHeading(this)) {
    m_heading->setTitle(title);
    setAccessibleName(title);
    setFocusPolicy(Qt::ClickFocus);
    setFocusProxy(parent); // the keys are the view's
    setMouseTracking(true);
    plotLayout()->insertRow(0);
    plotLayout()->addElement(0, 0, m_heading);
    plotLayout()->setRowSpacing(1);
    axisRect()->setMinimumSize(30, 20);
    axisRect()->setMinimumMargins({4, 5, 12, 2});
    axisRect()->setRangeDrag(Qt::Horizontal);
    setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    setNoAntialiasingOnDrag(true);
    xAxis->grid()->setVisible(false);
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setSubTicks(false);
        axis->setTickLength(0, 3);
        axis->setTickLabelPadding(3);
        axis->setLabelPadding(1);
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    connect(xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            &MetricChart::keepHorizontal);
    connect(yAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            &MetricChart::keepVertical);
}

QFont MetricChart::font() const {
    return m_theme->smallFont();
}

void MetricChart::queue() {
    replot(QCustomPlot::rpQueuedReplot);
}

void MetricChart::setNote(const QString& note) {
    m_note = note;
    writeHeading();
}

void MetricChart::setSentence(const QString& sentence) {
    m_heading->setSentence(sentence);
    axisRect()->setVisible(sentence.isEmpty());
    setAccessibleDescription(sentence);
    writeHeading();
    queue();
}

void MetricChart::setUnits(const QString& horizontal, const QString& vertical) {
    m_horizontal = horizontal;
    m_vertical = vertical;
}

// A unit that has no room at its axis stands in the heading.
void MetricChart::writeHeading() {
    QStringList parts;
    if (sentence().isEmpty()) {
        if (yAxis->label().isEmpty() && !m_vertical.isEmpty())
            parts << m_vertical;
        if (xAxis->label().isEmpty() && !m_horizontal.isEmpty())
            parts << tr("by %1").arg(m_horizontal);
    }
    if (!m_note.isEmpty())
        parts << m_note;
    m_heading->setNote(parts.join(QStringLiteral(" · ")));
}

void MetricChart::fit() {
    xAxis->setLabel(height() >= roomForNames ? m_horizontal : QString());
    yAxis->setLabel(width() >= roomForUnits ? m_vertical : QString());
    xAxis->ticker()->setTickCount(std::clamp(width() / 70, 2, 10));
    yAxis->ticker()->setTickCount(std::clamp((height() - 50) / 28, 1, 6));
    writeHeading();
}

void MetricChart::resizeEvent(QResizeEvent* event) {
    fit();
    QCustomPlot::resizeEvent(event);
}

void MetricChart::dress() {
    setBackground(QBrush(m_theme->panel()));
    m_heading->dress(font(), m_theme->text(), m_theme->quietText());
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setBasePen(QPen(m_theme->toCome(), 1));
        axis->setTickPen(QPen(m_theme->toCome(), 1));
        axis->setTickLabelFont(font());
        axis->setTickLabelColor(m_theme->quietText());
        axis->setLabelFont(font());
        axis->setLabelColor(m_theme->quietText());
        axis->grid()->setPen(QPen(m_theme->hairline(), 1));
    }
    yAxis->setBasePen(Qt::NoPen);
    dressData();
    fit();
    queue();
}

QCPItemStraightLine* MetricChart::addMarker() {
    auto* marker = new QCPItemStraightLine(this);
    marker->setSelectable(false);
    return marker;
}

// --- what is in sight

void MetricChart::setWhole(const QCPRange& horizontal, double high) {
    const bool inside = visible().lower >= horizontal.lower && visible().upper <= horizontal.upper;
    m_whole = horizontal;
    m_high = high > 0 ? high : 1;
    if (!m_zoomed || !inside) {
        m_zoomed = false;
        const QScopedValueRollback guard(m_setting, true);
        xAxis->setRange(m_whole);
        yAxis->setRange(0, m_high);
    }
    queue();
}

void MetricChart::setFixed(const QCPRange& horizontal, const QCPRange& vertical) {
    const QScopedValueRollback guard(m_setting, true);
    m_whole = horizontal;
    xAxis->setRange(horizontal);
    yAxis->setRange(vertical);
    queue();
}

void MetricChart::keepHorizontal(const QCPRange& range) {
    if (m_setting)
        return;
    const double size = std::clamp(range.size(), std::min(2.0, m_whole.size()), m_whole.size());
    const double lower = std::clamp(range.lower, m_whole.lower, m_whole.upper - size);
    {
        const QScopedValueRollback guard(m_setting, true);
        xAxis->setRange(lower, lower + size);
    }
    m_zoomed = size < m_whole.size() || yAxis->range().upper < m_high;
    queue();
    emit looked(this);
}

void MetricChart::keepVertical(const QCPRange& range) {
    if (m_setting)
        return;
    {
        const QScopedValueRollback guard(m_setting, true);
        yAxis->setRange(0, std::clamp(range.size(), m_high / 1000, m_high));
    }
    m_zoomed = visible().size() < m_whole.size() || yAxis->range().upper < m_high;
    queue();
}

void MetricChart::follow(const QCPRange& range) {
    const QScopedValueRollback guard(m_setting, true);
    xAxis->setRange(range);
    m_zoomed = range.size() < m_whole.size() || yAxis->range().upper < m_high;
    queue();
}

void MetricChart::zoom(double factor, std::optional<double> about) {
    xAxis->scaleRange(factor, about.value_or(visible().center()));
}

void MetricChart::pan(double share) {
    xAxis->moveRange(visible().size() * share);
}

void MetricChart::showAll() {
    m_zoomed = false;
    {
        const QScopedValueRollback guard(m_setting, true);
        xAxis->setRange(m_whole);
        yAxis->setRange(0, m_high);
    }
    queue();
    emit looked(this);
}

// --- the mouse

std::optional<double> MetricChart::valueUnder(const QPointF& at) const {
    constexpr int reach = 14;
    if (!sentence().isEmpty() ||
        !axisRect()->rect().adjusted(-reach, -4, reach, 2 * reach).contains(at.toPoint()))
        return {};
    return std::clamp(xAxis->pixelToCoord(at.x()), visible().lower, visible().upper);
}

QString MetricChart::hoverText(const QPointF& at) const {
    const auto x = valueUnder(at);
    return x ? valueAt(*x, yAxis->pixelToCoord(at.y())) : QString();
}

void MetricChart::mousePressEvent(QMouseEvent* event) {
    m_pressed = event->position();
    QCustomPlot::mousePressEvent(event);
}

void MetricChart::mouseReleaseEvent(QMouseEvent* event) {
    QCustomPlot::mouseReleaseEvent(event);
    const auto x = valueUnder(event->position());
    if (event->button() == Qt::LeftButton && x &&
        (event->position() - m_pressed).manhattanLength() <= clickReach)
        emit clicked(*x);
}

void MetricChart::mouseDoubleClickEvent(QMouseEvent* event) {
    QCustomPlot::mouseDoubleClickEvent(event);
    showAll();
}

void MetricChart::wheelEvent(QWheelEvent* event) {
    const bool vertical = event->position().x() < axisRect()->left() ||
                          event->modifiers().testFlag(Qt::ControlModifier);
    axisRect()->setRangeZoom(vertical ? Qt::Vertical : Qt::Horizontal);
    QCustomPlot::wheelEvent(event);
}

void MetricChart::drawOn(QCPPainter& painter) {
    painter.setMode(QCPPainter::pmVectorized, painter.device()->devType() != QInternal::Image);
    toPainter(&painter, width(), height());
}

} // namespace attendre
