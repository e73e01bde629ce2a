#pragma once

#include "app/engine_process.h"

#include <QScrollArea>

#include <map>

class QGridLayout;
class QLabel;
class QLineEdit;

namespace attendre {

// A field for every option of the pipeline, with its definition beside it.
class OptionForm : public QScrollArea {
    Q_OBJECT
  public:
    explicit OptionForm(QWidget* parent = nullptr);

    // What is offered: rebuilds the form, keeping what was typed.
    void offer(const std::vector<OptionDefinition>& options,
               const std::vector<PolicyDescription>& policies, const std::vector<Preset>& presets);

    // Refuses what cannot be read, naming option and value.
    Result<Configuration> configuration() const;
    void set(const QString& option, const QString& text);
    // Every field as this configuration has it.
    void propose(const Configuration& configuration);

  signals:
    void edited();

  private:
    QWidget* makeField(const OptionDefinition& option);
    void addRow(QGridLayout* grid, const OptionDefinition& option);
    QLabel* problemOf(QLineEdit* expression);
    void followPolicy();
    QString textOf(const QString& option) const;
    void applyPreset(const QString& name);

    std::map<QString, QWidget*> m_fields;
    std::vector<QString> m_order;
    std::vector<PolicyDescription> m_policies;
    std::vector<Preset> m_presets;
};

} // namespace attendre
