#include "app/option_form.h"

#include "model/trace/expression.h"
#include "model/trace/offered_options.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>

#include <algorithm>

namespace attendre {

namespace {

constexpr int fieldHeight = 28; // px

// An option's value as one would type it, from a configuration in JSON.
QString typed(const QJsonValue& value) {
    if (value.isArray()) {
        QStringList parts;
        for (const QJsonValue& part : value.toArray())
            parts << typed(part);
        return parts.join(u',');
    }
    if (value.isBool())
        return value.toBool() ? QStringLiteral("yes") : QString();
    return value.isDouble() ? QString::number(value.toDouble(), 'g', 12) : value.toString();
}

QString defaultOf(const QString& option) {
    return typed(toJson(Configuration(), true).value(option));
}

// The definition of what is chosen: for a policy its own words.
QString definitionOf(const OptionDefinition& option, const QString& chosen,
                     const std::vector<PolicyDescription>& policies) {
    if (option.name == QStringLiteral("policy"))
        for (const PolicyDescription& policy : policies)
            if (policy.name == chosen)
                return policy.title + QStringLiteral(": ") + policy.definition;
    return option.definition;
}

} // namespace

OptionForm::OptionForm(QWidget* parent) : QScrollArea(parent) {
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
}

void OptionForm::offer(const std::vector<OptionDefinition>& options,
                       const std::vector<PolicyDescription>& policies,
                       const std::vector<Preset>& presets) {
    std::map<QString, QString> before;
    for (const auto& [name, field] : m_fields)
        before[name] = textOf(name);
    m_fields.clear();
    m_order.clear();
    m_policies = policies;
    m_presets = presets;
    auto* content = new QWidget(this);
    auto* grid = new QGridLayout(content);
    grid->setColumnStretch(2, 1);
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(9);
    grid->setContentsMargins(4, 8, 12, 8);
    for (const OptionDefinition& option : options)
        addRow(grid, option);
    grid->setRowStretch(grid->rowCount(), 1);
    setWidget(content);
    for (const auto& [name, text] : before)
        set(name, text);
    followPolicy();
}

// An option of another policy than the chosen one keeps its text and is not asked for.
void OptionForm::followPolicy() {
    const QString chosen = textOf(QStringLiteral("policy"));
    for (const auto& [name, field] : m_fields)
        if (const QString policy = policyOf(name); !policy.isEmpty())
            field->setEnabled(policy == chosen);
}

void OptionForm::addRow(QGridLayout* grid, const OptionDefinition& option) {
    const int row = grid->rowCount();
    auto* name = new QLabel(option.name, this);
    QWidget* field = makeField(option);
    name->setBuddy(field);
    field->setAccessibleName(option.name);
    field->setAccessibleDescription(option.definition);
    auto* definition = new QLabel(definitionOf(option, textOf(option.name), m_policies), this);
    definition->setWordWrap(true);
    // The first line stands beside the field's.
    const int above = std::max(0, (fieldHeight - fontMetrics().height()) / 2);
    name->setContentsMargins(0, above, 0, 0);
    definition->setContentsMargins(0, above, 0, 0);
    definition->setForegroundRole(QPalette::PlaceholderText);
    if (auto* box = qobject_cast<QComboBox*>(field))
        connect(box, &QComboBox::currentTextChanged, definition,
                [this, option, definition](const QString& chosen) {
                    definition->setText(definitionOf(option, chosen, m_policies));
                });
    grid->addWidget(name, row, 0, Qt::AlignTop);
    if (option.name == QStringLiteral("expression")) {
        // Long to write, and wrong until it is finished: what is wrong stands under it.
        field->setMaximumWidth(QWIDGETSIZE_MAX);
        grid->addWidget(field, row, 1, 1, 2);
        grid->addWidget(problemOf(static_cast<QLineEdit*>(field)), row + 1, 1, 1, 2);
        grid->addWidget(definition, row + 2, 1, 1, 2);
        return;
    }
    if (option.name == QStringLiteral("change")) {
        field->setMaximumWidth(QWIDGETSIZE_MAX);
        grid->addWidget(field, row, 1, 1, 2);
        grid->addWidget(definition, row + 1, 1, 1, 2);
        return;
    }
    grid->addWidget(field, row, 1, Qt::AlignTop);
    grid->addWidget(definition, row, 2, Qt::AlignTop);
}

// What is wrong with an expression, as it is typed; gone while it is right, or empty.
QLabel* OptionForm::problemOf(QLineEdit* expression) {
    auto* problem = new QLabel(this);
    problem->setObjectName(QStringLiteral("problem-expression"));
    problem->setWordWrap(true);
    problem->hide();
    connect(expression, &QLineEdit::textChanged, problem, [problem](const QString& text) {
        const auto checked = text.trimmed().isEmpty() ? Result<void>() : checkExpression(text);
        problem->setText(checked ? QString() : checked.error().sentence);
        problem->setVisible(!checked);
    });
    return problem;
}

QWidget* OptionForm::makeField(const OptionDefinition& option) {
    QWidget* made = nullptr;
    QStringList choices = option.choices;
    if (option.name == QStringLiteral("policy") && !m_policies.empty()) {
        choices.clear();
        for (const PolicyDescription& policy : m_policies)
            choices << policy.name;
    }
    const QString initial = defaultOf(option.name);
    if (option.argument.isEmpty()) {
        auto* box = new QCheckBox(this);
        connect(box, &QCheckBox::toggled, this, &OptionForm::edited);
        made = box;
    } else if (!choices.isEmpty()) {
        auto* box = new QComboBox(this);
        if (!choices.contains(initial))
            box->addItem(QString()); // unset
        box->addItems(choices);
        box->setCurrentText(initial);
        if (option.name == QStringLiteral("preset"))
            connect(box, &QComboBox::textActivated, this, &OptionForm::applyPreset);
        if (option.name == QStringLiteral("policy"))
            connect(box, &QComboBox::currentTextChanged, this, &OptionForm::followPolicy);
        connect(box, &QComboBox::currentTextChanged, this, &OptionForm::edited);
        made = box;
    } else {
        auto* field = new QLineEdit(initial, this);
        field->setPlaceholderText(option.argument);
        connect(field, &QLineEdit::textChanged, this, &OptionForm::edited);
        made = field;
    }
    made->setFixedSize(150, fieldHeight);
    made->setObjectName(QStringLiteral("option-") + option.name);
    m_fields[option.name] = made;
    m_order.push_back(option.name);
    return made;
}

QString OptionForm::textOf(const QString& option) const {
    const auto found = m_fields.find(option);
    if (found == m_fields.end())
        return {};
    if (const auto* box = qobject_cast<const QCheckBox*>(found->second))
        return box->isChecked() ? QStringLiteral("yes") : QString();
    if (const auto* box = qobject_cast<const QComboBox*>(found->second))
        return box->currentText();
    return static_cast<const QLineEdit*>(found->second)->text().trimmed();
}

void OptionForm::set(const QString& option, const QString& text) {
    const auto found = m_fields.find(option);
    if (found == m_fields.end())
        return;
    if (auto* box = qobject_cast<QCheckBox*>(found->second))
        box->setChecked(text == QStringLiteral("yes"));
    else if (auto* choice = qobject_cast<QComboBox*>(found->second))
        choice->setCurrentText(text);
    else
        static_cast<QLineEdit*>(found->second)->setText(text);
}

void OptionForm::propose(const Configuration& configuration) {
    const QJsonObject options = toJson(configuration, true);
    for (auto it = options.begin(); it != options.end(); ++it)
        set(it.key(), typed(it.value()));
}

// The preset's options are put into their fields, so that one sees what it means.
void OptionForm::applyPreset(const QString& name) {
    for (const Preset& preset : m_presets)
        if (preset.name == name)
            for (auto it = preset.configuration.begin(); it != preset.configuration.end(); ++it)
                set(it.key(), typed(it.value()));
}

Result<Configuration> OptionForm::configuration() const {
    Configuration configuration;
    for (const QString& option : m_order) {
        const QString text = textOf(option);
        const bool asDefault = text == defaultOf(option);
        const bool asked = m_fields.at(option)->isEnabledTo(this);
        if (option == QStringLiteral("preset") || text.isEmpty() || asDefault || !asked)
            continue;
        if (auto set = setOption(configuration, option, text); !set)
            return set.error();
    }
    return configuration;
}

} // namespace attendre
