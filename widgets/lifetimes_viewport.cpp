#include "widgets/lifetimes_viewport.h"

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
// The closest that one can look.
constexpr double leastPositions = 4, leastSteps = 3;
} // namespace

LifetimesViewport::Span LifetimesViewport::kept(Span wanted, double end, double least) {
    const double length = std::clamp(wanted.length(), std::min(least, end), end);
    const double first =
        std::clamp(wanted.first + (wanted.length() - length) / 2, 0.0, std::max(0.0, end - length));
    return {first, first + length};
}

void LifetimesViewport::setEnds(double positions, double steps) {
    m_endPosition = std::max(1.0, positions);
    m_endStep = std::max(1.0, steps);
    if (m_whole)
        showAll();
    else
        show(m_positions, m_steps);
}

void LifetimesViewport::showAll() {
    m_positions = {0, m_endPosition};
    m_steps = {0, m_endStep};
    m_whole = true;
}

void LifetimesViewport::show(const Span& positions, const Span& steps) {
    m_positions = kept(positions, m_endPosition, leastPositions);
    m_steps = kept(steps, m_endStep, leastSteps);
    m_whole = m_positions == Span{0, m_endPosition} && m_steps == Span{0, m_endStep};
}

void LifetimesViewport::zoom(double positionsFactor, double stepsFactor, double aboutPosition,
                             double aboutStep) {
    // At the closest the place under the mouse stays too.
    const auto about = [](const Span& span, double factor, double at, double end, double least) {
        const double length = std::clamp(span.length() * factor, std::min(least, end), end);
        const double share = (at - span.first) / span.length();
        return Span{at - share * length, at + (1 - share) * length};
    };
    show(about(m_positions, positionsFactor, aboutPosition, m_endPosition, leastPositions),
         about(m_steps, stepsFactor, aboutStep, m_endStep, leastSteps));
}

void LifetimesViewport::pan(double positions, double steps) {
    show({m_positions.first + positions, m_positions.end + positions},
         {m_steps.first + steps, m_steps.end + steps});
}

LifeWindow LifetimesViewport::window() const {
    return windowWithMargins(0);
}

LifeWindow LifetimesViewport::windowWithMargins(double share) const {
    const auto low = [share](const Span& span) {
        return std::max(0, int(std::floor(span.first - share * span.length())));
    };
    const auto high = [share](const Span& span, double end) {
        return int(std::min(std::ceil(end), std::ceil(span.end + share * span.length())));
    };
    return {low(m_positions), high(m_positions, m_endPosition), low(m_steps),
            high(m_steps, m_endStep)};
}

LifeWindow LifetimesViewport::everything() const {
    return {0, std::int32_t(m_endPosition), 0, int(m_endStep)};
}

} // namespace attendre
