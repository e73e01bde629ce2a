#include "widgets/attention_difference_page.h"

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

constexpr double leastCell = 2.5; // px across

int indexOf(const std::vector<std::int32_t>& sorted, std::int32_t value) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
    return at != sorted.end() && *at == value ? int(at - sorted.begin()) : -1;
}

} // namespace

AttentionDifferencePage::AttentionDifferencePage(const ViewContext& context, ComparedRun* compared,
                                                 QWidget* parent)
    : ComparePage(context, compared, parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Difference of attention, queries by positions"));
}

void AttentionDifferencePage::refresh(bool everything) {
    if (everything)
        m_content.reset();
    const auto stepB = compared().step();
    compared().divergence();
    if (!stepB)
        return update();
    read<AttentionDifference>(
        PairReadings::Lane::Point, "attention",
        [point = now(), stepB = *stepB](const ComparedRuns& runs, const Cancel&) {
            return attentionDifference(runs, point.step, stepB, point.layer, point.head);
        },
        [this, stepA = now().step, stepB = *stepB](AttentionDifference content) {
            m_content = std::move(content);
            m_stepA = stepA;
            m_stepB = stepB;
            setAccessibleDescription(summary());
            update();
        });
    update();
}

void AttentionDifferencePage::forget() {
    m_content.reset();
    update();
}

QString AttentionDifferencePage::colouredBy() const {
    return tr("colour: weight in A less that in B (root)");
}

QString AttentionDifferencePage::emptySentence() const {
    if (!m_content)
        return tr("Reading the attention of step %1 …").arg(now().step);
    for (const auto& [recorded, run] :
         {std::pair(m_content->recordedA, "A"), std::pair(m_content->recordedB, "B")})
        if (!recorded)
            return tr("Run %1 keeps no attention: record it with --detail full.")
                .arg(QLatin1String(run));
    if (m_stepB < 0)
        return tr("Run B has not begun by step %1 of A: go on, or unlink it.").arg(m_stepA);
    if (m_content->queries.empty())
        return tr("Step %1 of A and step %2 of B answer no query in common: link the runs, or go "
                  "to a step where they meet.")
            .arg(m_stepA)
            .arg(m_stepB);
    return {};
}

QString AttentionDifferencePage::summary() const {
    const QString sentence = emptySentence();
    if (!sentence.isEmpty())
        return sentence;
    const auto most =
        std::max_element(m_content->weights.begin(), m_content->weights.end(),
                         [](const WeightDifference& a, const WeightDifference& b) {
                             return std::abs(a.difference()) < std::abs(b.difference());
                         });
    return most == m_content->weights.end()
               ? tr("No weight is known.")
               : tr("The most different weight: %1").arg(weightText(*most));
}

QString AttentionDifferencePage::weightText(const WeightDifference& weight) const {
    const auto value = [](float known, float bound) {
        return !std::isnan(known) ? percent(double(known))
               : bound == 0       ? QStringLiteral("0")
                                  : QStringLiteral("≤ ") + percent(double(bound));
    };
    return tr("query %1 reads position %2: A %3, B %4")
        .arg(wholeNumber(weight.query), wholeNumber(weight.position),
             value(weight.a, weight.boundA), value(weight.b, weight.boundB));
}

QString AttentionDifferencePage::csv() const {
    QString text = QStringLiteral("query,position,weight_a,weight_b,difference,exact\n");
    const auto number = [](float value) {
        return std::isnan(value) ? QString() : QString::number(double(value));
    };
    if (m_content)
        for (const WeightDifference& weight : m_content->weights)
            text += QStringLiteral("%1,%2,%3,%4,%5,%6\n")
                        .arg(weight.query)
                        .arg(weight.position)
                        .arg(number(weight.a), number(weight.b))
                        .arg(weight.difference())
                        .arg(int(weight.exact()));
    return text;
}

// --- what is drawn

// By the root of the size: most weights are small, and a difference of a hundredth counts.
double AttentionDifferencePage::shade(double difference) const {
    if (!(m_content->largest > 0))
        return 0;
    const double size = std::sqrt(std::abs(difference) / m_content->largest);
    return difference < 0 ? -size : size;
}

void AttentionDifferencePage::layOut(QPainter& painter) {
    const double line = lineHeight(painter);
    const QRectF area = QRectF(rect()).adjusted(4, 0, -6, 0);
    m_legend = {area.left(), area.top(), area.width(), line};
    const double names =
        textWidth(painter,
                  wholeNumber(m_content->queries.empty() ? 0 : m_content->queries.back())) +
        8;
    m_columns = {area.left() + names, area.bottom() - line, area.width() - names, line};
    m_cells = {m_columns.left(), m_legend.bottom() + 4, m_columns.width(),
               std::max(8.0, m_columns.top() - 2 - m_legend.bottom() - 4)};
    m_rows = {area.left(), m_cells.top(), names, m_cells.height()};
}

QRectF AttentionDifferencePage::cellRect(std::int32_t query, std::int32_t position) const {
    if (!m_content || m_cells.isEmpty())
        return {};
    const int row = indexOf(m_content->queries, query);
    const int column = indexOf(m_content->positions, position);
    if (row < 0 || column < 0)
        return {};
    const double h = m_cells.height() / double(m_content->queries.size());
    const double w = m_cells.width() / double(m_content->positions.size());
    const double width = std::max(leastCell, w > 4 ? w - 0.5 : w);
    return {std::min(m_cells.left() + column * w, m_cells.right() - width), m_cells.top() + row * h,
            width, h > 3 ? h - 0.5 : h + 0.3};
}

void AttentionDifferencePage::paintCells(QPainter& painter) const {
    painter.fillRect(m_cells, theme().difference(0));
    std::vector<const WeightDifference*> order;
    for (const WeightDifference& weight : m_content->weights)
        order.push_back(&weight);
    // Several may share a pixel: the most different is drawn last.
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return std::abs(a->difference()) < std::abs(b->difference());
    });
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const WeightDifference* weight : order) {
        if (weight->difference() == 0) // equal, or nobody knows which is more
            continue;
        const QRectF cell = cellRect(weight->query, weight->position);
        const double t = shade(weight->difference());
        painter.fillRect(cell, theme().difference(t));
        if (cell.width() < 5 || cell.height() < 5)
            continue;
        QColor ink = legibleOn(theme().difference(t));
        ink.setAlpha(150);
        if (!weight->exact())
            drawHatch(painter, cell, ink, 5);
        if (cell.width() >= 8 && cell.height() >= 8 && std::abs(t) > 0.4) {
            painter.setPen(QPen(ink, 1));
            const QPointF c = cell.center();
            painter.drawLine(c - QPointF(2.5, 0), c + QPointF(2.5, 0));
            if (t > 0)
                painter.drawLine(c - QPointF(0, 2.5), c + QPointF(0, 2.5));
        }
    }
    painter.setRenderHint(QPainter::Antialiasing);
    // The selected query and entry.
    const int row = indexOf(m_content->queries, now().query);
    const int column = indexOf(m_content->positions, now().entry);
    const double h = m_cells.height() / double(m_content->queries.size());
    const double w = m_cells.width() / double(m_content->positions.size());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().accent(), 1.5));
    if (row >= 0)
        painter.drawRect(
            QRectF(m_cells.left(), m_cells.top() + row * h, m_cells.width(), std::max(3.0, h)));
    if (column >= 0)
        painter.drawRect(
            QRectF(m_cells.left() + column * w, m_cells.top(), std::max(3.0, w), m_cells.height()));
}

void AttentionDifferencePage::paintAxes(QPainter& painter) const {
    const double line = lineHeight(painter);
    const auto& queries = m_content->queries;
    const auto& positions = m_content->positions;
    const double h = m_cells.height() / double(queries.size());
    const std::size_t every = std::size_t(std::max(1.0, std::ceil(line * 1.3 / h)));
    for (std::size_t row = 0; row < queries.size(); row += every)
        drawLine(painter,
                 {m_rows.left(), m_cells.top() + (double(row) + 0.5) * h - line / 2,
                  m_rows.width() - 5, line},
                 wholeNumber(queries[row]), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    // Positions stand side by side, not to scale: each label names the column above it.
    const double w = m_cells.width() / double(std::max<std::size_t>(1, positions.size()));
    double taken = m_cells.left() - 10;
    for (std::size_t column = 0; column < positions.size(); ++column) {
        const QString label = wholeNumber(positions[column]);
        const double width = textWidth(painter, label);
        const double x = m_cells.left() + (double(column) + 0.5) * w - width / 2;
        if (x < taken + 10 || x + width > m_cells.right() + 4)
            continue;
        drawLine(painter, {x, m_columns.top(), width + 1, line}, label, theme().quietText());
        taken = x + width;
    }
}

void AttentionDifferencePage::paintLegend(QPainter& painter) const {
    const QString low = tr("B +%1").arg(percent(m_content->largest));
    const QString high = tr("A +%1").arg(percent(m_content->largest));
    const double lowWide = textWidth(painter, low) + 6, highWide = textWidth(painter, high) + 6;
    constexpr double bar = 90;
    const double left = m_legend.right() - bar - highWide;
    for (double x = 0; x < bar; ++x) {
        const double t = 2 * x / (bar - 1) - 1;
        painter.fillRect(QRectF(left + x, m_legend.center().y() - 4, 1.2, 8),
                         theme().difference(t));
    }
    drawLine(painter, {left - lowWide, m_legend.top(), lowWide, m_legend.height()}, low,
             theme().quietText());
    drawLine(painter, {left + bar + 5, m_legend.top(), highWide, m_legend.height()}, high,
             theme().quietText());
    const QRectF box(m_legend.left(), m_legend.top(), left - lowWide - m_legend.left() - 8,
                     m_legend.height());
    const QString steps = m_stepA == m_stepB
                              ? tr("step %1").arg(m_stepA)
                              : tr("step %1 of A, %2 of B").arg(m_stepA).arg(m_stepB);
    const QString where = tr("layer %1, head %2, %3").arg(now().layer).arg(now().head).arg(steps);
    const QString axes = where + tr(" · down: asking · across: read, the top 8 of either");
    const QString whole =
        axes + tr(" · hatched: at least this, one weight is not among its run's top 8");
    QString words = where;
    for (const QString& longer : {axes, whole})
        if (textWidth(painter, longer) <= box.width())
            words = longer;
    drawLine(painter, box, words, theme().quietText());
}

void AttentionDifferencePage::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().panel());
    painter.setFont(theme().smallFont());
    const QString sentence = emptySentence();
    if (!sentence.isEmpty()) {
        m_cells = {};
        painter.setFont(theme().textFont());
        drawWrapped(painter, QRectF(rect()).adjusted(8, 8, -8, -4), sentence, theme().quietText());
        return;
    }
    layOut(painter);
    paintCells(painter);
    paintAxes(painter);
    paintLegend(painter);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme().accent(), 1));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

// --- the mouse and the keys

// Where several share the place, the most different: it was drawn last.
const WeightDifference* AttentionDifferencePage::weightAt(const QPointF& at) const {
    const WeightDifference* found = nullptr;
    if (!m_content || !m_cells.contains(at))
        return found;
    for (const WeightDifference& weight : m_content->weights)
        if (cellRect(weight.query, weight.position).contains(at) &&
            (!found || std::abs(weight.difference()) >= std::abs(found->difference())))
            found = &weight;
    return found;
}

void AttentionDifferencePage::mousePressEvent(QMouseEvent* event) {
    const WeightDifference* weight = weightAt(event->position());
    if (event->button() != Qt::LeftButton || !weight)
        return QWidget::mousePressEvent(event);
    go([query = weight->query, entry = weight->position](Point& point) {
        point.query = query;
        point.entry = entry;
    });
}

void AttentionDifferencePage::mouseMoveEvent(QMouseEvent* event) {
    const WeightDifference* weight = weightAt(event->position());
    emit hovered(weight ? weightText(*weight) : QString());
}

// Along a query's weights, and from query to query.
void AttentionDifferencePage::keyPressEvent(QKeyEvent* event) {
    const int dx = int(event->key() == Qt::Key_Right) - int(event->key() == Qt::Key_Left);
    const int dy = int(event->key() == Qt::Key_Down) - int(event->key() == Qt::Key_Up);
    if (!m_content || m_content->queries.empty() || (dx == 0 && dy == 0))
        return QWidget::keyPressEvent(event);
    const auto moved = [](const std::vector<std::int32_t>& values, std::int32_t from, int by) {
        const int index = indexOf(values, from);
        if (by == 0)
            return index < 0 ? from : values[std::size_t(index)];
        const int next = index < 0 ? 0 : std::clamp(index + by, 0, int(values.size()) - 1);
        return values[std::size_t(next)];
    };
    go(
        [&](Point& point) {
            point.query = moved(m_content->queries, point.query, dy);
            point.entry = moved(m_content->positions, point.entry, dx);
        },
        true);
}

} // namespace attendre
