#include "widgets/document_course.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace attendre {

DocumentCourse::DocumentCourse(const Theme* theme, QWidget* parent)
    : MetricChart(theme, tr("nll along the document"), parent), m_legend(new RunLegend(this)),
      m_trained(addMarker()) {
    plotLayout()->insertRow(1);
    plotLayout()->addElement(1, 0, m_legend);
    xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new NumberTicker(true)));
    yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new NumberTicker(false)));
    setUnits(tr("position in tokens"), tr("nats a token"));
    show({}, {});
    dress();
}

void DocumentCourse::show(const std::optional<DocumentItem>& item, const QString& label) {
    m_item = item;
    m_label = label;
    for (const Line& line : m_lines)
        removeGraph(line.graph);
    m_lines.clear();
    m_trained->setVisible(false);
    setNote(item ? item->mine.subject : QString());
    if (!item || item->mine.nll.empty()) {
        setSentence(tr("Choose a document to see its nll along the text."));
        writeLegend();
        return;
    }
    setSentence({});
    if (item->full)
        m_lines.push_back({tr("full"), item->full->nll, addGraph()});
    if (item->fifo)
        m_lines.push_back({tr("fifo"), item->fifo->nll, addGraph()});
    m_lines.push_back({label, item->mine.nll, addGraph()}); // drawn last, over the others
    double high = 0;
    for (const Line& line : m_lines) {
        QVector<double> keys, values;
        for (std::size_t i = 0; i < line.nll.size(); ++i) {
            keys << (double(i) + 0.5) * CellResult::block;
            values << line.nll[i];
            if (std::isfinite(line.nll[i]))
                high = std::max(high, line.nll[i]);
        }
        line.graph->setData(keys, values, true);
    }
    const int trained = item->mine.trainedLength;
    if (trained > 0 && trained < item->mine.tokens) {
        m_trained->point1->setCoords(trained, 0);
        m_trained->point2->setCoords(trained, 1);
        m_trained->setVisible(true);
        setNote(tr("%1 · P = %2").arg(item->mine.subject, wholeNumber(trained)));
    }
    setWhole({0, double(item->mine.nll.size()) * CellResult::block}, high * 1.05);
    dressData();
    writeLegend();
}

void DocumentCourse::dressData() {
    m_legend->dress(font(), theme().text());
    m_trained->setPen(QPen(theme().toCome(), 1, Qt::DashLine));
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const bool mine = i + 1 == m_lines.size();
        const bool full = !mine && m_lines[i].label == tr("full");
        QPen pen = mine ? QPen(theme().accent(), 1.6)
                        : QPen(full ? theme().quietText() : theme().evicted(), 1.2);
        if (!mine)
            pen.setDashPattern(full ? QList<qreal>{5, 3} : QList<qreal>{1, 2});
        m_lines[i].graph->setPen(pen);
    }
    writeLegend();
}

void DocumentCourse::writeLegend() {
    std::vector<RunLegend::Entry> entries;
    for (auto line = m_lines.rbegin(); line != m_lines.rend(); ++line)
        entries.push_back(
            {line->label, line->graph->pen().color(), line->graph->pen().dashPattern(), {}});
    m_legend->setEntries(entries);
    m_legend->fit(std::max(40, width() - 20));
    queue();
}

void DocumentCourse::fit() {
    MetricChart::fit();
    m_legend->fit(std::max(40, width() - 20));
}

QString DocumentCourse::valueAt(double x, double) const {
    if (!m_item)
        return {};
    const int block = std::max(0, int(x / CellResult::block));
    QStringList parts;
    for (auto line = m_lines.rbegin(); line != m_lines.rend(); ++line)
        if (std::size_t(block) < line->nll.size() && std::isfinite(line->nll[std::size_t(block)]))
            parts << QStringLiteral("%1 %2")
                         .arg(line->label)
                         .arg(line->nll[std::size_t(block)], 0, 'f', 3);
    return tr("positions %1–%2: %3")
        .arg(wholeNumber(block * CellResult::block),
             wholeNumber((block + 1) * CellResult::block - 1), parts.join(QStringLiteral(", ")));
}

} // namespace attendre
