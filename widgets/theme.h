#pragma once

#include <QColor>
#include <QFont>
#include <QObject>

namespace attendre {

// Colours, fonts and measures of the workbench, light, dark or high-contrast (UX.md, How it looks).
class Theme : public QObject {
    Q_OBJECT
  public:
    enum class Kind { Light, Dark, HighContrast };
    explicit Theme(QObject* parent = nullptr);

    Kind kind() const { return m_kind; }
    void setKind(Kind kind);
    // For a projector: tokens of 20 points, words that are read from the last row.
    bool presenting() const { return m_presenting; }
    void setPresenting(bool presenting);

    // Surfaces and text.
    QColor window() const, panel() const, hairline() const, text() const, quietText() const,
        accent() const, hover() const, selection() const;

    // A token's state, K/V channel and Q channel. Never the only sign: each state has its own
    // drawing too (tinted, underlined, struck through, boxed, dashed).
    QColor toCome() const, inChunk() const, resident() const, evicted() const, pinned() const,
        waiting() const;

    // A run among several, by its number: 1 for the file's first.
    QColor run(int number) const;

    // Cividis for magnitudes, t in [0, 1].
    QColor magnitude(double t) const;
    // Blue, white, orange for differences, t in [-1, 1].
    QColor difference(double t) const;

    QFont textFont() const;  // the system's
    QFont smallFont() const; // one size below
    QFont titleFont() const; // bold, for panel headers
    QFont tokenFont() const; // monospaced

    int grid() const { return 8; }   // px
    int radius() const { return 6; } // px, of panels

  signals:
    void changed();

  private:
    Kind m_kind = Kind::Light;
    bool m_presenting = false;
};

} // namespace attendre
