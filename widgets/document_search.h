#pragma once

#include "widgets/document_text.h"

#include "model/trace/result.h"

#include <QWidget>

#include <utility>
#include <vector>

class QCheckBox;
class QLabel;
class QLineEdit;

namespace attendre {

// Ranges of tokens (first, behind last) that hold a match, ascending, at most `most`. Errors: an
// expression that is none. Runs anywhere; nothing is shared but the text's bytes.
Result<std::vector<std::pair<std::int32_t, std::int32_t>>>
findInText(const DocumentText& text, const QString& wanted, bool expression, std::size_t most);

// The line in which one types what is looked for.
class DocumentSearchBar : public QWidget {
    Q_OBJECT
  public:
    explicit DocumentSearchBar(QWidget* parent = nullptr);

    void begin();
    QString wanted() const;
    bool isExpression() const;
    void say(const QString& result);

  signals:
    void edited();
    void nextWanted();
    void previousWanted();
    void closed();

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    QLineEdit* m_field;
    QCheckBox* m_expression;
    QLabel* m_result;
};

} // namespace attendre
