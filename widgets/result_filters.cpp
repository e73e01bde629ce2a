#include "widgets/result_filters.h"

#include "widgets/result_measures.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>

#include <algorithm>

namespace attendre {

namespace {

const QString setName = QStringLiteral("set"), wayName = QStringLiteral("way");

// What a row has under a filter's name; empty: it passes every choice.
QString valueOf(const ResultRow& row, const QString& name) {
    if (name == setName)
        return row.asks() ? row.row.subject : ResultFilters::tr("documents");
    if (row.isBaseline())
        return {};
    return name == wayName ? row.row.way : settingText(row.settings[name]);
}

QStringList valuesOf(const EvaluationResults& results, const QString& name) {
    QStringList values;
    bool numbers = true;
    for (const ResultRow& row : results.rows) {
        const QString value = valueOf(row, name);
        if (value.isEmpty() || values.contains(value))
            continue;
        values << value;
        bool isNumber = false;
        (void)value.toDouble(&isNumber);
        numbers = numbers && isNumber;
    }
    if (numbers)
        std::sort(values.begin(), values.end(),
                  [](const QString& a, const QString& b) { return a.toDouble() < b.toDouble(); });
    return values;
}

// All, but for what is read in another order: that is a control, to be looked at beside the rest.
QString firstChoice(const QString& name) {
    return name == wayName ? QStringLiteral("memory") : QString();
}

} // namespace

ResultFilters::ResultFilters(QWidget* parent) : QWidget(parent), m_row(new QHBoxLayout(this)) {
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->setSpacing(6);
    m_row->addStretch(1);
}

void ResultFilters::setResults(const EvaluationResults& results) {
    QStringList names = results.settings;
    // M follows from R and C, which have choices of their own.
    if (names.contains("survives"))
        names.removeAll("memory");
    if (results.isSweep) // elsewhere a way of reading is a row of its own
        names << wayName;
    names.prepend(setName);
    std::map<QString, QString> chosen;
    const QStringList known = this->names();
    for (const Filter& filter : m_filters) {
        chosen[filter.name] =
            filter.box->currentIndex() > 0 ? filter.box->currentText() : QString();
        delete filter.label;
        delete filter.box;
    }
    m_filters.clear();
    for (const QString& name : names)
        if (const QStringList values = valuesOf(results, name); values.size() > 1)
            addFilter(name, values, known.contains(name) ? chosen[name] : firstChoice(name));
}

void ResultFilters::addFilter(const QString& name, const QStringList& values,
                              const QString& chosen) {
    auto* label = new QLabel(settingTitle(name), this);
    auto* box = new QComboBox(this);
    box->addItem(tr("all"));
    box->addItems(values);
    box->setCurrentIndex(std::max(0, box->findText(chosen)));
    box->setAccessibleName(tr("Show only %1").arg(settingTitle(name)));
    box->setToolTip(settingDefinition(name));
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    box->setMinimumWidth(48); // many of them share a narrow window
    label->setBuddy(box);
    m_row->insertWidget(2 * int(m_filters.size()), label);
    m_row->insertWidget(2 * int(m_filters.size()) + 1, box);
    m_filters.push_back({name, label, box});
    connect(box, &QComboBox::currentIndexChanged, this, &ResultFilters::changed);
}

std::vector<bool> ResultFilters::shown(const EvaluationResults& results) const {
    std::vector<bool> shown(results.rows.size(), true);
    for (std::size_t i = 0; i < shown.size(); ++i)
        for (const Filter& filter : m_filters) {
            const QString value = valueOf(results.rows[i], filter.name);
            if (filter.box->currentIndex() > 0 && !value.isEmpty() &&
                value != filter.box->currentText())
                shown[i] = false;
        }
    return shown;
}

QComboBox* ResultFilters::box(const QString& name) const {
    for (const Filter& filter : m_filters)
        if (filter.name == name)
            return filter.box;
    return nullptr;
}

QStringList ResultFilters::names() const {
    QStringList names;
    for (const Filter& filter : m_filters)
        names << filter.name;
    return names;
}

} // namespace attendre
