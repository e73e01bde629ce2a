#pragma once

#include "model/analysis/lifetime_grid.h"

namespace attendre {

// What is in sight of a run's positions and steps, in edges: position p lies between p and p + 1,
// and step s between s and s + 1.
class LifetimesViewport {
  public:
    struct Span {
        double first = 0, end = 1;

        double length() const { return end - first; }
        double middle() const { return (first + end) / 2; }
        bool operator==(const Span&) const = default;
    };

    const Span& positions() const { return m_positions; }
    const Span& steps() const { return m_steps; }
    bool isWhole() const { return m_whole; }
    // All that there is. What is in sight stays, unless everything was.
    void setEnds(double positions, double steps);
    void showAll();
    void show(const Span& positions, const Span& steps);
    // A factor below 1 shows less; about stays where it is.
    void zoom(double positionsFactor, double stepsFactor, double aboutPosition, double aboutStep);
    // In positions and steps.
    void pan(double positions, double steps);

    // All positions and steps that are in sight at least in part.
    LifeWindow window() const;
    // The same and a part of its length more on each side, as far as there is anything.
    LifeWindow windowWithMargins(double share) const;
    LifeWindow everything() const;

  private:
    static Span kept(Span wanted, double end, double least);

    Span m_positions, m_steps;
    double m_endPosition = 1, m_endStep = 1;
    bool m_whole = true;
};

} // namespace attendre
