#include "app/figure_dialog.h"

#include "app/panel.h"
#include "widgets/theme.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace attendre {

namespace {

QSpinBox* pixels(int value, const QString& name, QWidget* parent) {
    auto* box = new QSpinBox(parent);
    box->setRange(160, 8000);
    box->setValue(value);
    box->setSuffix(QObject::tr(" px"));
    box->setAccessibleName(name);
    return box;
}

} // namespace

FigureDialog::FigureDialog(const ViewContext& context, Panel* panel, QWidget* parent)
    : QDialog(parent), m_context(context), m_panel(panel),
      m_width(pixels(panel->view()->width(), tr("Width"), this)),
      m_height(pixels(panel->view()->height(), tr("Height"), this)),
      m_caption(new QCheckBox(tr("with the run, the files and the command below it"), this)),
      m_path(new QLineEdit(this)), m_problem(new QLabel(this)) {
    setWindowTitle(tr("Save the figure: %1").arg(panel->title()));
    makeFields();
    m_settle.setInterval(40);
    connect(&m_settle, &QTimer::timeout, this, &FigureDialog::settle);
}

FigureDialog::~FigureDialog() {
    putBack();
}

void FigureDialog::makeFields() {
    auto* form = new QFormLayout;
    form->addRow(tr("&Width"), m_width);
    form->addRow(tr("&Height"), m_height);
    m_caption->setChecked(true);
    form->addRow(tr("&Caption"), m_caption);
    const QString folder = QFileInfo(m_context.source->path()).absolutePath();
    m_path->setText(
        QDir::toNativeSeparators(folder + u'/' + m_panel->objectName() + QStringLiteral(".png")));
    m_path->setMinimumWidth(360);
    m_path->setAccessibleName(tr("File"));
    auto* row = new QHBoxLayout;
    auto* choose = new QPushButton(tr("Choose…"), this);
    choose->setAutoDefault(false);
    connect(choose, &QPushButton::clicked, this, &FigureDialog::chooseFile);
    row->addWidget(m_path, 1);
    row->addWidget(choose);
    form->addRow(tr("&File"), row);
    m_problem->setWordWrap(true);
    m_problem->setText(tr("The ending chooses the format: .png, .svg or .pdf."));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    m_save = buttons->button(QDialogButtonBox::Save);
    connect(buttons, &QDialogButtonBox::accepted, this, &FigureDialog::begin);
    connect(buttons, &QDialogButtonBox::rejected, this, &FigureDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->addLayout(form);
    column->addWidget(m_problem);
    column->addWidget(buttons);
}

void FigureDialog::chooseFile() {
    auto* dialog = new QFileDialog(this, tr("Save the figure"), m_path->text(),
                                   tr("Picture (*.png);;Vectors (*.svg);;PDF (*.pdf)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(m_path->text());
    connect(dialog, &QFileDialog::fileSelected, m_path, &QLineEdit::setText);
    dialog->open();
}

void FigureDialog::begin() {
    if (m_stage || !m_panel)
        return;
    m_save->setEnabled(false);
    m_stage = std::make_unique<QWidget>();
    m_stage->setAttribute(Qt::WA_DontShowOnScreen);
    auto* layout = new QVBoxLayout(m_stage.get());
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_panel->view());
    m_stage->setFixedSize(m_width->value(), m_height->value());
    m_stage->show();
    m_settle.start();
}

void FigureDialog::settle() {
    if (m_context.source->pending() == 0)
        finish();
}

void FigureDialog::finish() {
    m_settle.stop();
    const Figure figure{m_panel->title(),
                        m_caption->isChecked() ? figureCaption(m_context) : QStringList(),
                        m_stage->size()};
    const auto written = saveFigure(*m_panel->view(), figure, *m_context.theme, m_path->text());
    putBack();
    m_save->setEnabled(true);
    if (!written) {
        m_problem->setText(written.error().sentence);
        return;
    }
    emit saved(m_path->text());
    accept();
}

void FigureDialog::putBack() {
    m_settle.stop();
    if (m_stage && m_panel)
        m_panel->putBack();
    m_stage.reset();
}

void FigureDialog::reject() {
    putBack();
    QDialog::reject();
}

} // namespace attendre
