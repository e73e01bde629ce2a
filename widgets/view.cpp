#include "widgets/view.h"

#include "widgets/theme.h"

#include <QPainter>

#include "widgets/theme.h"

namespace attendre {

View::View(const ViewContext& context, QWidget* parent) : QWidget(parent), m_context(context) {
    connect(context.point, &CurrentPoint::moved, this, &View::pointMoved);
    connect(context.source, &TraceSource::opened, this, [this] {
        traceOpened();
        pointMoved(now(), Point());
    });
    connect(context.source, &TraceSource::closed, this, [this] { traceClosed(); });
    connect(context.source, &TraceSource::grown, this,
            [this](int run, int steps) { traceGrown(run, steps); });
    connect(context.theme, &Theme::changed, this, [this] { themeChanged(); });
}

void View::traceGrown(int run, int) {
    if (run == now().run)
        pointMoved(now(), now());
}

void View::setSubtitle(const QString& subtitle, const QStringList& shorter) {
    if (subtitle == m_subtitle && shorter == m_shorterSubtitles)
        return;
    m_subtitle = subtitle;
    m_shorterSubtitles = shorter;
    emit subtitleChanged(subtitle);
}

void View::setDetail(const QString& detail) {
    if (detail == m_detail)
        return;
    m_detail = detail;
    emit detailChanged(detail);
}

bool View::paintOn(QPaintDevice* device) {
    QPainter painter;
    if (!painter.begin(device))
        return false;
    painter.fillRect(rect(), theme().panel());
    render(&painter, QPoint(), QRegion(), DrawChildren);
    return true;
}

} // namespace attendre
