#pragma once

#include "widgets/document_memory.h"

#include <QWidget>

namespace attendre {

class Theme;

// What the document's colours and lines mean, in one line below it.
class DocumentLegend : public QWidget {
    Q_OBJECT
  public:
    explicit DocumentLegend(const Theme* theme, QWidget* parent = nullptr);

    // waiting: queries wait in the layer, or may.
    void showStates(bool victims, bool allHeads, bool waiting);
    // shielded: there are protected tokens in sight, which stand outside the scale.
    void showScale(const QString& name, const QString& least, const QString& most, bool shielded);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return QSize(80, sizeHint().height()); }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    void paintStates(QPainter& painter) const;
    void paintScale(QPainter& painter) const;

    const Theme* m_theme;
    bool m_victims = false, m_allHeads = false, m_shielded = false, m_waiting = false;
    QString m_name, m_least, m_most; // empty name: states
};

} // namespace attendre
