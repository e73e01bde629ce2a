#include "widgets/result_items_panel.h"

#include "model/evaluation/question_traces.h"
#include "widgets/result_measures.h"
#include "widgets/theme.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace attendre {

QString ChosenQuestion::trace() const {
    return traceFileOf(file, answered.id);
}

ResultItemsPanel::ResultItemsPanel(const Theme* theme, QWidget* parent)
    : QFrame(parent), m_theme(theme), m_heading(new QLabel(this)), m_survival(new QLabel(this)),
      m_table(new CellTable(theme, tr("Questions or documents of the chosen row"), this)),
      m_course(new DocumentCourse(theme, this)), m_buttons(new QWidget(this)),
      m_open(new QPushButton(this)), m_copy(new QPushButton(tr("Copy command"), this)),
      m_cancel(new QPushButton(tr("Cancel"), this)), m_hint(new QLabel(this)),
      m_progress(new QProgressBar(this)) {
    setObjectName(QStringLiteral("resultsPanel"));
    build(theme);
    connect(m_table, &CellTable::rowChosen, this, [this](int item) {
        showDocument(item);
        offer();
    });
    connect(m_table, &CellTable::rowOpened, this, &ResultItemsPanel::openChosen);
    connect(m_open, &QPushButton::clicked, this, &ResultItemsPanel::openChosen);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        if (const auto question = chosenQuestion())
            emit commandWanted(*question);
    });
    connect(m_cancel, &QPushButton::clicked, this, &ResultItemsPanel::cancelWanted);
    dress();
    show(nullptr, -1);
}

void ResultItemsPanel::build(const Theme* theme) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(4);
    m_heading->setFont(theme->titleFont());
    m_heading->setMinimumWidth(40);
    m_survival->setWordWrap(true);
    m_survival->setMinimumWidth(40);
    column->addWidget(m_heading);
    column->addWidget(m_survival);
    column->addWidget(m_table, 1);
    column->addWidget(m_course, 1);
    m_table->setMinimumHeight(70);
    m_course->setMinimumHeight(140);
    auto* row = new QHBoxLayout(m_buttons);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    m_copy->setToolTip(tr("The command that records this question's trace"));
    m_progress->setRange(0, 0);
    m_progress->setFixedWidth(90);
    m_hint->setMinimumWidth(20);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_open, m_copy, m_progress, m_cancel})
        row->addWidget(widget);
    row->addWidget(m_hint, 1);
    column->addWidget(m_buttons);
}

void ResultItemsPanel::dress() {
    QPalette quiet = palette();
    quiet.setColor(QPalette::WindowText, m_theme->quietText());
    m_hint->setPalette(quiet);
    m_hint->setFont(m_theme->smallFont());
    const ResultRow* now = row();
    m_survival->setPalette(now && survivalTells(now->row) ? palette() : quiet);
    m_course->dress();
}

const ResultRow* ResultItemsPanel::row() const {
    return m_results && m_row >= 0 && std::size_t(m_row) < m_results->rows.size()
               ? &m_results->rows[std::size_t(m_row)]
               : nullptr;
}

QString ResultItemsPanel::survivalText() const {
    return m_survival->text();
}

void ResultItemsPanel::show(std::shared_ptr<const EvaluationResults> results, int row) {
    const ResultRow* before = this->row();
    const QString label = before ? before->label + before->row.subject : QString();
    const auto held = m_results; // before points into it
    m_results = std::move(results);
    m_row = row;
    const ResultRow* now = this->row();
    const bool same = now && label == now->label + now->row.subject;
    m_questions.clear();
    m_documents.clear();
    m_survival->setText(now ? survivalSentence(now->row) : QString());
    m_survival->setVisible(!m_survival->text().isEmpty());
    m_course->setVisible(now && !now->asks());
    m_buttons->setVisible(now && now->asks());
    if (!now) {
        m_heading->setText(tr("Choose a row to see what its numbers were made of"));
        m_table->setContent({}, {}, -1);
        return;
    }
    now->asks() ? showQuestions(*now, same) : showDocuments(*now, same);
    dress();
    offer();
}

void ResultItemsPanel::showQuestions(const ResultRow& row, bool same) {
    const int chosen = m_table->chosen();
    const QString id = same && chosen >= 0 ? m_table->content().cell(chosen, 0).text : QString();
    m_questions = questionItems(*m_results, row);
    int index = m_questions.empty() ? -1 : 0;
    for (std::size_t i = 0; i < m_questions.size(); ++i)
        if (m_questions[i].answered.id == id)
            index = int(i);
    m_heading->setText(tr("%1: %2 questions, the worst first").arg(row.label).arg(row.row.count));
    m_table->setContent(questionColumns(m_questions),
                        questionCells(m_questions, survivalTells(row.row)), index);
}

void ResultItemsPanel::showDocuments(const ResultRow& row, bool same) {
    const int chosen = same ? m_table->chosen() : -1;
    m_documents = documentItems(*m_results, row);
    m_heading->setText(tr("%1: %2 documents").arg(row.label).arg(row.row.count));
    const int index =
        m_documents.empty() ? -1 : std::min(std::max(0, chosen), int(m_documents.size()) - 1);
    m_table->setContent(documentColumns(m_documents), documentCells(m_documents, m_results->from),
                        index);
    showDocument(index);
}

void ResultItemsPanel::showDocument(int item) {
    const bool known = item >= 0 && std::size_t(item) < m_documents.size() && row();
    m_course->show(known ? std::optional(m_documents[std::size_t(item)]) : std::nullopt,
                   known ? row()->label : QString());
}

std::optional<ChosenQuestion> ResultItemsPanel::chosenQuestion() const {
    const int chosen = m_table->chosen();
    const ResultRow* now = row();
    if (!now || chosen < 0 || std::size_t(chosen) >= m_questions.size())
        return {};
    return ChosenQuestion{now->file, now->head, m_questions[std::size_t(chosen)].answered};
}

// What can be done with the chosen question, in words.
void ResultItemsPanel::offer() {
    const auto question = chosenQuestion();
    const ResultRow* now = row();
    const bool memory = now && now->row.way == "memory";
    const bool answered = question && question->answered.leftOut.isEmpty();
    const bool there = question && QFileInfo::exists(question->trace());
    const bool recording = !m_recording.isEmpty();
    m_open->setText(there ? tr("Open its trace") : tr("Record it"));
    m_open->setToolTip(there ? tr("At the step that decided about the answer's evidence (Return)")
                             : tr("Reads its document again and keeps the trace (Return)"));
    m_open->setEnabled(memory && answered && !(recording && !there));
    m_copy->setEnabled(memory && answered);
    m_progress->setVisible(recording);
    m_cancel->setVisible(recording);
    m_hint->setText(recording   ? m_recording
                    : !memory   ? tr("Only the way “memory” is recorded.")
                    : !question ? QString()
                    : !answered ? tr("It was left out: there is nothing to record.")
                    : !there    ? tr("No trace of it is recorded yet.")
                                : QString());
}

void ResultItemsPanel::openChosen() {
    const auto question = chosenQuestion();
    if (!question || !m_open->isEnabled())
        return;
    QFileInfo::exists(question->trace()) ? emit traceWanted(*question)
                                         : emit recordingWanted(*question);
}

void ResultItemsPanel::setRecording(const QString& what) {
    m_recording = what;
    offer();
}

} // namespace attendre
