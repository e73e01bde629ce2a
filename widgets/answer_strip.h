#pragma once

#include "widgets/answer_content.h"

#include <QWidget>

namespace attendre {

class Theme;

// An answer, token by token: the bar under each says with which probability it was expected, the
// tool tip what else was likely. A click goes to the step that chose it.
class AnswerStrip : public QWidget {
    Q_OBJECT
  public:
    explicit AnswerStrip(const Theme* theme, QWidget* parent = nullptr);

    void setAnswer(std::vector<AnswerToken> answer);
    void setSentence(const QString& sentence); // what stands there without an answer
    void setCurrentStep(int step);             // of the asking run; -1: none
    const std::vector<AnswerToken>& answer() const { return m_answer; }
    QRectF tokenRect(std::size_t index) const; // empty where it has no room
    QString tip(std::size_t index) const;

    QSize minimumSizeHint() const override { return {160, 40}; }

  signals:
    void chosen(int index);
    void pointedAt(const QString& sentence);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

  private:
    int tokenAt(const QPointF& at) const;

    const Theme* m_theme;
    std::vector<AnswerToken> m_answer;
    QString m_sentence;
    int m_step = -1;
};

} // namespace attendre
