#include "widgets/theme.h"

#include <QApplication>
#include <QFontDatabase>

#include <algorithm>
#include <array>
#include <cmath>

namespace attendre {

namespace {

struct Surfaces {
    QRgb window, panel, hairline, text, quiet, accent, hover, selection;
};

constexpr Surfaces lightSurfaces{0xffeef0f4, 0xffffffff, 0xffdde1e8, 0xff1a1f2b,
                                 0xff667080, 0xff0072b2, 0xfff1f4f8, 0xffd6e8f5};
constexpr Surfaces darkSurfaces{0xff14171d, 0xff1c2027, 0xff313743, 0xffe6e9ef,
                                0xff9aa4b2, 0xff56b4e9, 0xff262c36, 0xff1f4560};
constexpr Surfaces contrastSurfaces{0xff000000, 0xff000000, 0xffffffff, 0xffffffff,
                                    0xffe4e4e4, 0xffffd400, 0xff333333, 0xff00497a};

const Surfaces& surfaces(Theme::Kind kind) {
    if (kind == Theme::Kind::Dark)
        return darkSurfaces;
    return kind == Theme::Kind::HighContrast ? contrastSurfaces : lightSurfaces;
}

// Eighteen equidistant colours of cividis (Nuñez, Anderton, Renslow 2018); between them linear.
constexpr std::array<QRgb, 18> cividis{0xff00204c, 0xff002a66, 0xff00346e, 0xff273f6c, 0xff3c4a6b,
                                       0xff4c556b, 0xff5b5f6d, 0xff686a70, 0xff757575, 0xff838178,
                                       0xff928c78, 0xffa19876, 0xffb0a572, 0xffc0b16d, 0xffd1bf66,
                                       0xffe1cc5c, 0xfff3db4f, 0xffffe945};

QColor mixed(const QColor& from, const QColor& to, double t) {
    const auto channel = [t](int a, int b) { return int(std::lround(a + (b - a) * t)); };
    return QColor(channel(from.red(), to.red()), channel(from.green(), to.green()),
                  channel(from.blue(), to.blue()));
}

QColor brighter(QRgb onLight, QRgb onDark, Theme::Kind kind) {
    return QColor::fromRgb(kind == Theme::Kind::Light ? onLight : onDark);
}

} // namespace

Theme::Theme(QObject* parent) : QObject(parent) {}

void Theme::setKind(Kind kind) {
    if (kind == m_kind)
        return;
    m_kind = kind;
    emit changed();
}

QColor Theme::window() const {
    return QColor::fromRgb(surfaces(m_kind).window);
}
QColor Theme::panel() const {
    return QColor::fromRgb(surfaces(m_kind).panel);
}
QColor Theme::hairline() const {
    return QColor::fromRgb(surfaces(m_kind).hairline);
}
QColor Theme::text() const {
    return QColor::fromRgb(surfaces(m_kind).text);
}
QColor Theme::quietText() const {
    return QColor::fromRgb(surfaces(m_kind).quiet);
}
QColor Theme::accent() const {
    return QColor::fromRgb(surfaces(m_kind).accent);
}
QColor Theme::hover() const {
    return QColor::fromRgb(surfaces(m_kind).hover);
}
QColor Theme::selection() const {
    return QColor::fromRgb(surfaces(m_kind).selection);
}

QColor Theme::toCome() const {
    return brighter(0xff9aa3af, 0xff7d8796, m_kind);
}
QColor Theme::inChunk() const {
    return brighter(0xff0072b2, 0xff3d9bd6, m_kind);
}
QColor Theme::resident() const {
    return brighter(0xff009e73, 0xff1dbf90, m_kind);
}
QColor Theme::evicted() const {
    return brighter(0xffd55e00, 0xfff07a24, m_kind);
}
QColor Theme::pinned() const {
    return brighter(0xffcc79a7, 0xffdb93bb, m_kind);
}
QColor Theme::waiting() const {
    return QColor::fromRgb(0xff56b4e9);
}

// Okabe and Ito's colours again, in an order in which neighbours differ in lightness too.
QColor Theme::run(int number) const {
    const QColor colours[] = {resident(), evicted(),
                              inChunk(),  brighter(0xffb58900, 0xfff0c53a, m_kind),
                              pinned(),   waiting()};
    return colours[std::max(0, number - 1) % int(std::size(colours))];
}

QColor Theme::magnitude(double t) const {
    if (std::isnan(t))
        return toCome();
    const double at = std::clamp(t, 0.0, 1.0) * (cividis.size() - 1);
    const auto below = std::min(std::size_t(at), cividis.size() - 2);
    return mixed(QColor::fromRgb(cividis[below]), QColor::fromRgb(cividis[below + 1]),
                 at - double(below));
}

QColor Theme::difference(double t) const {
    if (std::isnan(t))
        return toCome();
    const QColor middle = m_kind == Kind::Light ? QColor(0xf7f7f7) : QColor(0x3a404a);
    return t < 0 ? mixed(middle, inChunk(), std::min(1.0, -t))
                 : mixed(middle, evicted(), std::min(1.0, t));
}

void Theme::setPresenting(bool presenting) {
    if (presenting == m_presenting)
        return;
    m_presenting = presenting;
    emit changed();
}

QFont Theme::textFont() const {
    QFont font = QApplication::font();
    if (m_presenting)
        font.setPointSizeF(std::max(14.0, font.pointSizeF()));
    return font;
}

QFont Theme::smallFont() const {
    QFont font = textFont();
    font.setPointSizeF(std::max(7.0, font.pointSizeF() - 1));
    return font;
}

QFont Theme::titleFont() const {
    QFont font = textFont();
    font.setBold(true);
    return font;
}

QFont Theme::tokenFont() const {
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(m_presenting ? 20 : textFont().pointSizeF());
    return font;
}

} // namespace attendre
