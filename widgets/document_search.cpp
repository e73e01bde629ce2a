#include "widgets/document_search.h"

#include <QCheckBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QToolButton>

namespace attendre {

Result<std::vector<std::pair<std::int32_t, std::int32_t>>>
findInText(const DocumentText& text, const QString& wanted, bool expression, std::size_t most) {
    const QRegularExpression pattern(expression ? wanted : QRegularExpression::escape(wanted),
                                     QRegularExpression::CaseInsensitiveOption |
                                         QRegularExpression::MultilineOption);
    if (!pattern.isValid())
        return Error{QCoreApplication::translate("Document", "Not a regular expression: %1.")
                         .arg(pattern.errorString()),
                     2};
    std::vector<std::pair<std::int32_t, std::int32_t>> hits;
    if (wanted.isEmpty())
        return hits;
    const QString whole = QString::fromUtf8(text.bytes());
    std::uint32_t byte = 0; // of the character at `counted`
    qsizetype counted = 0;
    const auto byteOf = [&](qsizetype character) {
        byte += std::uint32_t(QStringView(whole).mid(counted, character - counted).toUtf8().size());
        counted = character;
        return byte;
    };
    for (auto it = pattern.globalMatch(whole); it.hasNext() && hits.size() < most;) {
        const QRegularExpressionMatch match = it.next();
        if (match.capturedLength() == 0)
            continue;
        const std::int32_t first = text.tokenAt(byteOf(match.capturedStart()));
        const std::int32_t last = text.tokenAt(byteOf(match.capturedEnd()) - 1);
        hits.emplace_back(first, last + 1);
    }
    return hits;
}

DocumentSearchBar::DocumentSearchBar(QWidget* parent)
    : QWidget(parent), m_field(new QLineEdit(this)),
      m_expression(new QCheckBox(tr("Regular expression"), this)), m_result(new QLabel(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(10, 4, 8, 4);
    row->setSpacing(6);
    m_field->setPlaceholderText(tr("Find in the document"));
    m_field->setAccessibleName(tr("Find in the document"));
    m_field->setClearButtonEnabled(true);
    row->addWidget(m_field, 1);
    row->addWidget(m_result);
    row->addWidget(m_expression);
    const auto button = [&](const QString& text, const QString& name, auto signal) {
        auto* made = new QToolButton(this);
        made->setText(text);
        made->setToolTip(name);
        made->setAccessibleName(name);
        made->setAutoRaise(true);
        connect(made, &QToolButton::clicked, this, signal);
        row->addWidget(made);
    };
    button(QStringLiteral("↑"), tr("Previous hit (Shift+Return)"),
           &DocumentSearchBar::previousWanted);
    button(QStringLiteral("↓"), tr("Next hit (Return)"), &DocumentSearchBar::nextWanted);
    button(QStringLiteral("×"), tr("Close (Esc)"), &DocumentSearchBar::closed);
    connect(m_field, &QLineEdit::textChanged, this, &DocumentSearchBar::edited);
    connect(m_expression, &QCheckBox::toggled, this, &DocumentSearchBar::edited);
    hide();
}

void DocumentSearchBar::begin() {
    show();
    m_field->setFocus(Qt::ShortcutFocusReason);
    m_field->selectAll();
}

QString DocumentSearchBar::wanted() const {
    return m_field->text();
}
bool DocumentSearchBar::isExpression() const {
    return m_expression->isChecked();
}
void DocumentSearchBar::say(const QString& result) {
    m_result->setText(result);
}

void DocumentSearchBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        emit closed();
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        event->modifiers() & Qt::ShiftModifier ? emit previousWanted() : emit nextWanted();
    else
        QWidget::keyPressEvent(event);
}

} // namespace attendre
