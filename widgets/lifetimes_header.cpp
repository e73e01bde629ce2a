#include "widgets/lifetimes_view.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>

namespace attendre {

// What a person chooses of the lifetimes in the panel's header.

QWidget* LifetimesView::headerWidget() {
    if (m_header)
        return m_header;
    m_header = new QWidget(this);
    auto* row = new QHBoxLayout(m_header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_columnChooser = new QComboBox(m_header);
    m_columnChooser->setAccessibleName(tr("What the bars' colour says"));
    for (int column = 0; column < lifeColumnCount; ++column)
        m_columnChooser->addItem(lifeColumnName(LifeColumn(column)));
    m_columnChooser->setCurrentIndex(int(m_look.column));
    m_whoseChooser = new QComboBox(m_header);
    m_whoseChooser->setAccessibleName(tr("Whose entries"));
    m_whoseChooser->addItems({tr("K/V head"), tr("all heads")});
    m_whoseChooser->setItemData(1, tr("all heads of the layer: the opacity is their share"),
                                Qt::ToolTipRole);
    const auto button = [this](const QString& text, const QString& meaning) {
        auto* made = new QToolButton(m_header);
        made->setText(text);
        made->setToolTip(meaning);
        made->setCheckable(true);
        return made;
    };
    m_greatestButton =
        button(tr("Peaks"), tr("Where a pixel holds several entries: the greatest value, not their "
                               "mean (E)"));
    m_histogramsButton =
        button(tr("Histograms"), tr("Distributions of the entries in view; drag over one to choose "
                                    "entries (H)"));
    m_greatestButton->setChecked(m_look.greatest);
    m_histogramsButton->setChecked(m_histogramsWanted);
    row->addWidget(m_columnChooser);
    row->addWidget(m_whoseChooser);
    row->addWidget(m_greatestButton);
    row->addWidget(m_histogramsButton);
    connect(m_columnChooser, &QComboBox::currentIndexChanged, this,
            [this](int index) { setColumn(LifeColumn(std::max(0, index))); });
    connect(m_whoseChooser, &QComboBox::currentIndexChanged, this,
            [this](int index) { setWhose(LifeWhose(std::max(0, index))); });
    connect(m_greatestButton, &QToolButton::toggled, this, &LifetimesView::setGreatest);
    connect(m_histogramsButton, &QToolButton::toggled, this, &LifetimesView::showHistograms);
    offerOutputs();
    return m_header;
}

// The third choice stands there only in runs that have encoder outputs.
void LifetimesView::offerOutputs() {
    const RunInfo* run = currentRun();
    const bool offered = run && outputLayer(*run) >= 0;
    if (!offered && m_whose == LifeWhose::Outputs)
        m_whose = LifeWhose::Head;
    if (!m_whoseChooser)
        return;
    const QSignalBlocker blocker(m_whoseChooser);
    if (offered && m_whoseChooser->count() < 3)
        m_whoseChooser->addItem(tr("encoder outputs"));
    else if (!offered && m_whoseChooser->count() == 3)
        m_whoseChooser->removeItem(2);
    m_whoseChooser->setCurrentIndex(int(m_whose));
}

void LifetimesView::setColumn(LifeColumn column) {
    if (m_columnChooser)
        m_columnChooser->setCurrentIndex(int(column));
    if (column == m_look.column)
        return;
    m_look.column = column;
    if (m_content)
        m_histograms->setColumn(*m_content, column);
    updateSubtitle();
    lookChanged();
}

void LifetimesView::setGreatest(bool greatest) {
    if (m_greatestButton)
        m_greatestButton->setChecked(greatest);
    if (greatest == m_look.greatest)
        return;
    m_look.greatest = greatest;
    lookChanged();
}

void LifetimesView::setWhose(LifeWhose whose) {
    m_whose = whose;
    offerOutputs();
    if (isVisible())
        readLives();
}

void LifetimesView::setBrush(const LifeBrush& brush) {
    m_histograms->setBrush(brush);
    if (brush == m_look.brush)
        return;
    m_look.brush = brush;
    lookChanged();
}

void LifetimesView::showHistograms(bool shown) {
    m_histogramsWanted = shown;
    if (m_histogramsButton)
        m_histogramsButton->setChecked(shown);
    arrange();
    viewChanged();
}

void LifetimesView::lookChanged() {
    ++m_lookNumber;
    orderPicture();
    contentChanged();
}

void LifetimesView::themeChanged() {
    m_look.colours = LifetimesColours::of(theme());
    m_histograms->dress();
    lookChanged();
}

} // namespace attendre
