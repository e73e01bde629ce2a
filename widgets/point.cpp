#include "widgets/point.h"

#include <utility>

namespace attendre {

namespace {
constexpr std::size_t rememberedPoints = 1000;
}

QString phaseName(Phase phase) {
    switch (phase) {
    case Phase::Rank:
        return QStringLiteral("rank");
    case Phase::Evict:
        return QStringLiteral("evict");
    case Phase::Insert:
        return QStringLiteral("insert");
    case Phase::Wait:
        return QStringLiteral("wait");
    case Phase::Retrieve:
        return QStringLiteral("retrieve");
    case Phase::Record:
        break;
    }
    return QStringLiteral("record");
}

CurrentPoint::CurrentPoint(QObject* parent) : QObject(parent) {}

void CurrentPoint::show(const Point& point) {
    const Point before = m_now;
    m_now = point;
    m_entryChosen = m_entryChosen || before.entry != point.entry;
    if (!(before == point))
        emit moved(m_now, before);
}

void CurrentPoint::scrub(const Point& point) {
    if (!m_ready || m_ready())
        move(point, true);
    else
        m_wanted = point;
}

void CurrentPoint::catchUp() {
    if (m_wanted)
        move(Point(*m_wanted), true);
}

void CurrentPoint::move(const Point& point, bool merge) {
    m_wanted.reset();
    if (point == m_now)
        return;
    m_way.resize(std::size_t(m_here + 1));
    if (merge && m_lastMerged && !m_way.empty())
        m_way.back() = point;
    else
        m_way.push_back(point);
    if (m_way.size() > rememberedPoints)
        m_way.erase(m_way.begin());
    m_here = int(m_way.size()) - 1;
    m_lastMerged = merge;
    show(point);
    emit wayChanged();
}

void CurrentPoint::goBack() {
    if (!canGoBack())
        return;
    m_wanted.reset();
    m_lastMerged = false;
    show(m_way[std::size_t(--m_here)]);
    emit wayChanged();
}

void CurrentPoint::goForward() {
    if (!canGoForward())
        return;
    m_wanted.reset();
    m_lastMerged = false;
    show(m_way[std::size_t(++m_here)]);
    emit wayChanged();
}

void CurrentPoint::reset(const Point& point) {
    m_wanted.reset();
    m_way = {point};
    m_here = 0;
    m_lastMerged = false;
    const Point before = std::exchange(m_now, point);
    m_entryChosen = false;
    if (!(before == point))
        emit moved(m_now, before);
    emit wayChanged();
}

} // namespace attendre
