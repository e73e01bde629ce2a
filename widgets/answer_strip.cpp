#include "widgets/answer_strip.h"

#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <cmath>

namespace attendre {

namespace {
constexpr double edge = 12, between = 4;
} // namespace

AnswerStrip::AnswerStrip(const Theme* theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setMouseTracking(true);
    setAccessibleName(tr("Answer"));
    connect(theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void AnswerStrip::setAnswer(std::vector<AnswerToken> answer) {
    m_answer = std::move(answer);
    QString whole;
    for (const AnswerToken& token : m_answer)
        whole += QString::fromUtf8(token.text);
    setAccessibleDescription(whole);
    update();
}

void AnswerStrip::setSentence(const QString& sentence) {
    m_sentence = sentence;
    update();
}

void AnswerStrip::setCurrentStep(int step) {
    m_step = step;
    update();
}

// In rows, as they are read.
QRectF AnswerStrip::tokenRect(std::size_t index) const {
    const QFontMetricsF metrics(m_theme->tokenFont());
    const double height = std::ceil(metrics.height()) + 10;
    double x = edge, y = 6;
    for (std::size_t i = 0; i < m_answer.size(); ++i) {
        const double width = metrics.horizontalAdvance(plainToken(m_answer[i].text)) + 8;
        if (x + width > this->width() - edge && x > edge) {
            x = edge;
            y += height + between;
        }
        if (i == index)
            return y + height <= this->height() + 1 ? QRectF(x, y, width, height) : QRectF();
        x += width + between;
    }
    return {};
}

int AnswerStrip::tokenAt(const QPointF& at) const {
    for (std::size_t i = 0; i < m_answer.size(); ++i)
        if (tokenRect(i).contains(at))
            return int(i);
    return -1;
}

QString AnswerStrip::tip(std::size_t index) const {
    const AnswerToken& token = m_answer[index];
    QString text = quotedToken(token.text);
    if (!std::isnan(token.probability))
        text += tr(", expected with %1").arg(percent(token.probability));
    QStringList others;
    for (const auto& [other, probability] : token.likeliest)
        others << tr("%1 %2").arg(quotedToken(other), percent(probability));
    return others.isEmpty() ? text
                            : text + tr("; likeliest: %1").arg(others.join(QStringLiteral(", ")));
}

void AnswerStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), m_theme->panel());
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_answer.empty()) {
        painter.setFont(m_theme->textFont());
        drawWrapped(painter, QRectF(rect()).adjusted(edge, 6, -edge, -4), m_sentence,
                    m_theme->quietText());
        return;
    }
    painter.setFont(m_theme->tokenFont());
    for (std::size_t i = 0; i < m_answer.size(); ++i) {
        const QRectF box = tokenRect(i);
        if (box.isEmpty())
            return;
        const bool current = m_answer[i].step >= 0 && m_answer[i].step == m_step;
        painter.setPen(QPen(current ? m_theme->accent() : m_theme->hairline(), current ? 2 : 1));
        painter.setBrush(current ? m_theme->selection() : m_theme->panel());
        painter.drawRoundedRect(box, 3, 3);
        painter.setPen(m_theme->text());
        painter.drawText(box.adjusted(0, 0, 0, -5), Qt::AlignCenter, plainToken(m_answer[i].text));
        const QRectF bar(box.left() + 3, box.bottom() - 6, box.width() - 6, 3);
        painter.fillRect(bar, m_theme->hover());
        if (!std::isnan(m_answer[i].probability))
            painter.fillRect(
                QRectF(bar.left(), bar.top(), bar.width() * m_answer[i].probability, bar.height()),
                m_theme->inChunk());
    }
}

void AnswerStrip::mousePressEvent(QMouseEvent* event) {
    if (const int index = tokenAt(event->position());
        event->button() == Qt::LeftButton && index >= 0)
        emit chosen(index);
}

void AnswerStrip::mouseMoveEvent(QMouseEvent* event) {
    const int index = tokenAt(event->position());
    emit pointedAt(index < 0 ? QString() : tip(std::size_t(index)));
}

void AnswerStrip::leaveEvent(QEvent* event) {
    emit pointedAt(QString());
    QWidget::leaveEvent(event);
}

bool AnswerStrip::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    if (const int index = tokenAt(help->pos()); index >= 0)
        QToolTip::showText(help->globalPos(), tip(std::size_t(index)), this);
    return true;
}

} // namespace attendre
