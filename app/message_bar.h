#pragma once

#include <QFrame>

#include <functional>
#include <utility>
#include <vector>

class QHBoxLayout;
class QLabel;

namespace attendre {

class Theme;

// One sentence inside the window, with what can be done about it.
class MessageBar : public QFrame {
    Q_OBJECT
  public:
    enum class Kind { Notice, Problem };
    using Choice = std::pair<QString, std::function<void()>>;

    explicit MessageBar(const Theme* theme, QWidget* parent = nullptr);

    void say(Kind kind, const QString& sentence, const std::vector<Choice>& choices = {});
    QString sentence() const;
    void dismiss();

  private:
    void dress();

    const Theme* m_theme;
    Kind m_kind = Kind::Notice;
    QLabel* m_text;
    QHBoxLayout* m_buttons;
};

} // namespace attendre
