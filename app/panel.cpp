#include "app/panel.h"

#include "app/eliding_label.h"
#include "widgets/plot_view.h"
#include "widgets/theme.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

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
    m_titleLabel = new ElidingLabel(definition.title, header);
    m_subtitleLabel = new ElidingLabel(QString(), header);
    m_subtitleLabel->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    layout->addWidget(m_titleLabel, 3);
    layout->addWidget(m_subtitleLabel, 2);
    if (QWidget* extra = m_view->headerWidget())
        layout->addWidget(extra);
    layout->addWidget(makeMenuButton(header));
    return header;
}

// Saving the view as a figure; of a plot also what the right mouse button offers.
QWidget* Panel::makeMenuButton(QWidget* header) {
    auto* button = new QToolButton(header);
    auto* menu = new QMenu(button);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        menu->clear();
        QAction* figure = menu->addAction(tr("Save the &figure…"), this, &Panel::figureWanted);
        figure->setEnabled(!m_view->isBlank());
        if (auto* plot = qobject_cast<PlotView*>(m_view))
            plot->fillMenu(menu);
    });
    button->setObjectName(QStringLiteral("panelMenu"));
    button->setText(QStringLiteral("⋯"));
    button->setMenu(menu);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setAccessibleName(tr("Save or copy %1").arg(m_title));
    button->setToolTip(tr("Save as PNG, SVG, PDF or CSV; copy"));
    return button;
}

void Panel::showSubtitle() {
    m_subtitleLabel->setText(m_view->subtitle());
    m_subtitleLabel->setShorter(m_view->shorterSubtitles());
    m_subtitleLabel->setToolTip(m_view->subtitle());
    m_subtitleLabel->setVisible(!m_view->subtitle().isEmpty()); // its room is the title's
}

QString Panel::title() const {
    const QString detail = m_view->detail();
    return detail.isEmpty() ? m_title : m_title + QStringLiteral(" — ") + detail;
}

void Panel::putBack() {
    widget()->layout()->addWidget(m_view);
    m_view->show();
}

void Panel::showTitle() {
    dress(m_titleLabel, m_theme->titleFont(), m_theme->text());
    dress(m_subtitleLabel, m_theme->smallFont(), m_theme->quietText());
    const QString title = this->title();
    m_titleLabel->setText(title);
    m_titleLabel->setShorter({m_title});
    // The title stands whole; what follows it, where there is room.
    m_titleLabel->setLeast(
        int(std::ceil(QFontMetricsF(m_theme->titleFont()).horizontalAdvance(m_title))) + 2);
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
