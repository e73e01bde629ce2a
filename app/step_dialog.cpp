#include "app/step_dialog.h"

#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace attendre {

StepDialog::StepDialog(int steps, int step, QWidget* parent)
    : QDialog(parent), m_last(std::max(0, steps - 1)),
      m_field(new QLineEdit(QString::number(step), this)), m_problem(new QLabel(this)) {
    setWindowTitle(tr("Run to a step"));
    auto* column = new QVBoxLayout(this);
    auto* name = new QLabel(tr("Step (0 to %1):").arg(QLocale().toString(m_last)), this);
    name->setBuddy(m_field);
    m_field->setAccessibleName(name->text());
    m_problem->setWordWrap(true);
    m_problem->setObjectName(QStringLiteral("problem"));
    // As high as the sentence that may come, so that nothing jumps.
    m_problem->setMinimumSize(340, 2 * m_problem->fontMetrics().lineSpacing());
    m_problem->setAlignment(Qt::AlignTop);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_go = buttons->button(QDialogButtonBox::Ok);
    column->addWidget(name);
    column->addWidget(m_field);
    column->addWidget(m_problem);
    column->addWidget(buttons);
    connect(m_field, &QLineEdit::textChanged, this, &StepDialog::check);
    connect(buttons, &QDialogButtonBox::accepted, this, &StepDialog::choose);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_field->selectAll();
    check();
}

std::optional<int> StepDialog::wanted() const {
    bool isNumber = false;
    const int step = m_field->text().trimmed().remove(u',').toInt(&isNumber);
    return isNumber && step >= 0 && step <= m_last ? std::optional(step) : std::nullopt;
}

void StepDialog::check() {
    const QString text = m_field->text().trimmed();
    m_go->setEnabled(wanted().has_value());
    m_problem->setText(wanted() || text.isEmpty()
                           ? QString()
                           : tr("There is no step %1: this run's steps are 0 to %2.")
                                 .arg(text, QLocale().toString(m_last)));
}

void StepDialog::choose() {
    const auto step = wanted();
    if (!step)
        return;
    accept();
    emit chosen(*step);
}

} // namespace attendre
