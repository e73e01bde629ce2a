#include "widgets/results_plot.h"

#include "widgets/theme.h"

#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <set>

namespace attendre {

namespace {

constexpr double reach = 12;     // px around a point in which a click is meant for it
constexpr double symbolSize = 8; // px

const QCPScatterStyle::ScatterShape symbols[] = {
    QCPScatterStyle::ssSquare,  QCPScatterStyle::ssDisc,  QCPScatterStyle::ssTriangle,
    QCPScatterStyle::ssDiamond, QCPScatterStyle::ssCross, QCPScatterStyle::ssTriangleInverted,
    QCPScatterStyle::ssPlus,    QCPScatterStyle::ssStar};
// In pen widths.
const QList<qreal> dashes[] = {{},      {5, 3}, {1, 2},       {6, 2, 1, 2}, {6, 2, 1, 2, 1, 2},
                               {10, 3}, {2, 5}, {10, 2, 4, 2}};

template <class T, std::size_t n> const T& among(const T (&list)[n], int index) {
    return list[std::size_t(std::max(0, index)) % n];
}

QCPScatterStyle symbolOf(int policy, const QColor& colour, const QColor& ground) {
    const auto shape = among(symbols, policy);
    return QCPScatterStyle(shape, QPen(colour, 1.5),
                           shape == QCPScatterStyle::ssDisc ? QBrush(colour) : QBrush(ground),
                           symbolSize);
}

QString axisWords(const QString& setting) {
    const std::pair<const char*, QString> words[] = {
        {"survives", ResultsPlot::tr("R, entries that survive an eviction")},
        {"memory", ResultsPlot::tr("M, slots of a K/V head")},
        {"query-memory", ResultsPlot::tr("N, queries that wait")},
        {"chunk", ResultsPlot::tr("C, tokens that arrive in a step")}};
    for (const auto& [name, text] : words)
        if (setting == QLatin1String(name))
            return text;
    return setting;
}

} // namespace

ResultsPlot::ResultsPlot(const Theme* theme, QWidget* parent)
    : QCustomPlot(parent), m_theme(theme), m_heading(new PlotHeading(this)),
      m_names(new RunLegend(this)) {
    setMouseTracking(true);
    setAccessibleName(tr("Plot of the results"));
    plotLayout()->insertRow(0);
    plotLayout()->addElement(0, 0, m_heading);
    plotLayout()->insertRow(1);
    plotLayout()->addElement(1, 0, m_names);
    plotLayout()->setRowSpacing(3);
    axisRect()->setMinimumSize(30, 20);
    setInteractions(QCP::Interactions());
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setSubTicks(false);
        axis->setTickLength(0, 3);
        axis->setTickLabelPadding(3);
        axis->setLabelPadding(2);
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    xAxis->grid()->setVisible(false);
    yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new NumberTicker(false)));
    connect(this, &QCustomPlot::afterLayout, this, &ResultsPlot::placeNames);
}

void ResultsPlot::show(const EvaluationResults* results, ResultLines lines) {
    m_results = results;
    m_lines = std::move(lines);
    draw();
}

void ResultsPlot::mark(int row) {
    m_row = row;
    drawMark();
    replot(QCustomPlot::rpQueuedReplot);
}

// --- drawing

void ResultsPlot::dress() {
    const QFont font = m_theme->smallFont();
    setBackground(QBrush(m_theme->panel()));
    m_heading->dress(font, m_theme->text(), m_theme->quietText());
    m_names->dress(font, m_theme->text());
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setBasePen(QPen(m_theme->toCome(), 1));
        axis->setTickPen(QPen(m_theme->toCome(), 1));
        axis->setTickLabelFont(font);
        axis->setTickLabelColor(m_theme->quietText());
        axis->setLabelFont(font);
        axis->setLabelColor(m_theme->quietText());
        // Full lines as bright as those of high contrast would hide what is drawn.
        axis->grid()->setPen(
            QPen(m_theme->hairline(), 1,
                 m_theme->kind() == Theme::Kind::HighContrast ? Qt::DotLine : Qt::SolidLine));
    }
    yAxis->setBasePen(Qt::NoPen);
    draw();
}

double ResultsPlot::at(double x) const {
    return m_logarithmic ? std::log2(x) : x;
}

// Lines stand a little beside each other, so that no interval hides another.
double ResultsPlot::dodge(std::size_t line) const {
    const std::size_t n = m_lines.lines.size();
    if (n < 2)
        return 0;
    const double spread = std::min(0.06, 0.012 * double(n)) * xAxis->range().size();
    return spread * (double(line) / double(n - 1) - 0.5);
}

void ResultsPlot::draw() {
    clearPlottables();
    clearItems();
    m_levels.clear();
    m_mark = nullptr;
    setRanges();
    for (std::size_t line = 0; line < m_lines.lines.size(); ++line)
        drawLine(line);
    drawLevels();
    drawMark();
    writeWords();
    replot(QCustomPlot::rpQueuedReplot);
}

void ResultsPlot::setRanges() {
    std::set<double> places;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const auto take = [&](const Estimate& y) {
        for (const double value : {y.value, y.low, y.high})
            if (std::isfinite(value)) {
                low = std::min(low, value);
                high = std::max(high, value);
            }
    };
    for (const ResultLine& line : m_lines.lines)
        for (const ResultLine::Point& point : line.points) {
            places.insert(point.x);
            take(point.y);
        }
    if (m_lines.measure && m_lines.measure->isShare())
        take({0, 0, 100});
    // A way of reading that lies far off would press the lines together: its name says where.
    const double near = std::isfinite(low) ? 1.5 * std::max(high - low, std::abs(high) * 0.02)
                                           : std::numeric_limits<double>::infinity();
    const double from = low - near, to = high + near;
    for (const ResultLevel& level : m_lines.levels)
        if (m_lines.lines.empty() || (level.y.value >= from && level.y.value <= to))
            take({level.y.value, level.y.value, level.y.value});
    if (!std::isfinite(low))
        low = 0, high = 1;
    const double room = high > low ? (high - low) * 0.07 : std::max(0.05, std::abs(high) * 0.1);
    yAxis->setRange(low - room, high + room);
    m_logarithmic =
        !places.empty() && *places.begin() > 0 && *places.rbegin() >= 6 * *places.begin();
    if (places.empty())
        places = {0};
    const double left = at(*places.begin()), right = at(*places.rbegin());
    const double beside = right > left ? (right - left) * 0.08 : 0.5;
    xAxis->setRange(left - beside, right + beside);
    setTicks();
}

// A tick at each number that was measured, as far as their labels have room.
void ResultsPlot::setTicks() {
    std::set<double> numbers;
    for (const ResultLine& line : m_lines.lines)
        for (const ResultLine::Point& point : line.points)
            numbers.insert(point.x);
    const QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    const QFontMetricsF metrics(m_theme->smallFont());
    const double pixels = std::max(60, width() - 120) / xAxis->range().size();
    double free = -std::numeric_limits<double>::infinity();
    for (const double number : numbers) {
        const QString text = QString::number(number, 'g', 10);
        const double half = metrics.horizontalAdvance(text) / 2 + 3;
        const double middle = at(number) * pixels;
        if (middle - half < free)
            continue;
        ticker->addTick(at(number), text);
        free = middle + half;
    }
    xAxis->setTicker(ticker);
}

void ResultsPlot::drawLine(std::size_t index) {
    const ResultLine& line = m_lines.lines[index];
    const QColor colour = m_theme->run(line.policy + 1);
    QVector<double> keys, values, below, above;
    for (const ResultLine::Point& point : line.points) {
        keys << at(point.x) + dodge(index);
        values << point.y.value;
        const bool known = std::isfinite(point.y.low) && std::isfinite(point.y.high);
        below << (known ? point.y.value - point.y.low : 0);
        above << (known ? point.y.high - point.y.value : 0);
    }
    QCPGraph* graph = addGraph();
    graph->setData(keys, values, true);
    QPen pen(colour, 1.6);
    if (const QList<qreal>& pattern = among(dashes, line.variant); !pattern.isEmpty())
        pen.setDashPattern(pattern);
    graph->setPen(pen);
    graph->setScatterStyle(symbolOf(line.policy, colour, m_theme->panel()));
    auto* bars = new QCPErrorBars(xAxis, yAxis);
    bars->setDataPlottable(graph);
    bars->setData(below, above);
    QColor pale = colour;
    pale.setAlphaF(m_theme->kind() == Theme::Kind::HighContrast ? 0.9f : 0.5f);
    bars->setPen(QPen(pale, 1));
    bars->setWhiskerWidth(5);
    bars->setSymbolGap(symbolSize + 1);
}

void ResultsPlot::drawLevels() {
    for (const ResultLevel& level : m_lines.levels) {
        auto* line = new QCPItemLine(this);
        for (QCPItemPosition* end : {line->start, line->end}) {
            end->setTypeX(QCPItemPosition::ptAxisRectRatio);
            end->setTypeY(QCPItemPosition::ptPlotCoords);
        }
        line->start->setCoords(0, level.y.value);
        line->end->setCoords(1, level.y.value);
        line->setPen(QPen(m_theme->quietText(), 1, Qt::DashLine));
        line->setSelectable(false);
        auto* name = new QCPItemText(this);
        name->setClipToAxisRect(false);
        name->setFont(m_theme->smallFont());
        name->setColor(m_theme->text());
        name->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        name->setSelectable(false);
        name->position->setType(QCPItemPosition::ptAbsolute);
        m_levels.push_back({line, name, level.y.value, level.row});
    }
}

void ResultsPlot::drawMark() {
    if (m_mark)
        removeGraph(m_mark);
    m_mark = nullptr;
    for (Level& level : m_levels) {
        const bool chosen = level.row == m_row;
        level.line->setPen(
            QPen(chosen ? m_theme->accent() : m_theme->quietText(), chosen ? 2 : 1, Qt::DashLine));
        level.name->setColor(chosen ? m_theme->accent() : m_theme->text());
    }
    for (std::size_t line = 0; line < m_lines.lines.size(); ++line)
        for (const ResultLine::Point& point : m_lines.lines[line].points)
            if (point.row == m_row) {
                m_mark = addGraph();
                m_mark->addData(at(point.x) + dodge(line), point.y.value);
                m_mark->setLineStyle(QCPGraph::lsNone);
                m_mark->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle,
                                                        QPen(m_theme->accent(), 2), Qt::NoBrush,
                                                        2 * symbolSize));
            }
}

void ResultsPlot::writeWords() {
    const bool empty = m_lines.isEmpty() || !m_lines.measure;
    m_heading->setSentence(
        empty ? tr("Nothing is measured of what the filters leave: choose another measure, or all.")
              : QString());
    axisRect()->setVisible(!empty);
    if (empty) {
        m_heading->setTitle({});
        m_heading->setNote({});
        m_names->setEntries({});
        m_names->fit(width());
        return;
    }
    const ResultMeasure& measure = *m_lines.measure;
    const int row = m_lines.lines.empty() ? m_lines.levels.front().row
                                          : m_lines.lines.front().points.front().row;
    const QString unit = measure.unit(m_results->rows[std::size_t(row)].row.kind);
    const QString title = measure.title.section(QLatin1Char(','), 0, 0);
    QStringList note{countsSentence(), measure.betterSentence(), tr("bars: 95% intervals")};
    note.removeAll(QString());
    m_heading->setTitle(title);
    m_heading->setNote(note.join(QStringLiteral(" · ")));
    yAxis->setLabel(unit.isEmpty() ? title : title + QStringLiteral(", ") + unit);
    xAxis->setLabel(axisWords(m_lines.x) + (m_logarithmic ? tr(" (logarithmic)") : QString()));
    std::vector<RunLegend::Entry> entries;
    std::set<int> policies;
    for (const ResultLine& line : m_lines.lines)
        policies.insert(line.policy);
    for (const int policy : policies) {
        const QColor colour = m_theme->run(policy + 1);
        entries.push_back(
            {m_lines.policies[policy], colour, {}, symbolOf(policy, colour, m_theme->panel())});
    }
    if (m_lines.variants.size() > 1)
        for (int i = 0; i < int(m_lines.variants.size()); ++i) {
            const QString& words = m_lines.variants[i];
            entries.push_back(
                {words.isEmpty() ? tr("in order") : words, m_theme->text(), among(dashes, i), {}});
        }
    m_names->setEntries(entries);
    m_names->fit(width() - 20);
    setAccessibleDescription(summary());
    // The names of the other ways of reading have a margin of their own.
    const QFontMetrics metrics(m_theme->smallFont());
    int wide = 0;
    for (const ResultLevel& level : m_lines.levels)
        wide = std::max(wide, metrics.horizontalAdvance(level.label) + 44);
    axisRect()->setMinimumMargins({4, 5, std::min(wide, std::max(60, width() / 3)) + 6, 2});
}

// Means over different documents do not compare; while a sweep runs they differ.
QString ResultsPlot::countsSentence() const {
    int least = std::numeric_limits<int>::max(), most = 0;
    for (const ResultLine& line : m_lines.lines)
        for (const ResultLine::Point& point : line.points) {
            const int count = m_results->rows[std::size_t(point.row)].row.count;
            least = std::min(least, count);
            most = std::max(most, count);
        }
    return least < most ? tr("counts differ: %1 to %2").arg(least).arg(most) : QString();
}

// Names at the height of their lines, moved apart where they would touch; equal ones together.
void ResultsPlot::placeNames() {
    const QRect area = axisRect()->rect();
    const QFontMetrics metrics(m_theme->smallFont());
    const double high = metrics.height(), room = std::max(20, width() - area.right() - 10);
    std::vector<std::pair<double, std::vector<Level*>>> groups; // by height
    std::vector<Level*> levels;
    for (Level& level : m_levels)
        levels.push_back(&level);
    std::stable_sort(levels.begin(), levels.end(),
                     [](const Level* a, const Level* b) { return a->y > b->y; });
    for (Level* level : levels) {
        const double y =
            std::clamp(yAxis->coordToPixel(level->y), double(area.top()), double(area.bottom()));
        level->name->setVisible(false);
        if (!groups.empty() && std::abs(groups.back().second.front()->y - level->y) < 1e-9)
            groups.back().second.push_back(level);
        else
            groups.push_back({y, {level}});
    }
    double next = area.top();
    for (auto& group : groups) {
        group.first = std::max(group.first, next);
        next = group.first + high;
    }
    next = area.bottom() + high / 2;
    for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
        group->first = std::min(group->first, next);
        next = group->first - high;
        QStringList names;
        for (const Level* level : group->second)
            for (const ResultLevel& known : m_lines.levels)
                if (known.row == level->row)
                    names << known.label;
        const Level& first = *group->second.front();
        QString text = names.join(QStringLiteral(", "));
        if (first.y > yAxis->range().upper || first.y < yAxis->range().lower)
            text =
                QStringLiteral("%1 %2 %3")
                    .arg(first.y > yAxis->range().upper ? QStringLiteral("↑") : QStringLiteral("↓"),
                         text)
                    .arg(first.y, 0, 'f', std::abs(first.y) >= 20 ? 0 : 2);
        first.name->setText(metrics.elidedText(text, Qt::ElideRight, int(room)));
        first.name->position->setCoords(area.right() + 6, group->first);
        first.name->setVisible(true);
    }
}

void ResultsPlot::resizeEvent(QResizeEvent* event) {
    setTicks();
    writeWords();
    yAxis->ticker()->setTickCount(std::clamp((height() - 80) / 32, 2, 7));
    QCustomPlot::resizeEvent(event);
}

bool ResultsPlot::paintOn(QPaintDevice* device) {
    QCPPainter painter;
    if (!painter.begin(device))
        return false;
    painter.fillRect(rect(), m_theme->panel());
    painter.setMode(QCPPainter::pmVectorized, device->devType() != QInternal::Image);
    toPainter(&painter, width(), height());
    return true;
}

// --- the mouse

std::optional<QPointF> ResultsPlot::placeOf(int row) const {
    for (std::size_t line = 0; line < m_lines.lines.size(); ++line)
        for (const ResultLine::Point& point : m_lines.lines[line].points)
            if (point.row == row)
                return QPointF(xAxis->coordToPixel(at(point.x) + dodge(line)),
                               yAxis->coordToPixel(point.y.value));
    for (const ResultLevel& level : m_lines.levels)
        if (level.row == row)
            return QPointF(axisRect()->center().x(), yAxis->coordToPixel(level.y.value));
    return {};
}

int ResultsPlot::rowAt(const QPointF& where) const {
    int nearest = -1;
    double distance = reach;
    for (const ResultLine& line : m_lines.lines)
        for (const ResultLine::Point& point : line.points) {
            const auto place = placeOf(point.row);
            const double away =
                place ? std::hypot(place->x() - where.x(), place->y() - where.y()) : distance;
            if (away < distance) {
                distance = away;
                nearest = point.row;
            }
        }
    if (nearest >= 0 || where.x() < axisRect()->left())
        return nearest;
    for (const Level& level : m_levels) {
        const bool onName = where.x() > axisRect()->right() && level.name->visible() &&
                            std::abs(where.y() - level.name->position->pixelPosition().y()) <= 7;
        const bool onLine = where.x() <= axisRect()->right() &&
                            std::abs(where.y() - yAxis->coordToPixel(level.y)) <= 4;
        if (onName || onLine)
            return level.row;
    }
    return -1;
}

QString ResultsPlot::rowSentence(int row) const {
    if (row < 0 || !m_lines.measure || !m_results)
        return {};
    const ResultRow& one = m_results->rows[std::size_t(row)];
    QString text =
        QStringLiteral("%1: %2 %3")
            .arg(one.label, m_lines.measure->text(one.row), m_lines.measure->interval(one.row));
    return text.trimmed() +
           tr(", %1 %2").arg(one.row.count).arg(one.asks() ? tr("questions") : tr("documents"));
}

QString ResultsPlot::summary() const {
    if (m_lines.isEmpty() || !m_lines.measure)
        return m_heading->sentence();
    return tr("%1 against %2: %3 lines and %4 other ways of reading, with 95% intervals.")
        .arg(m_lines.measure->title, settingTitle(m_lines.x))
        .arg(m_lines.lines.size())
        .arg(m_lines.levels.size());
}

void ResultsPlot::mousePressEvent(QMouseEvent* event) {
    QCustomPlot::mousePressEvent(event);
    if (const int row = rowAt(event->position()); row >= 0 && event->button() == Qt::LeftButton)
        emit rowChosen(row);
}

void ResultsPlot::mouseMoveEvent(QMouseEvent* event) {
    QCustomPlot::mouseMoveEvent(event);
    const QString text = rowSentence(rowAt(event->position()));
    text.isEmpty() ? QToolTip::hideText()
                   : QToolTip::showText(event->globalPosition().toPoint(), text, this);
    emit hovered(text);
}

void ResultsPlot::leaveEvent(QEvent* event) {
    emit hovered({});
    QCustomPlot::leaveEvent(event);
}

} // namespace attendre
