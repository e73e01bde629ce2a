#pragma once

#include "widgets/view.h"

#include <QLineEdit>

class QListWidget;

namespace attendre {

class WindowActions;

// "Go to a token, step, command…": one field, and under it what the text could mean.
class GoToField : public QLineEdit {
    Q_OBJECT
  public:
    GoToField(const ViewContext& context, const WindowActions* actions, QWidget* parent = nullptr);
    ~GoToField() override;

    // The field with all commands listed, or with an empty list.
    void begin(bool commands);

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    // What choosing a line does.
    struct Target {
        QString text, hint;
        std::function<void()> go; // empty: the line only tells something
    };
    void list(const QString& text);
    void addCommands(const QString& text, int most);
    void addNumbers(const QString& text);
    void addRange(int number, bool stepOnly);
    void findTokens(const QString& text);
    void add(Target target);
    void showPopup();
    void choose(int row);

    ViewContext m_context;
    const WindowActions* m_actions;
    QListWidget* m_popup;
    std::vector<Target> m_targets;
};

} // namespace attendre
