#pragma once

#include "model/trace/values.h"

#include <QObject>

#include <functional>
#include <optional>
#include <vector>

namespace attendre {

// The instants of one step (SPEC.md, One layer, one step). A view shows one of them at a time.
enum class Phase : std::uint8_t { Rank, Evict, Insert, Wait, Retrieve, Record };
constexpr int phaseCount = 6;
QString phaseName(Phase phase);

// What a person looks at. Every view draws this point and none other.
struct Point {
    int run = 0; // 0: nothing is open
    int step = 0;
    Phase phase = Phase::Record;     // the end of the step
    int layer = 0, head = 0;         // a K/V head
    std::int32_t entry = noPosition; // the original position of the selected entry
    std::int32_t query = noPosition; // the position of the selected query

    bool operator==(const Point&) const = default;
};

// The one current point, with the way that led to it. Views call move(); every view follows
// moved().
class CurrentPoint : public QObject {
    Q_OBJECT
  public:
    explicit CurrentPoint(QObject* parent = nullptr);

    const Point& now() const { return m_now; }
    // Where scrub() is going: now() unless the views still read.
    const Point& newest() const { return m_wanted ? *m_wanted : m_now; }
    // What scrub() asks before it moves: true once every view shows the point before.
    void setReady(std::function<bool()> ready) { m_ready = std::move(ready); }

    // The entry was selected by a person, not by where one begins.
    bool entryChosen() const { return m_entryChosen; }

    bool canGoBack() const { return m_here > 0; }
    bool canGoForward() const { return m_here + 1 < int(m_way.size()); }

  public slots:
    // Goes to a point and remembers it. Moves within one sequence (stepping, scrubbing) may be
    // merged: merge replaces the newest remembered point where it too came from a merged move.
    void move(const attendre::Point& point, bool merge = false);
    // Moves within one drag or one held key: merged, and only as fast as the views follow. What
    // comes while they still read waits; the newest of it is shown by catchUp().
    void scrub(const attendre::Point& point);
    void catchUp();
    void goBack();
    void goForward();
    // Forgets the way: another file was opened.
    void reset(const attendre::Point& point);

  signals:
    void moved(const attendre::Point& now, const attendre::Point& before);
    void wayChanged();

  private:
    void show(const Point& point);

    Point m_now;
    std::vector<Point> m_way;
    int m_here = -1;
    bool m_lastMerged = false, m_entryChosen = false;
    std::function<bool()> m_ready;
    std::optional<Point> m_wanted;
};

} // namespace attendre

Q_DECLARE_METATYPE(attendre::Point)
