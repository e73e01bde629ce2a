#pragma once

#include "tests/widgets/recorded_traces.h"
#include "widgets/lifetimes_view.h"

#include <QApplication>
#include <QMouseEvent>
#include <QWheelEvent>

#include <cmath>
#include <set>

namespace attendre {

// The Lifetimes view on recorded traces, and what a person does with it.
class LifetimesDriver {
  protected:
    LifetimesView* show(QSize size = {900, 420}) {
        auto* view = m_traces.show<LifetimesView>(size);
        settle(view);
        return view;
    }
    void settle(LifetimesView* view) {
        m_traces.settle();
        QTRY_VERIFY(view->isSharp());
        m_traces.settle();
    }
    std::vector<Life> lives(int head = 2, int layer = 1, int run = 1) {
        auto reader = Reader::open(m_traces.source().path());
        return (*reader)->lives(run, layer, head, 0, 160).take();
    }
    static void wheel(QWidget* view, const QPointF& at, int turned,
                      Qt::KeyboardModifiers keys = Qt::NoModifier) {
        QWheelEvent event(at, view->mapToGlobal(at), {}, {0, turned}, Qt::NoButton, keys,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(view, &event);
    }
    static void drag(QWidget* view, const QPointF& from, const QPointF& to,
                     Qt::KeyboardModifiers keys = Qt::NoModifier) {
        QTest::mousePress(view, Qt::LeftButton, keys, from.toPoint());
        for (int i = 1; i <= 4; ++i) {
            const QPointF at = (from + (to - from) * i / 4).toPoint();
            QMouseEvent move(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton,
                             Qt::LeftButton, keys);
            QApplication::sendEvent(view, &move);
        }
        QTest::mouseRelease(view, Qt::LeftButton, keys, to.toPoint());
    }
    static QColor pixel(QWidget* view, const QPointF& at) {
        return view->grab().toImage().pixelColor(at.toPoint());
    }
    static bool near(const QColor& a, const QColor& b) {
        return std::abs(a.red() - b.red()) < 6 && std::abs(a.green() - b.green()) < 6 &&
               std::abs(a.blue() - b.blue()) < 6;
    }
    // Zooms until each entry is a bar, around a position.
    void zoomToBars(LifetimesView* view, std::int32_t position) {
        for (int i = 0; i < 30 && !view->drawsBars(); ++i)
            wheel(view, view->placeOf(position, 8), 120, Qt::ShiftModifier);
        QVERIFY(view->drawsBars());
        settle(view);
    }

    RecordedTraces m_traces;
};

} // namespace attendre
