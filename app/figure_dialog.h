#pragma once

#include "widgets/figure.h"

#include <QDialog>
#include <QPointer>
#include <QTimer>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace attendre {

class Panel;

// Saves a panel's view as a figure of any size. The view is shown off the screen at that size until
// all that it reads for it is there, and then stands in its panel again.
class FigureDialog : public QDialog {
    Q_OBJECT
  public:
    FigureDialog(const ViewContext& context, Panel* panel, QWidget* parent);
    ~FigureDialog() override;

  signals:
    void saved(const QString& path);

  protected:
    void reject() override;

  private:
    void makeFields();
    void chooseFile();
    void begin();
    void settle();
    void finish();
    void putBack();

    ViewContext m_context;
    QPointer<Panel> m_panel;
    QSpinBox *m_width, *m_height;
    QCheckBox* m_caption;
    QLineEdit* m_path;
    QLabel* m_problem;
    QPushButton* m_save = nullptr;
    std::unique_ptr<QWidget> m_stage; // off the screen, while the view stands in it
    QTimer m_settle;
};

} // namespace attendre
