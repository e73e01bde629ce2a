#include "app/panel.h"

#include "app/eliding_label.h"
#include "widgets/theme.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace attendre {

namespace {

void dress(ElidingLabel* label, const QFont& font, const QColor& colour) {
    label->setFont(font);
    label->setColour(colour);
}

} // namespace

Panel::Panel(const ViewDefinition& definition, const ViewContext& context, QWidget* parent)
    : QDockWidget(QString(definition.title).replace(u'&', QStringLiteral("&&")), parent),
      m_theme(context.theme), m_title(definition.title), m_view(definition.make(context, this)) {
    setObjectName(definition.id);
    m_view->setObjectName(definition.id + QStringLiteral("-view"));
    if (m_view->accessibleName().isEmpty())
        m_view->setAccessibleName(definition.title);
    m_view->setAccessibleDescription(definition.purpose);
    setToolTip(definition.purpose);
    m_header = makeHeader(definition);
    setTitleBarWidget(m_header);

    auto* frame = new QWidget(this);
    auto* layout = new QVBoxLayout(frame);
    layout->setContentsMargins(4, 2, 4, 5);
    layout->addWidget(m_view);
    setWidget(frame);
    setMinimumSize(120, 80);

    connect(m_view, &View::subtitleChanged, this, &Panel::showSubtitle);
    connect(m_view, &View::detailChanged, this, &Panel::showTitle);
    connect(context.theme, &Theme::changed, this, &Panel::showTitle);
    showSubtitle();
    showTitle();
}

QWidget* Panel::makeHeader(const ViewDefinition& definition) {
    auto* header = new QWidget(this);
    header->setObjectName(QStringLiteral("panelHeader"));
    header->setToolTip(definition.purpose);
    auto* layout = new QHBoxLayout(header);
    layout->setContentsMargins(12, 1, 10, 2);
    layout->setSpacing(8);
    layout->addStrut(28); // the same height with and without a widget of the view
    auto* title = new ElidingLabel(definition.title, header);
    title->setLeast(220);
    m_titleLabel = title;
    m_subtitleLabel = new ElidingLabel(QString(), header);
    m_subtitleLabel->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    layout->addWidget(m_titleLabel, 3);
    layout->addWidget(m_subtitleLabel, 2);
    if (QWidget* extra = m_view->headerWidget())
        layout->addWidget(extra);
    return header;
}

void Panel::showSubtitle() {
    m_subtitleLabel->setText(m_view->subtitle());
    m_subtitleLabel->setShorter(m_view->shorterSubtitles());
    m_subtitleLabel->setToolTip(m_view->subtitle());
}

void Panel::showTitle() {
    dress(m_titleLabel, m_theme->titleFont(), m_theme->text());
    dress(m_subtitleLabel, m_theme->smallFont(), m_theme->quietText());
    const QString detail = m_view->detail();
    const QString title = detail.isEmpty() ? m_title : m_title + QStringLiteral(" — ") + detail;
    m_titleLabel->setText(title);
    m_titleLabel->setAccessibleName(title);
    update();
}

void Panel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(QPen(m_theme->hairline(), 1));
    painter.setBrush(m_theme->panel());
    painter.drawRoundedRect(frame, m_theme->radius(), m_theme->radius());
    painter.setRenderHint(QPainter::Antialiasing, false);
    const int y = m_header->geometry().bottom();
    painter.drawLine(1, y, width() - 2, y);
}

} // namespace attendre
