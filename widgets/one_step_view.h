#pragma once

#include "widgets/one_step_content.h"
#include "widgets/one_step_picture.h"
#include "widgets/plot_view.h"

#include <QPointer>
#include <QTimer>
#include <QVariantAnimation>

#include <optional>

class QComboBox;
class QToolButton;

namespace attendre {

// A walk through one step of the current layer and head, phase by phase: for teaching. It shows the
// point's phase; playing moves the point on, one phase after the other and from step to step.
class OneStepView : public PlotView {
    Q_OBJECT
  public:
    explicit OneStepView(const ViewContext& context, QWidget* parent = nullptr);
    ~OneStepView() override;

    QWidget* headerWidget() override { return m_header; }
    QString csv() const override;
    QString summary() const override;
    QSize minimumSizeHint() const override { return {220, 150}; }

    const OneStep* content() const { return m_content ? &*m_content : nullptr; }
    // Seconds that a phase is shown while playing.
    double pace() const;
    void setPace(double seconds);
    bool playing() const { return m_timer.isActive(); }
    void setPlaying(bool playing);
    // Letters for a projector: 20 points.
    void setLarge(bool large);
    bool large() const { return m_large; }
    // Ends the movement from the phase before: the instant itself is shown.
    void finishMovement();
    OneStepPicture picture() const;

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    void makeHeader();
    void tellHeader();
    void nextPhase();
    void movePhase(int by);
    void moveQuery(int by);
    void startMovement(const Point& before);
    // Positions of entries at the current phase, by slot.
    const std::vector<std::int32_t>& positions() const;

    QPointer<QWidget> m_header; // the panel's, once it has taken it
    QToolButton *m_play, *m_enlarge;
    QComboBox* m_paces;
    QTimer m_timer;
    QVariantAnimation m_movement;
    bool m_large = false;
    std::optional<OneStep> m_content;
};

} // namespace attendre
