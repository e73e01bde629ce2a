#include "widgets/lifetimes_histograms.h"

#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>

namespace attendre {

namespace {

constexpr int leastHeight = 56; // of a histogram; lower ones stand side by side

} // namespace

LifetimesHistograms::LifetimesHistograms(const Theme* theme, QWidget* parent)
    : QWidget(parent), m_theme(theme) {
    setAttribute(Qt::WA_OpaquePaintEvent); // or the picture beneath would be drawn with it
    setAccessibleName(tr("Distributions of the entries in view"));
    for (std::size_t i = 0; i < m_all.size(); ++i) {
        m_all[i] = new BrushHistogram(theme, lifeColumnName(binnedColumns[i]), this);
        m_all[i]->setEmptySentence(binnedColumns[i] == LifeColumn::Age ? tr("nothing has left yet")
                                                                       : tr("nothing to count"));
        connect(m_all[i], &BrushHistogram::brushed, this,
                [this, i](const auto& range) { emit brushed(int(i), range); });
        connect(m_all[i], &BrushHistogram::cleared, this, &LifetimesHistograms::cleared);
        connect(m_all[i], &BrushHistogram::hovered, this, &LifetimesHistograms::hovered);
    }
}

BrushHistogram* LifetimesHistograms::histogram(LifeColumn column) const {
    const auto found = std::find(binnedColumns.begin(), binnedColumns.end(), column);
    return found == binnedColumns.end() ? nullptr
                                        : m_all[std::size_t(found - binnedColumns.begin())];
}

void LifetimesHistograms::setContent(const LifetimesContent& content) {
    for (std::size_t i = 0; i < m_all.size(); ++i) {
        const LifeColumn column = binnedColumns[i];
        m_all[i]->setBins(content.lives->columns[i].bins);
        m_all[i]->setNumbers([column](double value) { return lifeNumber(column, value); },
                             column != LifeColumn::Mass);
    }
}

void LifetimesHistograms::setColumn(const LifetimesContent& content, LifeColumn column) {
    for (std::size_t i = 0; i < m_all.size(); ++i) {
        if (binnedColumns[i] != column) {
            m_all[i]->setColours({});
            continue;
        }
        const MagnitudeScale scale = content.scale(column);
        m_all[i]->setColours([this, scale](double value) {
            return m_theme->magnitude(scale.known ? scale.t(value) : 0.5);
        });
    }
}

void LifetimesHistograms::setBrush(const LifeBrush& brush) {
    for (std::size_t i = 0; i < m_all.size(); ++i)
        m_all[i]->setBrush(brush.bins[i]);
}

void LifetimesHistograms::setCounts(const LifeCounts& counts, const LifeBrush& brush) {
    for (std::size_t i = 0; i < m_all.size(); ++i)
        m_all[i]->setCounts(counts.columns[i]);
    const QString entries = wholeNumber(counts.entries);
    m_sentence =
        brush.empty()
            ? (counts.entries == 1 ? tr("1 entry in view") : tr("%1 entries in view").arg(entries))
            : tr("%1 of %2 entries in view").arg(wholeNumber(counts.chosen), entries);
    if (counts.stay > 0)
        m_sentence += tr(" · %1 still there").arg(wholeNumber(counts.stay));
    if (!brush.empty())
        m_sentence += tr(" · Esc: all");
    setAccessibleDescription(m_sentence);
    update();
}

void LifetimesHistograms::dress() {
    for (BrushHistogram* one : m_all)
        one->update();
    update();
}

QRectF LifetimesHistograms::sentenceBox() const {
    return {2, 0, width() - 4.0, lineHeight(m_theme->smallFont())};
}

void LifetimesHistograms::resizeEvent(QResizeEvent*) {
    const int top = int(sentenceBox().bottom()) + 2, gap = 4, n = int(m_all.size());
    const bool column = height() - top >= n * leastHeight;
    const int across = column ? 1 : 2, down = n / across;
    const int wide = (width() - (across - 1) * 2 * gap) / across;
    const int tall = (height() - top - (down - 1) * gap) / down;
    for (int i = 0; i < n; ++i)
        m_all[std::size_t(i)]->setGeometry((i % across) * (wide + 2 * gap),
                                           top + (i / across) * (tall + gap), wide, tall);
}

void LifetimesHistograms::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), m_theme->panel());
    painter.setFont(m_theme->smallFont());
    drawLine(painter, sentenceBox(), m_sentence, m_theme->quietText());
}

// Where no widget draws itself: on an SVG or a PDF.
void LifetimesHistograms::paint(QPainter& painter, const QPointF& origin) const {
    painter.setFont(m_theme->smallFont());
    drawLine(painter, sentenceBox().translated(origin), m_sentence, m_theme->quietText());
    for (const BrushHistogram* one : m_all)
        one->paint(painter, QRectF(one->geometry()).translated(origin));
}

} // namespace attendre
