#include "widgets/agreement_map.h"

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
constexpr double colourBar = 116; // px, with its numbers
}

AgreementMap::AgreementMap(const ViewContext& context, ComparedRun* compared, QWidget* parent)
    : ComparePage(context, compared, parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Agreement, steps by layers"));
}

int AgreementMap::layers() const {
    return m_divergence ? int(m_divergence->shared.size()) : 0;
}

void AgreementMap::refresh(bool) {
    m_divergence = compared().divergence();
    setAccessibleDescription(summary());
    update();
}

void AgreementMap::forget() {
    m_divergence.reset();
    update();
}

QString AgreementMap::colouredBy() const {
    return tr("colour: share of the entries held by either that both hold");
}

QString AgreementMap::summary() const {
    return m_divergence ? cellText(now().step, now().layer) : QString();
}

QString AgreementMap::cellText(int step, int layer) const {
    if (!m_divergence || layer < 0 || layer >= layers())
        return {};
    const float share = m_divergence->sharedAt(layer, step);
    if (std::isnan(share))
        return tr("step %1, layer %2 · the runs have not met by then").arg(step).arg(layer);
    return tr("step %1, layer %2 · of the entries that either holds, both hold %3")
        .arg(QString::number(step), QString::number(layer), percent(double(share)));
}

QString AgreementMap::csv() const {
    QString text = QStringLiteral("layer,step_a,step_b,keys,shared\n");
    for (int layer = 0; layer < layers(); ++layer) {
        const auto& pairs = m_divergence->alignment.pairs(layer);
        for (std::size_t i = 0; i < pairs.size(); ++i)
            text += QStringLiteral("%1,%2,%3,%4,%5\n")
                        .arg(layer)
                        .arg(pairs[i].a)
                        .arg(pairs[i].b)
                        .arg(pairs[i].keys)
                        .arg(double(m_divergence->shared[std::size_t(layer)][i]));
    }
    return text;
}

// --- what is drawn

void AgreementMap::layOut(QPainter& painter) {
    const double line = lineHeight(painter);
    const double names = textWidth(painter, QString::number(std::max(0, layers() - 1))) + 8;
    const QRectF area = QRectF(rect()).adjusted(4, 0, -6, 0);
    m_title = {area.left(), area.top(), area.width(), line};
    m_left = {area.left(), area.top() + line + 10, names, 0};
    m_bottom = {area.left() + names, area.bottom() - line, area.width() - names, line};
    m_grid = {m_bottom.left(), m_left.top(), m_bottom.width(),
              std::max(8.0, m_bottom.top() - 2 - m_left.top())};
    m_left.setHeight(m_grid.height());
}

// A column per pixel at most: of the steps under it the least agreement is shown.
QImage AgreementMap::image(int columns) const {
    const int all = std::max(1, steps());
    QImage picture(columns, std::max(1, layers()), QImage::Format_RGB32);
    picture.fill(theme().hover());
    for (int layer = 0; layer < layers(); ++layer)
        for (int x = 0; x < columns; ++x) {
            const int from = int(qint64(x) * all / columns);
            const int to = std::max(from + 1, int(qint64(x + 1) * all / columns));
            float least = std::numeric_limits<float>::quiet_NaN();
            for (int step = from; step < to; ++step)
                least = std::fmin(least, m_divergence->sharedAt(layer, step));
            if (!std::isnan(least))
                picture.setPixel(x, layer, theme().magnitude(double(least)).rgb());
        }
    return picture;
}

void AgreementMap::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().panel());
    painter.setFont(theme().smallFont());
    if (!m_divergence || layers() == 0 || steps() == 0) {
        drawLine(painter, QRectF(rect()).adjusted(4, 0, -4, 0),
                 tr("Comparing the runs … %1").arg(percent(compared().reckoned())),
                 theme().quietText());
        return;
    }
    layOut(painter);
    const int columns = std::clamp(std::min(steps(), int(m_grid.width())), 1, 4096);
    painter.drawImage(m_grid, image(columns));
    painter.setRenderHint(QPainter::Antialiasing);
    paintPartings(painter);
    paintAxes(painter);
    const QRectF cell = cellRect(now().step, now().layer);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().panel(), 3));
    painter.drawRect(cell.adjusted(-1.5, -1.5, 1.5, 1.5));
    painter.setPen(QPen(theme().accent(), 2));
    painter.drawRect(cell.adjusted(-1.5, -1.5, 1.5, 1.5));
    drawMarker(painter, cell.center().x(), m_grid.top() - 9, m_grid.top(), theme().text());
    if (hasFocus()) {
        painter.setPen(QPen(theme().accent(), 1));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

// A tick at each layer's first parting; a ring at the first of all.
void AgreementMap::paintPartings(QPainter& painter) const {
    std::vector<int> first(std::size_t(layers()), -1);
    for (const HeadDivergence& head : m_divergence->heads) {
        int& step = first[std::size_t(head.layer)];
        if (head.parted() && (step < 0 || head.stepA < step))
            step = head.stepA;
    }
    for (int layer = 0; layer < layers(); ++layer) {
        if (first[std::size_t(layer)] < 0)
            continue;
        const QRectF cell = cellRect(first[std::size_t(layer)], layer);
        painter.setPen(QPen(QColor(Qt::white), 1.5));
        painter.drawLine(cell.topLeft() + QPointF(0, 0.5), cell.bottomLeft() - QPointF(0, 0.5));
    }
    if (const auto parting = m_divergence->first()) {
        const QRectF cell = cellRect(parting->stepA, parting->layer);
        painter.setBrush(Qt::NoBrush);
        for (const auto& [colour, width] :
             {std::pair(theme().panel(), 4.0), std::pair(theme().evicted(), 2.0)}) {
            painter.setPen(QPen(colour, width));
            painter.drawEllipse(cell.center(), 5, 5);
        }
    }
}

void AgreementMap::paintAxes(QPainter& painter) const {
    const QString title = tr("both hold · steps × layers · ring: they part");
    const bool bar = m_title.width() > 3 * colourBar;
    drawLine(painter, m_title.adjusted(0, 0, bar ? -colourBar - 8 : 0, 0), title,
             theme().quietText());
    if (bar)
        drawColourBar(painter,
                      {m_title.right() - colourBar, m_title.top(), colourBar, m_title.height()},
                      theme(), percent(0), percent(1));
    const double n = double(layers()), line = lineHeight(painter);
    const int every = std::max(1, int(std::ceil(line * n / m_grid.height())));
    for (int layer = 0; layer < layers(); layer += every) {
        const double y = m_grid.top() + (layer + 0.5) / n * m_grid.height();
        drawLine(painter, {m_left.left(), y - line / 2, m_left.width() - 5, line},
                 QString::number(layer), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    }
    drawBottomAxis(painter, m_bottom, {-0.5, double(steps()) - 0.5, m_grid.left(), m_grid.right()},
                   theme());
}

QRectF AgreementMap::cellRect(int step, int layer) const {
    if (m_grid.isEmpty() || steps() == 0 || layers() == 0 || step < 0 || step >= steps() ||
        layer < 0 || layer >= layers())
        return {};
    const double w = m_grid.width() / steps(), h = m_grid.height() / layers();
    return {m_grid.left() + step * w, m_grid.top() + layer * h, w, h};
}

// --- the mouse and the keys

std::pair<int, int> AgreementMap::cellAt(const QPointF& at) const {
    if (!m_divergence || !m_grid.contains(at))
        return {-1, -1};
    return {std::clamp(int((at.x() - m_grid.left()) / m_grid.width() * steps()), 0, steps() - 1),
            std::clamp(int((at.y() - m_grid.top()) / m_grid.height() * layers()), 0, layers() - 1)};
}

void AgreementMap::mousePressEvent(QMouseEvent* event) {
    const auto [step, layer] = cellAt(event->position());
    if (event->button() != Qt::LeftButton || step < 0)
        return QWidget::mousePressEvent(event);
    go([step = step, layer = layer](Point& point) {
        point.step = step;
        point.layer = layer;
    });
}

void AgreementMap::mouseMoveEvent(QMouseEvent* event) {
    const auto [step, layer] = cellAt(event->position());
    emit hovered(step < 0 ? QString() : cellText(step, layer));
}

void AgreementMap::keyPressEvent(QKeyEvent* event) {
    int steps = 0, layers = 0;
    switch (event->key()) {
    case Qt::Key_Left:
        steps = -1;
        break;
    case Qt::Key_Right:
        steps = 1;
        break;
    case Qt::Key_Up:
        layers = -1;
        break;
    case Qt::Key_Down:
        layers = 1;
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return emit partingWanted();
    default:
        return QWidget::keyPressEvent(event);
    }
    go(
        [&](Point& point) {
            point.step = std::clamp(point.step + steps, 0, std::max(0, this->steps() - 1));
            point.layer = std::clamp(point.layer + layers, 0, std::max(0, this->layers() - 1));
        },
        true);
}

} // namespace attendre
