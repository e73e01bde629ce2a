#include "widgets/results_plot_panel.h"

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace attendre {

ResultsPlotPanel::ResultsPlotPanel(const Theme* theme, QWidget* parent)
    : QFrame(parent), m_plot(new ResultsPlot(theme, this)), m_measure(new QComboBox(this)),
      m_setting(new QComboBox(this)), m_save(new QPushButton(tr("Save…"), this)) {
    setObjectName(QStringLiteral("resultsPanel"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(4);
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    m_measure->setAccessibleName(tr("Measure"));
    m_setting->setAccessibleName(tr("Against"));
    for (QComboBox* box : {m_measure, m_setting})
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_save->setToolTip(tr("Save the plot as PNG, SVG, PDF, or its numbers as CSV"));
    row->addWidget(m_measure);
    row->addWidget(new QLabel(tr("against"), this));
    row->addWidget(m_setting);
    row->addStretch(1);
    row->addWidget(m_save);
    column->addLayout(row);
    column->addWidget(m_plot, 1);
    m_plot->setMinimumSize(220, 120);
    m_plot->dress();
    connect(m_measure, &QComboBox::currentIndexChanged, this, &ResultsPlotPanel::draw);
    connect(m_setting, &QComboBox::currentIndexChanged, this, &ResultsPlotPanel::draw);
    connect(m_save, &QPushButton::clicked, this, &ResultsPlotPanel::askWhere);
}

void ResultsPlotPanel::show(std::shared_ptr<const EvaluationResults> results,
                            const std::vector<bool>& shown) {
    const bool other = results != m_results;
    m_results = std::move(results);
    m_shown = shown;
    if (other)
        fillBoxes();
    draw();
}

void ResultsPlotPanel::fillBoxes() {
    const QSignalBlocker quietMeasure(m_measure), quietSetting(m_setting);
    QString measure = m_measure->currentData().toString();
    const QString setting = m_setting->currentData().toString();
    m_measure->clear();
    m_setting->clear();
    for (const ResultMeasure* one : measuresOf(*m_results)) {
        m_measure->addItem(one->title, QString::fromLatin1(one->id));
        m_measure->setItemData(m_measure->count() - 1, one->definition, Qt::ToolTipRole);
    }
    for (const QString& name : plottableSettings(*m_results))
        m_setting->addItem(settingTitle(name), name);
    const ResultMeasure* first = firstMeasure(*m_results);
    if (m_measure->findData(measure) < 0 && first)
        measure = QString::fromLatin1(first->id);
    m_measure->setCurrentIndex(std::max(0, m_measure->findData(measure)));
    m_setting->setCurrentIndex(std::max(0, m_setting->findData(setting)));
}

void ResultsPlotPanel::draw() {
    if (!m_results)
        return;
    const QString wanted = m_measure->currentData().toString();
    ResultLines lines;
    for (const ResultMeasure& measure : resultMeasures())
        if (wanted == QLatin1String(measure.id))
            lines = resultLines(*m_results, m_shown, m_setting->currentData().toString(), measure);
    m_plot->show(m_results.get(), std::move(lines));
    m_save->setEnabled(!m_plot->lines().isEmpty());
}

Result<void> ResultsPlotPanel::saveAs(const QString& path) {
    if (m_plot->lines().isEmpty())
        return Error{tr("There is nothing to save in %1: %2").arg(path, m_plot->sentence())};
    const QString caption =
        tr("%1 %2").arg(m_plot->summary(), m_results ? m_results->path : QString());
    return savePicture({tr("Results"), caption, m_plot->size(),
                        [this](QPaintDevice* device) { return m_plot->paintOn(device); },
                        [this] { return m_plot->lines().csv(*m_results); }},
                       path);
}

void ResultsPlotPanel::askWhere() {
    const QString path = askWhereToSave(this, tr("Results"));
    if (path.isEmpty())
        return;
    const Result<void> saved = saveAs(path);
    saved ? emit said(tr("Saved %1.").arg(path)) : emit refused(saved.error().sentence);
}

} // namespace attendre
