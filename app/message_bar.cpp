#include "app/message_bar.h"

#include "widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace attendre {

MessageBar::MessageBar(const Theme* theme, QWidget* parent) : QFrame(parent), m_theme(theme) {
    setObjectName(QStringLiteral("messageBar"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 6, 8, 6);
    layout->setSpacing(8);
    m_text = new QLabel(this);
    m_text->setWordWrap(true);
    // A path is one long word: it must not keep the window from getting narrower.
    m_text->setMinimumWidth(160);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_text, 1);
    m_buttons = new QHBoxLayout;
    layout->addLayout(m_buttons);
    connect(theme, &Theme::changed, this, &MessageBar::dress);
    hide();
}

void MessageBar::say(Kind kind, const QString& sentence, const std::vector<Choice>& choices) {
    m_kind = kind;
    m_text->setText(sentence);
    m_text->setToolTip(sentence);
    setAccessibleName(sentence);
    while (QLayoutItem* item = m_buttons->takeAt(0)) {
        if (item->widget())
            item->widget()->deleteLater();
        delete item;
    }
    for (const auto& [text, act] : choices) {
        auto* button = new QPushButton(text, this);
        connect(button, &QPushButton::clicked, this, [this, act = act] {
            dismiss();
            act();
        });
        m_buttons->addWidget(button);
    }
    auto* close = new QPushButton(tr("Dismiss"), this);
    connect(close, &QPushButton::clicked, this, &MessageBar::dismiss);
    m_buttons->addWidget(close);
    dress();
    show();
}

QString MessageBar::sentence() const {
    return isHidden() ? QString() : m_text->text();
}

void MessageBar::dismiss() {
    hide();
}

void MessageBar::dress() {
    const QColor edge = m_kind == Kind::Problem ? m_theme->evicted() : m_theme->accent();
    setStyleSheet(
        QStringLiteral("#messageBar { background: %1; border: 1px solid %2; "
                       "border-left: 4px solid %2; border-radius: 6px; margin-top: 6px; }")
            .arg(m_theme->panel().name(), edge.name()));
}

} // namespace attendre
