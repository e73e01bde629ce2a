#include "widgets/runs_chart.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double headroom = 1.06; // above the highest value

// In pen widths; the first run is a solid line.
QList<qreal> dashesOf(std::size_t index) {
    static const QList<qreal> dashes[] = {{}, {5, 2}, {1.5, 2}, {7, 2, 1.5, 2}, {3, 3}};
    return dashes[index % std::size(dashes)];
}

} // namespace

RunsChart::RunsChart(const Theme* theme, const QString& title, const QString& unit, QWidget* parent)
    : MetricChart(theme, title, parent), m_unit(unit), m_marker(addMarker()),
      m_legend(new RunLegend(this)) {
    plotLayout()->insertRow(1);
    plotLayout()->addElement(1, 0, m_legend);
    xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new NumberTicker(true)));
    yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new NumberTicker(false)));
    setUnits(tr("tokens read"), unit);
}

void RunsChart::dressData() {
    std::vector<RunLegend::Entry> entries;
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        QPen pen(theme().run(m_lines[i].colour), i < 2 ? 2 : 1.5);
        if (!dashesOf(i).isEmpty())
            pen.setDashPattern(dashesOf(i));
        m_graphs[i]->setPen(pen);
        if (m_named)
            entries.push_back({m_lines[i].name, pen.color(), dashesOf(i)});
    }
    m_legend->dress(font(), theme().text());
    m_legend->setEntries(entries);
    m_marker->setPen(QPen(theme().accent(), 1));
}

void RunsChart::fit() {
    m_legend->fit(width());
    MetricChart::fit();
}

void RunsChart::show(const std::vector<RunLine>& lines, bool named, double high) {
    m_lines = lines;
    m_named = named;
    while (m_graphs.size() < m_lines.size())
        m_graphs.push_back(addGraph());
    double last = 1;
    bool any = false;
    for (std::size_t i = 0; i < m_graphs.size(); ++i) {
        QVector<double> at, value;
        if (i < m_lines.size()) {
            at = QVector<double>(m_lines[i].at.begin(), m_lines[i].at.end());
            value = QVector<double>(m_lines[i].value.begin(), m_lines[i].value.end());
        }
        for (qsizetype k = 0; k < at.size(); ++k) {
            high = std::max(high, value[k]);
            last = std::max(last, at[k]);
            any = true;
        }
        m_graphs[i]->setData(at, value, true);
    }
    setSentence(any ? QString() : tr("None of the runs has this series."));
    setWhole({0, last}, high * headroom);
    dress();
}

void RunsChart::setMarker(double tokens) {
    m_marker->point1->setCoords(tokens, 0);
    m_marker->point2->setCoords(tokens, 1);
    queue();
}

QString RunsChart::valueAt(double x, double) const {
    QStringList parts;
    for (const RunLine& line : m_lines) {
        if (line.at.empty())
            continue;
        const auto next = std::lower_bound(line.at.begin(), line.at.end(), x);
        const auto index = std::size_t(std::min(next, std::prev(line.at.end())) - line.at.begin());
        parts << tr("%1: %2").arg(line.name, shortNumber(line.value[index]));
    }
    return parts.isEmpty() ? QString()
                           : tr("%1 at %2 tokens (%3) · %4")
                                 .arg(title(), wholeNumber(std::llround(x)), m_unit,
                                      parts.join(QStringLiteral(" · ")));
}

} // namespace attendre
