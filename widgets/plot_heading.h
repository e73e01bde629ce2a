#pragma once

#include <qcustomplot.h>

namespace attendre {

// The line above a chart's axes: its title, quiet words at the right. Where there is nothing to
// plot a sentence below it says why.
class PlotHeading : public QCPLayoutElement {
    Q_OBJECT
  public:
    explicit PlotHeading(QCustomPlot* plot);

    void setTitle(const QString& title) { m_title = title; }
    void setNote(const QString& note) { m_note = note; }
    void setSentence(const QString& sentence) { m_sentence = sentence; }
    QString title() const { return m_title; }
    QString sentence() const { return m_sentence; }
    void dress(const QFont& font, const QColor& text, const QColor& quiet);

  protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;
    QRect clipRect() const override { return mParentPlot->viewport(); }

  private:
    QString m_title, m_note, m_sentence;
    QFont m_font;
    QColor m_text, m_quiet;
};

// Ticks at round numbers, written as everywhere in the window: 50,035. whole: at whole numbers
// only.
class NumberTicker : public QCPAxisTicker {
  public:
    explicit NumberTicker(bool whole) : m_whole(whole) {}

  protected:
    double getTickStep(const QCPRange& range) override;
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;

  private:
    bool m_whole;
    double m_step = 1;
};

} // namespace attendre
