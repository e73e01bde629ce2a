#include "widgets/lifetimes_picture.h"

#include "widgets/theme.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

// MagnitudeScale::t() for a million cells: what does not depend on the value is reckoned once.
class ColourPlace {
  public:
    explicit ColourPlace(const MagnitudeScale& scale)
        : m_scale(scale), m_flat(!(scale.greatest > scale.least)) {
        m_grain = float(scale.unit > 0 ? scale.unit : std::max(scale.greatest / 1000, 1e-12));
        m_low = place(float(scale.least));
        const float high = place(float(scale.greatest));
        m_flat = m_flat || !(high > m_low);
        m_factor = m_flat ? 0 : 255 / (high - m_low);
    }
    std::size_t of(float value) const {
        if (m_flat)
            return 128;
        return std::size_t(std::clamp((place(value) - m_low) * m_factor, 0.f, 255.f));
    }

  private:
    float place(float at) const {
        return m_scale.logarithmic ? std::log1p(std::max(0.f, at) / m_grain) : at;
    }
    const MagnitudeScale& m_scale;
    bool m_flat;
    float m_grain = 1, m_low = 0, m_factor = 0;
};

// lifeOpacity() in 256 places; any share above 0 is in none but the first.
const std::array<double, 256>& opacities() {
    static const std::array<double, 256> all = [] {
        std::array<double, 256> values{};
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = lifeOpacity(std::max(double(i) / 255, 1e-6));
        return values;
    }();
    return all;
}

double opacityOf(std::uint32_t pairs, double room) {
    return opacities()[std::size_t(std::min(255.0, double(pairs) / room * 255))];
}

} // namespace

// The brightest magnitude has to stand out from it.
QColor lifeGround(const Theme& theme) {
    return theme.kind() == Theme::Kind::Light
               ? QColor::fromRgb(blended(theme.panel().rgb(), theme.window().rgb(), 0.8))
               : theme.panel();
}

QColor chunkColour(const Theme& theme) {
    return QColor::fromRgb(blended(lifeGround(theme).rgb(), theme.inChunk().rgb(), 0.8));
}

QColor quietLife(const Theme& theme) {
    const bool light = theme.kind() == Theme::Kind::Light;
    return QColor::fromRgb(
        blended(lifeGround(theme).rgb(), theme.toCome().rgb(), light ? 0.5 : 0.65));
}

LifetimesColours LifetimesColours::of(const Theme& theme) {
    LifetimesColours colours;
    colours.ground = lifeGround(theme).rgb();
    colours.quiet = quietLife(theme).rgb();
    colours.stays = theme.resident().rgb();
    colours.unknown = theme.toCome().rgb();
    for (std::size_t i = 0; i < colours.magnitudes.size(); ++i)
        colours.magnitudes[i] = theme.magnitude(double(i) / 255).rgb();
    return colours;
}

QRgb LifetimesColours::at(double t) const {
    return std::isnan(t) ? stays : magnitudes[std::size_t(std::clamp(t, 0.0, 1.0) * 255)];
}

double lifeOpacity(double share) {
    return share <= 0 ? 0 : 0.35 + 0.65 * std::pow(std::min(1.0, share), 0.6);
}

QRgb blended(QRgb below, QRgb above, double opacity) {
    const int t = int(std::lround(opacity * 256));
    const auto channel = [t](int a, int b) { return a + (b - a) * t / 256; };
    return qRgb(channel(qRed(below), qRed(above)), channel(qGreen(below), qGreen(above)),
                channel(qBlue(below), qBlue(above)));
}

LifetimesPicture drawLives(const LifeGrid& grid, const MagnitudeScale& scale,
                           const LifetimesLook& look) {
    LifetimesPicture picture{grid.window, QImage(grid.columns, grid.rows, QImage::Format_RGB32)};
    const LifetimesColours& colours = look.colours;
    const ColourPlace place(scale);
    const bool brushed = !look.brush.empty();
    for (int row = 0; row < grid.rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(picture.image.scanLine(row));
        for (int column = 0; column < grid.columns; ++column) {
            const LifeCell& cell = grid.at(column, row);
            QRgb colour = colours.ground;
            if (cell.resident > 0) {
                const auto room = double(grid.room(column, row));
                if (brushed)
                    colour = blended(colour, colours.quiet, opacityOf(cell.resident, room));
                if (cell.chosen > 0) {
                    const float value = look.greatest ? cell.greatest : cell.mean;
                    const bool stays = look.column == LifeColumn::State || cell.stays > cell.known;
                    const QRgb own = stays            ? colours.stays
                                     : cell.known > 0 ? colours.magnitudes[place.of(value)]
                                                      : colours.unknown;
                    colour = blended(colour, own, opacityOf(cell.chosen, room));
                }
            }
            line[column] = colour;
        }
    }
    return picture;
}

bool LifetimesOrder::sameAs(const LifetimesOrder& other) const {
    return content == other.content && lookNumber == other.lookNumber && sight == other.sight &&
           window == other.window && cells == other.cells && everything == other.everything;
}

Result<LifetimesDrawing> drawLifetimes(const LifetimesOrder& order) {
    const Error interrupted{QCoreApplication::translate(
        "Lifetimes", "The drawing of the stays was interrupted: it comes again.")};
    LifetimesDrawing drawing{order, {}, {}, {}};
    const LifetimesContent& content = *order.content;
    const LifeColumn column = order.look.column;
    const LifeSelection selection = select(*content.lives, order.look.brush);
    const auto draw = [&](const LifeWindow& window, QSize cells, LifetimesPicture& into) {
        const auto grid =
            reduceLifetimes(selection, column, window, cells.width(), cells.height(), order.cancel);
        if (grid && !grid->cells.empty())
            into = drawLives(*grid, content.scale(column), order.look);
        return grid.has_value();
    };
    if (!draw(order.window, order.cells, drawing.picture))
        return interrupted;
    drawing.counts = countLives(*content.lives, selection, order.sight);
    if (order.everythingCells.isEmpty())
        return drawing;
    if (order.everything == order.window)
        drawing.everything = drawing.picture;
    else if (!draw(order.everything, order.everythingCells, drawing.everything))
        return interrupted;
    return drawing;
}

} // namespace attendre
