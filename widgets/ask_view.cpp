#include "widgets/ask_view.h"

#include "widgets/answer_strip.h"
#include "widgets/plot_text.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace attendre {

AskView::AskView(const ViewContext& context, QWidget* parent)
    : View(context, parent), m_question(new QLineEdit(this)), m_ask(new QPushButton(this)),
      m_template(new QComboBox(this)), m_answers(new QComboBox(this)), m_most(new QSpinBox(this)),
      m_temperature(new QDoubleSpinBox(this)), m_strip(new AnswerStrip(context.theme, this)) {
    makeRows();
    setFocusProxy(m_question);
    connect(m_question, &QLineEdit::returnPressed, this, &AskView::ask);
    connect(m_ask, &QPushButton::clicked, this, [this] {
        if (this->context().questions && this->context().questions->underWay())
            emit this->context().questions->stopWanted();
        else
            ask();
    });
    connect(m_answers, &QComboBox::activated, this, &AskView::readShown);
    connect(m_strip, &AnswerStrip::chosen, this, &AskView::go);
    connect(m_strip, &AnswerStrip::pointedAt, this, &View::hovered);
    wireQuestions();
    showState();
}

void AskView::makeRows() {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 2);
    column->setSpacing(4);
    auto* asking = new QHBoxLayout;
    m_question->setAccessibleName(tr("Question"));
    asking->addWidget(m_question, 1);
    asking->addWidget(m_ask);
    column->addLayout(asking);
    auto* how = new QHBoxLayout;
    m_template->setEditable(true);
    m_template->addItems({QString(), QStringLiteral("{document}\\n\\n{question}"),
                          QStringLiteral("{document}{question}")});
    m_template->setToolTip(tr("How document and question become what is read: {document} and "
                              "{question} once each, \\n for a line's end"));
    m_template->setAccessibleName(tr("Template"));
    m_template->setMinimumWidth(80);
    m_most->setRange(1, 4096);
    m_most->setValue(64);
    m_most->setPrefix(tr("at most "));
    m_most->setSuffix(tr(" tokens"));
    m_most->setAccessibleName(tr("The answer's limit"));
    m_temperature->setRange(0, 5);
    m_temperature->setSingleStep(0.1);
    m_temperature->setDecimals(1);
    m_temperature->setPrefix(tr("temperature "));
    m_temperature->setSpecialValueText(tr("the likeliest tokens"));
    m_temperature->setAccessibleName(tr("Temperature"));
    m_answers->setAccessibleName(tr("Answers in this trace"));
    m_answers->setMinimumWidth(80);
    how->addWidget(m_template, 2);
    how->addWidget(m_most);
    how->addWidget(m_temperature);
    how->addWidget(m_answers, 3);
    column->addLayout(how);
    column->addWidget(m_strip, 1);
}

void AskView::wireQuestions() {
    Questions* questions = context().questions;
    if (!questions)
        return;
    connect(questions, &Questions::changed, this, &AskView::showState);
    connect(questions, &Questions::started, this, [this](int run) {
        m_said = tr("The question is being read …");
        m_wanted = run;
        showState();
    });
    connect(questions, &Questions::answering, this, [this](const QString& soFar, int tokens) {
        m_said = tr("%1 … (%2 tokens)").arg(soFar, wholeNumber(tokens));
        showState();
    });
    connect(questions, &Questions::answered, this, [this](int run) {
        m_said.clear();
        m_wanted = run;
        fillAnswers();
    });
    connect(questions, &Questions::failed, this, [this](const QString& sentence) {
        m_said = sentence;
        m_strip->setAnswer({});
        showState();
    });
}

int AskView::askedRun() const {
    const RunInfo* run = source().run(now().run);
    return run && run->parent > 0 ? run->parent : now().run;
}

void AskView::ask() {
    Questions* questions = context().questions;
    if (!questions || questions->underWay() || !questions->obstacle(askedRun()).isEmpty())
        return;
    Question question;
    question.run = askedRun();
    question.step = askedRun() == now().run ? now().step : source().run(now().run)->parentStep;
    question.text = m_question->text();
    question.promptTemplate =
        m_template->currentText().replace(QStringLiteral("\\n"), QStringLiteral("\n"));
    question.mostTokens = m_most->value();
    question.temperature = m_temperature->value();
    m_said = tr("The question is on its way …");
    m_strip->setAnswer({});
    emit questions->wanted(question);
    showState();
}

// The runs of the trace that asked this one, the newest last.
void AskView::fillAnswers() {
    const QSignalBlocker blocker(m_answers);
    const int before = m_answers->currentData().toInt();
    m_answers->clear();
    for (const RunInfo& run : source().runs())
        if (run.parent == askedRun() && run.parent > 0)
            m_answers->addItem(tr("after step %1: %2")
                                   .arg(wholeNumber(run.parentStep),
                                        run.label.isEmpty() ? tr("an empty question") : run.label),
                               run.run);
    int index = m_answers->findData(now().run); // who looks at an asking run sees its answer
    if (index < 0 && m_wanted > 0)
        index = m_answers->findData(m_wanted);
    if (index < 0)
        index = m_answers->findData(before);
    m_answers->setCurrentIndex(index < 0 ? m_answers->count() - 1 : index);
    m_answers->setVisible(m_answers->count() > 0);
    readShown();
}

void AskView::readShown() {
    const RunInfo* run = source().run(m_answers->currentData().toInt());
    const Questions* questions = context().questions;
    if (!run || (questions && questions->underWay())) {
        if (!run)
            m_strip->setAnswer({});
        showState();
        return;
    }
    using Answer = std::vector<AnswerToken>;
    source().read<Answer>(
        this, "answer", [run = *run](Reader& reader) { return readAnswer(reader, run); },
        [this](Result<Answer> answer) {
            if (!answer)
                m_said = answer.error().sentence;
            m_strip->setAnswer(answer ? answer.take() : Answer());
            showState();
        });
}

void AskView::showState() {
    const Questions* questions = context().questions;
    const bool underWay = questions && questions->underWay();
    const RunInfo* run = source().run(now().run);
    const QString obstacle = !run         ? tr("No run is chosen.")
                             : !questions ? tr("Nobody here holds an engine.")
                                          : questions->obstacle(askedRun());
    m_ask->setText(underWay ? tr("Stop") : tr("Ask"));
    m_ask->setEnabled(underWay || obstacle.isEmpty());
    m_ask->setToolTip(obstacle);
    m_question->setEnabled(obstacle.isEmpty() && !underWay);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_template, m_most, m_temperature})
        widget->setEnabled(m_question->isEnabled());
    const int step = run && run->parent > 0 ? run->parentStep : now().step;
    m_question->setPlaceholderText(
        obstacle.isEmpty() ? tr("Ask what the memory holds after step %1").arg(step) : obstacle);
    m_question->setToolTip(obstacle);
    const RunInfo* asked = source().run(askedRun());
    const bool templated = asked && !asked->configuration.asked.promptTemplate.isEmpty();
    m_template->lineEdit()->setPlaceholderText(templated ? tr("template: the run's")
                                                         : tr("template: what fits the model"));
    const QString none = obstacle.isEmpty() ? tr("Nothing was asked of this run yet.") : obstacle;
    m_strip->setSentence(m_said.isEmpty() ? none : m_said);
    const bool here = m_answers->currentData().toInt() == now().run;
    m_strip->setCurrentStep(here ? now().step : -1);
    setDetail(tr("after step %1").arg(step));
    setSubtitle(m_strip->answer().empty() ? QString()
                                          : tr("bar: how probable · click: the step that chose it"),
                {QString()});
}

void AskView::pointMoved(const Point& now, const Point& before) {
    if (now.run != before.run || m_answers->count() == 0)
        fillAnswers();
    else
        showState();
}

void AskView::traceClosed() {
    m_said.clear();
    m_wanted = 0;
    m_answers->clear();
    m_strip->setAnswer({});
    showState();
}

void AskView::traceGrown(int, int) {
    fillAnswers();
}

void AskView::go(int index) {
    const AnswerToken& token = m_strip->answer()[std::size_t(index)];
    if (token.step < 0)
        return;
    Point point = now();
    point.run = m_answers->currentData().toInt();
    point.step = token.step;
    point.phase = Phase::Record;
    point.query = noPosition;
    context().point->move(point);
}

} // namespace attendre
