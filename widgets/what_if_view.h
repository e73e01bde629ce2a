#pragma once

#include "widgets/plot_view.h"
#include "widgets/what_if_content.h"

class QComboBox;
class QLabel;
class QSlider;
class QToolButton;

namespace attendre {

// What the current head's memory would keep under another policy, M, s or r: a replay on frozen
// queries and keys, made anew at every move of a slider. A curve shows the share of the recorded
// attention that is kept at each step, two lanes the survivors of the current step, here and in the
// run.
class WhatIfView : public PlotView {
    Q_OBJECT
  public:
    explicit WhatIfView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QString csv() const override;
    QString summary() const override;
    QSize minimumSizeHint() const override { return {300, 150}; }
    QSize sizeHint() const override { return {520, 240}; }

    const WhatIfContent* content() const { return m_content ? &*m_content : nullptr; }
    const WhatIfAsked& asked() const { return m_asked; }
    void ask(const WhatIfAsked& asked);
    // The words behind `attendre` that make a run of what is shown; empty where nothing is.
    QStringList arguments() const;
    QString command() const; // the same for a terminal
    QToolButton* addButton() const { return m_add; }

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    struct Control {
        QLabel* name = nullptr;
        QSlider* slider = nullptr;
        QLabel* value = nullptr;
        int WhatIfAsked::*member = nullptr;
    };
    struct Parts {
        QRectF words, curve, axis, here, recorded, counts;
        double names = 0; // width left of the lanes
    };
    void addControl(const QString& name, const QString& meaning, int WhatIfAsked::*member);
    void place();
    void showAsked();
    void readContent();
    void tellHeader();
    void makeButtons();
    void enableButtons();
    const RunInfo* sourceRun() const;
    Parts parts(const QRectF& area) const;
    double stepX(const Parts& parts, double step) const;

    void paintCurve(QPainter& painter, const Parts& parts) const;
    void paintLane(QPainter& painter, const QRectF& lane, bool here) const;
    void paintLanes(QPainter& painter, const Parts& parts) const;

    std::optional<WhatIfContent> m_content;
    std::shared_ptr<WhatIfCache> m_cache = std::make_shared<WhatIfCache>();
    WhatIfAsked m_asked;
    int m_run = 0; // that m_asked was proposed for
    QComboBox* m_policies = nullptr;
    QToolButton *m_add = nullptr, *m_copy = nullptr;
    QWidget* m_header = nullptr;
    QWidget* m_bar = nullptr;
    std::vector<Control> m_controls;
};

// For which runs the panel stands in the window by itself.
bool hasWhatIf(const RunInfo& run);

} // namespace attendre
