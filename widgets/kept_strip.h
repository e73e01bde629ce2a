#pragma once

#include "model/analysis/kept_sets.h"
#include "widgets/compare_page.h"

#include <map>
#include <optional>

namespace attendre {

// The current head's positions by who holds them: two lanes, A's above B's, and under them the
// tokens that only one holds. A click or the arrows select one.
class KeptStrip : public ComparePage {
    Q_OBJECT
  public:
    KeptStrip(const ViewContext& context, ComparedRun* compared, QWidget* parent);

    void refresh(bool everything) override;
    void forget() override;
    QString csv() const override;
    QString colouredBy() const override;
    QString summary() const override;
    const KeptSets* sets() const { return m_content ? &m_content->sets : nullptr; }
    // Where a listed token was drawn last, for tests; empty where it was not.
    QRectF tokenRect(std::int32_t position) const;
    QSize minimumSizeHint() const override { return {160, 80}; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    struct Content {
        int stepA = 0, stepB = -1, layer = 0, head = 0;
        KeptSets sets;
        std::map<std::int32_t, QByteArray> texts; // of those that only one holds, the first many
    };
    struct Chip {
        std::int32_t position;
        QRectF box;
    };
    static Result<Content> readContent(const ComparedRuns& runs, const Point& point, int stepB);
    void paintLane(QPainter& painter, const QRectF& lane, bool ofA) const;
    // Where, and how many of each class.
    QString words(bool inShort) const;
    // Where a class's tokens stand in rows of a width, each row a line high; from (0, 0).
    struct Flow {
        std::vector<Chip> chips;
        int rows = 1;
    };
    Flow flow(const QPainter& painter, Kept which, double width) const;
    double indent(const QPainter& painter) const; // of the tokens, behind the class's name
    void paintTokens(QPainter& painter, const QRectF& area, Kept which, int rows);
    std::int32_t positionAt(const QPointF& at) const;
    std::vector<std::int32_t> listed() const; // only A's, then only B's
    QString positionText(std::int32_t position) const;

    std::optional<Content> m_content;
    std::vector<Chip> m_chips;
    QRectF m_lanes;
};

} // namespace attendre
