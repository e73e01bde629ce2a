#pragma once

#include "widgets/view.h"

#include <QDockWidget>

namespace attendre {

class ElidingLabel;

// A view in its dock: a rounded panel whose header says what it shows and what it colours by.
class Panel : public QDockWidget {
    Q_OBJECT
  public:
    Panel(const ViewDefinition& definition, const ViewContext& context, QWidget* parent);

    View* view() const { return m_view; }
    // The title as the header has it, whole.
    QString title() const;
    // The view stands in the panel again, after it stood elsewhere.
    void putBack();

  signals:
    void figureWanted();

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QWidget* makeHeader(const ViewDefinition& definition);
    QWidget* makeMenuButton(QWidget* header);
    void showTitle();
    void showSubtitle();

    const Theme* m_theme;
    QString m_title;
    View* m_view;
    QWidget* m_header = nullptr;
    ElidingLabel* m_titleLabel = nullptr;
    ElidingLabel* m_subtitleLabel = nullptr;
};

} // namespace attendre
