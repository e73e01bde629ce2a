#pragma once

#include <QLabel>

namespace attendre {

// A label that gives way: it shows as much of its text as there is room for, and the rest in its
// tool tip.
class ElidingLabel : public QLabel {
    Q_OBJECT
  public:
    explicit ElidingLabel(const QString& text = {}, QWidget* parent = nullptr);

    // The text in fewer words, longest first: the first that fits is shown, whole.
    void setShorter(const QStringList& shorter);

    // It gives way down to this width, in pixels.
    void setLeast(int least) { m_least = least; }

    // Kept apart from the palette, which a style sheet puts back when the theme changes.
    void setColour(const QColor& colour);

    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QString fitting(int width) const;

    int m_least = 24;
    QStringList m_shorter;
    QColor m_colour;
};

} // namespace attendre
