#include "app/new_run_dialog.h"

#include "app/default_example.h"
#include "app/model_menu.h"
#include "app/trace_choice.h"
#include "model/trace/offered_options.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFontDatabase>
#include <QFormLayout>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace attendre {

namespace {
constexpr int typingPause = 250; // ms without a key until the engine is asked
}

NewRunDialog::Proposal proposalFor(const TraceSource& source, int run, const QString& model,
                                   const QString& document) {
    NewRunDialog::Proposal proposal;
    proposal.model = model;
    proposal.document = document;
    const RunInfo* shown = source.run(run);
    if (!shown)
        return proposal;
    // A trace that came from elsewhere names files that are not here.
    const auto here = [](const QString& path) {
        return QFileInfo::exists(path) ? QFileInfo(path).absoluteFilePath() : QString();
    };
    if (model.isEmpty())
        proposal.model = here(shown->model);
    if (document.isEmpty())
        proposal.document = here(shown->document);
    if (model.isEmpty() && document.isEmpty())
        proposal.configuration = shown->configuration.asked;
    proposal.trace = source.path();
    proposal.traceDocument = here(shown->document);
    return proposal;
}

NewRunDialog::NewRunDialog(EngineProcess* engine, const Proposal& proposal, QWidget* parent)
    : QDialog(parent), m_engine(engine), m_form(new OptionForm(this)), m_proposal(proposal),
      m_model(new QLineEdit(this)), m_document(new QLineEdit(this)),
      m_trace(new TraceChoice(engine, proposal.trace, proposal.traceDocument, this)) {
    setWindowTitle(tr("New run"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(10);
    column->addLayout(makeFiles());
    column->addWidget(m_form, 1);
    column->addWidget(makeVerdict());
    column->addLayout(makeButtons());
    resize(880, 760);

    m_later.setSingleShot(true);
    m_later.setInterval(typingPause);
    connect(&m_later, &QTimer::timeout, this, &NewRunDialog::check);
    connect(m_form, &OptionForm::edited, this, &NewRunDialog::checkSoon);
    for (QLineEdit* field : {m_model, m_document})
        connect(field, &QLineEdit::textChanged, this, &NewRunDialog::checkSoon);
    connect(m_document, &QLineEdit::textChanged, m_trace, &TraceChoice::setDocument);
    connect(m_trace, &TraceChoice::edited, this, &NewRunDialog::checkSoon);
    wireEngine();
}

void NewRunDialog::wireEngine() {
    const auto offer = [this] {
        const auto& hello = m_engine->hello();
        m_form->offer(hello.options.empty() ? offeredOptions() : hello.options, hello.policies,
                      hello.presets);
        if (m_proposal.configuration)
            m_form->propose(*m_proposal.configuration);
        else
            m_form->set(QStringLiteral("detail"), QStringLiteral("full"));
        // Once only: what is typed from now on stays.
        if (m_engine->state() == EngineProcess::State::Ready)
            m_proposal.configuration.reset();
        checkSoon();
    };
    connect(m_engine, &EngineProcess::ready, this, offer);
    connect(m_engine, &EngineProcess::stateChanged, this, &NewRunDialog::checkSoon);
    // Until the engine tells its policies there is no field for them, and what is proposed comes
    // only then: it would take the place of what was chosen meanwhile.
    const auto wait = [this] {
        m_form->setEnabled(!m_beginning && m_engine->state() != EngineProcess::State::Starting);
    };
    connect(m_engine, &EngineProcess::stateChanged, this, wait);
    connect(m_engine, &EngineProcess::checked, this,
            [this](int request, const EngineProcess::Check& check) {
                if (request == m_request)
                    showCheck(check);
            });
    connect(m_engine, &EngineProcess::requestFailed, this,
            [this](int request, const QString& sentence) {
                if (request == m_request)
                    showProblem(sentence);
            });
    connect(m_engine, &EngineProcess::engineEnded, this, [this](const QString& reason) {
        m_engineGone = reason;
        showProblem(reason);
    });
    offer();
    if (m_engine->state() == EngineProcess::State::Ended)
        m_engine->start();
    wait();
}

QLayout* NewRunDialog::makeFiles() {
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(14);
    const auto example = defaultExample();
    const auto &model = m_proposal.model, &document = m_proposal.document;
    m_model->setText(!model.isEmpty() || !example ? model : example->model);
    m_document->setText(!document.isEmpty() || !example ? document : example->document);
    m_trace->setDocument(m_document->text());
    const auto row = [&](const QString& name, QLineEdit* field, const QString& title,
                         bool isModel) {
        auto* line = new QHBoxLayout;
        line->setSpacing(8);
        line->addWidget(field, 1);
        auto* browse = new QPushButton(tr("Choose…"), this);
        browse->setAutoDefault(false);
        browse->setAccessibleName(title);
        connect(browse, &QPushButton::clicked, this,
                [this, field, title, isModel] { chooseFile(field, title, isModel); });
        line->addWidget(browse);
        field->setAccessibleName(name);
        form->addRow(name, line);
        return line;
    };
    m_model->setPlaceholderText(tr("a .gguf file, or a folder with config.json and safetensors"));
    m_document->setPlaceholderText(
        tr("a text file in UTF-8, Markdown, an HTML page or a PDF file"));
    auto* here = new QPushButton(tr("On this machine"), this);
    here->setAutoDefault(false);
    auto* models = new ModelMenu(here);
    connect(models, &ModelMenu::chosen, m_model, &QLineEdit::setText);
    here->setMenu(models);
    row(tr("Model"), m_model, tr("Choose a model"), true)->addWidget(here);
    auto* paste = new QPushButton(tr("From the clipboard"), this);
    paste->setAutoDefault(false);
    connect(paste, &QPushButton::clicked, this, &NewRunDialog::paste);
    row(tr("Document"), m_document, tr("Choose a document"), false)->addWidget(paste);
    form->addRow(tr("Trace"), m_trace);
    return form;
}

QWidget* NewRunDialog::makeVerdict() {
    auto* box = new QFrame(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 4, 0, 0);
    m_sizes = new QLabel(box);
    m_sizes->setObjectName(QStringLiteral("sizes"));
    m_sizes->setWordWrap(true);
    m_verdict = new QLabel(box);
    m_verdict->setObjectName(QStringLiteral("verdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_command = new QPlainTextEdit(box);
    m_command->setReadOnly(true);
    m_command->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_command->setFixedHeight(m_command->fontMetrics().lineSpacing() * 3 + 14);
    m_command->setAccessibleName(tr("The command that makes this run"));
    column->addWidget(m_sizes);
    column->addWidget(m_verdict);
    column->addWidget(m_command);
    return box;
}

QLayout* NewRunDialog::makeButtons() {
    auto* row = new QHBoxLayout;
    m_copy = new QPushButton(tr("Copy the command"), this);
    m_begin = new QPushButton(tr("Begin"), this);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    m_begin->setDefault(true);
    m_begin->setObjectName(QStringLiteral("begin"));
    m_copy->setAutoDefault(false);
    cancel->setAutoDefault(false);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_command->toPlainText()); });
    connect(m_begin, &QPushButton::clicked, this, &NewRunDialog::begin);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    row->addWidget(m_copy);
    row->addStretch(1);
    row->addWidget(cancel);
    row->addWidget(m_begin);
    return row;
}

// Read once for a file as it stands: a long PDF file takes a while.
Result<ReadableText> NewRunDialog::document() const {
    const QString path = m_document->text().trimmed();
    if (!needsReading(path))
        return ReadableText{path, {}};
    const QString key = path + QFileInfo(path).lastModified().toString(Qt::ISODateWithMs);
    if (!m_read || key != m_readKey)
        m_read = readableText(path);
    m_readKey = key;
    return *m_read;
}

void NewRunDialog::paste() {
    const auto text = readableClipboard(QApplication::clipboard()->text());
    if (text)
        m_document->setText(text->path);
    else
        showProblem(text.error().sentence);
}

Result<EngineProcess::RunRequest> NewRunDialog::request() const {
    EngineProcess::RunRequest request;
    request.model = m_model->text().trimmed();
    request.trace = m_trace->path();
    request.append = m_trace->adds();
    if (request.model.isEmpty() || m_document->text().trimmed().isEmpty())
        return Error{tr("Choose a model and a document."), 2};
    const auto text = document();
    if (!text)
        return text.error();
    request.document = text->path;
    auto configuration = m_form->configuration();
    if (!configuration)
        return configuration.error();
    request.configuration = configuration.take();
    request.pauseAfter = interestingSteps(request.configuration);
    return request;
}

void NewRunDialog::checkSoon() {
    m_begin->setEnabled(false);
    m_later.start();
}

void NewRunDialog::check() {
    const auto asked = request();
    if (!asked) {
        showProblem(asked.error().sentence);
        return;
    }
    if (m_engine->state() == EngineProcess::State::Ended) {
        showProblem(m_engineGone);
        return;
    }
    if (m_engine->state() == EngineProcess::State::Starting) {
        m_verdict->setText(tr("The engine is starting…"));
        return;
    }
    if (const QString problem = m_trace->problem(); !problem.isEmpty()) {
        showProblem(problem);
        return;
    }
    m_verdict->setText(tr("Checking…"));
    m_request = m_engine->check(*asked);
}

void NewRunDialog::showCheck(const EngineProcess::Check& check) {
    const QLocale locale;
    // In MB, as `attendre info` says it.
    const auto inWords = [&locale](qint64 bytes) {
        return locale.formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat);
    };
    const auto asked = request();
    const int chunk = asked ? asked->configuration.chunk : 0;
    const int memory = check.resolved.memory.empty() ? 0 : check.resolved.memory.front();
    const int survives = memory - chunk;
    QString sizes =
        tr("T = %1 tokens in %2 steps · M = %3, C = %4, R = M − C = %5 · s = %6, r = %7")
            .arg(locale.toString(check.tokens), locale.toString(check.steps),
                 locale.toString(memory), locale.toString(chunk), locale.toString(survives))
            .arg(check.resolved.sinks)
            .arg(check.resolved.recent);
    sizes += u'\n' + tr("Memory needed: %1 (weights %2, keys and values %3, working space %4)")
                         .arg(inWords(check.total), inWords(check.weights), inWords(check.keyValue),
                              inWords(check.working));
    if (check.available >= 0)
        sizes += tr("; free on this machine: %1").arg(inWords(check.available));
    m_sizes->setText(sizes);
    QStringList notices = check.notices;
    if (const auto text = document(); text && !text->notice.isEmpty())
        notices.prepend(text->notice);
    if (!m_proposal.inHand.isEmpty())
        notices << tr("Begin ends %1; its recorded steps stay.").arg(m_proposal.inHand);
    m_verdict->setText(notices.join(u'\n'));
    m_verdict->setVisible(!notices.isEmpty());
    m_command->setPlainText(check.command + (m_trace->adds() ? " --append" : ""));
    m_copy->setEnabled(true);
    m_begin->setEnabled(true);
}

void NewRunDialog::showProblem(const QString& sentence) {
    m_sizes->clear();
    m_verdict->setText(sentence);
    m_verdict->setVisible(true);
    m_command->clear();
    m_copy->setEnabled(false);
    m_begin->setEnabled(false);
}

void NewRunDialog::chooseFile(QLineEdit* field, const QString& title, bool model) {
    auto* dialog =
        new QFileDialog(this, title, field->text(),
                        model ? tr("Models (*.gguf config.json);;All files (*)")
                              : tr("Documents (*.txt *.md *.html *.htm *.pdf);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, [this, field, model](const QString& path) {
        const bool folder = model && path.endsWith(QStringLiteral("/config.json"));
        field->setText(folder ? QFileInfo(path).path() : path);
    });
    dialog->open();
}

void NewRunDialog::begin() {
    const auto asked = request();
    if (!asked) {
        showProblem(asked.error().sentence);
        return;
    }
    if (const QString problem = m_trace->problem(); !problem.isEmpty()) {
        showProblem(problem); // since it was checked
        return;
    }
    setBeginning(true);
    emit wanted(*asked);
}

void NewRunDialog::setBeginning(bool beginning) {
    m_beginning = beginning;
    for (QWidget* widget : std::initializer_list<QWidget*>{m_model, m_document, m_trace, m_form})
        widget->setEnabled(!beginning);
    m_begin->setEnabled(!beginning);
    if (beginning)
        m_verdict->setText(tr("The run begins…"));
    m_verdict->setVisible(true);
}

void NewRunDialog::refuse(const QString& sentence) {
    setBeginning(false);
    showProblem(sentence);
}

} // namespace attendre
