#pragma once

#include "widgets/lifetimes_content.h"

#include <QColor>
#include <QImage>
#include <QSize>

#include <array>

namespace attendre {

class Theme;

// A theme's colours, taken along to the reading thread.
struct LifetimesColours {
    QRgb ground = 0, quiet = 0, stays = 0, unknown = 0;
    std::array<QRgb, 256> magnitudes{};

    static LifetimesColours of(const Theme& theme);
    // Of an entry or a cell: its value's place on the scale; NaN: it stays.
    QRgb at(double t) const;
};

// Where nothing is resident.
QColor lifeGround(const Theme& theme);
// The step in which an entry came.
QColor chunkColour(const Theme& theme);
// What is there and not chosen.
QColor quietLife(const Theme& theme);
// How strongly a share of resident pairs above 0 is drawn: even the least can be seen.
double lifeOpacity(double share);
QRgb blended(QRgb below, QRgb above, double opacity);

// A window of the stays, drawn a pixel a cell. Stretched to wherever the window stands now.
struct LifetimesPicture {
    LifeWindow window;
    QImage image;
};

// What a picture depends on; all of it is taken along to the reading thread.
struct LifetimesLook {
    LifeColumn column = LifeColumn::Age;
    bool greatest = false; // of the values in a cell, not their mean
    LifeBrush brush;
    LifetimesColours colours;
};

LifetimesPicture drawLives(const LifeGrid& grid, const MagnitudeScale& scale,
                           const LifetimesLook& look);

// A picture of what is in sight, the counts that belong to it, and a coarse picture of everything
// where one is wanted.
struct LifetimesOrder {
    std::shared_ptr<const LifetimesContent> content;
    LifetimesLook look;
    quint64 lookNumber = 0;
    LifeWindow sight, window; // window: with what lies beside it
    QSize cells;              // of the window
    LifeWindow everything;
    QSize everythingCells; // empty: no picture of everything
    Cancel cancel;

    bool sameAs(const LifetimesOrder& other) const;
};
struct LifetimesDrawing {
    LifetimesOrder order;
    LifetimesPicture picture, everything;
    LifeCounts counts; // of the sight
};
Result<LifetimesDrawing> drawLifetimes(const LifetimesOrder& order);

} // namespace attendre
