#include "widgets/compare_page.h"

#include "widgets/theme.h"

#include <qcustomplot.h>

#include <algorithm>

namespace attendre {

ComparePage::ComparePage(const ViewContext& context, ComparedRun* compared, QWidget* parent)
    : QWidget(parent), m_context(context), m_compared(compared) {}

void ComparePage::drawOn(QCPPainter& painter) {
    render(&painter, QPoint(), QRegion(), QWidget::DrawChildren);
}

QColor ComparePage::colourA() const {
    return theme().run(now().run);
}

QColor ComparePage::colourB() const {
    const RunInfo* b = runB();
    if (!b || !m_compared->isElsewhere())
        return theme().run(b ? b->run : 2);
    return theme().run(int(source().runs().size()) + 1);
}

QString ComparePage::coloured(const QString& html) const {
    return QStringLiteral("<span style=\"color:%1\">%2</span>").arg(theme().text().name(), html);
}

void ComparePage::go(const std::function<void(Point&)>& change, bool merge) {
    Point point = now();
    change(point);
    m_context.point->move(point, merge);
}

void ComparePage::goTo(bool inA, int step, int layer, int head, std::int32_t entry) {
    int run = now().run;
    if (!inA && !m_compared->isElsewhere() && runB())
        run = runB()->run;
    else if (!inA)
        if (const auto divergence = m_compared->divergence())
            step = divergence->alignment.stepOfA(layer, step);
    go([&](Point& point) {
        point.run = run;
        point.step = std::max(0, step);
        point.layer = layer;
        point.head = head;
        point.entry = entry;
        point.phase = Phase::Record;
    });
}

} // namespace attendre
