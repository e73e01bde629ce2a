#pragma once

#include "widgets/attention_content.h"
#include "widgets/lifetimes_histograms.h"
#include "widgets/lifetimes_picture.h"
#include "widgets/lifetimes_viewport.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_view.h"

#include <optional>

class QComboBox;
class QToolButton;

namespace attendre {

// Lifetimes: document position across, steps down, each entry's residence a bar. From the whole
// run, where many entries share a pixel and none is dropped, to single tokens with their ends.
class LifetimesView : public PlotView {
    Q_OBJECT
  public:
    explicit LifetimesView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    QSize minimumSizeHint() const override { return {220, 120}; }
    QString csv() const override;
    QString summary() const override;
    // To the selected entry and the current step, or to the chosen range of positions.
    void bringIntoView() override;

    LifeColumn column() const { return m_look.column; }
    void setColumn(LifeColumn column);
    // Outputs is taken only while the run has an encoder-output memory.
    void setWhose(LifeWhose whose);
    void showHistograms(bool shown);
    // Where a pixel holds several entries: the greatest value, not the mean.
    void setGreatest(bool greatest);
    void setBrush(const LifeBrush& brush);
    const LifeBrush& brush() const { return m_look.brush; }

    const std::shared_ptr<const LifetimesContent>& content() const { return m_content; }
    const LifetimesViewport& viewport() const { return m_viewport; }
    const LifetimesHistograms* histograms() const { return m_histograms; }
    const LifeCounts& counts() const { return m_counts; }
    // Whether what is drawn is of what is in sight, not a picture that is stretched until that
    // comes.
    bool isSharp() const;
    // Whether each entry is drawn on its own.
    bool drawsBars() const;
    QRectF plotRect() const;
    // Where the middle of a position and a step stands.
    QPointF placeOf(double position, double step) const;

  protected:
    void refresh(const Point& now, const Point& before) override;
    void paintPlot(QPainter& painter, const QRectF& area) override;
    bool paintOn(QPaintDevice* device) override;
    QString missing() const override;
    void forget() override;
    QString hoverText(const QPointF& at) override;
    void themeChanged() override;
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    enum class Drag { None, Press, Pan, Select };
    struct Frame { // where the parts stand
        QRectF plot, legend, steps, positions, tokens;
    };
    static constexpr double leastToken = 11; // px a position, from which on texts stand at the axis
    static constexpr double lyingToken = 44; // px from which on they lie
    static constexpr double markerRoom = 9;  // px above and left of the plot
    static constexpr double capHeight = 2.5; // px of a bar's end
    // What is under a pixel.
    struct Hit {
        std::int32_t first = 0, end = 0; // positions under the pixel
        int firstStep = 0, endStep = 0;
        bool valid() const { return end > first; }
    };

    int layerShown() const;
    LifeWhose whoseShown() const;
    void offerOutputs();
    void readLives();
    void takeLives(std::shared_ptr<const LifetimesContent> content);
    void readTexts();
    void lookChanged();
    LifetimesOrder orderNow() const;
    void orderPicture();
    void viewChanged();
    void updateSubtitle();
    void arrange();

    // Paint
    Frame frameOf(const QRectF& area) const;
    Scale positionScale(const QRectF& plot) const; // of edges
    Scale stepScale(const QRectF& plot) const;
    double pitch() const; // px a position
    void paintPicture(QPainter& painter, const LifetimesPicture& picture, const QRectF& plot) const;
    void paintBars(QPainter& painter, const QRectF& plot) const;
    void paintBar(QPainter& painter, const QRectF& lane, std::size_t head,
                  std::size_t position) const;
    bool showsChunks() const;
    void paintChunks(QPainter& painter, const QRectF& plot) const;
    void paintPoint(QPainter& painter, const QRectF& plot) const;
    void paintSelection(QPainter& painter, const QRectF& plot) const;
    void paintAxes(QPainter& painter, const Frame& frame) const;
    void paintTokens(QPainter& painter, const Frame& frame) const;
    void paintLegend(QPainter& painter, const QRectF& strip) const;
    QColor colourOf(const Lifetimes& lives, std::size_t position) const;

    // Words
    Hit hitAt(const QPointF& at) const;
    QString token(std::int32_t position) const;
    QString entrySentence(std::int32_t position) const;
    QString stay(const Lifetimes& lives, std::size_t position) const;
    QString cellSentence(const Hit& hit) const;
    QString selectionSentence() const;

    // Acts
    std::int32_t entryAt(const Hit& hit) const;
    std::optional<int> endAt(std::int32_t position, const QPointF& at) const;
    void choose(const QPointF& at);
    void chooseNext(int by);
    void zoom(double positions, double steps, const QPointF& about);
    void zoomAtMiddle(double factor);
    void panPixels(double x, double y);

    std::shared_ptr<const LifetimesContent> m_content;
    TokenTexts m_texts;
    LifetimesViewport m_viewport;
    LifeWhose m_whose = LifeWhose::Head;
    LifetimesLook m_look;
    quint64 m_lookNumber = 1;
    LifeCounts m_counts;

    LifetimesDrawing m_drawn;              // the newest that came
    std::optional<LifetimesOrder> m_order; // under way
    Cancel m_reading;                      // of the lives
    quint64 m_everythingLook = 0;          // what the picture of everything shows
    std::pair<std::int32_t, std::int32_t> m_textsRead{0, 0};

    QWidget* m_header = nullptr;
    QComboBox *m_columnChooser = nullptr, *m_whoseChooser = nullptr;
    QToolButton *m_greatestButton = nullptr, *m_histogramsButton = nullptr;
    LifetimesHistograms* m_histograms;
    bool m_histogramsWanted = true;

    Drag m_drag = Drag::None;
    QPointF m_dragFrom, m_dragLast;
};

} // namespace attendre
