#pragma once

#include "widgets/entry_history_content.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_view.h"

#include <optional>

namespace attendre {

// Entry history: everything that happened to the selected entry in this layer and head, and how
// long the layer's other heads kept it.
class EntryHistoryView : public PlotView {
    Q_OBJECT
  public:
    explicit EntryHistoryView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QString csv() const override;
    QString summary() const override;
    const std::optional<EntryHistory>& content() const { return m_content; }

  public slots:
    void goToNextEvent() { goToEvent(true); }
    void goToPreviousEvent() { goToEvent(false); }

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override { m_content.reset(); }
    QString hoverText(const QPointF& at) override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    // What happened in one step, for one dot.
    struct Moment {
        int step = 0;
        EntryEvent::Kind kind = EntryEvent::Kind::Inserted; // the gravest
        QString text;
    };

    std::vector<Moment> moments() const;
    QString eventText(const EntryEvent& event) const;
    QColor colourOf(EntryEvent::Kind kind) const;
    QString token(std::int32_t position) const;
    void goToEvent(bool next);
    void goToStep(int step);
    void goToHead(int head);
    Scale stepScale(const QRectF& strip) const;

    void paintEvents(QPainter& painter, const QRectF& strip);
    void paintMomentNames(QPainter& painter, const QRectF& strip, double y,
                          const std::vector<Moment>& moments);
    void paintMass(QPainter& painter, const QRectF& strip);
    void paintPlace(QPainter& painter, const QRectF& strip);
    void paintHeads(QPainter& painter, const QRectF& strip);

    std::optional<EntryHistory> m_content;
    QWidget* m_header = nullptr;
    QRectF m_eventStrip, m_headStrip;
};

} // namespace attendre
