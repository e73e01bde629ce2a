#include "app/welcome.h"

#include "app/default_example.h"
#include "app/recent_files.h"
#include "app/window_actions.h"
#include "widgets/theme.h"

#include <QCommandLinkButton>
#include <QFileInfo>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include <functional>

namespace attendre {

namespace {
constexpr int contentWidth = 460;
constexpr int shownTraces = 5;
} // namespace

Welcome::Welcome(const Theme* theme, const WindowActions* actions, RecentFiles* recent,
                 QWidget* parent)
    : QWidget(parent), m_theme(theme), m_actions(actions), m_recent(recent) {
    new QVBoxLayout(this);
    connect(recent, &RecentFiles::changed, this, &Welcome::build);
    connect(theme, &Theme::changed, this, &Welcome::build);
    build();
}

QWidget* Welcome::choice(const QString& title, const QString& explanation,
                         const std::function<void()>& act) {
    auto* button = new QCommandLinkButton(title, explanation, m_content);
    button->setIcon(QIcon());
    button->setIconSize(QSize(0, 0));
    button->setAccessibleDescription(explanation);
    button->setObjectName(QStringLiteral("choice"));
    if (!m_first)
        m_first = button;
    connect(button, &QCommandLinkButton::clicked, this, act);
    return button;
}

void Welcome::build() {
    if (m_content)
        m_content->deleteLater();
    m_first = nullptr;
    m_content = new QWidget(this);
    m_content->setFixedWidth(contentWidth);
    auto* column = new QVBoxLayout(m_content);
    column->setSpacing(4);

    auto* title = new QLabel(tr("Attendre Inspector"), m_content);
    QFont large = m_theme->titleFont();
    large.setPointSizeF(large.pointSizeF() * 1.9);
    title->setFont(large);
    auto* purpose = new QLabel(tr("Watch a language model read a long document through a small "
                                  "memory: what it holds, what it evicted and why, and where "
                                  "attention lands."),
                               m_content);
    purpose->setWordWrap(true);
    purpose->setFont(m_theme->textFont());
    column->addWidget(title);
    column->addWidget(purpose);
    column->addSpacing(16);

    const QStringList lately = m_recent->paths();
    if (!lately.isEmpty())
        column->addWidget(choice(tr("Continue with %1").arg(QFileInfo(lately.front()).fileName()),
                                 tr("Where you were, with your notes"),
                                 [this, path = lately.front()] { emit traceChosen(path); }));
    if (const auto example = defaultExample())
        column->addWidget(choice(
            tr("Read the book of Genesis"),
            tr("%1, with the default options").arg(QFileInfo(example->model).completeBaseName()),
            [this] { emit exampleWanted(); }));
    column->addWidget(choice(tr("New run…"), tr("Your own model and document, every option"),
                             [this] { m_actions->newRun->trigger(); }));
    column->addWidget(choice(tr("Open a trace…"), tr("Look at a run that was recorded before"),
                             [this] { m_actions->openTrace->trigger(); }));

    const QStringList traces = lately.mid(1, shownTraces);
    if (!traces.isEmpty()) {
        column->addSpacing(12);
        auto* heading = new QLabel(tr("Opened lately"), m_content);
        heading->setFont(m_theme->titleFont());
        column->addWidget(heading);
        auto* list = new QLabel(m_content);
        QString links;
        for (const QString& path : traces)
            links += QStringLiteral("<p style='margin:3px 0'><a style='text-decoration:none' "
                                    "href=\"%1\">%2</a></p>")
                         .arg(path.toHtmlEscaped(), QFileInfo(path).fileName().toHtmlEscaped());
        list->setText(links);
        list->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
        connect(list, &QLabel::linkActivated, this, &Welcome::traceChosen);
        column->addWidget(list);
    }
    column->addSpacing(12);
    auto* hint = new QLabel(tr("Or drop a model, a document, a trace or results here."), m_content);
    hint->setEnabled(false);
    column->addWidget(hint);
    static_cast<QVBoxLayout*>(layout())->addWidget(m_content, 0, Qt::AlignCenter);
    if (isVisible() && m_first) // the theme changed, or the list of traces
        m_first->setFocus(Qt::OtherFocusReason);
}

// Return begins with what most want; Tab goes on to the others.
void Welcome::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (m_first)
        m_first->setFocus(Qt::OtherFocusReason);
}

void Welcome::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(m_theme->hairline());
    painter.setBrush(m_theme->panel());
    const int gap = m_theme->grid();
    painter.drawRoundedRect(QRectF(rect()).adjusted(gap + .5, gap + .5, -gap - .5, -gap - .5),
                            m_theme->radius(), m_theme->radius());
}

} // namespace attendre
