#include "widgets/document_legend.h"

#include "widgets/plot_paint.h"
#include "widgets/theme.h"

#include <QPainter>

namespace attendre {

DocumentLegend::DocumentLegend(const Theme* theme, QWidget* parent)
    : QWidget(parent), m_theme(theme) {
    connect(theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize DocumentLegend::sizeHint() const {
    return QSize(300, QFontMetrics(m_theme->smallFont()).height() + 8);
}

void DocumentLegend::showStates(bool victims, bool allHeads, bool waiting) {
    m_name.clear();
    m_victims = victims;
    m_allHeads = allHeads;
    m_waiting = waiting;
    update();
}

void DocumentLegend::showScale(const QString& name, const QString& least, const QString& most,
                               bool shielded) {
    m_shielded = shielded;
    m_name = name;
    m_least = least;
    m_most = most;
    update();
}

void DocumentLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme->smallFont());
    m_name.isEmpty() ? paintStates(painter) : paintScale(painter);
}

void DocumentLegend::paintStates(QPainter& painter) const {
    const QFontMetrics metrics(m_theme->smallFont());
    const int base = (height() + metrics.ascent() - metrics.descent()) / 2;
    int x = 12;
    const auto item = [&](const QString& name, const QColor& ink, auto mark) {
        const int wide = metrics.horizontalAdvance(name);
        if (x + wide > width())
            return;
        const QRectF box(x, base - metrics.ascent(), wide, metrics.height());
        mark(box, false);
        painter.setPen(ink);
        painter.drawText(x, base, name);
        mark(box, true);
        x += wide + 18;
    };
    const auto fill = [&](const QColor& colour) {
        return [&painter, colour](const QRectF& box, bool above) {
            QColor tint = colour;
            tint.setAlpha(50);
            if (!above)
                painter.fillRect(box.adjusted(-3, 0, 3, 0), tint);
        };
    };
    item(m_allHeads ? tr("resident (share of heads)") : tr("resident"), m_theme->text(),
         [&](const QRectF& box, bool above) {
             if (above)
                 painter.fillRect(QRectF(box.left(), box.bottom() - 2, box.width(), 2.5),
                                  m_theme->resident());
         });
    item(tr("evicted"), m_theme->quietText(), [&](const QRectF& box, bool above) {
        if (above)
            painter.fillRect(QRectF(box.left(), box.center().y() + .5, box.width(), 1),
                             m_theme->evicted());
    });
    if (m_victims)
        item(tr("evicted now"), m_theme->text(), fill(m_theme->evicted()));
    item(tr("this chunk"), m_theme->inChunk(), fill(m_theme->inChunk()));
    if (m_waiting)
        item(tr("query waits"), m_theme->text(), [&](const QRectF& box, bool above) {
            if (!above)
                drawWaitingBox(painter, box.adjusted(-3, 0.5, 3, 0.5), *m_theme);
        });
    item(tr("to come"), m_theme->toCome(), [](const QRectF&, bool) {});
    if (m_waiting)
        item(tr("   read heads, at the right"), m_theme->quietText(),
             [&](const QRectF& box, bool above) {
                 if (above)
                     painter.fillRect(QRectF(box.left(), box.center().y(), 8, 3), m_theme->text());
             });
}

void DocumentLegend::paintScale(QPainter& painter) const {
    const QFontMetrics metrics(m_theme->smallFont());
    const int base = (height() + metrics.ascent() - metrics.descent()) / 2;
    int x = 12;
    const auto word = [&](const QString& text) {
        painter.setPen(m_theme->quietText());
        painter.drawText(x, base, text);
        x += metrics.horizontalAdvance(text) + 8;
    };
    word(m_name);
    word(m_least);
    const QRectF bar(x, base - metrics.ascent() + 2, 120, metrics.ascent() - 2);
    for (int i = 0; i < int(bar.width()); ++i)
        painter.fillRect(QRectF(bar.left() + i, bar.top(), 1.5, bar.height()),
                         m_theme->magnitude(i / bar.width()));
    x += int(bar.width()) + 8;
    word(m_most);
    const QString protects = tr("protected");
    if (!m_shielded || x + 30 + metrics.horizontalAdvance(protects) > width())
        return;
    const QRectF box(x + 8, bar.top(), 14, bar.height());
    painter.fillRect(box, m_theme->hover());
    drawHatch(painter, box, m_theme->toCome());
    x += 28;
    word(protects);
}

} // namespace attendre
