#include "app/results_window.h"

#include "app/dropped_files.h"
#include "app/message_bar.h"
#include "app/question_recording.h"
#include "widgets/results_view.h"

#include <QClipboard>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLabel>
#include <QMenuBar>
#include <QSettings>
#include <QStatusBar>
#include <QVBoxLayout>

namespace attendre {

ResultsWindow::ResultsWindow(const Theme* theme, bool remember, QWidget* parent)
    : QMainWindow(parent), m_theme(theme), m_remember(remember),
      m_recording(new QuestionRecording(this)) {
    build();
    buildMenu();
    wireSource();
    wireRecording();
    setAcceptDrops(true);
    resize(1400, 900);
    if (m_remember)
        restoreGeometry(QSettings().value(QStringLiteral("results/geometry")).toByteArray());
    showTitle();
}

void ResultsWindow::build() {
    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* messageRow = new QVBoxLayout;
    messageRow->setContentsMargins(8, 0, 8, 0);
    m_messages = new MessageBar(m_theme, page);
    messageRow->addWidget(m_messages);
    column->addLayout(messageRow);
    m_view = new ResultsView(m_theme, &m_source, page);
    column->addWidget(m_view, 1);
    setCentralWidget(page);
    m_said = new QLabel(this);
    m_said->setMinimumWidth(20);
    statusBar()->addWidget(m_said, 1);
    statusBar()->setSizeGripEnabled(false);
    connect(m_view, &ResultsView::hovered, m_said, &QLabel::setText);
}

void ResultsWindow::buildMenu() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    const auto add = [this, file](const QString& text, const QKeySequence& key, auto act) {
        QAction* action = file->addAction(text);
        action->setShortcut(key);
        connect(action, &QAction::triggered, this, act);
        return action;
    };
    add(tr("&Open results…"), QKeySequence::Open, [this] { emit openWanted(); });
    add(tr("&Reload"), QKeySequence(Qt::Key_F5), [this] { m_source.reload(); });
    file->addSeparator();
    add(tr("&Close"), QKeySequence::Close, [this] { close(); });
}

void ResultsWindow::wireSource() {
    connect(&m_source, &ResultsSource::changed, this, [this] {
        const QString path = m_source.results().path;
        // A reload dismisses nothing but what the reading itself had said.
        if (path != m_shownPath)
            m_messages->dismiss();
        m_shownPath = path;
        m_said->setText(path);
        showTitle();
    });
    connect(&m_source, &ResultsSource::opened, this, [this] { emit opened(m_shownPath); });
    connect(m_view, &ResultsView::reloadWanted, &m_source, &ResultsSource::reload);
    connect(&m_source, &ResultsSource::failed, this, &ResultsWindow::refuse);
}

void ResultsWindow::wireRecording() {
    ResultItemsPanel* items = m_view->items();
    connect(items, &ResultItemsPanel::recordingWanted, m_recording, &QuestionRecording::begin);
    connect(items, &ResultItemsPanel::cancelWanted, m_recording, &QuestionRecording::stop);
    connect(items, &ResultItemsPanel::traceWanted, this, &ResultsWindow::traceWanted);
    connect(items, &ResultItemsPanel::commandWanted, this, [this](const ChosenQuestion& question) {
        const auto command = m_recording->command(question);
        if (!command)
            return refuse(command.error().sentence);
        QGuiApplication::clipboard()->setText(*command);
        m_said->setText(tr("Copied: %1").arg(*command));
    });
    connect(m_recording, &QuestionRecording::progress, items, &ResultItemsPanel::setRecording);
    connect(m_recording, &QuestionRecording::failed, this, &ResultsWindow::refuse);
    connect(m_recording, &QuestionRecording::recorded, this,
            [this, items](const ChosenQuestion& question) {
                m_messages->dismiss();
                items->lookForTraces();
                emit traceWanted(question);
            });
    connect(m_view->plotPanel(), &ResultsPlotPanel::said, m_said, &QLabel::setText);
    connect(m_view->plotPanel(), &ResultsPlotPanel::refused, this, &ResultsWindow::refuse);
}

void ResultsWindow::refuse(const QString& sentence) {
    m_messages->say(MessageBar::Kind::Problem, sentence);
    emit couldNotOpen(sentence);
}

void ResultsWindow::showTitle() {
    const QString name = tr("Results — Attendre Inspector");
    setWindowTitle(m_shownPath.isEmpty()
                       ? name
                       : QFileInfo(m_shownPath).fileName() + QStringLiteral(" — ") + name);
}

void ResultsWindow::closeEvent(QCloseEvent* event) {
    if (m_remember)
        QSettings().setValue(QStringLiteral("results/geometry"), saveGeometry());
    m_source.rest();
    QMainWindow::closeEvent(event);
}

void ResultsWindow::dragEnterEvent(QDragEnterEvent* event) {
    for (const DroppedFile& file : droppedFiles(event->mimeData()))
        if (file.kind == DroppedFile::Kind::Results)
            event->acceptProposedAction();
}

void ResultsWindow::dropEvent(QDropEvent* event) {
    for (const DroppedFile& file : droppedFiles(event->mimeData()))
        if (file.kind == DroppedFile::Kind::Results)
            return open(file.path);
}

void chooseResults(QWidget* parent, const std::function<void(const QString&)>& chosen) {
    auto* dialog = new QFileDialog(parent, ResultsWindow::tr("Open results"), {},
                                   ResultsWindow::tr("Results of a sweep or an evaluation "
                                                     "(sweep.json *.jsonl);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, chosen);
    dialog->open();
}

} // namespace attendre
