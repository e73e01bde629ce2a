#pragma once

#include "widgets/point.h"

#include <QWidget>

namespace attendre {

class Theme;

// The phases of a step side by side, the current one filled. Narrow, it shows that one alone.
class PhaseStepper : public QWidget {
    Q_OBJECT
  public:
    explicit PhaseStepper(const Theme* theme, QWidget* parent = nullptr);

    Phase phase() const { return m_phase; }
    void setPhase(Phase phase);
    void setCompact(bool compact);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

  signals:
    void chosen(attendre::Phase phase);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

  private:
    QRect segment(int index) const;
    int segmentWidth(int index) const;
    int at(const QPoint& position) const;
    void choose(int index);

    const Theme* m_theme;
    Phase m_phase = Phase::Record;
    bool m_compact = false;
};

} // namespace attendre
