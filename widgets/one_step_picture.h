#pragma once

#include "widgets/one_step_content.h"

#include <QColor>
#include <QCoreApplication>
#include <QFont>
#include <QPainter>
#include <QRectF>
#include <QString>

#include <vector>

namespace attendre {

class Theme;

// Draws one phase of a step: its name among the six, a sentence with the numbers, the memory's
// slots, and below them whom the phase is about. progress in [0, 1]: how far the phase has come
// from the one before; at 1 the instant itself.
class OneStepPicture {
    Q_DECLARE_TR_FUNCTIONS(OneStep)
  public:
    struct Moment {
        Phase phase = Phase::Record;
        double progress = 1;
        int query = -1;                  // whose attention is shown: an index into the attention
        std::int32_t entry = noPosition; // the selected one
        bool large = false;              // for a projector
    };
    OneStepPicture(const OneStep& step, const RunInfo& run, const Theme& theme, const QRectF& area,
                   const Moment& moment);

    void paint(QPainter& painter) const;

    // Where the parts stand; empty where they have no room.
    QRectF phaseRect(Phase phase) const;
    QRectF slotRect(int slot) const;
    QRectF laneRect() const { return m_lane; }
    int slotAt(const QPointF& at) const;  // -1: none
    int phaseAt(const QPointF& at) const; // -1: none

  private:
    struct Chip { // a token in its box
        QRectF box;
        QString text;
    };
    void arrange(const QRectF& area);
    void arrangeGrid(double left, double top, double width, double height);
    QFont sentenceFont() const;
    QFont tokenFont() const;
    double ease() const; // progress, gently

    void paintPhases(QPainter& painter) const;
    void paintSlots(QPainter& painter) const;
    void paintBar(QPainter& painter) const;
    void paintSlot(QPainter& painter, int slot, const QRectF& box) const;
    void paintChange(QPainter& painter, const OneStep::Change& change, const QRectF& box) const;
    QColor slotColour(int slot) const;

    void paintLane(QPainter& painter) const;
    void paintRanks(QPainter& painter) const;
    void paintLeaving(QPainter& painter) const;
    void paintArrivals(QPainter& painter) const;
    void paintQueue(QPainter& painter) const;
    void paintWaiting(QPainter& painter, std::int32_t position, const QRectF& box,
                      bool leaves) const;
    void paintReading(QPainter& painter) const;
    void paintUsage(QPainter& painter) const;
    // The boxes of tokens in rows within the lane, as many as fit; behind them "+ 37".
    std::vector<Chip> chips(const std::vector<std::int32_t>& positions, const QRectF& lane) const;
    void paintChip(QPainter& painter, const Chip& chip, const QColor& colour, bool struck) const;
    void paintMore(QPainter& painter, const std::vector<Chip>& shown, std::size_t all,
                   const QRectF& lane) const;

    const OneStep& m_step;
    const RunInfo& m_run;
    const Theme& m_theme;
    Moment m_moment;
    QString m_sentence;
    QRectF m_phases, m_words, m_grid, m_legend, m_lane;
    int m_columns = 1;
    double m_pitch = 0;           // of the grid; 0: too many slots to be told apart
    std::vector<int> m_place;     // [M]: 1 a candidate that stays, 2 one that has to leave
    double m_low = 0, m_high = 1; // the candidates' ranks
    std::vector<double> m_weight; // [M]: what the shown query reads, and at record the mass
    double m_most = 0;            // the largest of them
};

} // namespace attendre
