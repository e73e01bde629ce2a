#pragma once

#include "widgets/compare_page.h"

#include <QImage>

namespace attendre {

// Steps × layers: the share of the entries that both runs hold, with the places where they part.
// A click or the arrows go to a step and a layer, Return to where the runs part first.
class AgreementMap : public ComparePage {
    Q_OBJECT
  public:
    AgreementMap(const ViewContext& context, ComparedRun* compared, QWidget* parent);

    void refresh(bool everything) override;
    void forget() override;
    QString csv() const override;
    QString colouredBy() const override;
    QString summary() const override;
    // Where a cell was drawn last, for tests; empty where there is none.
    QRectF cellRect(int step, int layer) const;
    QSize minimumSizeHint() const override { return {160, 60}; }

  signals:
    void partingWanted();

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    int steps() const { return source().stepCount(now().run); }
    int layers() const;
    void layOut(QPainter& painter);
    QImage image(int columns) const;
    void paintPartings(QPainter& painter) const;
    void paintAxes(QPainter& painter) const;
    std::pair<int, int> cellAt(const QPointF& at) const; // step and layer; -1 where none is
    QString cellText(int step, int layer) const;

    std::shared_ptr<const RunDivergence> m_divergence;
    QRectF m_grid, m_title, m_left, m_bottom;
};

} // namespace attendre
